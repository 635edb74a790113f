"""For machines: does the process answer, may requests come, and the figures."""

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from transition import metrics as own_metrics
from transition.queries import health

PLAIN = "text/plain; charset=utf-8"


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing: a slow database must not get it killed."""
    return HttpResponse("ok", content_type=PLAIN)


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers, is migrated, and the queue lives; why not is nothing for strangers."""
    if health.is_ready():
        return HttpResponse("ready", content_type=PLAIN)
    return HttpResponse("not ready", status=503, content_type=PLAIN, headers={"Retry-After": "10"})


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for whoever has the token of the environment; else there is nothing here."""
    _, _, sent = request.META.get("HTTP_AUTHORIZATION", "").partition("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(sent.encode(), settings.METRICS_TOKEN.encode()):
        raise Http404
    return HttpResponse(own_metrics.text(), content_type=own_metrics.CONTENT_TYPE)
