"""Dates that hang on an enrollment or on a move: its last day, its reviews, its follow-ups.

Sources: `domain.md` 9 (vectors A3 to A5) and 7.7 (visit within 30 days, still there after 6 months).
"""

import calendar
import datetime as dt
from collections.abc import Collection, Mapping

from programs.domain.spans import DAY, period_end
from programs.enums import FollowUpKind

REVIEW_MONTHS = (1, 3, 6)
VISIT_WITHIN = 30 * DAY
STILL_THERE_AFTER_MONTHS = 6


def review_dates(starts_on: dt.date, ends_on: dt.date) -> dict[int, dt.date]:
    """When the reviews of months 1, 3 and 6 are due: the last day of that month. Those beyond the end are left out."""
    due = {month: period_end(starts_on, month) for month in REVIEW_MONTHS}
    return {month: date for month, date in due.items() if date <= ends_on}


def reviews_after_change(starts_on: dt.date, ends_on: dt.date, held: Collection[int]) -> dict[int, dt.date]:
    """When the reviews still to be held are due once the last day has moved to `ends_on`.

    An enrollment that ends between two reviews keeps one to close it: the first that would fall beyond the end is
    due on the last day, the others are dropped. `held` are the months whose review has been held.
    """
    planned = review_dates(starts_on, ends_on)
    left = {month: date for month, date in planned.items() if month not in held}
    if ends_on in planned.values():
        return left
    closing = next((month for month in REVIEW_MONTHS if month not in planned), None)
    if closing is not None and closing not in held:
        left[closing] = ends_on
    return left


def follow_up_dates(moved_on: dt.date) -> Mapping[FollowUpKind, dt.date]:
    """The visit within 30 days of the move, and the look after six months: the same day, or that month's last."""
    year, index = divmod(moved_on.year * 12 + moved_on.month - 1 + STILL_THERE_AFTER_MONTHS, 12)
    day = min(moved_on.day, calendar.monthrange(year, index + 1)[1])
    return {
        FollowUpKind.VISIT_30_DAYS: moved_on + VISIT_WITHIN,
        FollowUpKind.SIX_MONTHS: dt.date(year, index + 1, day),
    }
