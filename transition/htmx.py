"""One view, two renderings: a whole page for a browser, a part of it for htmx."""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

VARIES_ON = ("HX-Request", "HX-Target")


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    partials: Collection[str] = (),
    status: int = 200,
) -> HttpResponse:
    """Render `template`, or only its partial named by HX-Target when the view allows that one.

    A partial's name equals the id of the element it replaces. An unknown target and a history restore get
    the whole page.
    """
    name = template
    htmx = request.htmx  # type: ignore[attr-defined]
    if htmx and not htmx.history_restore_request and htmx.target in partials:
        name = f"{template}#{htmx.target}"
    response = render(request, name, context, status=status)
    patch_vary_headers(response, VARIES_ON)
    return response


def redirect_page(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser to another page; htmx is told to load it whole (204 with HX-Redirect)."""
    htmx = request.htmx  # type: ignore[attr-defined]
    response: HttpResponse = HttpResponseClientRedirect(url, status=204) if htmx else redirect(url)
    patch_vary_headers(response, VARIES_ON)
    return response


def focus(response: HttpResponse, selector: str) -> HttpResponse:
    """Have app.js put the focus on `selector` once the swap has settled."""
    return trigger_client_event(response, "focus", {"value": selector}, after="settle")


def say(response: HttpResponse, text: str) -> HttpResponse:
    """Have app.js read `text` aloud through the page's live region."""
    return trigger_client_event(response, "say", {"value": text})
