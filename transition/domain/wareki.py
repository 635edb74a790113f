"""Dates and times as people in Japan write them, and back. Refusals say in Japanese what is wrong."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from transition.domain.text import normalize_digits

DATE_EXAMPLE: Final = "例: 令和8年11月22日、2026-11-22"
TIME_EXAMPLE: Final = "例: 15:00、午後3時30分"
WEEKDAYS: Final = "月火水木金土日"
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100

# Stands for 24:00, the end of the day; later than any other time. `moment_of` turns it into the next day's 0:00.
END_OF_DAY: Final = dt.time.max


@dataclass(frozen=True, slots=True)
class Era:
    """One 元号; the last day of 明治 and of 大正 is also the first day of its successor."""

    name: str
    letter: str
    first: dt.date
    last: dt.date | None

    def year_name(self, date: dt.date) -> str:
        """令和8年, 令和元年."""
        year = date.year - self.first.year + 1
        return f"{self.name}{'元' if year == 1 else year}年"


ERAS: Final = (
    Era("令和", "R", dt.date(2019, 5, 1), None),
    Era("平成", "H", dt.date(1989, 1, 8), dt.date(2019, 4, 30)),
    Era("昭和", "S", dt.date(1926, 12, 25), dt.date(1989, 1, 7)),
    Era("大正", "T", dt.date(1912, 7, 30), dt.date(1926, 12, 25)),
    Era("明治", "M", dt.date(1868, 1, 25), dt.date(1912, 7, 30)),
)
_BY_WORD: Final = {word: era for era in ERAS for word in (era.name, era.name[0], era.letter)}

# The key beside the zero gives ー in a Japanese keyboard's kana mode; people mean a hyphen.
_HYPHENS: Final = str.maketrans(dict.fromkeys("ー‐‑–—−", "-"))
_DATE: Final = re.compile(
    r"""(?P<era>令和|平成|昭和|大正|明治|[令平昭大明RHSTM])?\s*(?P<year>元|[0-9]{1,4})\s*
        (?: 年\s*(?P<month_k>[0-9]{1,2})\s*月\s*(?P<day_k>[0-9]{1,2})\s*日
          | (?P<sep>[-/.])\s*(?P<month>[0-9]{1,2})\s*(?P=sep)\s*(?P<day>[0-9]{1,2}) )
        \s*(?:\(\s*(?P<weekday>[月火水木金土日])(?:曜日?)?\s*\)|(?P<weekday_word>[月火水木金土日])曜日?)?""",
    re.VERBOSE,
)
_EIGHT_DIGITS: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_WITHOUT_YEAR: Final = re.compile(r"[0-9]{1,2}\s*[-/.月]\s*[0-9]{1,2}\s*日?\s*(?:\(\s*[月火水木金土日]\s*\))?")
_TIME: Final = re.compile(
    r"""(?P<half>午前|午後)?\s*
        (?: (?P<hour>[0-9]{1,2})\s*:\s*(?P<minute>[0-9]{2})(?::00)?
          | (?P<hour_k>[0-9]{1,2})\s*時\s*(?:(?P<minute_k>[0-9]{1,2})\s*分|(?P<half_past>半))?
          | (?P<digits>[0-9]{3,4}) )""",
    re.VERBOSE,
)
_LONGEST: Final = 100


def parse_date(s: str) -> dt.date:
    """The date someone wrote, western or 和暦, in any width. Raises ValueError with a message for them."""
    if len(s) > _LONGEST:
        raise ValueError(_unreadable_date())
    written = normalize_digits(s).translate(_HYPHENS).upper()
    if found := _EIGHT_DIGITS.fullmatch(written):
        return _western(found[1], found[2], found[3])
    found = _DATE.fullmatch(written)
    if found is None:
        if _WITHOUT_YEAR.fullmatch(written):
            raise ValueError(f"年から入力してください。{DATE_EXAMPLE}")
        raise ValueError(_unreadable_date())
    month, day = found["month_k"] or found["month"], found["day_k"] or found["day"]
    if found["era"]:
        date = _of_era(_BY_WORD[found["era"]], found["year"], month, day)
    else:
        date = _western(found["year"], month, day)
    weekday = found["weekday"] or found["weekday_word"]
    if weekday and weekday != weekday_of(date):
        raise ValueError(f"{_long(date)}は{weekday_of(date)}曜日です。日付か曜日を直してください。")
    return date


def parse_time(s: str, *, end_of_day: bool = False) -> dt.time:
    """The time someone wrote. Raises ValueError with a message for them.

    24:00 is refused, since a time cannot hold it; with `end_of_day` it is returned as END_OF_DAY.
    午後12時 is refused: some mean noon, others midnight.
    """
    written = normalize_digits(s) if len(s) <= _LONGEST else ""
    found = _TIME.fullmatch(written)
    if written == "正午":
        return dt.time(12)
    if found is None:
        raise ValueError(f"時刻として読めません。{TIME_EXAMPLE}")
    if digits := found["digits"]:
        hour, minute = int(digits[:-2]), int(digits[-2:])
    else:
        hour = int(found["hour"] or found["hour_k"])
        minute = 30 if found["half_past"] else int(found["minute"] or found["minute_k"] or 0)
    if minute > 59:
        raise ValueError(f"{minute}分はありません。分は0から59までです。")
    if half := found["half"]:
        if hour > 12:
            raise ValueError(f"{half}{hour}時はありません。{half}は0時から11時までです。")
        if hour == 12:
            raise ValueError(f"{half}12時は昼か夜か分かりません。昼は12:00、夜中は0:00と入力してください。")
        hour += 12 if half == "午後" else 0
    if (hour, minute) == (24, 0):
        if end_of_day:
            return END_OF_DAY
        raise ValueError("24:00は次の日の0:00です。次の日の日付と0:00を入力してください。")
    if hour > 23:
        raise ValueError(f"{hour}時はありません。時は0から23までです。")
    return dt.time(hour, minute)


def moment_of(date: dt.date, time: dt.time) -> tuple[dt.date, dt.time]:
    """The same moment as a date and a time that can be stored: END_OF_DAY becomes the next day's 0:00."""
    if time == END_OF_DAY:
        return date + dt.timedelta(days=1), dt.time(0)
    return date, time


