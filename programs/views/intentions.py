"""意向確認: the register of a facility, the history of one person, and one new asking."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs.forms.intentions import IntentionForm
from programs.queries import intentions as queries
from programs.views.acting import STALE, request_key
from transition import clock
from transition.exports import csv_response
from transition.htmx import redirect_page, render_page, say
from transition.models import Organization, Person, User
from transition.services import exports
from transition.services import intentions as services
from transition.services.transactions import KeyReused


@require_safe
def intention_list(request: HttpRequest) -> HttpResponse:
    organization: Organization | None = request.organization or None  # type: ignore[attr-defined]
    if organization is None or not request.user.has_perm("programs.keep_intentions", organization):
        raise PermissionDenied
    show = request.GET.get("show", "")
    if request.GET.get("format") == "csv":
        rows = queries.csv_rows(organization, show)
        exports.record(what="intentions.csv", subject=organization, rows=len(rows), by=cast(User, request.user))
        return csv_response(f"意向確認_{clock.today():%Y%m%d}.csv", queries.CSV_HEADER, rows)
    register = queries.register(organization, show, request.GET.get("page", 1))
    context = {"register": register, "shown": queries.SHOWN, "organization_name": organization.name}
    response = render_page(request, "programs/intentions.html", context, partials={"register"})
    if request.htmx:  # type: ignore[attr-defined]
        return say(response, f"{register.page.paginator.count}人")
    return response


@require_safe
def intention_history(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    context = {
        "person": person,
        "tab": "intentions",
        "history": queries.history(person),
        "may_record": request.user.has_perm("programs.record_intention", person),
    }
    return render_page(request, "programs/intention_history.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def intention_create(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person, user = _person(request, public_id), cast(User, request.user)
    organization: Organization | None = request.organization or None  # type: ignore[attr-defined]
    if organization is None or not user.has_perm("programs.record_intention", person):
        raise PermissionDenied
    form = IntentionForm(request.POST if request.method == "POST" else None, asker=user.name)
    if form.is_valid():
        try:
            services.record(
                person=person, organization=organization, by=user, key=request_key(request), **form.cleaned_data
            )
        except ValidationError as error:
            form.refuse(error)
        except KeyReused:
            form.add_error(None, STALE)
        else:
            messages.success(request, "意向確認を記録しました。")
            return redirect_page(request, reverse("programs:intention-history", args=[person.public_id]))
    context = {"form": form, "person": person, "last": queries.history(person)[:1]}
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/intention_form.html", context, partials={"form"}, status=status)


def _person(request: HttpRequest, public_id: UUID) -> Person:
    people = Person.objects.visible_to(cast(User, request.user)).select_related("municipality")
    return get_object_or_404(people, public_id=public_id)
