"""What happens to every request: nothing unprintable comes in, and nothing private stays in a browser."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.functional import SimpleLazyObject

from transition import clock
from transition.domain import text
from transition.exports import FILE_TYPES
from transition.queries import inbox

if TYPE_CHECKING:
    from transition.models import Membership

GetResponse = Callable[[HttpRequest], HttpResponseBase]

REFUSAL = "使えない文字（制御文字）が含まれているため、受け付けられませんでした。"
OTHER_CHARSET = "文字コードがUTF-8ではないため、受け付けられませんでした。"
# In UTF-8 the byte ED is followed by A0–BF only where someone encoded half of a surrogate pair.
_FORBIDDEN_BYTES = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xed[\xa0-\xbf]")
_JSON_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_UTF_8 = frozenset({"utf-8", "utf8"})
_PRIVATE = ("text/html", *FILE_TYPES)
_NO_USER_PATHS = ("/ical/", "/static/")


class RefuseControlCharacters:
    """400 for NUL, lone surrogates and C0 controls other than tab and line ends.

    SQLite ends a LIKE pattern at a NUL and returns every row; PostgreSQL raises. So they stop here: in the path,
    the query, headers and cookies before anything else runs, in forms and JSON just before the view. A form is
    parsed once, by Django itself (the view and CSRF use the same parsed form); uploaded files go to their upload
    handlers and are not looked into. Bodies of other types (application/octet-stream) are left unread.
    A request in another charset than UTF-8 is refused as well, because its decoded text would not be what was checked.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (request.content_params or {}).get("charset", "utf-8").lower() not in _UTF_8:
            return _refusal(request, OTHER_CHARSET)
        if _is_address_forbidden(request) or _are_headers_forbidden(request):
            return _refusal(request, REFUSAL)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        try:
            refused = _is_body_forbidden(request)
        except UnreadablePostError:
            return HttpResponseBadRequest(content_type="text/plain; charset=utf-8")  # the sender has gone
        return _refusal(request, REFUSAL) if refused else None


class LoginRequired(LoginRequiredMiddleware):
    """Django's own opens the session even for views that need no sign-in, which costs them `Vary: Cookie`,
    two queries for a browser with a session, and shared caches. This one asks the view first.
    """

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class CompressedPages(GZipMiddleware):
    """Pages go out compressed, a fifth of their size; Django's own adds what keeps secrets in them from being guessed
    by length. Only HTML: feeds answer by the bytes they stored, photos and PDFs are small already.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class CurrentOrganization:
    """`request.membership` and `request.organization`: where the user works now, looked up only when asked for;
    `request.memberships`: everywhere the user works, with the organizations.

    The session's "organization" (its id) chooses among the current memberships; otherwise the oldest. Both are
    falsy when there is none, but wrapped: test them by truth, never with `is None`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.memberships = SimpleLazyObject(lambda: _current_memberships(request))  # type: ignore[attr-defined]
        membership: Any = SimpleLazyObject(lambda: _chosen(request))
        request.membership = membership  # type: ignore[attr-defined]
        request.organization = SimpleLazyObject(  # type: ignore[attr-defined]
            lambda: membership.organization if membership else None
        )
        return self.get_response(request)


class PrivatePages:
    """Pages and files of a signed-in user stay in no cache and in no browser history.

    A response for which nobody opened the session says nothing about a user. Its session stays closed here too,
    because opening it adds `Vary: Cookie`, and calendar programs and proxies could not share the answer.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (
            not request.path.startswith(_NO_USER_PATHS)
            and response.headers.get("Content-Type", "").startswith(_PRIVATE)
            and not response.has_header("Cache-Control")
            and request.session.accessed
            and request.user.is_authenticated
        ):
            response.headers["Cache-Control"] = "no-store"
        return response


def _current_memberships(request: HttpRequest) -> "list[Membership]":
    if not request.user.is_authenticated:
        return []
    current = request.user.memberships.current().select_related("organization").order_by("pk")
    return list(current.annotate(unread=inbox.unread_of("user", clock.now())))


def _chosen(request: HttpRequest) -> "Membership | None":
    memberships: list[Membership] = request.memberships  # type: ignore[attr-defined]
    chosen = str(request.session.get("organization", ""))
    by_organization = {str(membership.organization_id): membership for membership in memberships}
    return by_organization.get(chosen) or next(iter(memberships), None)


def _is_address_forbidden(request: HttpRequest) -> bool:
    query = request.META.get("QUERY_STRING", "")
    return text.has_forbidden(request.path) or _hides_forbidden(request.path.encode()) or _hides_forbidden(_raw(query))


def _are_headers_forbidden(request: HttpRequest) -> bool:
    headers = {name: value for name, value in request.META.items() if name.startswith("HTTP_")}
    return (
        _any_forbidden(headers.values())
        # htmx percent-encodes what does not fit into a header (HX-Target-URI-AutoEncoded).
        or any(_hides_forbidden(_raw(value)) for name, value in headers.items() if name.startswith("HTTP_HX_"))
        # A quoted cookie can hide a NUL as \000.
        or _any_forbidden(request.COOKIES.values())
    )


def _is_body_forbidden(request: HttpRequest) -> bool:
    if request.META.get("CONTENT_LENGTH") in (None, "", "0"):
        return False  # then Django reads no body either
    kind = request.content_type or ""
    if kind == "multipart/form-data":
        fields = request.POST if request.method == "POST" else _multipart_fields(request)
        return any(text.has_forbidden(name) or _any_forbidden(values) for name, values in fields.lists())
    if kind == "application/x-www-form-urlencoded":
        return _hides_forbidden(request.body)
    if kind == "application/json" or kind.endswith("+json"):
        return _FORBIDDEN_BYTES.search(request.body) is not None or _escapes_forbidden(request.body)
    if kind.startswith("text/"):
        return _FORBIDDEN_BYTES.search(request.body) is not None
    return False


def _multipart_fields(request: HttpRequest) -> Any:
    """The text fields of a PUT or PATCH, which Django does not parse: read as those of a POST are, files piece by
    piece under their own limit. REST framework takes what was read here."""
    request._post, request._files = request.parse_file_upload(request.META, request)  # type: ignore[attr-defined]
    return request._post  # type: ignore[attr-defined]


def _raw(value: str) -> bytes:
    """What came over the wire; WSGI hands bytes over as Latin-1."""
    return value.encode("latin-1", "replace")


def _hides_forbidden(raw: bytes) -> bool:
    return _FORBIDDEN_BYTES.search(unquote_to_bytes(raw)) is not None


def _any_forbidden(values: Iterable[object]) -> bool:
    return any(isinstance(value, str) and text.has_forbidden(value) for value in values)


def _escapes_forbidden(body: bytes) -> bool:
    r"""Whether JSON spells out a forbidden character: \u0000, or half of a surrogate pair alone."""
    high_ends_at = -1
    for found in _JSON_ESCAPE.finditer(body):
        code = int(found[1], 16) if found[1] else None
        if high_ends_at >= 0:
            if code is None or not 0xDC00 <= code <= 0xDFFF or found.start() != high_ends_at:
                return True
            high_ends_at = -1
        elif code is not None and 0xD800 <= code <= 0xDBFF:
            high_ends_at = found.end()
        elif found[0] in (rb"\b", rb"\f") or (code is not None and text.has_forbidden(chr(code))):
            return True
    return high_ends_at >= 0


def _refusal(request: HttpRequest, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"code": "forbidden_characters", "detail": message, "problems": []}, status=400)
    return HttpResponseBadRequest(message, content_type="text/plain; charset=utf-8")
