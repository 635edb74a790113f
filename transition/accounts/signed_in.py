"""A browser that is signed in does not stay so for ever, and some of its users need a second factor first."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from transition import clock
from transition.htmx import redirect_page
from transition.queries import second_factors

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# In the session: seconds since 1970, when the browser signed in and when it was last used.
SINCE, SEEN = "signed_in_at", "seen_at"
SECOND_FACTOR = "has_second_factor"
KEPT = "kept_form"
WRITTEN_EVERY = 60
KEPT_BYTES = 200_000
# Asked by the page itself, without anybody's hand: shows nothing of who sits there.
ASKED_BY_PAGES = {"transition:operations"}
NEVER_KEPT = ("password", "code", "credential", "csrfmiddlewaretoken")
# What opens before the second factor is there: what leads to it, and the way out.
ON_THE_WAY = (
    "mfa_",
    "account_reauthenticate",
    "account_change_password",
    "transition:account",
    "transition:sign-out",
    "transition:second-factor-needed",
    "transition:switch-organization",
)
LEFT_ALONE = "しばらく使われていなかったので、サインアウトしました。"
KEPT_TOO = "入力したものは残っています。サインインすると、続きから送れます。"


class Expiry:
    """Signs a browser out that was left alone for SESSION_IDLE_MINUTES, or signed in SESSION_COOKIE_AGE ago.

    What was being sent just then is kept in the server's session for the same user (views/kept_forms.py).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        # Like LoginRequired: a view that needs no sign-in must not open the session.
        if getattr(view, "login_required", True) and request.user.is_authenticated:
            check(request)
        return None


class SecondFactorRequired:
    """Nothing opens to whoever needs a second factor and has none, but the way to one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if not getattr(view, "login_required", True) or not request.user.is_authenticated:
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name.startswith(ON_THE_WAY) or not needs_second_factor(request):
            return None
        return redirect_page(request, reverse("transition:second-factor-needed"))


def check(request: HttpRequest) -> bool:
    """Whether the browser is still signed in; signs it out when its time is over."""
    session, now = request.session, clock.now().timestamp()
    since, seen = session.get(SINCE), session.get(SEEN)
    if since is None or seen is None:
        session[SINCE] = session[SEEN] = now
        return True
    if now - seen > settings.SESSION_IDLE_MINUTES * 60 or now - since > settings.SESSION_COOKIE_AGE:
        kept = _form_of(request)
        logout(request)
        messages.warning(request, LEFT_ALONE + (KEPT_TOO if kept else ""))
        if kept:
            request.session[KEPT] = kept
        return False
    if now - seen >= WRITTEN_EVERY and not _asked_by_page(request):
        session[SEEN] = now
    return True


def stamp(request: HttpRequest) -> None:
    """From now on this browser is signed in."""
    request.session[SINCE] = request.session[SEEN] = clock.now().timestamp()


def needs_second_factor(request: HttpRequest) -> bool:
    if settings.DEMO or request.session.get(SECOND_FACTOR):
        return False
    user: Any = request.user
    if not second_factors.is_required(user, request.memberships):  # type: ignore[attr-defined]
        return False
    if second_factors.of(user).exists():
        # It cannot be taken out again while it is required.
        request.session[SECOND_FACTOR] = True
        return False
    return True


def _asked_by_page(request: HttpRequest) -> bool:
    found = request.resolver_match
    return bool(request.headers.get("HX-Request")) and found is not None and found.view_name in ASKED_BY_PAGES


def _form_of(request: HttpRequest) -> dict[str, Any] | None:
    """What was being sent, without secrets and files; None for what is no form or too much to keep."""
    if request.method != "POST" or request.path.startswith("/api/"):
        return None
    fields = {
        name: values for name, values in request.POST.lists() if not any(word in name.lower() for word in NEVER_KEPT)
    }
    size = sum(len(name) + sum(map(len, values)) for name, values in fields.items())
    if not fields or size > KEPT_BYTES:
        return None
    return {
        "user": request.user.pk,
        "at": clock.now().timestamp(),
        "path": request.get_full_path(),
        "fields": fields,
        "has_files": bool(request.FILES),
    }
