"""A group home's first screens: its board, the requests that wait, and its rooms."""

import datetime as dt
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_http_methods, require_safe

from programs.enums import NightUse, RoomUse
from programs.forms.rooms import ChosenNightsForm, FromForm, NightsForm, RoomForm
from programs.models import Home, Room
from programs.queries import board as queries
from programs.services import homes as home_services
from programs.services import nights as night_services
from programs.views.acting import attempt, request_key
from transition import clock
from transition.domain.wareki import format_short, format_wareki
from transition.enums import HOSTING_KINDS
from transition.htmx import redirect_page, render_page, say
from transition.models import User
from transition.services.transactions import RequestKey

PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
def board(request: HttpRequest) -> HttpResponse:
    """Rooms × days. With ?pick nights can be chosen, and what was chosen comes back as a POST."""
    homes, today = _homes(request), clock.today()
    form = FromForm(request.GET)
    first = (form.is_valid() and form.cleaned_data["from"]) or today
    rooms = Room.objects.filter(home__in=homes).order_by("pk") if request.method == "POST" else []
    nights = ChosenNightsForm(_data(request), rooms=rooms)
    if nights.is_valid() and (following := _change(request, nights, first)):
        return redirect_page(request, following)
    context = {
        "form": form,
        "nights": nights,
        "picking": "pick" in request.GET or nights.is_bound,
        "board": queries.board(homes, first, today),
        "first": first,
        "today": today,
        # Looked up only when the whole page is rendered.
        "visits": SimpleLazyObject(lambda: queries.today_of(homes, today)),
        "waiting": SimpleLazyObject(lambda: queries.waiting(homes).count()),
        "unconfirmed": SimpleLazyObject(lambda: queries.unconfirmed_slots(homes)),
    }
    status = 422 if form.errors or nights.is_bound else 200
    response = render_page(request, "programs/board.html", context, partials={"board"}, status=status)
    return say(response, f"{format_wareki(first)}からの予定です") if request.htmx else response  # type: ignore[attr-defined]


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    homes, now = _homes(request), clock.now()
    today = clock.local_date(now)
    waiting = queries.waiting(homes)
    shown = list(waiting[: queries.WAITING + 1])
    page = Paginator(queries.answered(homes, now), PAGE).get_page(request.GET.get("page"))
    context = {
        "waiting": [queries.waiting_visit(session, now) for session in shown[: queries.WAITING]],
        "more": len(shown) > queries.WAITING,
        "answered": [queries.visit(session, today) for session in page],
        "page": page,
        "answered_days": queries.ANSWERED_DAYS,
    }
    return render_page(request, "programs/inbox.html", context, partials={"answered"})


@require_http_methods(["GET", "HEAD", "POST"])
def room_create(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user = cast(User, request.user)
    home = get_object_or_404(Home.objects.run_by(user), public_id=public_id)
    _allow(request, "programs.manage_home", home)
    form = RoomForm(_data(request), home=home)
    if form.is_valid():
        name, use = form.cleaned_data["name"], form.cleaned_data["use"]
        room = attempt(form, lambda: home_services.add_room(home=home, name=name, use=use, by=user))
        if room:
            messages.success(request, f"{room.name}を登録しました。")
            is_offered = room.use == RoomUse.TRIAL
            return redirect_page(
                request,
                reverse("programs:slot-create", args=[room.public_id]) if is_offered else reverse("programs:board"),
            )
    context = {"form": form, "home": home, "rooms": list(home.rooms.order_by("name", "pk"))}
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/room_form.html", context, partials={"room-form"}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def room_nights(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user = cast(User, request.user)
    room = get_object_or_404(Room.objects.run_by(user).select_related("home"), public_id=public_id)
    _allow(request, "programs.publish_slot", room)
    closing = request.POST.get("act") != "open"
    form = NightsForm(_data(request), closing=closing)
    if form.is_valid():
        change = _close if closing else _open
        if (done := attempt(form, lambda: change(room, form, user, request_key(request)))) is not None:
            messages.success(request, done)
            return redirect_page(request, request.path)
    context = {"form": form, "room": room, "closures": queries.closures(room, clock.today())}
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/room_nights.html", context, partials={"nights-form"}, status=status)


def _homes(request: HttpRequest) -> QuerySet[Home]:
    """The current office's homes; these screens are for offices that have some."""
    organization = request.organization  # type: ignore[attr-defined]
    if not organization or organization.kind not in HOSTING_KINDS:
        raise PermissionDenied
    return queries.homes_of(cast(User, request.user), organization)


def _allow(request: HttpRequest, permission: str, thing: Home | Room) -> None:
    if not cast(User, request.user).has_perm(permission, thing):
        raise PermissionDenied


def _change(request: HttpRequest, form: ChosenNightsForm, first: dt.date) -> str:
    """Do with the chosen nights what was asked, and say where to go on; "" when it was refused."""
    user, act, key = cast(User, request.user), form.cleaned_data["act"], request_key(request)
    for room in form.rooms.values():
        if room.pk in form.chosen:
            _allow(request, "programs.publish_slot", room)
    if act == form.PUBLISH and (span := form.span()):
        room, starts_on, ends_on = span
        return f"{reverse('programs:slot-create', args=[room.public_id])}?from={starts_on}&to={ends_on}"
    use = NightUse(form.cleaned_data["use"])
    if act == form.CLOSE:
        attempt(form, lambda: night_services.close(chosen=form.chosen, use=use, by=user, key=key))
        told = f"{form.count}泊を閉じました（{use.label}）。"
    else:
        attempt(form, lambda: night_services.reopen(chosen=form.chosen, by=user, key=key))
        told = "選んだ夜を開けました。"
    if form.errors or form.problems:
        return ""
    messages.success(request, told)
    return f"{reverse('programs:board')}?from={first}&pick=1"


def _close(room: Room, form: NightsForm, user: User, key: RequestKey | None) -> str:
    dates, use = form.dates(), NightUse(form.cleaned_data["use"])
    night_services.close(chosen={room.pk: dates}, use=use, by=user, key=key)
    return f"{_span(dates)}の{len(dates)}泊を閉じました（{use.label}）。"


def _open(room: Room, form: NightsForm, user: User, key: RequestKey | None) -> str:
    dates = form.dates()
    count = queries.closed_among(room, dates)
    night_services.reopen(chosen={room.pk: dates}, by=user, key=key)
    return f"{_span(dates)}のうち{count}泊を開けました。" if count else f"{_span(dates)}に閉じた夜はありません。"


def _span(dates: list[dt.date]) -> str:
    return f"{format_short(dates[0])}から{format_short(dates[-1])}まで" if len(dates) > 1 else format_short(dates[0])


def _data(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when nothing was filled in."""
    return request.POST if request.method == "POST" else None
