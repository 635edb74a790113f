"""The headers of every answer, whoever made it: a page, a refusal, a fault, a picture, a calendar, a static file."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

# What a page may use of a device: passkeys, and nothing else.
_NOTHING = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
_OWN = ("publickey-credentials-create", "publickey-credentials-get")
CSP_REPORTS = "/csp-reports/"
# Set where the answer has none of its own: a picture sandboxes itself, a family's page sends no referrer at all.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join([*(f"{name}=()" for name in _NOTHING), *(f"{name}=(self)" for name in _OWN)]),
    "Reporting-Endpoints": f'csp="{CSP_REPORTS}"',
}
# Longer than any address of ours; what is longer was not made by a form or a link.
LONGEST_ADDRESS = 2048
TOO_LONG = "アドレスが長すぎるため、受け付けられませんでした。"


class SafeHeaders:
    """Outside of everything that answers, so that no answer goes without; refuses addresses beyond all measure."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _length(request) > LONGEST_ADDRESS:
            response: HttpResponseBase = HttpResponse(TOO_LONG, status=414, content_type="text/plain; charset=utf-8")
        else:
            response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def _length(request: HttpRequest) -> int:
    """As it came over the wire, where every Japanese character takes nine characters."""
    query = request.META.get("QUERY_STRING", "")
    return len(request.get_full_path()) if query.isascii() else len(request.path) + len(query)
