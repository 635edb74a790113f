"""Evidence: who looked at a person, and for who answers for a municipality what was done and what was read."""

from typing import Any, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from programs.forms.audit import KINDS, EvidenceForm
from programs.queries import audit, looks
from programs.views.enrollments import person_of
from transition import clock
from transition.exports import csv_response
from transition.htmx import render_page, say
from transition.models import Person, User
from transition.services import exports

HEADER = ("日時", "だれが", "組織", "何を", "だれのこと", "どこから", "ふだんの支援の外から", "人数")


@require_safe
def person_views(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request, public_id)
    page = looks.stretch(looks.of_person(person), request.GET, looks.view_lines)
    return render_page(request, "programs/person_views.html", {"person": person, "tab": "views", "page": page})


@require_safe
def evidence(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if not audit.overseen_by(user):
        raise PermissionDenied
    form = EvidenceForm(request.GET)
    people = Person.objects.visible_to(user)
    if not form.is_valid():
        context = {"form": form, "kinds": KINDS, "page": None}
        return render_page(request, "programs/evidence.html", context, partials={"found"}, status=422)
    rows: Any = (
        form.views(looks.visible_to(user), people) if form.is_views else form.events(audit.visible_to(user), people)
    )
    if request.GET.get("format") == "csv":
        return _csv(request, form, _lines(form, rows[: looks.MOST], people))
    page = looks.stretch(rows, request.GET, lambda found: _lines(form, found, people))
    context = {"form": form, "kinds": KINDS, "page": page}
    response = render_page(request, "programs/evidence.html", context, partials={"found"})
    return say(response, page.words) if request.htmx else response  # type: ignore[attr-defined]


def _lines(form: EvidenceForm, rows: Any, people: Any) -> list[looks.Line]:
    return looks.view_lines(rows, people) if form.is_views else looks.event_lines(rows, people)


def _csv(request: HttpRequest, form: EvidenceForm, lines: list[looks.Line]) -> HttpResponse:
    user = cast(User, request.user)
    subject = request.organization or user  # type: ignore[attr-defined]
    what, name = ("views.csv", "閲覧記録") if form.is_views else ("audit.csv", "監査記録")
    exports.record(what=what, subject=subject, rows=len(lines), by=user)
    rows = [
        (
            line.at,
            line.actor,
            line.organization,
            line.what,
            line.person.name if line.person else "",
            line.door,
            "はい" if line.outside else "",
            line.count or "",
        )
        for line in lines
    ]
    return csv_response(f"{name}_{clock.today():%Y%m%d}.csv", HEADER, rows)
