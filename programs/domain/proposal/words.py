"""Pieces of a proposal with the words that say why each stands where it does."""

from programs.domain import wording
from programs.domain.proposal.terms import HOME_STEPS, Activity, Aim, Free, ProposedOuting, Question
from programs.enums import Step

HOME_ACTIVITIES = {
    Step.VISIT: "グループホームを見学する",
    Step.MEAL: "グループホームで食事をする",
    Step.DAY: "グループホームで日中をすごす",
}
HOME_REASONS = {
    Step.VISIT: "おでかけに慣れたころに、まず見るだけの見学です。",
    Step.MEAL: "見学のあとの段です。いっしょに食事をします。",
    Step.DAY: "食事のあとの段です。泊まる前に、日中をすごしてみます。",
}
# Goal areas that a day at a home serves.
HOME_AREAS = {
    Step.VISIT: frozenset({"LIVE_TOGETHER", "SLEEP_ELSEWHERE", "CHOOSE"}),
    Step.MEAL: frozenset({"LIVE_TOGETHER", "DAILY_LIFE", "SLEEP_ELSEWHERE"}),
    Step.DAY: frozenset({"LIVE_TOGETHER", "DAILY_LIFE", "DAY_ACTIVITY", "SLEEP_ELSEWHERE"}),
}
OUTING_AREAS = frozenset({"ENJOY"})


def home_day(question: Question, free: Free, start: int, minutes: int, rung: int) -> ProposedOuting:
    step = HOME_STEPS[rung - 1]
    if step == Step.MEAL:
        start = _at_noon(question, free, start, minutes)
    aim = _aim(question, HOME_AREAS[step])
    reason = HOME_REASONS[step] + _toward(aim)
    name = HOME_ACTIVITIES[step]
    return ProposedOuting(
        free.date, start, start + minutes, name, step, free.escort, aim=aim.id if aim else None, reason=reason
    )


def outing(
    question: Question, free: Free, start: int, minutes: int, activity: Activity, longest: int
) -> ProposedOuting:
    """`longest` is the longest outing before this one, 0 if it is the first."""
    aim = _aim(question, activity.areas) or _aim(question, OUTING_AREAS)
    reason = {
        "WANT": "「やってみたい」と答えています。",
        "UNKNOWN": "「わからない」と答えています。1回だけ見てみます。",
    }.get(activity.choice, "希望がまだ少ないので、外に出てみるところからです。")
    if longest == 0:
        reason += "はじめてなので、近くで短くします。" if activity.near else "はじめてなので、短くします。"
    elif minutes > longest:
        reason += f"これまでより{wording.hours(minutes - longest)}長くします。"
    return ProposedOuting(
        free.date,
        start,
        start + minutes,
        activity.name,
        Step.OUTING,
        free.escort,
        wish=activity.wish,
        aim=aim.id if aim else None,
        reason=reason + _toward(aim),
    )


def _at_noon(question: Question, free: Free, start: int, minutes: int) -> int:
    """Around noon where the escort's time allows it."""
    latest = min(free.end, question.wanted.latest) - minutes
    wished = 11 * 60
    return wished if max(free.start, question.wanted.earliest) <= wished <= latest else start


def _aim(question: Question, areas: frozenset[str]) -> Aim | None:
    return next((aim for aim in question.aims if aim.area in areas), None)


def _toward(aim: Aim | None) -> str:
    return f"目標「{aim.words}」につながります。" if aim else ""
