"""A fictional municipality of any size, to see screens and measure them as they are after a year of work.

The same number of people gives the same data, counted from today; nobody in it exists. Rows go straight into the
tables, hundreds at a time, where a step at a time would take an hour; so this part keeps the rules of the services
itself (a night once, limits not passed, one outing a day for who goes along), and tests/programs/test_demo_size.py
asks the rules whether it did. There is no evidence in the audit log: nobody acted.
"""

import datetime as dt

from django.db import transaction

from programs.domain import fit
from programs.domain.enrollment_dates import review_dates
from programs.domain.spans import nights, period_end
from programs.enums import (
    DeclineReason,
    ProgramKind,
    SessionAction,
    SessionKind,
    SessionState,
    Step,
    Transport,
)
from programs.models import (
    Enrollment,
    EscortDay,
    Program,
    Review,
    Session,
)
from programs.queries import stays
from programs.services.demo_town import CITY_NUMBER, DAY, Resident, Town, stored
from programs.services.demo_traces import CAME, HOUR, WENT, Event, Lived, Traces
from transition import clock
from transition.enums import (
    ConsentKind,
    ConsentMeans,
    GoalArea,
    GoalHorizon,
)
from transition.models import Consent, Goal, Organization, User, WishItem

ANSWER = 7 * DAY
# What becomes of a request, by hundredths: of those behind us, and of those to come.
PAST = (
    *((SessionState.COMPLETED, 82), (SessionState.CUT_SHORT, 5), (SessionState.NO_SHOW, 2)),
    *((SessionState.DECLINED, 6), (SessionState.CANCELLED, 4), (SessionState.EXPIRED, 1)),
)
COMING = (
    *((SessionState.CONFIRMED, 58), (SessionState.REQUESTED, 30), (SessionState.DECLINED, 8)),
    (SessionState.CANCELLED, 4),
)
LAST_ACT = {
    SessionState.DECLINED: SessionAction.DECLINE,
    SessionState.CANCELLED: SessionAction.CANCEL,
    SessionState.EXPIRED: SessionAction.EXPIRE,
    SessionState.NO_SHOW: SessionAction.NO_SHOW,
    SessionState.COMPLETED: SessionAction.CHECK_OUT,
    SessionState.CUT_SHORT: SessionAction.CUT_SHORT,
}
AGREED = (*CAME, SessionState.CONFIRMED, SessionState.NO_SHOW)
ACTIVITIES = (
    *(("スーパーで買い物", "れいだいストア", "shopping"), ("外で昼ごはん", "うどん屋みほん", "eating-out")),
    *(("お茶を飲む", "喫茶かくう", "cafe"), ("映画", "みほん座", "cinema"), ("電車に乗る", "架空駅", "train")),
    *(("公園を歩く", "みほん公園", "park"), ("カラオケ", "カラオケためし", "karaoke")),
)
LEVELS = {
    "level_minus_2": "出かけたがらない",
    "level_minus_1": "出かけるが、早く帰りたがる",
    "level_0": "おわりまで落ち着いて過ごす",
    "level_plus_1": "楽しさを表情やことばで表す",
    "level_plus_2": "次に行きたい所を自分から言う",
}


def build(*, size: int, password: str) -> bool:
    """All of it or nothing. False: it is there already, of whatever size, and stays as it is."""
    if Organization.objects.filter(municipality_number=CITY_NUMBER).exists():
        return False
    with transaction.atomic():
        town = Town(size, password)
        year = Year(town)
        traces = Traces(town)
        traces.of([*year.stays(), *year.outings()])
        traces.of_asking(year.pages)
    return True


