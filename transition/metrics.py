"""Figures in the text format of Prometheus: requests by the name of their route, and what figures.py collects.

No label comes from a person, a path or an address: routes by name, states and methods as codes.
"""

import os
import time
from collections.abc import Callable, Iterable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from transition.figures import registry as figures

CONTENT_TYPE = CONTENT_TYPE_LATEST
PREFIX = "taiken_"
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_own = CollectorRegistry()
# With PROMETHEUS_MULTIPROC_DIR, which deploy/gunicorn.py sets, all processes of the web server count together.
_requests = Counter(
    f"{PREFIX}requests", "Requests by route, method and status", ["route", "method", "status"], registry=_own
)
_took = Histogram(f"{PREFIX}request_seconds", "Time to answer, by route", ["route"], buckets=SECONDS, registry=_own)


class CountRequests:
    """Counts every request under the name of its route; what has no route is "none"."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = (match.view_name if match else "") or "none"
        method = request.method if request.method in {"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE"} else "other"
        _requests.labels(route, method, str(response.status_code)).inc()
        _took.labels(route).observe(time.perf_counter() - began)
        return response


class _Figures(Collector):
    """The figures of all apps, read when somebody asks."""

    def collect(self) -> Iterable[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for section in figures.read():
            for figure in section.figures:
                names = [name for name, _ in figure.labels]
                family = families.setdefault(
                    figure.name, GaugeMetricFamily(PREFIX + figure.name, figure.name.replace("_", " "), labels=names)
                )
                family.add_metric([value for _, value in figure.labels], figure.value)
        return families.values()


def text() -> bytes:
    """Everything, in Prometheus' text format."""
    together = CollectorRegistry()
    together.register(_Figures())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(together)
        return bytes(generate_latest(together))
    return bytes(generate_latest(together) + generate_latest(_own))
