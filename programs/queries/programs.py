"""Programs and their limits in words, as one municipality uses them."""

from dataclasses import dataclass

from django.db.models import Q

from programs.domain import wording
from programs.enums import Unit, Window
from programs.models import Limit, Program
from transition import clock
from transition.enums import Residence
from transition.models import Organization

# What stands before the amount: ひと月に24時間まで.
WINDOW_WORDS = {
    Window.STAY: "続けて",
    Window.CALENDAR_MONTH: "ひと月（暦の月）に",
    Window.ANNIVERSARY_MONTH: "ひと月（利用開始日から数えて）に",
    Window.FISCAL_YEAR: "1年度（4月から3月）に",
    Window.CALENDAR_YEAR: "1年（1月から12月）に",
    Window.GRANT: "支給決定の期間に",
    Window.ROLLING_12_MONTHS: "直近12か月に",
    Window.ENROLLMENT: "利用期間に",
    Window.FROM_FIRST_DAY: "使い始めた日から",
}


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit in force or to come."""

    limit: Limit
    words: str
    is_later: bool


@dataclass(frozen=True, slots=True)
class ProgramCard:
    program: Program
    is_own: bool
    residences: str
    limits: list[LimitLine]


def program_cards(municipality: Organization | None) -> list[ProgramCard]:
    """The municipality's programs, its own copies where it keeps them; two queries."""
    today = clock.today()
    cards = []
    for program in Program.objects.for_municipality(municipality.pk if municipality else None).prefetch_related(
        "limits"
    ):
        limits = [limit for limit in program.limits.all() if limit.valid_to is None or limit.valid_to >= today]
        lines = [
            LimitLine(limit, limit_words(limit), is_later=limit.valid_from is not None and limit.valid_from > today)
            for limit in limits
        ]
        residences = "・".join(str(Residence(residence).label) for residence in program.residences)
        cards.append(ProgramCard(program, program.municipality_id is not None, residences, lines))
    return cards


def within_reach(municipality: Organization | None) -> Q:
    """Programs a municipality's people can look at: the general ones and its own."""
    return Q(municipality=None) | Q(municipality=municipality.pk if municipality else None)


def limit_words(limit: Limit) -> str:
    """ひと月（暦の月）に24時間まで."""
    words = f"{WINDOW_WORDS[Window(limit.window)]}{wording.amount(limit.unit, limit.amount)}まで"
    if limit.unit == Unit.DAYS and limit.window == Window.FROM_FIRST_DAY:
        words = f"使い始めた日から{limit.amount}日目まで"
    return words
