"""事前情報シート: the card as one sheet, writing it, its old versions, and what the home of a stay may see of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs.enums import SessionKind
from programs.forms.cards import CardForm
from programs.queries import cards as queries
from programs.queries.session_page import for_reader
from programs.views.acting import attempt, request_key
from programs.views.enrollments import person_of, posted, user_of
from programs.views.packs import render_document
from transition import clock
from transition.htmx import redirect_page, render_page
from transition.models import Person, PersonCard
from transition.services import cards as services


@require_safe
def card(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request, public_id)
    latest = queries.latest(person)
    if latest is None:
        return redirect_page(request, reverse("programs:card-edit", args=[person.public_id]))
    return _sheet(request, queries.sheet(latest, newest=latest.version))


@require_safe
def card_version(request: HttpRequest, public_id: UUID, version: int) -> HttpResponse:
    person = person_of(request, public_id)
    latest = queries.latest(person)
    old = get_object_or_404(PersonCard.objects.select_related("person", "by"), person=person, version=_small(version))
    return _sheet(request, queries.sheet(old, newest=latest.version if latest else version))


@require_http_methods(["GET", "HEAD", "POST"])
def card_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request, public_id)
    if not request.user.has_perm("programs.change_person", person):
        raise PermissionDenied
    latest = queries.latest(person)
    known: dict[str, Any] = latest.content if latest else {}
    form = CardForm(posted(request), initial={**known, "based_on": latest.version if latest else 0})
    status = 422 if form.is_bound else 200
    outdated = False
    if form.is_bound and form.is_valid():
        based_on = form.cleaned_data["based_on"]
        saved = attempt(
            form,
            lambda: services.save(
                person=person,
                content=form.content(),
                based_on=based_on,
                by=user_of(request),
                key=request_key(request),
            ),
        )
        if saved is not None:
            same = latest is not None and saved.pk == latest.pk
            messages.success(request, "変わったところはありません。" if same else f"{saved.version}版を保存しました。")
            return redirect_page(request, _card(person))
        latest = queries.latest(person)
        outdated = latest is not None and latest.version != based_on
        if latest is not None and outdated:
            form.beside(latest.content, latest.version)
            status = 409
    context = {"person": person, "form": form, "latest": latest, "outdated": outdated}
    return render_page(request, "programs/card_form.html", context, partials={"form"}, status=status)


@require_safe
def session_card(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """For the home of the stay, asked anew at each look; to whoever supports the person, what the home would see."""
    sessions = for_reader(user_of(request)).filter(kind=SessionKind.STAY)
    session = get_object_or_404(sessions, public_id=public_id)
    today = clock.today()
    door = queries.door(session, today)
    as_home = not session.sees_person
    if as_home and not (door and door.is_open):
        raise Http404
    sheet = queries.session_sheet(session, today)
    if sheet is None:
        raise Http404
    if as_home:
        services.viewed(card=sheet.card, session_id=session.pk, by=user_of(request))
    return _sheet(request, sheet, door=door, as_home=as_home)


def _sheet(
    request: HttpRequest, sheet: queries.Sheet, *, door: queries.Door | None = None, as_home: bool = False
) -> HttpResponse:
    context = {"sheet": sheet, "door": door, "as_home": as_home}
    name = f"{sheet.person.name}_事前情報シート_{sheet.card.version}版"
    return render_document(request, "programs/card.html", context, [], "card.pdf", sheet.person, name)


def _small(version: int) -> int:
    """A number that a column can hold; what cannot be a version is none."""
    if version >= 2**31:
        raise Http404
    return version


def _card(person: Person) -> str:
    return reverse("programs:card", args=[person.public_id])
