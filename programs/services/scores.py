"""Scores of goals on their GAS scale, given in a session's record or at a review. Never changed: the latest holds."""

import datetime as dt

from django.db import transaction

from programs.domain.problems import Problem, Refused
from programs.models import GoalScore, Review, Session
from transition import clock
from transition.models import Goal, Person, User
from transition.services import audit
from transition.services.transactions import lock

WORST, EXPECTED, BEST = -2, 0, 2
LONGEST_NOTE = 200


def score(
    *,
    goal: Goal,
    session: Session | None = None,
    review: Review | None = None,
    score: int,
    note: str = "",
    scored_on: dt.date | None = None,
    by: User,
) -> GoalScore:
    """Give a goal its score from one source, a session or a review; part of the caller's transaction.

    The same score, note and day from the same source again write nothing. Without `scored_on` it is the day of the
    session or review, today at the latest. Raises Refused.
    """
    with transaction.atomic():
        lock(Person, [goal.person_id])
        scored_on = scored_on or _day_of(session, review)
        problems = _problems(goal, session, review, score, note, scored_on)
        if problems:
            raise Refused(problems)
        latest = GoalScore.objects.filter(goal=goal, session=session, review=review).order_by("pk").last()
        if latest is not None and (latest.score, latest.note, latest.scored_on) == (score, note, scored_on):
            return latest
        given = GoalScore.objects.create(
            goal=goal,
            session=session,
            review=review,
            score=score,
            note=note,
            scored_on=scored_on,
            by=by,
            at=clock.now(),
        )
        audit.record(
            "goal.score",
            goal,
            by=by,
            score=score,
            session=session.pk if session else None,
            review=review.pk if review else None,
        )
        return given


def _day_of(session: Session | None, review: Review | None) -> dt.date:
    if session is not None:
        return min(clock.local_date(session.actual_starts_at or session.starts_at), clock.today())
    return (review.held_on if review is not None else None) or clock.today()


def _problems(
    goal: Goal, session: Session | None, review: Review | None, score: int, note: str, scored_on: dt.date
) -> list[Problem]:
    problems = []
    if (session is None) == (review is None):
        problems.append(Problem("score.source", "点は、体験か振り返りのどちらか1つにつけます。"))
    whose = session.person_id if session else review.enrollment.person_id if review else goal.person_id
    if whose != goal.person_id:
        problems.append(Problem("score.person", "ほかの方の目標には、点をつけられません。"))
    if not WORST <= score <= BEST:
        problems.append(Problem("score.scale", "点は−2から＋2までです。", field="score"))
    if len(note) > LONGEST_NOTE:
        problems.append(Problem("score.note", f"ひとことは{LONGEST_NOTE}文字までです。", field="note"))
    if scored_on > clock.today():
        problems.append(Problem("score.future", "これからの日には、点をつけられません。", field="scored_on"))
    return problems
