"""The proposed plan for six months: seconds and quality of the solver against a greedy hand heuristic.

    python -m bench.proposal [--rounds 3]

For 10, 20 and 40 wishes and 1 to 3 escorts who are free on some days (fixed seed): seconds (median of rounds),
outings placed, wishes followed, the longest outing, the highest rung at a home, and how many rules the plan breaks.
The heuristic goes through the days in order and takes whatever fits: the next longer outing, the next wish.
"""

import argparse
import datetime as dt
import random
import statistics
import time

from programs.domain.proposal import (
    HOME_STEPS,
    LENGTHS,
    Cap,
    Free,
    NoPlan,
    ProposedOuting,
    Question,
    Wanted,
    activities,
    home_rung,
    propose,
)
from programs.domain.proposal import spots as places
from programs.domain.spans import Context, Period, periods_between
from programs.enums import Step, Unit, Window

START, END = dt.date(2026, 12, 1), dt.date(2027, 5, 31)


def question(wishes: int, escorts: int, per_month: int = 4) -> Question:
    dice = random.Random(wishes * 10 + escorts)
    codes = list(activities._PAGES)
    chosen = [
        activities.activity_of(
            codes[n % len(codes)],
            f"やってみたいこと{n}",
            choice=dice.choice(["WANT", "WANT", "UNKNOWN"]),
            wish=n,
        )
        for n in range(wishes)
    ]
    free = [
        Free(START + dt.timedelta(days=day), escort, 540 + 30 * dice.randrange(4), 900 + 30 * dice.randrange(5))
        for day in range((END - START).days + 1)
        for escort in range(escorts)
        if dice.random() < 0.4
    ]
    months = periods_between(Window.CALENDAR_MONTH, START, END, Context())
    caps = tuple(Cap("1か月の外出時間", Unit.MINUTES, month, 24 * 60, 120) for month in months)
    return Question(
        Period(START, END),
        START - dt.timedelta(days=1),
        caps=caps,
        activities=tuple(chosen),
        free=tuple(sorted(free)),
        wanted=Wanted(per_month=per_month, gap=2, per_week=2),
    )


def greedy(asked: Question) -> list[ProposedOuting]:
    """By hand: day after day, the next thing that fits."""
    spots, wishes = places.spots(asked), [a for a in asked.activities if a.choice == "WANT"]
    left = {cap.period: cap.left for cap in asked.caps}
    found: list[ProposedOuting] = []
    level, rung, by_month, by_week = 0, 0, {}, {}
    for day, here in sorted(spots.items()):
        date = dt.date.fromordinal(day)
        month, week = date.replace(day=1), (day - 1) // 7
        if found and (date - found[-1].date).days <= asked.wanted.gap:
            continue
        if by_month.get(month, 0) >= asked.wanted.per_month or by_week.get(week, 0) >= asked.wanted.per_week:
            continue
        homes = sum(home_rung(o.step) > 0 for o in found if o.date.replace(day=1) == month)
        ladder = [s for s in here if s.rung == rung + 1 and len(found) >= 2 and not homes]
        steps = ladder or [s for s in here if not s.rung and s.level <= level]
        period = next(period for period in left if date in period)
        steps = [s for s in steps if s.minutes <= left[period]]
        if not steps:
            continue
        spot = max(steps, key=lambda s: s.minutes)
        fitting = [a for a in wishes if places.fits(a, spot.minutes)]
        activity = fitting[0] if fitting and not spot.rung else activities.OFFERED[0]
        if activity in wishes:
            wishes.remove(activity)
        left[period] -= spot.minutes
        by_month[month], by_week[week] = by_month.get(month, 0) + 1, by_week.get(week, 0) + 1
        if spot.rung:
            rung = spot.rung
        else:
            level = min(spot.level + 1, len(LENGTHS) - 1)
        step = HOME_STEPS[spot.rung - 1] if spot.rung else Step.OUTING
        wish = activity.wish if not spot.rung else None
        end = spot.start + spot.minutes
        found.append(ProposedOuting(date, spot.start, end, activity.name, step, spot.free.escort, wish=wish))
    return found


def quality(outings: list[ProposedOuting]) -> str:
    wishes = len({outing.wish for outing in outings if outing.wish is not None})
    longest = max((outing.minutes for outing in outings if not home_rung(outing.step)), default=0)
    rung = max((home_rung(outing.step) for outing in outings), default=0)
    months = len({(outing.date.year, outing.date.month) for outing in outings})
    return f"{len(outings):3} outings, {wishes:2} wishes, longest {longest:3} min, rung {rung}, {months} months"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    for wishes in (10, 20, 40):
        for escorts in (1, 2, 3):
            asked = question(wishes, escorts)
            seconds, hand = [], []
            for _ in range(rounds):
                began = time.perf_counter()
                answer = propose(asked)
                seconds.append(time.perf_counter() - began)
                began = time.perf_counter()
                simple = greedy(asked)
                hand.append(time.perf_counter() - began)
            solved = "no plan" if isinstance(answer, NoPlan) else quality(list(answer.outings))
            best = "" if isinstance(answer, NoPlan) or answer.best else " (not proven best)"
            print(f"{wishes:2} wishes, {escorts} escorts   solver {statistics.median(seconds):5.2f} s  {solved}{best}")
            print(f"                       by hand {statistics.median(hand):4.2f} s  {quality(simple)}")


if __name__ == "__main__":
    main()
