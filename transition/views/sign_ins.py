"""One's own sign-ins: where, since when, which one is this; each can be ended, and all others at once."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, cast

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_POST, require_safe

from transition import clock
from transition.accounts.adapter import NOWHERE
from transition.accounts.signed_in import SEEN
from transition.domain.browsers import browser_of
from transition.htmx import redirect_page, render_page
from transition.models import User
from transition.services import sign_ins
from transition.views.sending import request_key


@dataclass(frozen=True, slots=True)
class SignIn:
    pk: int
    browser: str
    network: str
    since: dt.datetime
    seen: dt.datetime
    is_this: bool


@require_safe
def own_sign_ins(request: HttpRequest) -> HttpResponse:
    found = _own(request)
    return render_page(
        request,
        "transition/own_sign_ins.html",
        {"sign_ins": found, "others": [one for one in found if not one.is_this]},
    )


@require_POST
def sign_in_end(request: HttpRequest, pk: int) -> HttpResponse:
    found = next((one for one in _own(request) if one.pk == pk), None)
    if found is None or found.is_this:
        raise Http404
    sign_ins.end(sessions=[pk], by=_user(request), key=request_key(request))
    messages.success(request, "そのサインインを終わらせました。")
    return redirect_page(request, reverse("transition:own-sign-ins"))


@require_POST
def sign_in_end_others(request: HttpRequest) -> HttpResponse:
    others = [one.pk for one in _own(request) if not one.is_this]
    sign_ins.end(sessions=others, by=_user(request), key=request_key(request))
    messages.success(request, "ほかのサインインを、すべて終わらせました。")
    return redirect_page(request, reverse("transition:own-sign-ins"))


def _own(request: HttpRequest) -> list[SignIn]:
    """Those that still hold: their sessions exist, and no password was changed since."""
    user = _user(request)
    rows = list(UserSession.objects.filter(user=user).order_by("-created_at", "-pk"))
    keys = [row.session_key for row in rows]
    stored = Session.objects.filter(session_key__in=keys, expire_date__gt=clock.now())
    sessions: dict[str, dict[str, Any]] = {session.session_key: session.get_decoded() for session in stored}
    found = []
    for row in rows:
        session = sessions.get(row.session_key)
        is_this = row.session_key == request.session.session_key
        if session is None and not is_this:
            continue
        session = session or {}
        known = session.get(HASH_SESSION_KEY, "")
        if not is_this and not constant_time_compare(known, user.get_session_auth_hash()):
            continue
        seen = session.get(SEEN)
        last = dt.datetime.fromtimestamp(seen, dt.UTC) if seen else row.last_seen_at
        network = "" if row.ip == NOWHERE else row.ip
        found.append(SignIn(row.pk, browser_of(row.user_agent), network, row.created_at, last, is_this))
    return found


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
