"""Finding a room for one person, and asking for a stay in it."""

import datetime as dt
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs import rules
from programs.domain.problems import Problem, Refused, needing_reason, refusing
from programs.enums import ROOM_KINDS, Enforcement, ProgramKind
from programs.forms.search import RequestForm, SearchForm, Stay, passed
from programs.models import Program, Session, Slot
from programs.queries import requests, search, stays
from programs.queries.limits import LimitBook
from programs.services import sessions
from programs.views.acting import STALE, request_key
from transition import clock
from transition.htmx import redirect_page, render_page, say
from transition.models import Person, User
from transition.services.transactions import KeyReused

# What a search is made of; the last one of a person comes back when somebody comes back.
ASKED = ("program", "from", "to", "nights", "area", "price", "sort")
MOST_KEPT = 20
LONGEST_KEPT = 1000


@require_safe
def slot_search(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    if "reset" in request.GET:
        _forget(request, person)
        return redirect_page(request, f"{request.path}?{_only(request.GET, 'program').urlencode()}")
    if kept := _remembered(request, person):
        return redirect_page(request, f"{request.path}?{kept}")
    book = LimitBook([person])
    programs = _programs(book, person)
    context: dict[str, Any] = {"person": person, "form": None, "results": None, "areas": [], "obstacles": []}
    context["is_asked"] = _is_asked(request.GET)
    if not programs:
        return render_page(request, "programs/slot_search.html", context, partials={"results"})
    form = SearchForm(request.GET, programs=programs, program=_usual(programs), today=clock.today())
    context |= {"form": form}
    if not form.is_valid():
        context["areas"] = form.chosen_areas()
        return render_page(request, "programs/slot_search.html", context, partials={"results"}, status=422)
    _remember(request, person)
    wanted = form.wanted()
    results = search.search(person, wanted, book, request.GET.get("page", 1))
    context |= {
        "wanted": wanted,
        "results": results,
        "areas": results.areas,
        "obstacles": stays.program_problems(person, wanted.program),
    }
    response = render_page(request, "programs/slot_search.html", context, partials={"results"})
    if not request.htmx:  # type: ignore[attr-defined]
        return response
    return say(response, f"{results.total}件。合うもの{results.fitting}件")


@require_http_methods(["GET", "HEAD", "POST"])
def session_request(request: HttpRequest, public_id: UUID, slot_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    if request.method == "POST" and not request.user.has_perm("programs.request_session", person):
        raise PermissionDenied
    slot = get_object_or_404(Slot.objects.select_related("room__home"), public_id=slot_id)
    book = LimitBook([person])
    programs = _programs(book, person)
    form = RequestForm(_filled(request, slot, programs), programs=programs)
    stay = form.stay()
    if request.method == "POST" and form.is_valid() and stay and "check" not in request.POST:
        session = _ask(request, form, person, slot, stay)
        if session is not None:
            deadline = requests.answer_deadline(session.expires_at)
            messages.success(request, f"仮に押さえました。ホームの返事を待ちます（返事の期限は{deadline}）。")
            return redirect_page(request, reverse("programs:session-detail", args=[session.public_id]))
    context = {"person": person, "slot": slot, "form": form, **_outlook(request, form, person, slot, stay, book)}
    status = 422 if form.errors else 200
    return render_page(request, "programs/session_request.html", context, partials={"request"}, status=status)


def _only(sent: QueryDict, *names: str) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name in names:
        if name in sent:
            kept.setlist(name, sent.getlist(name))
    return kept


def _is_asked(sent: QueryDict) -> bool:
    """Whether the address says more than the program."""
    return any(name in sent for name in ASKED if name != "program")


def _remember(request: HttpRequest, person: Person) -> None:
    asked = _only(request.GET, *ASKED).urlencode()
    kept, key = dict(request.session.get("searches", {})), str(person.public_id)
    if not _is_asked(request.GET) or len(asked) > LONGEST_KEPT or kept.get(key) == asked:
        return
    kept.pop(key, None)
    kept[key] = asked
    request.session["searches"] = dict(list(kept.items())[-MOST_KEPT:])


def _forget(request: HttpRequest, person: Person) -> None:
    kept = dict(request.session.get("searches", {}))
    if kept.pop(str(person.public_id), None):
        request.session["searches"] = kept


def _remembered(request: HttpRequest, person: Person) -> str:
    """The person's last search, for who comes without a question of their own; dates that have passed stay behind."""
    kept = QueryDict(request.session.get("searches", {}).get(str(person.public_id), ""), mutable=True)
    if not kept or _is_asked(request.GET) or kept.get("program") != request.GET.get("program", kept.get("program")):
        return ""
    if passed(kept.get("from", ""), clock.today()):
        kept.pop("from", None)
        kept.pop("to", None)
    return kept.urlencode() if _is_asked(kept) else ""


def _ask(request: HttpRequest, form: RequestForm, person: Person, slot: Slot, stay: Stay) -> Session | None:
    """The one service call. When it refuses: facts about dates stand beside them, and every problem in the list."""
    note, reason, by = form.cleaned_data["note"], form.cleaned_data["reason"], _user(request)
    try:
        return sessions.request_stay(
            person=person,
            program=stay.program,
            slot=slot,
            check_in=stay.check_in,
            check_out=stay.check_out,
            organization=requests.booking_organization(by, person, request.organization),  # type: ignore[attr-defined]
            by=by,
            note=note,
            reason=reason,
            key=request_key(request),
        )
    except Refused as refused:
        form.refuse(refused.problems)
    except KeyReused:
        form.add_error(None, STALE)
    return None


def _outlook(
    request: HttpRequest, form: RequestForm, person: Person, slot: Slot, stay: Stay | None, book: LimitBook
) -> dict[str, Any]:
    """What the stay would mean, as far as its dates can be read."""
    if stay is None:
        return {"stay": None, "preview": None, "problems": [], "needs_reason": False, "is_stopped": False}
    preview = requests.preview(person, stay.program, slot, stay.check_in, stay.check_out, book)
    problems = form.problems or preview.problems
    coordinator = _may_override(problems, _user(request), person)
    return {
        "stay": stay,
        "preview": preview,
        "problems": problems,
        "needs_reason": bool(needing_reason(problems, coordinator=coordinator)),
        "is_stopped": bool(refusing(problems, coordinator=coordinator)),
    }


def _may_override(problems: list[Problem], user: User, person: Person) -> bool:
    """Whether the user may pass a refusing limit; asked only when one stands there."""
    refuses = any(problem.enforcement == Enforcement.REFUSE for problem in problems)
    return refuses and rules.coordinates(user, person)


def _filled(request: HttpRequest, slot: Slot, programs: list[Program]) -> QueryDict | dict[str, str]:
    """What was sent; on a first look what the address says, else the slot's first free-looking dates."""
    if request.method == "POST":
        return request.POST
    first = max(slot.starts_on, clock.today() + dt.timedelta(days=1))
    usual = {
        "check_in": str(first),
        "check_out": str(first + dt.timedelta(days=slot.min_nights)),
        "program": _usual(programs).code if programs else "",
    }
    return usual | {name: request.GET[name] for name in usual if name in request.GET}


def _programs(book: LimitBook, person: Person) -> list[Program]:
    return [program for program in book.programs(person) if program.kind in ROOM_KINDS]


def _usual(programs: list[Program]) -> Program:
    """The group-home trial, or else the first."""
    return next((row for row in programs if row.kind == ProgramKind.GROUP_HOME_TRIAL), programs[0])


def _person(request: HttpRequest, public_id: UUID) -> Person:
    return get_object_or_404(Person.objects.visible_to(_user(request)), public_id=public_id)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
