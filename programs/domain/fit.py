"""Does a slot fit a person, and do these dates fit a slot?

A slot's nights run from `slot_from` (first night) up to the morning of `slot_to` (last possible check-out), the
same half-open span as a stay. Sources: `design.md` 4.2, `domain.md` 2 and 12.
"""

import datetime as dt
from collections.abc import Iterable, Set
from dataclasses import dataclass

from programs.domain.problems import BLOCK, Problem
from programs.domain.spans import DAY, Period, nights
from programs.domain.wording import date
from programs.enums import Enforcement, SexPolicy
from transition.enums import DisabilityKind, Sex, SupportLevel


@dataclass(frozen=True, slots=True)
class PersonNeeds:
    """What a home must know to say whether a person fits. `support_level` None: not assessed or not entered."""

    sex: str
    support_level: int | None = None
    disability_kinds: frozenset[str] = frozenset()
    medical_care: bool = False
    wheelchair: bool = False


@dataclass(frozen=True, slots=True)
class SlotConditions:
    """Whom a slot is for. No level and no kinds: anyone. `medical_care`, `wheelchair`: the home can take it."""

    sex: str = SexPolicy.ANY
    level_min: int | None = None
    level_max: int | None = None
    kinds: frozenset[str] = frozenset()
    medical_care: bool = False
    wheelchair: bool = False


def mismatches(needs: PersonNeeds, conditions: SlotConditions) -> list[Problem]:
    """Every condition of the slot that the person does not meet, or cannot be seen to meet.

    A room for the other sex is a fact (BLOCK). All else the home may still agree to, so it asks for a reason; so
    does a person whose sex is not told as female or male, because only the home can answer that.
    """
    found = [_sex(needs, conditions), _level(needs, conditions), _kinds(needs, conditions)]
    if needs.medical_care and not conditions.medical_care:
        found.append(_ask("fit.medical_care", "医療的ケアに対応していない枠です（本人は医療的ケアが必要）。"))
    if needs.wheelchair and not conditions.wheelchair:
        found.append(_ask("fit.wheelchair", "車いすに対応していない枠です（本人は車いすを使用）。"))
    return [problem for problem in found if problem is not None]


def stay_problems(
    check_in: dt.date,
    check_out: dt.date,
    slot_from: dt.date,
    slot_to: dt.date,
    min_nights: int,
    max_nights: int,
    today: dt.date,
) -> list[Problem]:
    """Why these dates cannot be a stay in the slot; each beside its form field, all BLOCK.

    A check-in today is allowed. Dates in the wrong order hide what would follow from them.
    """
    found: list[Problem] = []
    if check_in < today:
        found.append(_block("stay.past", f"チェックイン日（{date(check_in, today)}）が過ぎています。", "check_in"))
    if check_out <= check_in:
        message = "チェックアウト日はチェックイン日よりあとにしてください。"
        return [*found, _block("stay.order", message, "check_out")]
    if check_in < slot_from:
        message = f"この枠に泊まれるのは{date(slot_from, today)}からです。"
        found.append(_block("stay.before_slot", message, "check_in"))
    if check_out > slot_to:
        message = f"この枠のチェックアウトは{date(slot_to, today)}までです。"
        found.append(_block("stay.after_slot", message, "check_in" if check_in >= slot_to else "check_out"))
    length = (check_out - check_in).days
    if length < min_nights:
        message = f"この枠は{min_nights}泊からです（今回{length}泊）。"
        found.append(_block("stay.too_short", message, "check_out"))
    if length > max_nights:
        message = f"この枠は{max_nights}泊までです（今回{length}泊）。"
        found.append(_block("stay.too_long", message, "check_out"))
    return found


def openings(
    free_nights: Set[dt.date],
    slot_from: dt.date,
    slot_to: dt.date,
    length: int,
    min_nights: int,
    max_nights: int,
    within: Period | None = None,
) -> list[tuple[dt.date, dt.date]]:
    """Every (check_in, check_out) of exactly `length` nights that are all free, in order.

    `within` narrows it to stays which enter and leave on dates of that period. None are possible when the slot
    does not allow that many nights.
    """
    if length < 1 or not min_nights <= length <= max_nights:
        return []
    first = slot_from if within is None else max(slot_from, within.start)
    last = slot_to if within is None else min(slot_to, within.end)
    found: list[tuple[dt.date, dt.date]] = []
    row = 0
    for night in nights(first, last):
        row = row + 1 if night in free_nights else 0
        if row >= length:
            found.append((night - (length - 1) * DAY, night + DAY))
    return found


def _ask(code: str, message: str) -> Problem:
    return Problem(code=code, message=message, enforcement=Enforcement.ASK)


def _block(code: str, message: str, field: str) -> Problem:
    return Problem(code=code, message=message, enforcement=BLOCK, field=field)


def _sex(needs: PersonNeeds, conditions: SlotConditions) -> Problem | None:
    if conditions.sex in (SexPolicy.ANY, needs.sex):
        return None
    only = f"この枠は{SexPolicy(conditions.sex).label}です"
    if needs.sex in (Sex.FEMALE, Sex.MALE):
        return Problem(code="fit.sex", message=f"{only}（本人は{Sex(needs.sex).label}）。", enforcement=BLOCK)
    return _ask("fit.sex", f"{only}。本人のことはホームに相談してください。")


def _level(needs: PersonNeeds, conditions: SlotConditions) -> Problem | None:
    low, high = conditions.level_min, conditions.level_max
    if low is None and high is None:
        return None
    wanted = f"{_levels(low, high)}の方の枠です"
    level = needs.support_level
    if level is None:
        return _ask("fit.level", f"本人の区分が未登録です（{wanted}）。")
    if (low is None or low <= level) and (high is None or level <= high):
        return None
    return _ask("fit.level", f"{wanted}（本人は{SupportLevel(level).label}）。")


def _levels(low: int | None, high: int | None) -> str:
    """区分3〜5, 区分3以上, 区分5以下, 区分3, 非該当〜区分2."""
    if low is None or high is None:
        return f"{SupportLevel(high or 0).label}以下" if low is None else f"{SupportLevel(low).label}以上"
    if low == high:
        return f"{SupportLevel(low).label}"
    return f"{SupportLevel(low).label}〜{high if low and high else SupportLevel(high).label}"


def _kinds(needs: PersonNeeds, conditions: SlotConditions) -> Problem | None:
    if not conditions.kinds or conditions.kinds & needs.disability_kinds:
        return None
    wanted = f"{_labels(conditions.kinds)}の方の枠です"
    if not needs.disability_kinds:
        return _ask("fit.kinds", f"本人の障害種別が未登録です（{wanted}）。")
    return _ask("fit.kinds", f"{wanted}（本人は{_labels(needs.disability_kinds)}）。")


def _labels(kinds: Iterable[str]) -> str:
    chosen = set(kinds)
    return "・".join(str(kind.label) for kind in DisabilityKind if kind in chosen)
