"""Looking back with the person: the texts and the goals' scores of one review are written together."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from programs.domain import wording
from programs.domain.problems import Problem, Refused
from programs.models import Review
from programs.services import scores
from transition import clock
from transition.models import Goal, Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing


@dataclass(frozen=True, slots=True)
class GivenScore:
    """How far a goal has come, in the view of those at the review."""

    goal: Goal
    score: int
    note: str = ""


@writing
def hold(
    *,
    review: Review,
    held_on: dt.date,
    decision: str,
    present: str = "",
    person_said: str = "",
    wishes: str = "",
    helped: str = "",
    goal_scores: Iterable[GivenScore] = (),
    by: User,
    key: RequestKey | None = None,
) -> Review:
    """Hold a review, with all its texts and the scores given at it. Raises Refused."""
    lock(Person, [review.enrollment.person_id])
    review = Review.objects.select_related("enrollment__person").get(pk=review.pk)
    problems = _problems(review, held_on, decision)
    if problems:
        raise Refused(problems)
    review.held_on, review.decision, review.present = held_on, decision, present
    review.person_said, review.wishes, review.helped = person_said, wishes, helped
    review.by, review.at = by, clock.now()
    review.full_clean()
    review.save()
    given = [
        scores.score(goal=one.goal, review=review, score=one.score, note=one.note, scored_on=held_on, by=by)
        for one in goal_scores
    ]
    audit.record("review.hold", review, by=by, month=review.month, held_on=str(held_on), scores=len(given))
    return review


def _problems(review: Review, held_on: dt.date, decision: str) -> list[Problem]:
    if review.held_on is not None:
        message = f"この振り返りは、{wording.date(review.held_on)}に行ったと書かれています。"
        return [Problem("review.held", message)]
    problems = []
    if held_on > clock.today():
        problems.append(Problem("review.future", "行った日は、今日までの日にしてください。", field="held_on"))
    if held_on < review.enrollment.starts_on:
        first = wording.date(review.enrollment.starts_on)
        problems.append(
            Problem("review.early", f"利用が始まった日（{first}）よりあとにしてください。", field="held_on")
        )
    if not decision.strip():
        problems.append(Problem("review.decision", "これからどうするかを書いてください。", field="decision"))
    return problems
