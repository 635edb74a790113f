"""Where browsers report what our policy (CSP) kept them from loading. They send no cookie and no token."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from transition.domain.networks import network_of
from transition.services import csp_reports

KINDS = frozenset({"application/csp-report", "application/reports+json", "application/json"})
MOST_BYTES = 20_000


@csrf_exempt  # changes nothing but a count, and asks for no sign-in
@login_not_required
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """204 whatever the report says; 415, 413 or 429 for what is no report."""
    if request.content_type not in KINDS:
        return HttpResponse(status=415)
    network = network_of(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))
    if seconds := csp_reports.wait_for(network=network):
        return HttpResponse(status=429, headers={"Retry-After": str(seconds)})
    try:
        body = request.read(MOST_BYTES + 1) if not hasattr(request, "_body") else request.body
    except (UnreadablePostError, RequestDataTooBig):
        return HttpResponse(status=400)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    csp_reports.take(body=body)
    return HttpResponse(status=204)
