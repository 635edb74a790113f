"""The words of the proposal: what is asked, what is answered, and the rules that both keep."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from programs.domain import wording
from programs.domain.spans import DAY, Period, calendar_month, periods_between
from programs.domain.spans import Context as NoContext
from programs.enums import Step, Unit, Window
from transition.domain.holidays import holiday_name

# Minutes of an outing, shortest first; from one to the next at most one further.
LENGTHS = (60, 90, 120, 150, 180, 240, 300, 360)
# Minutes of a day at a home, the longest that fits first.
HOME_LENGTHS: Mapping[Step, tuple[int, ...]] = {Step.VISIT: (90, 60), Step.MEAL: (150, 120), Step.DAY: (300, 240)}
HOME_STEPS = tuple(HOME_LENGTHS)
# How many minutes an outing may be shorter than the longest before it.
FALLBACK = 90
# How long the first outing may be when nothing has been done yet.
FIRST_AT_MOST = 90
# How often at most each rung at a home is proposed, and how often in one month.
TIMES_PER_RUNG = 2
HOMES_PER_MONTH = 1
OUTINGS_BEFORE_HOME = 2
# A month cut off by today or by the period's edge asks for less than a whole one.
WHOLE_MONTH = 28
_NOT_BACK = f"それまででいちばん長い回より{FALLBACK}分をこえて短くはしません。"
ANY, AVOID, NEVER = "any", "avoid", "never"


@dataclass(frozen=True, slots=True)
class Activity:
    """Something to do. `choice` is WANT, UNKNOWN or "" for what is offered when no wish fits.

    `starts` is the minute of day at which it is best begun, `used` how often it is in what is kept.
    """

    code: str
    name: str
    choice: str = ""
    shortest: int = 60
    longest: int = 180
    near: bool = False
    starts: int | None = None
    areas: frozenset[str] = frozenset()
    wish: int | None = None
    used: int = 0


@dataclass(frozen=True, slots=True)
class Aim:
    """A goal that is worked on."""

    id: int
    words: str
    area: str


@dataclass(frozen=True, slots=True, order=True)
class Free:
    """An escort can go along on that date from minute to minute of the day."""

    date: dt.date
    escort: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A session of the person that stays as it is, on every date it touches. `done`: it has been held.

    One that is not `own` belongs to another program: it occupies its dates, and counts as no outing of this one.
    """

    first: dt.date
    last: dt.date
    minutes: int = 0
    step: str = ""
    done: bool = False
    own: bool = True


