"""意向確認: each asking of a resident is one row, and stays. Not to have an answer yet is an answer to keep."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ValidationError

from transition import clock
from transition.domain.months import months_later
from transition.enums import IntentionAnswer, IntentionWish
from transition.models import IntentionCheck, Organization, Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


def default_next(asked_on: dt.date) -> dt.date:
    """When to ask again unless somebody says otherwise: INTENTION_MONTHS months later."""
    return months_later(asked_on, settings.INTENTION_MONTHS)


@writing
def record(
    *,
    person: Person,
    organization: Organization,
    asked_on: dt.date,
    asker: str,
    method: str,
    answer: str,
    wants: Sequence[str] = (),
    expression: str = "",
    inferred: bool = False,
    basis: str = "",
    present: str = "",
    next_on: dt.date | None = None,
    by: User,
    key: RequestKey | None = None,
) -> IntentionCheck:
    """Keep what a resident was asked and answered. Raises ValidationError for what makes no sense."""
    [person] = lock(Person, [person.pk])
    check = IntentionCheck(
        person=person,
        organization=organization,
        asked_on=asked_on,
        asker=asker,
        method=method,
        answer=answer,
        wants=[str(wish) for wish in IntentionWish if wish in wants],
        expression=expression,
        inferred=inferred,
        basis=basis,
        present=present,
        next_on=next_on or default_next(asked_on),
        by=by,
    )
    _check(check)
    check.save()
    audit.record("intention.record", check, by=by, organization=organization.pk, answer=str(check.answer))
    return check


def _check(check: IntentionCheck) -> None:
    if check.asked_on > clock.today():
        raise ValidationError({"asked_on": "これからの日には、まだ聞いていません。今日までの日にしてください。"})
    if check.next_on <= check.asked_on:
        raise ValidationError({"next_on": "次に聞く日は、聞いた日よりあとにしてください。"})
    if check.answer == IntentionAnswer.NO_ANSWER:
        if check.inferred:
            raise ValidationError({"inferred": "「まだ答えがない」ときは、読み取った答えもありません。"})
        check.expression = ""
    elif not check.expression:
        raise ValidationError({"expression": "どう表したかを選んでください（ことば、表情など）。"})
    if check.inferred and not check.basis.strip():
        raise ValidationError({"basis": "読み取ったときは、何から読み取ったかを書いてください。"})
    check.full_clean()
