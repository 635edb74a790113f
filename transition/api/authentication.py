"""Who calls: a program with a token, or a browser that has signed in."""

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from transition.accounts import signed_in
from transition.models import ApiToken, User
from transition.services import api_tokens

SCHEME = "Bearer"


class BrowserAuthentication(SessionAuthentication):
    """A browser that has signed in, within its time, and with the second factor where one is required."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        # Read before anything else: an expired sign-in is no sign-in.
        user = getattr(request._request, "user", None)
        if user is None or not user.is_active or not signed_in.check(request._request):
            return None
        found: tuple[Any, None] | None = super().authenticate(request)
        if found is not None and signed_in.needs_second_factor(request._request):
            raise PermissionDenied("先に、2つめの確認を登録してください。", "second_factor_needed")
        return found


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer taiken_…`. The request then works for the token's organization."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = api_tokens.find(secret.strip())
        if token is None:
            raise AuthenticationFailed("トークンが正しくないか、期限が切れたか、止められています。", "token_invalid")
        api_tokens.note_use(token=token)
        request._request.organization = token.organization  # type: ignore[attr-defined]
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes a refusal 401 instead of 403."""
        return f'{SCHEME} realm="taiken"'


class BrowserScheme(SessionScheme):
    target_class = BrowserAuthentication  # type: ignore[assignment]


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "画面の「アクセストークン」で発行した文字列を Authorization: Bearer に入れます。",
        }
