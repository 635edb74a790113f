"""Publishing a room's nights, and what stands in a published slot."""

import datetime as dt
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from programs.enums import RoomUse
from programs.forms.rooms import SpanForm
from programs.forms.slots import PriceForm, SlotForm, initial_of
from programs.models import Room, Slot
from programs.queries import board as queries
from programs.services import slots as services
from programs.services.slots import Published
from programs.views.acting import attempt, request_key
from transition import clock
from transition.domain.wareki import format_short
from transition.htmx import redirect_page, render_page
from transition.models import User

PAGE = 20
# More dates than these in one message are only counted.
LISTED = 6


@require_http_methods(["GET", "HEAD", "POST"])
def slot_create(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user = cast(User, request.user)
    room = get_object_or_404(Room.objects.run_by(user).select_related("home"), public_id=public_id)
    _allow(request, "programs.publish_slot", room)
    if _asks_for_total(request):
        context = {"form": PriceForm(request.GET), "room": room}
        return render_page(request, "programs/slot_form.html", context, partials={"price-total"})
    form = SlotForm(_data(request), initial=initial_of(queries.last_slot(room), *_dates(request, room)))
    if form.is_valid():
        result = attempt(form, lambda: _publish(request, room, form, user))
        if isinstance(result, Slot):
            messages.success(request, "枠を公開しました。")
            return redirect_page(request, reverse("programs:slot-detail", args=[result.public_id]))
        if result:
            messages.success(request, _told(result))
            first = min(slot.starts_on for slot in result.slots)
            return redirect_page(request, f"{reverse('programs:board')}?from={first}")
    context = {"form": form, "room": room, "is_rented": room.use == RoomUse.RENTED}
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/slot_form.html", context, partials={"slot-form"}, status=status)


@require_safe
def slot_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    slot = _slot(request, public_id)
    today = clock.today()
    page = Paginator(queries.sessions_in(slot), PAGE).get_page(request.GET.get("page"))
    context = {
        "slot": slot,
        "page": page,
        "visits": [queries.visit(session, today) for session in page],
        "levels": queries.levels_of(slot),
        "kinds": queries.kinds_of(slot),
        "is_over": slot.ends_on <= today,
        "is_unconfirmed": slot.is_unconfirmed(clock.now()),
    }
    return render_page(request, "programs/slot_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def slot_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    slot = _slot(request, public_id)
    _allow(request, "programs.manage_slot", slot)
    url = reverse("programs:slot-detail", args=[slot.public_id])
    if request.method == "POST":
        services.withdraw(slot=slot, by=cast(User, request.user))
        messages.success(request, "枠を取り下げました。申込や確定した体験は、そのまま残っています。")
        return redirect_page(request, url)
    if slot.withdrawn_at:
        return redirect_page(request, url)
    context = {"slot": slot, "planned": queries.sessions_in(slot).planned().count()}
    return render_page(request, "programs/slot_withdraw.html", context)


@require_POST
def slot_confirm_free(request: HttpRequest, public_id: UUID) -> HttpResponse:
    slot = _slot(request, public_id)
    _allow(request, "programs.manage_slot", slot)
    services.confirm_free(slot=slot, by=cast(User, request.user), key=request_key(request))
    messages.success(request, f"{slot.room}（{format_short(slot.starts_on)}から）は、まだ空いていると伝えました。")
    following = request.POST.get("next", "")
    if following in ("board", "today"):
        return redirect_page(request, reverse(f"programs:{following}"))
    return redirect_page(request, reverse("programs:slot-detail", args=[slot.public_id]))


def _slot(request: HttpRequest, public_id: UUID) -> Slot:
    slots = Slot.objects.run_by(cast(User, request.user)).select_related("room__home", "published_by", "withdrawn_by")
    return get_object_or_404(slots, public_id=public_id)


def _allow(request: HttpRequest, permission: str, thing: Room | Slot) -> None:
    if not cast(User, request.user).has_perm(permission, thing):
        raise PermissionDenied


def _asks_for_total(request: HttpRequest) -> bool:
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(request.method != "POST" and htmx and htmx.target == "price-total" and "price_rent" in request.GET)


def _dates(request: HttpRequest, room: Room) -> tuple[dt.date, dt.date | None]:
    """The nights chosen on the board, else the day from which the room is not offered yet."""
    form = SpanForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    first, last = asked.get("from"), asked.get("to")
    return first or queries.offered_until(room, clock.today()), last if first and last and last > first else None


def _publish(request: HttpRequest, room: Room, form: SlotForm, user: User) -> Slot | Published:
    offer, key = form.offer(), request_key(request)
    if form.is_pattern:
        return services.publish_pattern(room=room, pattern=form.pattern(), offer=offer, by=user, key=key)
    dates = form.cleaned_data
    return services.publish(
        room=room, starts_on=dates["starts_on"], ends_on=dates["ends_on"], offer=offer, by=user, key=key
    )


def _told(published: Published) -> str:
    told = f"{len(published.slots)}件の枠を公開しました。"
    if published.already_offered:
        shown = "、".join(format_short(date) for date in published.already_offered[:LISTED])
        rest = len(published.already_offered) - LISTED
        told += f"すでに公開済みの日は、そのままです（{shown}{f'、ほか{rest}件' if rest > 0 else ''}）。"
    return told


def _data(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when nothing was filled in."""
    return request.POST if request.method == "POST" else None
