"""開示等の請求: what a person asks of whoever keeps records about them, and what was answered.

The request and its answer are written down; what was corrected is said in the answer. The file with everything that
is held leaves a row of its own behind.
"""

import datetime as dt

from django.core.exceptions import ValidationError

from transition import clock
from transition.enums import DisclosureAnswer, DisclosureKind, DisclosurePurpose
from transition.models import Disclosure, Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


@writing
def ask(
    *,
    person: Person,
    kind: str,
    asked_by: str,
    content: str = "",
    asked_on: dt.date | None = None,
    by: User,
    key: RequestKey | None = None,
) -> Disclosure:
    """Write a request down. Raises ValidationError."""
    [person] = lock(Person, [person.pk])
    asked_on = asked_on or clock.today()
    if asked_on > clock.today():
        raise ValidationError({"asked_on": "今日までの日にしてください。"})
    if kind != DisclosureKind.DISCLOSE and not content.strip():
        raise ValidationError({"content": "何を直すか、何をやめるかを書いてください。"})
    disclosure = Disclosure(
        person=person, kind=kind, asked_by=asked_by, content=content, asked_on=asked_on, by=by, created_at=clock.now()
    )
    disclosure.full_clean()
    disclosure.save()
    audit.record("disclosure.ask", disclosure, by=by, kind=str(kind))
    return disclosure


@writing
def answer(
    *,
    disclosure: Disclosure,
    answer: str,
    reason: str = "",
    answered_on: dt.date | None = None,
    by: User,
    key: RequestKey | None = None,
) -> Disclosure:
    """What came of it: for good, because it is evidence. Raises ValidationError."""
    lock(Person, [disclosure.person_id])
    (disclosure,) = lock(Disclosure, [disclosure.pk])
    answered_on = answered_on or clock.today()
    problems: dict[str, str] = {}
    if disclosure.answer != DisclosureAnswer.WAITING:
        problems["answer"] = "この請求には、もう答えています。新しく頼まれたときは、新しい請求を書いてください。"
    elif answer not in DisclosureAnswer.values or answer == DisclosureAnswer.WAITING:
        problems["answer"] = "どう答えたかを選んでください。"
    if not disclosure.asked_on <= answered_on <= clock.today():
        problems["answered_on"] = "請求された日から今日までの日にしてください。"
    if not reason.strip() and (answer != DisclosureAnswer.DONE or disclosure.kind != DisclosureKind.DISCLOSE):
        problems["reason"] = "何をしたか（何を、どう直したか）、応じないときはその理由を書いてください。"
    if problems:
        raise ValidationError(problems)
    disclosure.answer, disclosure.reason = answer, reason
    disclosure.answered_on, disclosure.answered_by = answered_on, by
    disclosure.full_clean()
    disclosure.save()
    audit.record("disclosure.answer", disclosure, by=by, kind=disclosure.kind, answer=str(answer))
    return disclosure


@writing
def hand_over(
    *, disclosure: Disclosure, purpose: str, with_others: bool = False, by: User, key: RequestKey | None = None
) -> Disclosure:
    """Note that everything held about the person leaves as a file: who took it, for which request, what for, and
    whether what is about others was in it. Raises ValidationError for a request that is none for disclosure, and for
    one that was refused."""
    lock(Person, [disclosure.person_id])
    (disclosure,) = lock(Disclosure, [disclosure.pk])
    if disclosure.kind != DisclosureKind.DISCLOSE or disclosure.answer == DisclosureAnswer.REFUSED:
        raise ValidationError("まとめて取り出せるのは、開示の請求があって、断っていないときだけです。")
    if purpose not in DisclosurePurpose.values:
        raise ValidationError({"purpose": "何のために取り出すかを選んでください。"})
    audit.record(
        "export.own_data.zip",
        disclosure,
        by=by,
        kind=disclosure.kind,
        purpose=purpose,
        with_others=with_others,
    )
    return disclosure