def weekday_of(date: dt.date) -> str:
    """日 for a Sunday."""
    return WEEKDAYS[date.weekday()]


def format_wareki(date: dt.date) -> str:
    """令和8年11月22日（日）."""
    return f"{_long(date)}（{weekday_of(date)}）"


def format_short(date: dt.date) -> str:
    """11/22(日)."""
    return f"{date.month}/{date.day}({weekday_of(date)})"


def _long(date: dt.date) -> str:
    era = next((era for era in ERAS if era.first <= date), None)
    year = era.year_name(date) if era else f"{date.year}年"
    return f"{year}{date.month}月{date.day}日"


def _of_era(era: Era, year: str, month: str, day: str) -> dt.date:
    in_era = 1 if year == "元" else int(year)
    if in_era == 0:
        raise ValueError(f"{era.name}0年はありません。{era.name}は元年からです。")
    western = era.first.year + in_era - 1
    if era.last and western > era.last.year:
        raise ValueError(_past_its_end(era, era.last))
    date = _date(western, int(month), int(day))
    if date < era.first:
        raise ValueError(f"{era.name}は元年{era.first.month}月{era.first.day}日からです。")
    if era.last and date > era.last:
        raise ValueError(_past_its_end(era, era.last))
    return date


def _western(year: str, month: str, day: str) -> dt.date:
    if year == "元" or len(year) != 4:
        raise ValueError(f"年は西暦4桁か、元号をつけて入力してください。{DATE_EXAMPLE}")
    return _date(int(year), int(month), int(day))


def _date(year: int, month: int, day: int) -> dt.date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"西暦{FIRST_YEAR}年から{LAST_YEAR}年までの日付を入力してください。")
    if not 1 <= month <= 12:
        raise ValueError(f"{month}月はありません。")
    try:
        return dt.date(year, month, day)
    except ValueError:
        leap_day = f"{year}年" if (month, day) == (2, 29) else ""
        raise ValueError(f"{leap_day}{month}月{day}日はありません。") from None


def _past_its_end(era: Era, last: dt.date) -> str:
    return f"{era.name}は{last.year - era.first.year + 1}年{last.month}月{last.day}日までです。"


def _unreadable_date() -> str:
    return f"日付として読めません。{DATE_EXAMPLE}"
