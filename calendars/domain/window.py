"""Which days a feed covers: cut at month starts, so that its bytes change once a month and not each midnight."""

import datetime as dt
from typing import NamedTuple

MONTHS_BACK = 3
MONTHS_AHEAD = 13


class Window(NamedTuple):
    """Half-open: everything that touches a day from `start` up to, not including, `end`."""

    start: dt.date
    end: dt.date


def window_on(today: dt.date) -> Window:
    """From the first of the month three back up to the first of the month thirteen ahead."""
    return Window(_month(today, -MONTHS_BACK), _month(today, MONTHS_AHEAD))


def slid_on(today: dt.date) -> dt.date:
    """The day on which the window that holds today took effect."""
    return _month(today, 0)


def _month(date: dt.date, months: int) -> dt.date:
    years, month = divmod(date.month - 1 + months, 12)
    return dt.date(date.year + years, month + 1, 1)
