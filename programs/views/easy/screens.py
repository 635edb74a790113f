"""The person's own screens: today, what comes, one session. One thing at a time, few big buttons."""

from typing import cast
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from programs.domain import easy_words
from programs.domain.problems import Refused
from programs.enums import HELD_STATES
from programs.queries import easy as queries
from programs.queries import easy_answers as answers
from programs.services import done_marks, ratings, voices
from programs.views.acting import request_key
from programs.views.easy.access import acting_user, easy_view
from programs.views.photos import picture as picture_response
from transition import clock
from transition.htmx import render_page
from transition.models import Person
from transition.services.transactions import KeyReused

PLANS_PER_PAGE = 4
# As many as can be counted at a glance.
MOST_MOONS = 7


@require_safe
@easy_view
def today(request: HttpRequest) -> HttpResponse:
    return _today(request)


@require_safe
@easy_view
def coming(request: HttpRequest) -> HttpResponse:
    """One card for each session, also for those called off: a change is told before its day."""
    cards = queries.firsts(queries.coming(_person(request)), clock.today())
    page = Paginator(cards, PLANS_PER_PAGE).get_page(request.GET.get("page"))
    return render_page(request, "easy/next.html", {"page": page, "way": "next"})


@require_safe
@easy_view
def session(request: HttpRequest, public_id: UUID) -> HttpResponse:
    plan = own_plan(request, public_id)
    row = plan.session
    nights = (plan.first_day - clock.today()).days
    guide = getattr(row.room.home, "guide", None) if row.room else None
    things = [line.strip() for line in guide.bring.splitlines() if line.strip()] if guide else []
    context = {
        "plan": plan,
        "worker": easy_words.called(queries.worker_of(row).name),
        "nights": max(nights, 0),
        "moons": range(nights if 0 < nights <= MOST_MOONS else 0),
        "stay_moons": range(row.nights if row.nights <= MOST_MOONS else 0),
        "things": [{"name": thing, "drawing": easy_words.thing_drawing(thing)} for thing in things],
        "yen": row.slot.price_per_day * (row.nights + 1) if row.slot else row.transport_cost,
        "is_over": row.state in HELD_STATES,
        "can_rate": ratings.has_begun(plan.session) and not plan.is_off,
        "can_stop": voices.can_stop(row) and not plan.is_off,
        "is_stopping": row.is_stopping,  # type: ignore[attr-defined]
        "way": "",
    }
    return render_page(request, "easy/session.html", context)


@require_POST
@easy_view
def done(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """おわった, or まだ: today's mark."""
    plan = own_plan(request, public_id)
    act = done_marks.unmark if request.POST.get("done") == "no" else done_marks.mark
    try:
        act(session=plan.session, date=clock.today(), by=acting_user(request), key=request_key(request))
    except Refused as refused:
        return _today(request, problems=refused.problems, status=422)
    except KeyReused:
        pass  # the page was old; the new one says how it is
    return redirect("programs:easy-today")


@require_safe
@easy_view
def picture(request: HttpRequest, kind: str, public_id: UUID, size: str) -> HttpResponse:
    """A picture on the person's own pages; missing and foreign alike 404."""
    name = answers.picture_file(_person(request), kind, public_id, size)
    if name is None:
        raise Http404
    return picture_response(name)


def own_plan(request: HttpRequest, public_id: UUID) -> queries.Plan:
    plan = queries.find(_person(request), public_id)
    if plan is None:
        raise Http404
    return plan


def _today(request: HttpRequest, *, problems: object = (), status: int = 200) -> HttpResponse:
    context = {
        "today": queries.today(_person(request)),
        "date": clock.today(),
        "problems": problems,
        "way": "today",
    }
    return render_page(request, "easy/today.html", context, status=status)


def _person(request: HttpRequest) -> Person:
    return cast(Person, request.person)  # type: ignore[attr-defined]
