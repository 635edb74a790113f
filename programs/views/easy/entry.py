"""The way into the easy view, and out of it. The secret address leads away at once and never shows again."""

import datetime as dt

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from programs.queries.links import by_token
from programs.views.easy.access import HEADERS, forget_link
from transition import clock
from transition.models import PersonLink
from transition.models.links import LINK_DAYS
from transition.services import links
from transition.services.links import SESSION_KEY

EASY_START = "/me/"
ENTRY_HEADERS = HEADERS | {"Referrer-Policy": "no-referrer"}


@csrf_exempt  # answers no POST; and a refused one would write the address into another log
@login_not_required
@require_safe
@sensitive_variables("token")
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Opens the easy view. The same 404 for an address that never was, has run out or was stopped."""
    link = by_token(token)
    if link is None:
        return _with_headers(render(None, "easy/no_link.html", status=404))
    _put_into_session(request, link)
    links.note_use(link=link)
    return _with_headers(HttpResponseRedirect(EASY_START))


@login_not_required
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Only the link goes; who is signed in stays signed in."""
    signed_in = request.user.is_authenticated
    forget_link(request)
    return redirect(reverse("transition:start") if signed_in else EASY_START)


def _put_into_session(request: HttpRequest, link: PersonLink) -> None:
    """A new session that lasts as long as the link; a sign-in in this browser stays, with its own end."""
    if request.user.is_authenticated:
        request.session.cycle_key()
    else:
        request.session.flush()
        end = clock.at(link.expires_on + dt.timedelta(days=1), dt.time.min)
        request.session.set_expiry(min(end, clock.now() + dt.timedelta(days=LINK_DAYS)))
    request.session[SESSION_KEY] = link.pk


def _with_headers(response: HttpResponse) -> HttpResponse:
    for name, value in ENTRY_HEADERS.items():
        response.headers[name] = value
    return response
