"""What came of an enrollment, and how the person is after a move. A new wish is an outcome; so is staying by choice."""

import datetime as dt

from programs.domain import wording
from programs.domain.enrollment_dates import follow_up_dates
from programs.domain.problems import Problem, Refused
from programs.enums import MOVED_CODES, FollowUpKind, NextService, OutcomeCode
from programs.models import Enrollment, FollowUp, Outcome
from transition import clock
from transition.models import Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


@writing
def decide(
    *,
    enrollment: Enrollment,
    code: str,
    decided_on: dt.date,
    moved_on: dt.date | None = None,
    next_service: str = "",
    note: str = "",
    by: User,
    key: RequestKey | None = None,
) -> Outcome:
    """Say what came of it, or say it anew. After a move the follow-ups are due: within 30 days, after 6 months."""
    lock(Person, [enrollment.person_id])
    enrollment = Enrollment.objects.get(pk=enrollment.pk)
    outcome = Outcome.objects.filter(enrollment=enrollment).first() or Outcome(enrollment=enrollment, by=by)
    problems = _problems(enrollment, code, decided_on, moved_on, next_service)
    problems += _done_problems(outcome, code, moved_on)
    if problems:
        raise Refused(problems)
    outcome.code, outcome.decided_on, outcome.moved_on = code, decided_on, moved_on
    outcome.next_service, outcome.note = next_service, note
    outcome.by, outcome.at = by, clock.now()
    outcome.full_clean()
    outcome.save()
    _plan_follow_ups(outcome)
    audit.record("outcome.decide", outcome, by=by, enrollment=enrollment.pk, code=code, next_service=next_service)
    return outcome


@writing
def follow_up(
    *,
    follow_up: FollowUp,
    done_on: dt.date,
    still_there: bool,
    note: str = "",
    by: User,
    key: RequestKey | None = None,
) -> FollowUp:
    """Record a look after the move. A late one is recorded like any other."""
    lock(Person, [follow_up.outcome.enrollment.person_id])
    follow_up = FollowUp.objects.select_related("outcome__enrollment").get(pk=follow_up.pk)
    problems = _follow_up_problems(follow_up, done_on, still_there)
    if problems:
        raise Refused(problems)
    follow_up.done_on, follow_up.still_there, follow_up.note, follow_up.by = done_on, still_there, note, by
    follow_up.full_clean()
    follow_up.save()
    audit.record(
        "follow_up.record",
        follow_up,
        by=by,
        outcome=follow_up.outcome_id,
        kind=follow_up.kind,
        done_on=str(done_on),
        still_there=still_there,
    )
    return follow_up


def _plan_follow_ups(outcome: Outcome) -> None:
    if outcome.moved_on is None:
        FollowUp.objects.filter(outcome=outcome).delete()
        return
    done = set(FollowUp.objects.filter(outcome=outcome, done_on__isnull=False).values_list("kind", flat=True))
    for kind, due_on in follow_up_dates(outcome.moved_on).items():
        if kind not in done:
            FollowUp.objects.update_or_create(outcome=outcome, kind=kind, defaults={"due_on": due_on})


def _problems(
    enrollment: Enrollment, code: str, decided_on: dt.date, moved_on: dt.date | None, next_service: str
) -> list[Problem]:
    problems = []
    today = clock.today()
    if code not in OutcomeCode.values:
        problems.append(Problem("outcome.code", "結果を選んでください。", field="code"))
    if decided_on > today:
        problems.append(Problem("outcome.decided_on", "今日までの日にしてください。", field="decided_on"))
    if decided_on < enrollment.starts_on:
        first = wording.date(enrollment.starts_on)
        message = f"利用が始まった日（{first}）よりあとにしてください。"
        problems.append(Problem("outcome.decided_on", message, field="decided_on"))
    if code in MOVED_CODES and moved_on is None:
        problems.append(Problem("outcome.moved_on", "引っこした日を入力してください。", field="moved_on"))
    if code not in MOVED_CODES and moved_on is not None:
        message = "引っこしたときだけ入力します。ほかの結果のときは、空けておいてください。"
        problems.append(Problem("outcome.moved_on", message, field="moved_on"))
    if moved_on is not None and moved_on > today:
        message = "まだ来ていない日です。引っこしがすんでから書いてください。"
        problems.append(Problem("outcome.moved_on", message, field="moved_on"))
    if moved_on is not None and moved_on < enrollment.starts_on:
        message = "利用が始まるより前の日です。日にちを確かめてください。"
        problems.append(Problem("outcome.moved_on", message, field="moved_on"))
    if next_service and next_service not in NextService.values:
        problems.append(Problem("outcome.next_service", "次の支援を選び直してください。", field="next_service"))
    if code == OutcomeCode.NEXT_SERVICE and not next_service:
        problems.append(Problem("outcome.next_service", "どの支援が始まったかを選んでください。", field="next_service"))
    return problems


def _done_problems(outcome: Outcome, code: str, moved_on: dt.date | None) -> list[Problem]:
    """What was seen after the move keeps its move."""
    if outcome.pk is None or moved_on == outcome.moved_on:
        return []
    if not FollowUp.objects.filter(outcome=outcome, done_on__isnull=False).exists():
        return []
    field = "moved_on" if code in MOVED_CODES else "code"
    message = "引っこしたあとの確認がもう記録されています。引っこした日や結果は変えられません。"
    return [Problem("outcome.followed_up", message, field=field)]


def _follow_up_problems(follow_up: FollowUp, done_on: dt.date, still_there: bool) -> list[Problem]:
    problems = []
    moved_on = follow_up.outcome.moved_on
    if done_on > clock.today():
        problems.append(Problem("follow_up.future", "今日までの日にしてください。", field="done_on"))
    if moved_on is not None and done_on < moved_on:
        message = f"引っこした日（{wording.date(moved_on)}）よりあとにしてください。"
        problems.append(Problem("follow_up.early", message, field="done_on"))
    if follow_up.kind == FollowUpKind.SIX_MONTHS and still_there and done_on < follow_up.due_on:
        message = f"6か月になるのは{wording.date(follow_up.due_on)}です。続いているかは、その日からあとに確かめます。"
        problems.append(Problem("follow_up.too_soon", message, field="done_on"))
    return problems
