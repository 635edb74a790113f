"""What was typed when the time of a browser's sign-in ran out: shown again after signing in, to be sent or not."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from transition import clock
from transition.accounts.signed_in import KEPT
from transition.htmx import redirect_page, render_page
from transition.models import User

KEPT_SECONDS = 60 * 60


def url_for(request: HttpRequest, user: User) -> str:
    """Where this user goes on with what was kept; "" when there is nothing, or it is somebody else's."""
    return reverse("transition:kept-form") if _kept(request, user) else ""


@require_safe
def kept_form(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    kept = _kept(request, user)
    if kept is None:
        return redirect_page(request, reverse("transition:start"))
    fields = [(name, value) for name, values in kept["fields"].items() for value in values]
    context = {"path": kept["path"], "fields": fields, "has_files": kept["has_files"]}
    return render_page(request, "transition/kept_form.html", context)


def _kept(request: HttpRequest, user: User) -> dict[str, Any] | None:
    """Takes out what is too old or was somebody else's: two people may share a tablet."""
    kept: dict[str, Any] | None = request.session.get(KEPT)
    if kept is None:
        return None
    too_old = clock.now().timestamp() - kept["at"] > KEPT_SECONDS
    if kept["user"] != user.pk or too_old or not url_has_allowed_host_and_scheme(kept["path"], None):
        del request.session[KEPT]
        return None
    return kept
