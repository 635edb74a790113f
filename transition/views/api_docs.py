"""The API's description. Open to everyone: it says what can be done, and nothing about anybody."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import etag, require_safe

from transition.api import docs
from transition.htmx import render_page

YAML, JSON = "application/vnd.oai.openapi", "application/vnd.oai.openapi+json"


def _version(request: HttpRequest) -> str:
    return f'"{docs.version()}-{_wants_json(request):d}"'


@login_not_required
@require_safe
@etag(_version)
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1: YAML, or JSON with `?format=json` or for whoever accepts JSON."""
    wants_json = _wants_json(request)
    body, kind = (docs.as_json(), JSON) if wants_json else (docs.as_yaml(), YAML)
    response = HttpResponse(
        body, content_type=f"{kind}; charset=utf-8", headers={"Cache-Control": "public, max-age=300"}
    )
    patch_vary_headers(response, ["Accept"])
    return response


@login_not_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    return render_page(
        request,
        "transition/api_docs.html",
        {"nouns": docs.nouns(), "requests_a_minute": settings.API_REQUESTS_A_MINUTE},
    )


@login_not_required
@require_safe
def noun(request: HttpRequest, name: str) -> HttpResponse:
    found = docs.noun(name)
    if found is None:
        raise Http404
    return render_page(request, "transition/api_noun.html", {"noun": found, "nouns": docs.nouns()})


def _wants_json(request: HttpRequest) -> bool:
    return request.GET.get("format") == "json" or request.get_preferred_type([YAML, JSON, "application/json"]) in {
        JSON,
        "application/json",
    }
