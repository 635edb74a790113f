"""What a year of sessions leaves behind in the large fictional municipality: nights, records, faces, answers."""

import datetime as dt
from dataclasses import dataclass

from programs.domain.spans import nights
from programs.enums import Face, NextStep, NightUse, SessionAction, SessionState
from programs.models import (
    Escort,
    GoalScore,
    Rating,
    RecordVersion,
    RoomNight,
    Session,
    SessionEvent,
    SessionGoal,
    SessionRecord,
    SessionWish,
)
from programs.queries import records
from programs.services.demo_town import Resident, Town, stored
from transition import clock
from transition.domain.months import months_later
from transition.enums import Expression, IntentionAnswer, IntentionWish, WishChoice
from transition.models import Goal, IntentionCheck, Organization, User, Wish, WishItem

HOUR = dt.timedelta(hours=1)
WENT = (SessionState.COMPLETED, SessionState.CUT_SHORT)
CAME = (*WENT, SessionState.IN_PROGRESS)
SHOWN = ("落ち着いて過ごした。", "よく笑っていた。", "はじめは緊張していたが、だんだん慣れた。", "ことばは少なかった。")


@dataclass
class Event:
    action: SessionAction
    state: SessionState
    by: User | None
    at: dt.datetime
    reason: str = ""


@dataclass
class Lived:
    """A session and what will hang on it."""

    session: Session
    worker: User
    events: list[Event]
    escort: User | None = None
    goals: tuple[Goal, ...] = ()
    item: WishItem | None = None


class Traces:
    def __init__(self, town: Town) -> None:
        self.town, self.chance = town, town.chance

    def of(self, lived: list[Lived]) -> None:
        stored([one.session for one in lived])
        stored([SessionEvent(session=one.session, **vars(event)) for one in lived for event in one.events])
        stored([night for one in lived for night in _nights(one.session)])
        stored([Escort(session=one.session, user=one.escort) for one in lived if one.escort])
        stored([SessionGoal(session=one.session, goal=goal) for one in lived for goal in one.goals])
        stored([SessionWish(session=one.session, item=one.item) for one in lived if one.item])
        # One in ten is not written down yet.
        held = [one for one in lived if one.session.state in WENT and self.chance.random() < 0.9]
        written = stored([self._record(one) for one in held])
        stored([_version(record, one) for record, one in zip(written, held, strict=True)])
        stored([self._rating(one) for one in held if self.chance.random() < 0.8])
        stored([self._score(one, goal) for one in held for goal in one.goals])

    def _record(self, one: Lived) -> SessionRecord:
        return SessionRecord(
            session=one.session,
            place=one.session.place,
            companions="施設の職員1人" if one.escort else "",
            shown=self.chance.choice(SHOWN),
            helped=self.chance.choice(("", "先に写真を見せた。")),
            next_step=self.chance.choice(("", *NextStep.values)),
            by=one.worker,
            at=_written_at(one.session),
        )

    def _rating(self, one: Lived) -> Rating:
        return Rating(
            session=one.session,
            face=self.chance.choice((Face.GOOD, Face.GOOD, Face.SO_SO, Face.BAD)),
            word=self.chance.choice(("", "また いく", "ここ いいな")),
            expression=Expression.FACE,
            by=one.worker,
            at=_written_at(one.session),
        )

    def _score(self, one: Lived, goal: Goal) -> GoalScore:
        return GoalScore(
            goal=goal,
            session=one.session,
            score=self.chance.choice((-1, 0, 0, 1, 1, 2)),
            scored_on=clock.local_date(one.session.ends_at),
            by=one.worker,
            at=_written_at(one.session),
        )

    def of_asking(self, pages: dict[str, WishItem]) -> None:
        """Wishes of all who live in a facility or hospital; one in six has never been asked where to live."""
        wishes, checks = [], []
        for resident in self.town.residents:
            if resident.facility is None:
                continue
            asked_on = self.town.day(-self.chance.randint(5, 300))
            for item in self.chance.sample(sorted(pages.values(), key=lambda page: page.code), 6):
                choice = self.chance.choice(WishChoice.values)
                at = clock.at(asked_on, dt.time(10))
                answer = Wish(person=resident.person, item=item, choice=choice, by=resident.worker, at=at)
                answer.expression = Expression.FACE
                wishes.append(answer)
            if self.chance.random() < 0.85:
                checks.append(self._check(resident, resident.facility, asked_on))
        stored(wishes)
        stored(checks)

    def _check(self, resident: Resident, facility: Organization, asked_on: dt.date) -> IntentionCheck:
        staff = self.town.worker(facility)
        return IntentionCheck(
            person=resident.person,
            organization=facility,
            asked_on=asked_on,
            asker=staff.name,
            method="写真を見せながら、ことばで聞いた",
            answer=self.chance.choice([answer for answer in IntentionAnswer if answer != IntentionAnswer.NO_ANSWER]),
            wants=self.chance.sample(IntentionWish.values, 2),
            expression=Expression.WORD,
            present="施設の職員",
            next_on=months_later(asked_on, 6),
            by=staff,
            at=clock.at(asked_on, dt.time(15)),
        )


def _nights(session: Session) -> list[RoomNight]:
    """Those the person sleeps or slept there; none of what came to nothing."""
    if session.check_in is None or session.check_out is None:
        return []
    if session.state not in (*CAME, SessionState.CONFIRMED, SessionState.REQUESTED):
        return []
    left = clock.local_date(session.actual_ends_at) if session.actual_ends_at else session.check_out
    return [
        RoomNight(room=session.room, date=night, use=NightUse.STAY, session=session, person=session.person)
        for night in nights(session.check_in, min(left, session.check_out))
    ]


def _version(record: SessionRecord, one: Lived) -> RecordVersion:
    content = records.content_of(one.session, record, [], [])
    return RecordVersion(record=record, version=1, content=content, by=record.by, at=record.at)


def _written_at(session: Session) -> dt.datetime:
    return (session.actual_ends_at or session.ends_at) + HOUR
