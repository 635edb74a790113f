"""夜の点検: looks for what can only be so by a fault, and tells the administrators. Changes nothing.

The notification holds, in `data`, {"findings": [{"code", "sentence", "count", "ids"}]}: public ids only, to be shown
behind the sign-in.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from transition import clock
from transition.domain.quiet import Waits
from transition.enums import NotificationKind
from transition.models import Notification, User
from transition.nightly import registry
from transition.notifications import Notice, Semantics, Told
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


def told(rows: Sequence[Notification]) -> Mapping[int, Told]:
    """By mail only that there is something, and how much; where, behind the sign-in of an administrator."""
    found = {}
    for row in rows:
        if row.user.is_superuser:
            findings = row.data.get("findings", [])
            count = sum(finding["count"] for finding in findings)
            lines = [
                f"{finding['sentence']}（{finding['count']}件：{'、'.join(finding['ids'])}）" for finding in findings
            ]
            found[row.pk] = Told(
                subject=f"夜の点検で{count}件の食いちがいが見つかりました",
                summary=f"夜の点検で、{count}件の食いちがいが見つかりました。サインインして確かめてください。",
                url=reverse("transition:operations"),
                action="運用の画面を見る",
                detail="\n".join(lines),
            )
    return found


NOTICE = Notice(
    kind=NotificationKind.CONSISTENCY,
    tell=told,
    semantics=Semantics.AT_LEAST_ONCE,
    waits=Waits.NIGHT,
    may_be_off=False,
    # Administrators only: nobody else is asked how to hear of it.
    organization_kinds=(),
)


@writing
def _tell(*, findings: list[dict[str, Any]]) -> None:
    notify(
        kind=NotificationKind.CONSISTENCY,
        reason=f"consistency:{clock.today()}",
        users=User.objects.filter(is_superuser=True, is_active=True),
        data={"findings": findings},
    )
