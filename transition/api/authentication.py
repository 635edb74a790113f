"""Who calls: a program with a token, or a browser that has signed in."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from transition.models import ApiToken, User
from transition.services import api_tokens

SCHEME = "Bearer"


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


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "画面の「アクセストークン」で発行した文字列を Authorization: Bearer に入れます。",
        }
