"""What browsers refuse to load on our pages: counted by the rule that refused it, and nothing else is kept."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping

from django.conf import settings

from transition.figures import Figure
from transition.services import pulses, rates

PREFIX = "csp:"
STRETCH = dt.timedelta(minutes=1)
# One page sends a handful at most; a machine that sends more has something else in mind.
MOST_A_NETWORK, MOST = 20, 200
MOST_AT_ONCE = 10
_OTHER = "other"


def wait_for(*, network: str) -> int:
    """Count one sending; seconds to wait when there were too many, else 0."""
    return rates.wait_for({f"csp|{network}": MOST_A_NETWORK, "csp": MOST}, stretch=STRETCH)


def take(*, body: bytes) -> None:
    """Count what is reported. Addresses, referrers and samples of the page are in there as well: they are dropped."""
    for directive in _directives(body)[:MOST_AT_ONCE]:
        pulses.count(f"{PREFIX}{directive}")


def known() -> frozenset[str]:
    policy: Mapping[str, object] = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    # Browsers name the kind of script or style more exactly than we do.
    finer = {f"{name}-{part}" for name in ("script-src", "style-src") for part in ("elem", "attr")}
    return frozenset(policy) | finer | {"worker-src", "frame-src", "media-src", "object-src"}


def figures() -> Iterable[Figure]:
    """How often since the beginning, in 1 query."""
    counts = pulses.counts(PREFIX)
    yield Figure("csp_reports", "ブラウザーが止めた読み込み", sum(counts.values()), "件")
    for name, count in counts.items():
        yield Figure("csp_reports_by_directive", f"　{name}", count, "件", (("directive", name),))


def _directives(body: bytes) -> list[str]:
    """Both spellings: one report (report-uri) or a list of them (report-to)."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return []
    found = content if isinstance(content, list) else [content]
    return [directive for one in found if isinstance(one, dict) and (directive := _directive(one))]


def _directive(report: dict[str, object]) -> str:
    inner = report.get("csp-report") or report.get("body")
    if not isinstance(inner, dict):
        return ""
    said = inner.get("effective-directive") or inner.get("effectiveDirective") or inner.get("violated-directive") or ""
    name = said.split(" ")[0].lower() if isinstance(said, str) else ""
    return name if name in known() else _OTHER
