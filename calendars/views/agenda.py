"""Calendars drawn on the server: of a person, a home, the reader's own work and a whole organization."""

from typing import Any, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from calendars.enums import CalendarView
from calendars.forms import AgendaForm
from calendars.queries import agenda as queries
from programs.models import Home
from transition import clock
from transition.enums import HOSTING_KINDS, SUPPORTING_KINDS, OrganizationKind
from transition.htmx import focus, render_page, say
from transition.models import Organization, Person, User

PEOPLE_KINDS = (*SUPPORTING_KINDS, OrganizationKind.MUNICIPALITY)


@require_safe
def person_calendar(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = get_object_or_404(Person.objects.visible_to(_user(request)), public_id=public_id)
    context = {"person": person, "tab": "calendar", **_ways(request)}
    return _page(request, "calendars/person_calendar.html", queries.of_person(person), AgendaForm(request.GET), context)


@require_safe
def home_calendar(request: HttpRequest, public_id: UUID) -> HttpResponse:
    homes = Home.objects.run_by(_user(request))
    home = get_object_or_404(homes, public_id=public_id)
    source = queries.of_homes(homes.filter(pk=home.pk), clock.today(), one=True)
    context = {"home": home, **_ways(request), "by_home": True}
    return _page(request, "calendars/home_calendar.html", source, AgendaForm(request.GET), context)


@require_safe
def my_calendar(request: HttpRequest) -> HttpResponse:
    source = queries.of_worker(_user(request))
    return _page(request, "calendars/my_calendar.html", source, AgendaForm(request.GET), _ways(request))


@require_safe
def organization_calendar(request: HttpRequest) -> HttpResponse:
    """All people an organization supports or coordinates, or all homes of one that runs some."""
    organization = request.organization  # type: ignore[attr-defined]
    if not organization:
        raise PermissionDenied
    if organization.kind in HOSTING_KINDS:
        return _homes_page(request, organization)
    return _people_page(request, organization)


def _homes_page(request: HttpRequest, organization: Organization) -> HttpResponse:
    homes = Home.objects.run_by(_user(request)).filter(organization=organization.pk)
    source = queries.of_homes(homes, clock.today(), one=False)
    form = AgendaForm(request.GET, programs=queries.programs_of(source))
    context = _ways(request) | {"homes": list(homes.order_by("name", "pk"))}
    return _page(request, "calendars/organization_calendar.html", source, form, context)


def _people_page(request: HttpRequest, organization: Organization) -> HttpResponse:
    source = queries.of_people(organization)
    form = AgendaForm(request.GET, workers=queries.workers_of(organization), programs=queries.programs_of(source))
    if form.is_valid() and form.cleaned_data["worker"]:
        source = queries.of_people(organization, form.cleaned_data["worker"])
    return _page(request, "calendars/organization_calendar.html", source, form, _ways(request))


def _page(
    request: HttpRequest, template: str, source: queries.Source, form: AgendaForm, context: dict[str, Any]
) -> HttpResponse:
    """The page, or only #calendar. What cannot be read in the address is told, and shows the month of today."""
    form.full_clean()
    today = clock.today()
    chosen = form.cleaned_data
    if program := chosen.get("program"):
        source = source.only(program)
    everything = chosen.get("all", False)
    shown = queries.agenda(source, chosen["view"], chosen.get("date") or today, today, everything=everything)
    context |= {
        "agenda": shown,
        "form": form,
        "today": today,
        "views": CalendarView.choices,
        "unit": CalendarView(shown.view).label,
        "everything": everything,
        "keep": f"&{kept}" if (kept := form.kept()) else "",
        "toggle": f"&{kept}" if (kept := form.kept(all="" if everything else "1")) else "",
        "is_narrowed": bool(chosen.get("worker") or chosen.get("program") or form.errors),
        "calendar_url": request.path,
    }
    status = 422 if form.errors else 200
    response = render_page(request, template, context, partials={"calendar"}, status=status)
    if not request.htmx or form.errors:  # type: ignore[attr-defined]
        return response
    count = f"予定は{shown.count}件です" if shown.count else "予定はありません"
    return focus(say(response, f"{shown.heading}。{count}"), "#calendar-title")


def _ways(request: HttpRequest) -> dict[str, Any]:
    """Which other calendars there are for the reader."""
    return {"by_home": _is_kind(request, HOSTING_KINDS), "has_people": _is_kind(request, PEOPLE_KINDS), "homes": []}


def _is_kind(request: HttpRequest, kinds: tuple[OrganizationKind, ...]) -> bool:
    organization = request.organization  # type: ignore[attr-defined]
    return bool(organization) and organization.kind in kinds


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
