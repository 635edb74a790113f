"""What a reader may know of the person of a session (`design.md` 4.4)."""

import datetime as dt
from dataclasses import dataclass

from programs.enums import SessionState
from programs.models import Session
from transition import clock
from transition.enums import Sex
from transition.models import Person

# How long a home still sees who stayed with it.
DAYS_AFTER = 14
NAMED_STATES = (
    SessionState.CONFIRMED,
    SessionState.IN_PROGRESS,
    SessionState.COMPLETED,
    SessionState.CUT_SHORT,
    SessionState.NO_SHOW,
)


@dataclass(frozen=True, slots=True)
class Guest:
    """The person as this reader may see them: what is needed to decide, and only then who it is.

    `name` and `kana` are empty while the name is not the reader's to know; `label` always says something.
    """

    label: str
    short: str
    name: str
    kana: str
    called: str
    age: str
    sex: str
    level: str
    kinds: str
    medical_care: bool
    wheelchair: bool
    residence: str


def is_named(session: Session, today: dt.date) -> bool:
    """Whether the home may know who it is: from its yes until DAYS_AFTER days after the stay."""
    if session.state not in NAMED_STATES:
        return False
    left_on = clock.local_date(session.actual_ends_at or session.ends_at)
    return session.state == SessionState.IN_PROGRESS or today <= left_on + dt.timedelta(days=DAYS_AFTER)


def guest_of(session: Session, today: dt.date, *, named: bool) -> Guest:
    person = session.person
    age = age_band(person, today)
    sex = person.get_sex_display() if person.sex in (Sex.FEMALE, Sex.MALE, Sex.OTHER) else "性別は答えていません"
    level = "区分は未登録" if person.support_level is None else person.get_support_level_display()
    described = f"{age}・{sex}・{level}"
    return Guest(
        label=f"{person.name}さん" if named else described,
        short=(person.called or f"{person.name}さん") if named else f"{age}・{sex}",
        name=person.name if named else "",
        kana=person.kana if named else "",
        called=person.called if named else "",
        age=age,
        sex=sex,
        level=level,
        kinds="・".join(person.disability_labels) or "障害種別は未登録",
        medical_care=person.medical_care,
        wheelchair=person.wheelchair,
        residence=person.get_residence_display(),
    )


def age_band(person: Person, today: dt.date) -> str:
    """30代; never the age itself."""
    age = person.age_on(today)
    if age is None:
        return "年齢は未登録"
    return "10歳未満" if age < 10 else f"{age // 10 * 10}代"
