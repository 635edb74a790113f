"""The calendar a family's program fetches. The address is the key; no user, no session, no cookie.

Plain `require_safe` and `condition` would not do: a feed has to answer every other method, and every address
that is not one, with the same few bytes.
"""

import datetime as dt
import functools
import hashlib
import math
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseNotModified
from django.utils.http import http_date, parse_etags, parse_http_date_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from calendars import scopes
from calendars.domain import ical
from calendars.domain.window import slid_on, window_on
from calendars.models import CalendarFeed
from calendars.queries import feeds as queries
from calendars.services import feeds, fragments
from transition import clock

SAFE_METHODS = ("GET", "HEAD")
PRIVATE = {
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
TEXT = "text/plain; charset=utf-8"
NOT_FOUND = "この予定表はありません。アドレスを確かめるか、支援者にたずねてください。\nThere is no calendar here.\n"
NOT_ALLOWED = "この予定表は読むだけです。\nThis calendar is read-only.\n"

View = Callable[..., HttpResponse]


def open_to_all(view: View) -> View:
    """No sign-in, no CSRF, and no session: neither cookie nor `Vary: Cookie` in the answer.

    For a cookie that cannot be a session's, Django's session middleware would send word to drop it; an unopened
    session in its place sends none.
    """

    @functools.wraps(view)
    def inner(request: HttpRequest, **kwargs: str) -> HttpResponse:
        request.session = type(request.session)("unopened")
        return view(request, **kwargs)

    return csrf_exempt(login_not_required(inner))


@open_to_all
@sensitive_variables("token")
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """200, 304 (one query, one more once an hour) or the one 404 for everything that is not a live address."""
    if request.method not in SAFE_METHODS:
        return HttpResponseNotAllowed(SAFE_METHODS, NOT_ALLOWED, content_type=TEXT, headers=PRIVATE)
    now, today = clock.now(), clock.today()
    found = queries.live_feed(token, now=now)
    if found is None:
        return not_found(request)
    scope = scopes.fingerprint(found)
    if scope != found.scope or (found.next_change_at is not None and found.next_change_at <= now):
        found = fragments.catch_up(feed=found, scope=scope)
    feeds.note_fetch(feed=found, user_agent=request.headers.get("User-Agent", ""))
    etag, changed_at = _etag(found, today), _changed_at(found, today)
    headers = {
        **PRIVATE,
        "ETag": etag,
        # Never a date to come; what is compared with is the true one, so nobody is told too late.
        "Last-Modified": http_date(min(changed_at, int(now.timestamp()))),
        "Cache-Control": "private, no-cache",
    }
    if _is_fresh(request, etag, changed_at):
        return HttpResponseNotModified(headers=headers)
    body = queries.calendar_of(found, today=today, now=now)
    headers["Content-Length"] = str(len(body))
    content = body if request.method == "GET" else b""
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


@open_to_all
def not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The same bytes and headers for an address that never was, is no longer, or could not be."""
    if request.method not in SAFE_METHODS:
        return HttpResponseNotAllowed(SAFE_METHODS, NOT_ALLOWED, content_type=TEXT, headers=PRIVATE)
    body = NOT_FOUND.encode()
    headers = {**PRIVATE, "Cache-Control": "private, no-cache", "Content-Length": str(len(body))}
    content = body if request.method == "GET" else b""
    return HttpResponse(content, status=404, content_type=TEXT, headers=headers)


def _etag(found: CalendarFeed, today: dt.date) -> str:
    """Strong: names everything the bytes depend on, the version of the software included."""
    parts = (found.public_id, found.revision, found.detail, window_on(today).start, ical.FORMAT_VERSION)
    return f'"{hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]}"'


def _changed_at(found: CalendarFeed, today: dt.date) -> int:
    """When the bytes last changed, in whole seconds: an edit, an event that left, the window, the software."""
    slid_at = clock.at(slid_on(today), dt.time.min)
    return math.ceil(max(found.changed_at, slid_at, ical.FORMAT_CHANGED_AT).timestamp())


def _is_fresh(request: HttpRequest, etag: str, changed_at: int) -> bool:
    """Whether the client has these bytes. A tag decides alone; an unreadable date decides nothing."""
    if (tags := request.headers.get("If-None-Match")) is not None:
        known = {tag.removeprefix("W/") for tag in parse_etags(tags)}
        return bool(known & {etag, "*"})
    since = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    return since is not None and since >= changed_at
