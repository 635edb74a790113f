"""How long each page of the wish book takes, whether it is near, and what goals it serves. Rough and changeable.

A page that is not listed here (a facility's own) takes an hour to three. The pages about homes are no outings: days
at a home have their own ladder in the proposal.
"""

from programs.domain.proposal.terms import LENGTHS, Activity

# Codes of the wish book: (shortest, longest minutes, near, best begun at minute of day, goal areas).
_PAGES: dict[str, tuple[int, int, bool, int | None, tuple[str, ...]]] = {
    "shopping": (60, 180, True, None, ("SHOP", "CHOOSE", "MONEY")),
    "eating-out": (60, 150, True, 11 * 60 + 30, ("EAT_OUT", "CHOOSE", "MONEY")),
    "cafe": (60, 120, True, 14 * 60, ("EAT_OUT", "CHOOSE")),
    "cinema": (150, 240, False, 13 * 60, ("ENJOY", "CHOOSE")),
    "bath": (120, 240, False, 13 * 60, ("ENJOY", "DAILY_LIFE")),
    "train": (90, 360, False, None, ("TRANSPORT",)),
    "bus": (60, 240, True, None, ("TRANSPORT",)),
    "park": (60, 180, True, None, ("ENJOY",)),
    "zoo": (180, 360, False, None, ("ENJOY",)),
    "library": (60, 120, True, None, ("CHOOSE",)),
    "karaoke": (90, 180, False, 13 * 60, ("ENJOY", "CHOOSE")),
    "music": (120, 240, False, 13 * 60, ("ENJOY",)),
    "sports": (60, 180, False, None, ("ENJOY",)),
    "haircut": (60, 120, True, None, ("CHOOSE", "DAILY_LIFE")),
    "clothes": (60, 180, False, None, ("SHOP", "CHOOSE", "MONEY")),
    "cooking": (120, 240, False, 10 * 60, ("DAILY_LIFE",)),
    "friends": (60, 300, False, None, ("LIVE_TOGETHER", "ENJOY")),
    "work": (60, 240, False, 10 * 60, ("DAY_ACTIVITY",)),
}
# Pages that speak of living elsewhere: answered on the ladder at a home, not by an outing.
HOME_PAGES = frozenset({"group-home", "sleep"})


def activity_of(code: str, name: str, *, choice: str, wish: int | None = None, used: int = 0) -> Activity:
    """A page of the wish book as something to do."""
    shortest, longest, near, starts, areas = _PAGES.get(code, (60, 180, False, None, ()))
    return Activity(
        code,
        name,
        choice=choice,
        shortest=shortest,
        longest=longest,
        near=near,
        starts=starts,
        areas=frozenset(areas),
        wish=wish,
        used=used,
    )


# Offered where no wish fits: one of them for every length.
OFFERED = (
    Activity("walk", "近くを散歩する", longest=120, near=True, areas=frozenset({"ENJOY"})),
    Activity("town", "町をゆっくりまわる", shortest=LENGTHS[3], longest=LENGTHS[-1], areas=frozenset({"ENJOY"})),
)
