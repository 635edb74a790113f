"""A person's goals: in the person's words, the five levels written beforehand, closed with a reason.

Scores are given in sessions and reviews: `programs.services.scores`.
"""

from typing import Any

from django.core.exceptions import ValidationError

from transition import clock
from transition.enums import GoalHorizon, GoalState
from transition.models import Goal, Person, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

CLOSED = (GoalState.ACHIEVED, GoalState.CHANGED, GoalState.STOPPED)


@writing
def add(*, person: Person, by: User, key: RequestKey | None = None, **details: Any) -> Goal:
    """Set a goal. `details` are fields of Goal. Raises ValidationError for what makes no sense."""
    [person] = lock(Person, [person.pk])
    goal = Goal(person=person, created_by=by, **details)
    _check(goal)
    if goal.target_on < clock.today():
        raise ValidationError({"target_on": "いつまでに、は今日かそれよりあとの日にしてください。"})
    goal.save()
    audit.record("goal.add", goal, by=by, area=str(goal.area), horizon=str(goal.horizon))
    return goal


@writing
def change(*, goal: Goal, by: User, key: RequestKey | None = None, **details: Any) -> Goal:
    """Put a goal that is worked at into other words, levels or dates; a closed one stays as it was."""
    goal = _locked(goal)
    _refuse_closed(goal)
    changed = sorted(name for name, value in details.items() if getattr(goal, name) != value)
    for name in changed:
        setattr(goal, name, details[name])
    if not changed:
        return goal
    _check(goal)
    goal.save(update_fields=changed)
    audit.record("goal.change", goal, by=by, fields=changed)
    return goal


@writing
def close(*, goal: Goal, state: str, reason: str, by: User, key: RequestKey | None = None) -> Goal:
    """Achieved, changed or stopped, and why. Stopping is as good an end as any."""
    goal = _locked(goal)
    _refuse_closed(goal)
    if state not in CLOSED:
        raise ValidationError({"state": "「達成」「変更」「とりやめ」から選んでください。"})
    if not reason.strip():
        raise ValidationError({"reason": "理由や、そのときの様子を書いてください。"})
    goal.state, goal.state_reason, goal.state_changed_at = state, reason, clock.now()
    goal.full_clean()
    goal.save(update_fields=["state", "state_reason", "state_changed_at"])
    audit.record("goal.close", goal, by=by, state=str(state))
    return goal


def _locked(goal: Goal) -> Goal:
    lock(Person, [goal.person_id])
    return Goal.objects.select_related("person", "parent").get(pk=goal.pk)


def _refuse_closed(goal: Goal) -> None:
    if goal.state != GoalState.ACTIVE:
        raise ValidationError(f"この目標は、もう「{goal.get_state_display()}」になっています。")


def _check(goal: Goal) -> None:
    parent = goal.parent
    if parent is not None:
        if parent.person_id != goal.person_id or parent.horizon != GoalHorizon.LONG:
            raise ValidationError({"parent": "本人の長期目標から選んでください。"})
        if goal.horizon == GoalHorizon.LONG:
            raise ValidationError({"parent": "長期目標に、上の目標はありません。"})
    if goal.pk and goal.horizon == GoalHorizon.SHORT and Goal.objects.filter(parent=goal.pk).exists():
        raise ValidationError({"horizon": "下に短期目標があるので、短期目標にはできません。"})
    goal.full_clean()