@dataclass(frozen=True, slots=True)
class Cap:
    """One window of one limit, with what kept sessions use of it."""

    name: str
    unit: str
    period: Period
    amount: int
    used: int = 0
    assumed: bool = False

    @property
    def left(self) -> int:
        return max(0, self.amount - self.used)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the one who plans would like. `gap` is the number of free days between two outings."""

    per_month: int = 3
    at_least: int = 1
    gap: int = 3
    per_week: int = 1
    weekdays: frozenset[int] = frozenset(range(7))
    earliest: int = 9 * 60
    latest: int = 17 * 60
    holidays: str = ANY
    homes: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """Everything a proposal hangs on. Nothing is proposed for `today` or before."""

    period: Period
    today: dt.date
    caps: tuple[Cap, ...] = ()
    activities: tuple[Activity, ...] = ()
    aims: tuple[Aim, ...] = ()
    free: tuple[Free, ...] = ()
    kept: tuple[Kept, ...] = ()
    wanted: Wanted = Wanted()

    @property
    def first(self) -> dt.date:
        return max(self.period.start, self.today + DAY)

    def days(self) -> list[dt.date]:
        return [self.first + n * DAY for n in range((self.period.end - self.first).days + 1)]

    def months(self) -> list[Period]:
        """The calendar months that still have a day to plan, cut at the edges."""
        if self.first > self.period.end:
            return []
        whole = periods_between(Window.CALENDAR_MONTH, self.first, self.period.end, NoContext())
        return [Period(max(month.start, self.first), min(month.end, self.period.end)) for month in whole]

    def occupied(self) -> set[dt.date]:
        """Dates with something kept."""
        return {kept.first + n * DAY for kept in self.kept for n in range((kept.last - kept.first).days + 1)}

    def kept_in(self, period: Period) -> int:
        return sum(kept.own and kept.first in period for kept in self.kept)

    def kept_in_month(self, month: Period) -> int:
        """How many kept sessions begin in the whole calendar month, also before today."""
        return self.kept_in(calendar_month(month.start))

    def at_least_in(self, month: Period) -> int:
        """How many new outings the month needs; none where nobody could go along or it is nearly over."""
        served = any(free.date in month for free in self.free)
        needed = self.wanted.at_least if month.days >= WHOLE_MONTH else self.wanted.at_least * month.days // WHOLE_MONTH
        return max(0, needed - self.kept_in_month(month)) if served else 0


@dataclass(frozen=True, slots=True)
class ProposedOuting:
    """One piece, within one day; `start` and `end` are minutes of the day."""

    date: dt.date
    start: int
    end: int
    activity: str
    step: str
    escort: int
    wish: int | None = None
    aim: int | None = None
    reason: str = ""

    @property
    def minutes(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Overnight:
    """After a day at a home the next rung is one night: from when on a room could be looked for."""

    since: dt.date


@dataclass(frozen=True, slots=True)
class Proposal:
    outings: tuple[ProposedOuting, ...]
    rules: tuple[str, ...]
    overnight: Overnight | None = None
    best: bool = True


@dataclass(frozen=True, slots=True)
class Loosen:
    """A rule that stands in the way, and what to do about it. `change` are the wishes that would loosen it."""

    rule: str
    text: str
    change: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoPlan:
    reasons: tuple[Loosen, ...]
    rules: tuple[str, ...] = ()


def rules_of(question: Question) -> Iterable[str]:
    """The rules every proposal obeys, with their numbers."""
    wanted = question.wanted
    for name, unit, amount, assumed in dict.fromkeys((c.name, c.unit, c.amount, c.assumed) for c in question.caps):
        ask = f"（{wording.ASK_MUNICIPALITY}）" if assumed else ""
        yield f"「{name}」の上限{wording.amount(unit, amount)}をこえません。いまある予定も数えます{ask}。"
    yield "確定した予定と、もう行った体験は動かしません。同じ日に2つは入れません。"
    yield "付き添う人があいている日と時間だけに入れます。"
    hours = f"{_clock(wanted.earliest)}から{_clock(wanted.latest)}まで"
    yield f"{_weekdays(wanted.weekdays)}の{hours}に入れます。" + {
        AVOID: "祝日はなるべくさけます。",
        NEVER: "祝日には入れません。",
    }.get(wanted.holidays, "")
    yield f"ひと月に{wanted.per_month}回まで、週に{wanted.per_week}回まで。あいだを{wanted.gap}日以上あけます。"
    if wanted.at_least:
        yield f"付き添える日のある月には、{wanted.at_least}回は入れます。"
    held = [kept.minutes for kept in question.kept if kept.done and not home_rung(kept.step)]
    if held:
        yield f"これまででいちばん長い{wording.hours(max(held))}から、1段ずつのばします。{_NOT_BACK}"
    else:
        yield f"はじめは近くで{FIRST_AT_MOST}分まで。1段ずつのばします。{_NOT_BACK}"
    yield "「やってみたい」を先に。「わからない」は1回だけ見てみます。「いまは いい」は入れません。"
    if wanted.homes:
        yield (
            f"グループホームは、おでかけを{OUTINGS_BEFORE_HOME}回してから、見学 → 食事 → 日中の順に。"
            f"ひと月に{HOMES_PER_MONTH}回までで、前の段にはもどりません。"
        )
        yield "1泊は、日中すごしたあとで部屋をさがして申し込みます。この案には入りません。"


def home_rung(step: str) -> int:
    """How high on the ladder at a home: 0 below it, 1 見学, 2 食事, 3 日中, 4 anything overnight."""
    if step in HOME_STEPS:
        return HOME_STEPS.index(Step(step)) + 1
    return 0 if step in (Step.OUTING, "") else len(HOME_STEPS) + 1


def is_holiday(date: dt.date) -> bool:
    return holiday_name(date) is not None


def overnight(question: Question, outings: list[ProposedOuting]) -> Overnight | None:
    days = [outing.date for outing in outings if outing.step == Step.DAY]
    days += [kept.last for kept in question.kept if kept.step == Step.DAY]
    slept = any(home_rung(kept.step) > len(HOME_STEPS) for kept in question.kept)
    if slept or not days:
        return None
    since = max(min(days) + 7 * DAY, question.first)
    return Overnight(since) if since < question.period.end else None


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def _weekdays(days: frozenset[int]) -> str:
    if len(days) == 7:
        return "どの曜日でも、1日"
    return "・".join("月火水木金土日"[day] for day in sorted(days)) + "曜日"


def caps_of_unit(caps: Iterable[Cap]) -> list[tuple[Cap, bool]]:
    """Caps that an outing uses up, and whether in minutes (else one a piece)."""
    counted = (Unit.MINUTES, Unit.DAYS, Unit.TIMES)
    return [(cap, cap.unit == Unit.MINUTES) for cap in caps if cap.unit in counted]
