"""アクセストークン: what lets a program act for oneself is handed out here, and stopped.

Like every page of a signed-in user these stay in no cache (PrivatePages), so Back does not show a secret again.
"""

from typing import cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from transition import clock
from transition.enums import TokenScope
from transition.forms import TokenForm
from transition.htmx import redirect_page, render_page
from transition.models import ApiToken, Organization, User
from transition.models.tokens import TOKEN_DAYS
from transition.services import api_tokens
from transition.views.sending import attempt, request_key

PER_PAGE = 20
# A first address to try with each scope.
FIRST_LOOK = {
    TokenScope.HOMES_READ: "homes",
    TokenScope.PEOPLE_READ: "people",
    TokenScope.SESSIONS_READ: "sessions",
    TokenScope.PROGRAMS_READ: "programs",
    TokenScope.CALENDARS_READ: "feeds",
    TokenScope.AUDIT_READ: "audit-events",
    TokenScope.OFFICE_READ: "notifications",
}


@require_safe
def token_list(request: HttpRequest) -> HttpResponse:
    return _list_page(request)


@require_POST
def token_issue(request: HttpRequest) -> HttpResponse:
    organization: Organization | None = request.organization or None  # type: ignore[attr-defined]
    if organization is None:
        raise PermissionDenied
    form = TokenForm(request.POST)
    token = None
    if form.is_valid():
        by, key = _user(request), request_key(request)
        token = attempt(form, lambda: api_tokens.issue(organization=organization, by=by, key=key, **form.cleaned_data))
    if token is None:
        return _list_page(request, form, status=422)
    return _issued_page(request, token)


@require_http_methods(["GET", "HEAD", "POST"])
def token_revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    # Where one does not work any more the token is dead anyway.
    mine = ApiToken.objects.visible_to(_user(request)).filter(organization__in=Organization.objects.of(_user(request)))
    token = get_object_or_404(mine.select_related("organization"), public_id=public_id)
    if request.method != "POST":
        return render_page(request, "transition/token_revoke.html", {"token": token})
    api_tokens.revoke(token=token, by=_user(request), key=request_key(request))
    return redirect_page(request, reverse("transition:token-list"))


def _list_page(request: HttpRequest, form: TokenForm | None = None, status: int = 200) -> HttpResponse:
    tokens = ApiToken.objects.visible_to(_user(request)).select_related("organization")
    page = Paginator(tokens, PER_PAGE).get_page(request.GET.get("page"))
    today = clock.today()
    mine = {membership.organization_id for membership in request.memberships}  # type: ignore[attr-defined]
    context = {
        "page": page,
        "tokens": [
            (token, token.revoked_at is None, token.expires_on < today, token.organization_id in mine) for token in page
        ],
        "form": form or TokenForm(),
        "days": TOKEN_DAYS,
    }
    return render_page(request, "transition/token_list.html", context, status=status)


def _issued_page(request: HttpRequest, token: ApiToken) -> HttpResponse:
    """The only page that ever shows the secret; without it when the same form was sent before."""
    look = next((FIRST_LOOK[scope] for scope in FIRST_LOOK if scope in token.scopes), "")
    context = {
        "token": token,
        "secret": token.token,
        "address": request.build_absolute_uri(f"/api/v1/{look}/") if look else "",
    }
    return render_page(request, "transition/token_issued.html", context)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
