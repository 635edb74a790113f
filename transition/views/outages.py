"""The answer to what nobody caught: a clear page while the disk is full or the database away, else the plain 500.

Set as handler500, so that it answers as well for what fails around the views, such as keeping a session.
"""

import logging
import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views.defaults import server_error as plain

from transition import outages
from transition.outages import Outage

logger = logging.getLogger("transition.outages")


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is being handled."""
    found = outages.of(sys.exc_info()[1])
    if found is None:
        return plain(request)
    logger.error("outage: %s", found.value.code)
    return answer(request, found)


def answer(request: HttpRequest, outage: Outage) -> HttpResponse:
    """Without the database: the page must come when nothing else does."""
    words = outage.value
    headers = {"Retry-After": str(words.retry_after), "Cache-Control": "no-store"}
    if request.path.startswith("/api/"):
        body = {"code": words.code, "detail": words.detail, "problems": []}
        return JsonResponse(body, status=words.status, headers=headers, json_dumps_params={"ensure_ascii": False})
    page = loader.get_template("outage.html").render({"words": words, "is_reading": request.method in {"GET", "HEAD"}})
    return HttpResponse(page, status=words.status, headers=headers)