class Year:
    """A year up to today, and what is planned for the months to come."""

    def __init__(self, town: Town) -> None:
        self.town, self.chance, self.today = town, town.chance, town.today
        self.now = clock.now()
        self.trial = Program.objects.get(code="group-home-trial", municipality=None)
        self.outing = Program.objects.get(kind=ProgramKind.OUTING, municipality=None)
        self.pages = {item.code: item for item in WishItem.objects.filter(organization=None)}
        self.going: set[tuple[int, dt.date]] = set()
        self.free = [place for place in town.places if place.slots]

    # Stays

    def stays(self) -> list[Lived]:
        """Two thirds of those who have a certificate try homes, some once, some many times."""
        found = []
        for resident in self.town.residents:
            if resident.grant is None or self.chance.random() > 0.66:
                continue
            for _ in range(self.chance.randint(2, 9)):
                if lived := self._stay(resident):
                    found.append(lived)
        return found

    def _stay(self, resident: Resident) -> Lived | None:
        """Dates and a room at random, until nothing speaks against them; None where nothing is found."""
        chance, grant = self.chance, resident.grant
        needs = stays.needs_of(resident.person)
        for _ in range(20):
            place = chance.choice(self.free)
            slot = chance.choice(place.slots)
            length = min(chance.choice((1, 1, 2, 2, 3, 4)), slot.max_nights)
            room_for = (slot.ends_on - slot.starts_on).days - length
            check_in = slot.starts_on + chance.randint(0, room_for) * DAY
            check_out = check_in + length * DAY
            # Certificates count both ends; a day free between two stays keeps runs short.
            days = set(nights(check_in, check_out + 2 * DAY))
            if (
                grant
                and grant.starts_on <= check_in
                and check_out <= grant.ends_on
                and resident.used + length + 1 <= (grant.days or 0)
                and not days & resident.busy
                and not days & place.taken
                and not fit.mismatches(needs, stays.conditions_of(slot))
            ):
                state = self._state(check_in, check_out, clock.at(check_in, slot.check_in_time))
                if state in (*CAME, SessionState.CONFIRMED, SessionState.REQUESTED):
                    resident.used += length + 1
                    resident.busy |= days
                    place.taken |= set(nights(check_in, check_out))
                begins, ends = stays.moments(slot, check_in, check_out)
                session = Session(
                    kind=SessionKind.STAY,
                    person=resident.person,
                    program=self.trial,
                    slot=slot,
                    room=place.room,
                    check_in=check_in,
                    check_out=check_out,
                    starts_at=begins,
                    ends_at=ends,
                    note=chance.choice(("", "夜は電気を少しつけておきます。", "食べ物のアレルギーはありません。")),
                    organization=resident.office,
                    requested_by=resident.worker,
                )
                return self._become(session, state, resident.worker, place.host)
        return None

    def _state(self, first: dt.date, last: dt.date, begins: dt.datetime) -> SessionState:
        if last < self.today:
            return self._one_of(PAST)
        if first > self.today:
            return self._one_of(COMING)
        return SessionState.IN_PROGRESS if begins < self.now else SessionState.CONFIRMED

    def _one_of(self, table: tuple[tuple[SessionState, int], ...]) -> SessionState:
        return self.chance.choices([state for state, _ in table], [weight for _, weight in table])[0]

    def _become(self, session: Session, state: SessionState, worker: User, host: User) -> Lived:
        """What was done with it and when, so that its history reads like one."""
        asked = self.now - self.chance.randint(2, 90) * HOUR
        if state != SessionState.REQUESTED:
            asked = min(asked, session.starts_at - self.chance.randint(4, 20) * DAY)
        answered = asked + self.chance.randint(1, 40) * HOUR
        reason = ""
        if state == SessionState.DECLINED:
            session.decline_reason = self.chance.choice(DeclineReason.values)
            reason = str(DeclineReason(session.decline_reason).label)
        session.state, session.created_at = state, asked
        is_stay = session.kind == SessionKind.STAY
        session.expires_at = min(asked + ANSWER, session.starts_at) if is_stay else session.starts_at
        events = [Event(SessionAction.REQUEST, SessionState.REQUESTED, worker, asked)]
        if state in AGREED or state == SessionState.CANCELLED:
            events.append(Event(SessionAction.CONFIRM, SessionState.CONFIRMED, host, min(answered, self.now)))
        if state in CAME:
            session.actual_starts_at = session.starts_at
            events.append(Event(SessionAction.CHECK_IN, SessionState.IN_PROGRESS, host, session.starts_at))
        if state in WENT:
            cut = state == SessionState.CUT_SHORT
            session.actual_ends_at = session.starts_at + 18 * HOUR if cut and is_stay else session.ends_at
            reason = "家に帰りたいと話したため" if cut else ""
        at = {
            SessionState.DECLINED: answered,
            SessionState.CANCELLED: answered + HOUR,
            SessionState.EXPIRED: session.expires_at,
            SessionState.NO_SHOW: session.starts_at + 2 * HOUR,
        }.get(state, session.actual_ends_at)
        if state in LAST_ACT and at is not None:
            by = None if state == SessionState.EXPIRED else worker if state == SessionState.CANCELLED else host
            reason = "体調がよくないため" if state == SessionState.CANCELLED else reason
            events.append(Event(LAST_ACT[state], state, by, min(at, self.now), reason))
        session.changed_at = events[-1].at
        return Lived(session, worker, events)

    # Outings

    def outings(self) -> list[Lived]:
        """Half of a facility's residents are or were in the program, with goals and something every week or two."""
        found: list[Lived] = []
        self._keep_days()
        for resident in self.town.residents:
            if resident.facility in self.town.facilities and self.chance.random() < 0.5:
                found += self._program(resident)
        return found

    def _program(self, resident: Resident) -> list[Lived]:
        chance, person, by = self.chance, resident.person, resident.worker
        starts_on = self.town.day(-chance.randint(10, 330))
        ends_on = period_end(starts_on, self.outing.months or 6)
        means = chance.choice(ConsentMeans.values[:3])
        consents = [
            Consent(person=person, kind=kind, means=means, given_on=starts_on, by=by)
            for kind in (ConsentKind.PROGRAM, ConsentKind.PHOTO)
        ]
        consent = stored(consents)[0]
        enrollment = Enrollment(
            person=person,
            program=self.outing,
            organization=resident.office,
            facility=resident.facility,
            lead=by,
            consent=consent,
            purpose="外に出て楽しく過ごし、やってみたいことを見つける。",
            starts_on=starts_on,
            support_from=starts_on + 14 * DAY,
            review_on=ends_on - 28 * DAY,
            ends_on=ends_on,
            created_at=clock.at(starts_on, dt.time(9)),
        )
        enrollment.save()
        self._reviews(enrollment, by)
        goals = stored([self._goal(enrollment, area) for area in chance.sample(list(GoalArea)[:6], 2)])
        found = []
        day = starts_on + 14 * DAY
        while day <= min(ends_on, self.town.day(60)):
            if lived := self._outing(resident, enrollment, day, tuple(goals)):
                found.append(lived)
            # At most five in a month, of four hours each: under the program's 24.
            day += chance.choice((7, 7, 10, 14)) * DAY
        return found

    def _reviews(self, enrollment: Enrollment, by: User) -> None:
        rows = []
        for month, due_on in review_dates(enrollment.starts_on, enrollment.ends_on).items():
            review = Review(enrollment=enrollment, month=month, due_on=due_on)
            if due_on < self.today and self.chance.random() < 0.9:
                review.held_on, review.by, review.at = due_on, by, clock.at(due_on, dt.time(16))
                review.present, review.decision = "本人、施設の職員、相談支援", "短い外出を続け、行き先を選んでもらう。"
            rows.append(review)
        stored(rows)

    def _goal(self, enrollment: Enrollment, area: str) -> Goal:
        return Goal(
            person=enrollment.person,
            words=f"{GoalArea(area).label}を やってみたい",
            area=area,
            horizon=GoalHorizon.SHORT,
            target_on=enrollment.ends_on,
            created_at=enrollment.created_at,
            state_changed_at=enrollment.created_at,
            created_by=enrollment.lead,
            **LEVELS,
        )

    def _outing(
        self, resident: Resident, enrollment: Enrollment, day: dt.date, goals: tuple[Goal, ...]
    ) -> Lived | None:
        chance = self.chance
        staff = [user for user in self.town.staff[enrollment.facility_id or 0] if (user.pk, day) not in self.going]
        if not staff or day in resident.busy:
            return None
        escort = chance.choice(staff)
        begins = clock.at(day, dt.time(chance.choice((10, 11, 13))))
        activity, place, code = chance.choice(ACTIVITIES)
        state = self._state(day, day, begins)
        if state in (SessionState.DECLINED, SessionState.EXPIRED):
            state = SessionState.CANCELLED
        session = Session(
            kind=SessionKind.OUTING,
            person=resident.person,
            program=self.outing,
            enrollment=enrollment,
            organization=enrollment.organization,
            requested_by=resident.worker,
            step=Step.OUTING,
            activity=activity,
            place=place,
            transport=chance.choice((Transport.WALK, Transport.BUS, Transport.CAR)),
            transport_cost=chance.choice((0, 420)),
            starts_at=begins,
            ends_at=begins + chance.choice((2, 3, 4)) * HOUR,
        )
        resident.busy.add(day)
        self.going.add((escort.pk, day))
        lived = self._become(session, state, resident.worker, resident.worker)
        lived.escort, lived.goals, lived.item = escort, goals, self.pages.get(code)
        return lived

    def _keep_days(self) -> None:
        """The staff of facilities can go along on working days of the next two months."""
        from_to = {"starts": dt.time(9, 30), "ends": dt.time(16, 30)}
        coming = [day for day in (self.town.day(offset) for offset in range(1, 61)) if day.weekday() < 5]
        staff = [user for facility in self.town.facilities for user in self.town.staff[facility.pk]]
        stored([EscortDay(user=user, date=day, **from_to) for user in staff for day in coming])
