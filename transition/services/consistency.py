"""夜の点検: looks for what can only be so by a fault, and tells the administrators. Changes nothing.

The notification holds, in `data`, {"findings": [{"code", "sentence", "count", "ids"}]}: public ids only, to be shown
behind the sign-in.
"""

from typing import Any

from transition import clock
from transition.enums import NotificationKind
from transition.models import User
from transition.nightly import registry
from transition.services.notifications import notify
from transition.services.transactions import writing

# A broken invariant is told with so many rows at most; more of them say nothing new.
MOST = 100
SHOWN = 10


def check() -> int:
    """How many rows break an invariant."""
    findings: list[dict[str, Any]] = []
    for invariant in registry.invariants.values():
        if ids := [str(one) for one in invariant.broken(MOST)]:
            findings.append(
                {"code": invariant.code, "sentence": invariant.sentence, "count": len(ids), "ids": ids[:SHOWN]}
            )
    if findings:
        _tell(findings=findings)
    return sum(finding["count"] for finding in findings)


@writing
def _tell(*, findings: list[dict[str, Any]]) -> None:
    notify(
        kind=NotificationKind.CONSISTENCY,
        reason=f"consistency:{clock.today()}",
        users=User.objects.filter(is_superuser=True, is_active=True),
        data={"findings": findings},
    )
