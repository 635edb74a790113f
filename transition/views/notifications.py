"""お知らせ: the bell of every page, the inbox, and how one wants to hear of things."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from transition import clock
from transition.domain.quiet import QUIET_FROM, QUIET_UNTIL
from transition.enums import NotificationKind
from transition.forms import ChoicesForm
from transition.htmx import redirect_page, render_page, say
from transition.models import Notification, User
from transition.notifications import registry
from transition.queries import inbox as queries
from transition.services import digests, inbox
from transition.views.accounts import ORGANIZATION_KEY
from transition.views.sending import attempt, request_key

PER_PAGE = 20
GONE = "このお知らせは、もう要らなくなりました。"


# Its own sign-in check, in the one query that counts. Nobody is led to the sign-in page by a question the page asked
# by itself: what was typed there would be lost.
@login_not_required
@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The link of the header with its count, asked each minute: 304 while the count stays the same."""
    found = _reader(request)
    if found is None:
        return _uncached(HttpResponse(status=204))
    count, known = found, request.headers.get("If-None-Match", "")
    etag = f'"unread-{count}"'
    if known == etag:
        return _uncached(HttpResponseNotModified(headers={"ETag": etag}))
    response = render(request, "transition/bell.html", {"unread": count})
    response.headers["ETag"] = etag
    before = known.removeprefix('"unread-').removesuffix('"')
    if before.isdecimal() and count > int(before[:9]):
        say(response, f"新しいお知らせがあります。まだ読んでいないお知らせは{count}件です。")
    return _uncached(response)


@require_safe
def notification_list(request: HttpRequest) -> HttpResponse:
    only_unread = request.GET.get("show") == "unread"
    found = queries.inbox(_user(request), clock.now(), only_unread=only_unread)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": queries.rows(page.object_list),
        "only_unread": only_unread,
        "several": len(request.memberships) > 1,  # type: ignore[attr-defined]
    }
    return render_page(request, "transition/notification_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def notification_open(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """To where something can be done about it. Only the button marks it read; following the address does not."""
    mine = Notification.objects.visible_to(_user(request)).filter(due_at__lte=clock.now())
    mine = mine.exclude(kind=NotificationKind.DIGEST).select_related("organization")
    notification = get_object_or_404(mine, public_id=public_id)
    told = registry.tell([notification]).get(notification.pk)
    if request.method == "POST":
        inbox.mark_read(notification=notification, by=_user(request), key=request_key(request))
        if told is None:
            messages.info(request, GONE)
        else:
            _work_for(request, notification)
    return redirect_page(request, told.url if told else reverse("transition:notification-list"))


@require_POST
def notification_read_all(request: HttpRequest) -> HttpResponse:
    inbox.mark_all_read(by=_user(request), key=request_key(request))
    messages.success(request, "すべて読んだことにしました。")
    return redirect_page(request, reverse("transition:notification-list"))


@require_http_methods(["GET", "HEAD", "POST"])
def notification_choices(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    kinds = [membership.organization.kind for membership in request.memberships]  # type: ignore[attr-defined]
    groups = queries.notices_by_group(user, kinds)
    chosen = dict(user.notification_choices.values_list("kind", "delivery"))
    form = ChoicesForm(request.POST if request.method == "POST" else None, groups=groups, chosen=chosen)
    if request.method == "POST" and form.is_valid():
        key = request_key(request)
        attempt(form, lambda: inbox.choose_several(deliveries=form.cleaned_data, by=user, key=key))
        if not form.errors:
            messages.success(request, "お知らせの受け取り方を保存しました。")
            return redirect_page(request, reverse("transition:notification-choices"))
    context = {"form": form, "quiet_from": QUIET_FROM, "quiet_until": QUIET_UNTIL, "digest_at": digests.AT}
    return render_page(request, "transition/notification_choices.html", context, status=422 if form.errors else 200)


def _reader(request: HttpRequest) -> int | None:
    """How much the signed-in user has not read; None for everybody else. A session ends with its password."""
    user_id = request.session.get(SESSION_KEY, "")
    found = queries.reader(int(user_id), clock.now()) if str(user_id).isdecimal() else None
    if found is None:
        return None
    user, count = found
    known = request.session.get(HASH_SESSION_KEY, "")
    return count if constant_time_compare(known, user.get_session_auth_hash()) else None


def _uncached(response: HttpResponse) -> HttpResponse:
    """What is unread stays in no cache; the page itself names what it knows."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _work_for(request: HttpRequest, notification: Notification) -> None:
    """Where the notification leads shows the work of the organization it was told for."""
    organization = notification.organization
    mine = {membership.organization_id for membership in request.memberships}  # type: ignore[attr-defined]
    if organization and organization.pk in mine and organization != request.organization:  # type: ignore[attr-defined]
        request.session[ORGANIZATION_KEY] = organization.pk
        messages.success(request, f"「{organization}」に切り替えました。")


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
