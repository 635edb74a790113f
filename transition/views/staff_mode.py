"""管理モード: the administrator's pages open for half an hour, after showing anew who one is."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods, require_POST

from transition import clock
from transition.accounts.adapter import AccountAdapter
from transition.htmx import redirect_page, render_page
from transition.navigation import STAFF_MODE_UNTIL, is_in_staff_mode
from transition.services import staff_mode
from transition.views.sending import request_key

View = Callable[..., HttpResponse]


def administrators_only(view: View) -> View:
    """403 for everybody else; an administrator is led to 管理モード first."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        if not is_in_staff_mode(request):
            back = request.get_full_path() if request.method in ("GET", "HEAD") else ""
            return redirect_page(request, _with_next(reverse("transition:staff-mode"), back))
        return view(request, *args, **kwargs)

    return inner


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    if not request.user.is_superuser:
        raise PermissionDenied
    back = _own(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.method != "POST":
        return render_page(
            request, "transition/staff_mode.html", {"next": back, "minutes": settings.STAFF_MODE_MINUTES}
        )
    if not did_recently_reauthenticate(request):
        # Not the old way back: whoever comes from there has to press the button once more.
        ways = AccountAdapter(request).get_reauthentication_methods(request.user)
        here = _with_next(reverse("transition:staff-mode"), back)
        return redirect_page(request, _with_next(ways[0]["url"], here))
    staff_mode.begin(by=request.user, key=request_key(request))
    request.session[STAFF_MODE_UNTIL] = clock.now().timestamp() + settings.STAFF_MODE_MINUTES * 60
    messages.success(request, f"管理モードにしました。{settings.STAFF_MODE_MINUTES}分で終わります。")
    return redirect_page(request, back or reverse("transition:operations"))


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    if not request.user.is_superuser:
        raise PermissionDenied
    if request.session.pop(STAFF_MODE_UNTIL, None) is not None:
        staff_mode.end(by=request.user, key=request_key(request))
        messages.success(request, "管理モードを終わりました。")
    return redirect_page(request, reverse("transition:account"))


def _own(request: HttpRequest, url: str) -> str:
    """An address of this site, or nothing."""
    return url if url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure()) else ""


def _with_next(url: str, back: str) -> str:
    return f"{url}?{urlencode({'next': back})}" if back else url
