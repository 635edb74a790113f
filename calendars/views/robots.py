"""What crawlers are told. Google fetches calendars only where nothing forbids it, so nothing is forbidden here: what
may not be found by searching says so itself (`noindex`), which a crawler can only read when it may come."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from calendars.views.feed import TEXT, open_to_all

ROBOTS = "User-agent: *\nDisallow:\n"


@require_safe
@open_to_all
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ROBOTS, content_type=TEXT, headers={"Cache-Control": "public, max-age=86400"})
