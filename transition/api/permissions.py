from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from transition.models import ApiToken


class IsSignedIn(BasePermission):
    message = "サインインするか、トークンを付けてください。"
    code = "not_authenticated"

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated)


class HasScope(BasePermission):
    """A token is held to its scopes: `view.area` names them, such as HOMES for HOMES_READ and HOMES_WRITE. Writing
    includes reading. A browser's session has no scopes: the user's own rights hold."""

    message = "このトークンには、この操作の許可（スコープ）がありません。"
    code = "scope_missing"

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiToken):
            return True
        allowed = {f"{view.area}_WRITE"}
        if request.method in SAFE_METHODS or getattr(view, "action", None) in view.reading_actions:
            allowed.add(f"{view.area}_READ")
        return not allowed.isdisjoint(request.auth.scopes)
