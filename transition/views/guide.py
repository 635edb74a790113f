"""はじめての方へ: how to use the application, role by role. Open to everyone, as it holds nothing about anybody."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from transition import guides
from transition.htmx import render_page


@login_not_required
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    return _page(request, guides.START)


@login_not_required
@require_safe
def guide_page(request: HttpRequest, slug: str) -> HttpResponse:
    if slug not in guides.SLUGS:
        raise Http404
    return _page(request, slug)


def _page(request: HttpRequest, slug: str) -> HttpResponse:
    organization = request.organization or None  # type: ignore[attr-defined]
    own = guides.own_slug(organization.kind) if organization else ""
    context = {
        "guide": guides.GUIDES[slug],
        "guides": guides.in_order(own),
        "own": own,
        "is_start": slug == guides.START,
    }
    return render_page(request, "transition/guide.html", context)
