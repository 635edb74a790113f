"""The first page of everybody who works for an organization: what needs me today."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from programs.queries import today as queries
from transition import clock
from transition.domain.holidays import holiday_name
from transition.htmx import redirect_page, render_page

PER_PAGE = 50


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Each section with its first items; with `?section=` all of one."""
    organization = request.organization  # type: ignore[attr-defined]
    if not organization:
        return redirect_page(request, reverse("transition:start"))
    sections = queries.sections(organization)
    date = clock.today()
    context: dict[str, Any] = {"today": date, "holiday": holiday_name(date), "sections": sections}
    if code := request.GET.get("section"):
        return _whole(request, code, context)
    context["hint"] = None if sections else queries.hint(organization)
    return render_page(request, "programs/today.html", context)


def _whole(request: HttpRequest, code: str, context: dict) -> HttpResponse:
    """A section in which nothing waits any more says so; one that there never is, is not found."""
    if code not in queries.CODES:
        raise Http404
    section = next((section for section in context["sections"] if section.code == code), None)
    page = Paginator(section.items if section else [], PER_PAGE).get_page(request.GET.get("page"))
    return render_page(request, "programs/today_section.html", context | {"section": section, "page": page})
