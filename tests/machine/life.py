"""Bookings as they may come about: any act, by anybody, at any time, in any order, also late, twice and after a jump of
the clock. What the application answers must be what the rows before let expect; what it keeps must hold together."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import time_machine
from django.core.cache import cache
from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from programs.models import Override, Session, SessionRecord, Slot
from programs.services import sessions
from tests.access import undone
from tests.machine import acts, caps, checks, world
from tests.machine.acts import Sending, Verdict
from tests.machine.caps import DAY, JAPAN
from tests.machine.checks import Snapshot, Story
from transition import clock

# Borders lie a few days ahead: the end of a month, of the year, of the fiscal year, of a leap February.
STARTS = [
    dt.datetime(2026, 11, 22, 10, 0, tzinfo=JAPAN),
    dt.datetime(2026, 12, 28, 10, 0, tzinfo=JAPAN),
    dt.datetime(2027, 3, 28, 23, 30, tzinfo=JAPAN),
    dt.datetime(2028, 2, 26, 8, 0, tzinfo=JAPAN),
]
ASK, REFUSE, INFORM = "ASK", "REFUSE", "INFORM"


def limit(of: str, unit: str, amount: int, window: str, enforcement: str, counting: str = "INCLUSIVE") -> dict:
    return {
        "of": of,
        "unit": unit,
        "amount": amount,
        "window": window,
        "enforcement": enforcement,
        "counting": counting,
        "certainty": "VERIFIED",
    }


LIMITS = [
    limit("stays", "DAYS", 5, "STAY", ASK),
    limit("stays", "NIGHTS", 4, "STAY", REFUSE),
    limit("stays", "DAYS", 8, "FISCAL_YEAR", REFUSE),
    limit("stays", "DAYS", 9, "GRANT", ASK),
    limit("stays", "NIGHTS", 5, "CALENDAR_MONTH", REFUSE),
    limit("stays", "DAYS", 7, "ROLLING_12_MONTHS", ASK),
    limit("stays", "TIMES", 3, "CALENDAR_YEAR", ASK),
    limit("stays", "DAYS", 2, "CALENDAR_MONTH", INFORM),
    limit("outings", "MINUTES", 360, "CALENDAR_MONTH", REFUSE, "SPAN"),
    limit("outings", "MINUTES", 300, "ANNIVERSARY_MONTH", ASK, "SPAN"),
    limit("outings", "TIMES", 3, "FISCAL_YEAR", ASK),
    limit("outings", "DAYS", 4, "ENROLLMENT", ASK),
]
# Mostly whoever may; now and then anybody.
RIGHT = "right"
ACTORS = ASKING = HOSTING = st.sampled_from([RIGHT] * 7 + ["colleague", "coordinator", "coordinator", *world.ACTORS])
SOMEBODY = st.integers(0, 1)
ROOM = st.integers(0, 2)
WHICH = st.integers(0, 30)
BEGINS = st.integers(-1, 16)
LENGTH = st.integers(1, 5)
REASON = st.sampled_from(["", "理由", "理由"])
CLOCK = st.tuples(st.integers(0, 20), st.sampled_from([(0, 0), (9, 30), (13, 0), (16, 0), (22, 0), (23, 59)]))
MINUTES = st.sampled_from([1, 60, 120, 180, 300, 600])
STEPS = ["check-out", "cut-short", "record"]
LATER = st.sampled_from([False, False, False, False, True])


# How often each act was done and refused, over all lives: what is never done is not tried either.
TALLY: Counter[tuple[str, str]] = Counter()


class BookingLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        TALLY["life", "begun"] += 1
        self.stack = ExitStack()
        self.stack.enter_context(override_settings(API_REQUESTS_A_MINUTE=1_000_000))
        self.traveller = self.stack.enter_context(time_machine.travel(STARTS[0], tick=False))
        self.stack.enter_context(undone())
        cache.clear()
        self.story = Story()
        self.waiting: list[Sending] = []
        self.answered: list[Sending] = []
        self.steps = 0
        # Whether all has been looked at since something happened; a refusal is shown to have changed nothing.
        self.looked_at = True

    def teardown(self) -> None:
        self.stack.close()

    @initialize(
        start=st.sampled_from(STARTS),
        grant_ends=st.sampled_from([3, 8, 40, 200]),
        grant_days=st.sampled_from([6, 12, 50]),
        limits=st.sets(st.integers(0, len(LIMITS) - 1), max_size=5),
    )
    def begin(self, start: dt.datetime, grant_ends: int, grant_days: int, limits: set[int]) -> None:
        self.traveller.move_to(start, tick=False)
        self.town = world.build(grant_ends, grant_days, [dict(LIMITS[number]) for number in sorted(limits)])
        self.before = Snapshot.take(self.town)
        self.looked_at = False

    # What is sent

    @rule(actor=HOSTING, room=ROOM, begins=st.integers(-1, 70), length=st.integers(1, 20), most=LENGTH,
          hours=st.sampled_from([(15, 10), (15, 10), (12, 17), (9, 20)]), later=LATER)  # fmt: skip
    def publish(self, actor, room, begins, length, most, hours, later):
        self.send(acts.publish, later, actor, room, begins, length, most, hours)

    @rule(actor=HOSTING, which=WHICH, later=LATER)
    def withdraw(self, actor, which, later):
        self.send(acts.withdraw, later, actor, self.slot(which))

    @rule(actor=HOSTING, room=ROOM, begins=BEGINS, length=LENGTH, use=st.sampled_from(["CLEANING", "EMERGENCY"]),
          later=LATER)  # fmt: skip
    def close(self, actor, room, begins, length, use, later):
        self.send(acts.close, later, actor, room, begins, length, use)

    @rule(actor=HOSTING, room=ROOM, begins=BEGINS, length=LENGTH, later=LATER)
    def reopen(self, actor, room, begins, length, later):
        self.send(acts.reopen, later, actor, room, begins, length)

    @rule(actor=ASKING, who=SOMEBODY, which=WHICH, begins=BEGINS, length=LENGTH, reason=REASON, later=LATER)
    def request(self, actor, who, which, begins, length, reason, later):
        self.send(acts.request, later, actor, who, self.slot(which), begins, length, reason)

    @rule(actor=ASKING, who=SOMEBODY, which=WHICH, begins=BEGINS, length=LENGTH)
    def request_and_confirm(self, actor, who, which, begins, length):
        """The usual way, so that there is something to go on with."""
        slot = self.slot(which)
        self.send(acts.request, False, actor, who, slot, begins, length, "理由")
        if newest := Session.objects.filter(state="REQUESTED", kind="STAY").order_by("-pk").first():
            self.send(acts.confirm, False, self.town.host_of(newest.room), newest)

    @rule(actor=ASKING, who=SOMEBODY, at=CLOCK, minutes=MINUTES, reason=REASON, certain=st.booleans(), later=LATER)
    def plan(self, actor, who, at, minutes, reason, certain, later):
        self.send(acts.plan, later, actor, who, self.at(at), minutes, reason, certain)

    @precondition(lambda self: self.story.states)
    @rule(actor=ASKING, which=WHICH, at=CLOCK, reason=REASON, later=LATER)
    def move(self, actor, which, at, reason, later):
        self.send(acts.move, later, actor, self.session(which), self.at(at), reason)

    @precondition(lambda self: self.story.states)
    @rule(actor=ASKING, which=WHICH, times=st.integers(1, 3), reason=REASON)
    def repeat(self, actor, which, times, reason, later=False):
        self.send(acts.repeat, later, actor, self.session(which), times, reason)

    @precondition(lambda self: self.story.states)
    @rule(actor=ACTORS, which=WHICH, later=LATER)
    def confirm(self, actor, which, later):
        self.send(acts.confirm, later, actor, self.session(which, "REQUESTED"))

    @precondition(lambda self: self.story.states)
    @rule(actor=ASKING, which=WHICH, reason=REASON, later=LATER)
    def override(self, actor, which, reason, later):
        self.send(acts.override, later, actor, self.session(which, "REQUESTED"), reason)

    @precondition(lambda self: self.story.states)
    @rule(actor=HOSTING, which=WHICH, later=LATER)
    def decline(self, actor, which, later):
        self.send(acts.decline, later, actor, self.session(which, "REQUESTED"))

    @precondition(lambda self: self.story.states)
    @rule(actor=ACTORS, which=WHICH, reason=REASON, later=LATER)
    def cancel(self, actor, which, reason, later):
        self.send(acts.cancel, later, actor, self.session(which), reason)

    @precondition(lambda self: self.story.states)
    @rule(actor=ACTORS, which=WHICH, ago=st.integers(-30, 600), later=LATER)
    def arrive(self, actor, which, ago, later):
        self.send(acts.arrive, later, actor, self.session(which, "CONFIRMED"), self.ago(ago))

    @precondition(lambda self: self.story.states)
    @rule(actor=ACTORS, which=WHICH, ago=st.integers(-30, 3000), step=st.sampled_from(STEPS[:2]),
          later=LATER)  # fmt: skip
    def leave(self, actor, which, ago, step, later):
        self.send(acts.leave, later, actor, self.session(which, "IN_PROGRESS"), self.ago(ago), step)

    @precondition(lambda self: "CONFIRMED" in self.story.states.values())
    @rule(actor=ASKING, which=WHICH, late=st.integers(-5000, 600), step=st.sampled_from(STEPS))
    def takes_place(self, actor, which, late, step):
        """Somebody arrives on time and leaves when it ends, or some minutes around it."""
        session = self.session(which | 1, "CONFIRMED")
        self.pass_time(session.starts_at + dt.timedelta(minutes=1))
        self.send(acts.arrive, False, actor, session, self.ago(0))
        self.pass_time(max(session.starts_at + dt.timedelta(hours=1), session.ends_at + dt.timedelta(minutes=late)))
        if step == "record":
            self.send(acts.record, False, actor, session, 5, min(late, 0), 0, "わ")
        else:
            self.send(acts.leave, False, actor, session, self.ago(0), step)

    @precondition(lambda self: self.story.states)
    @rule(actor=ACTORS, which=WHICH, later=LATER)
    def no_show(self, actor, which, later):
        self.send(acts.no_show, later, actor, self.session(which, "CONFIRMED"))

    @precondition(lambda self: self.story.states)
    @rule(actor=ASKING, which=WHICH, late=st.integers(-60, 1500), longer=st.integers(-1500, 1500),
          stale=st.sampled_from([False, False, True]), text=st.sampled_from(["わ", "ね"]), later=LATER)  # fmt: skip
    def record(self, actor, which, late, longer, stale, text, later):
        session = self.session(which, "IN_PROGRESS", *caps.HELD)
        known = SessionRecord.objects.filter(session=session).first()
        version = max(0, (known.version if known else 0) - (1 if stale else 0))
        self.send(acts.record, later, actor, session, late, longer, version, text)

    @rule(actor=ASKING, who=SOMEBODY, begins=st.integers(-40, 40), length=st.integers(1, 300),
          days=st.sampled_from([5, 10, 50]), later=LATER)  # fmt: skip
    def grant(self, actor, who, begins, length, days, later):
        self.send(acts.grant, later, actor, who, begins, length, days)

    @rule(actor=ASKING, who=SOMEBODY, days=st.integers(-5, 60), later=LATER)
    def extend(self, actor, who, days, later):
        self.send(acts.extend, later, actor, who, days)

    @rule(actor=ASKING, who=SOMEBODY, days=st.integers(-3, 30), together=st.booleans(), later=LATER)
    def end(self, actor, who, days, together, later):
        self.send(acts.end, later, actor, who, days, together)

    # What happens to requests on their way

    @precondition(lambda self: self.waiting)
    @rule(which=WHICH)
    def arrives_late(self, which):
        self.deliver(self.waiting.pop(which % len(self.waiting)))

    @precondition(lambda self: self.answered)
    @rule(which=WHICH)
    def sent_twice(self, which):
        """The same once more: the very same answer, and nothing happens."""
        sent = self.answered[which % len(self.answered)]
        answer = self.transmit(sent)
        assert (answer.status_code, answer.content) == sent.answer
        assert answer["Idempotent-Replayed"] == "true"
        checks.check_nothing_happened(self.before, self.town)
        TALLY["sent_twice", "done"] += 1

    @precondition(lambda self: self.answered)
    @rule(which=WHICH)
    def key_used_again(self, which):
        """For something else: told so, and nothing happens."""
        sent = self.answered[which % len(self.answered)]
        body = (sent.body or {}) | {"reason": "ほかの理由", "note": "ほか"}
        other = Sending(sent.actor, sent.path, body, sent.judge, sent.method, sent.key)
        answer = self.transmit(other)
        assert answer.status_code in {400, 409}, answer.content
        if answer.status_code == 409:
            assert answer.json()["code"] == "key_reused"
        checks.check_nothing_happened(self.before, self.town)

    @precondition(lambda self: self.answered)
    @rule(which=WHICH, actor=st.sampled_from(world.ACTORS))
    def key_of_somebody_else(self, which, actor):
        """Is nobody else's: whoever comes with it is answered as if it were new."""
        sent = self.answered[which % len(self.answered)]
        if actor != sent.actor and (actor, sent.key) not in {(one.actor, one.key) for one in self.answered}:
            sending = sent.by(actor)
            sending.by, sending.key, sending.name = sent.by, sent.key, sent.name
            self.deliver(sending)

    # Time goes by

    @rule(by=st.sampled_from([dt.timedelta(minutes=1), dt.timedelta(hours=5), DAY, 2 * DAY, 8 * DAY, 35 * DAY]))
    def later(self, by):
        self.pass_time(clock.now() + by)

    @rule(days=st.integers(1, 3), off=st.sampled_from([-1, 0, 1]))
    def midnight(self, days, off):
        day = clock.today() + days * DAY
        self.pass_time(dt.datetime.combine(day, dt.time(), JAPAN) + dt.timedelta(microseconds=off))

    @precondition(lambda self: self.story.states)
    @rule(which=WHICH, moment=st.sampled_from(["starts_at", "ends_at", "expires_at"]), off=st.sampled_from([-1, 0, 60]))
    def until(self, which, moment, off):
        """To what somebody waits for."""
        self.pass_time((getattr(self.session(which), moment) or clock.now()) + dt.timedelta(seconds=off))

    @precondition(lambda self: "REQUESTED" in self.story.states.values())
    @rule(which=WHICH, off=st.sampled_from([-2, 0, 1]))
    def answered_at_the_last_moment(self, which, off):
        """Or at the first at which it is too late; the request arrives a second after it is sent."""
        session = self.session(which | 1, "REQUESTED")
        self.pass_time((session.expires_at or session.starts_at) + dt.timedelta(seconds=off))
        self.send(acts.confirm, False, RIGHT, session)
        self.expire()

    @rule()
    def sweep(self):
        self.expire()

    def expire(self) -> None:
        """What the night's work does to requests that nobody answered."""
        due = [row.pk for row in Session.objects.filter(state="REQUESTED") if row.expires_at <= clock.now()]
        assert sessions.expire_requests() == len(due)
        TALLY["sweep", "done"] += len(due)
        self.settle(None, Verdict(True, overrides=set(), states=dict.fromkeys(due, "EXPIRED")))

    def pass_time(self, to: dt.datetime) -> None:
        if to > clock.now():
            self.traveller.move_to(to, tick=False)
            self.looked_at = False

    # How it is sent, and what must come of it

    def slot(self, which: int) -> Slot:
        rows = list(Slot.objects.select_related("room").order_by("pk"))
        return rows[which % len(rows)]

    def session(self, which: int, *states: str) -> Session:
        """One of those in such a state, if there is one."""
        liked = [pk for pk, state in self.story.states.items() if state in states] if which % 4 else []
        known = liked or list(self.story.states)
        return Session.objects.get(pk=known[which % len(known)])

    def at(self, when: tuple[int, tuple[int, int]]) -> dt.datetime:
        days, (hour, minute) = when
        return acts.japan(clock.today() + days * DAY, hour, minute)

    def ago(self, minutes: int) -> dt.datetime:
        return clock.now().replace(second=0, microsecond=0) - dt.timedelta(minutes=minutes)

    def send(self, act: Callable[..., Sending], later: bool, actor: str, *values: Any) -> None:
        self.steps += 1
        if actor == RIGHT:
            actor = self.right_actor(act, *values)
        sending = act(self.town, actor, *values)
        sending.name = act.__name__
        sending.by = lambda other: act(self.town, other, *values)
        sending.key = f"key-{self.steps}"
        if later:
            self.waiting.append(sending)
        else:
            self.deliver(sending)

    def right_actor(self, act: Callable[..., Sending], thing: Any, *rest: Any) -> str:
        """Who may: the home where it is the home's to say, else who supports the person."""
        if act in {acts.publish, acts.close, acts.reopen}:
            return self.town.host_of(self.town.rooms[thing])
        if act in {acts.withdraw, acts.confirm, acts.decline} and thing.room:
            return self.town.host_of(thing.room)
        return "worker"

    def transmit(self, sending: Sending):
        # No two acts happen in the same instant.
        self.traveller.shift(dt.timedelta(seconds=1))
        client = self.town.clients[sending.actor]
        headers = {"Idempotency-Key": sending.key}
        return getattr(client, sending.method)(sending.url, sending.body, format="json", headers=headers)

    def deliver(self, sending: Sending) -> None:
        # The judge must see the same moment as the application.
        now = clock.now()
        self.traveller.move_to(now + dt.timedelta(seconds=1), tick=False)
        verdict = sending.judge()
        self.traveller.move_to(now, tick=False)
        answer = self.transmit(sending)
        done = 200 <= answer.status_code < 300
        assert answer.status_code < 500, answer.content
        TALLY[sending.name, "done" if done else "refused"] += 1
        if verdict.ok is not None:
            assert done == verdict.ok, (sending, verdict, answer.status_code, answer.content.decode())
        assert answer.get("Idempotent-Replayed") is None
        if not done:
            if verdict.breaches is not None and answer.status_code == 409:
                named = checks.codes(answer) & {*(f"limit-{n}" for n in range(9)), *FRAMES}
                assert named == {breach.code for breach in verdict.breaches}, (named, verdict)
            checks.check_nothing_happened(self.before, self.town)
            return
        sending.answer = (answer.status_code, answer.content)
        self.answered.append(sending)
        self.settle(sending.actor, verdict)

    def settle(self, actor: str | None, verdict: Verdict) -> None:
        """Take note of what was said to have happened; the rows must say the same."""
        before, story = self.before, self.story
        user = self.town.users[actor].pk if actor else None
        TALLY["overrides", "done"] += len(verdict.overrides or ())
        made = list(Session.objects.exclude(pk__in=story.states).order_by("pk"))
        checks.check_evidence(before, user, verdict.audits, story)
        new = Override.objects.filter(pk__gt=before.override)
        if verdict.overrides is not None:
            assert {(one.problem_code, one.limit_id) for one in new} == {
                (breach.code, breach.limit) for breach in verdict.overrides
            }
        assert all(one.reason.strip() and one.by_id == user for one in new)
        named = [key for key in verdict.states if isinstance(key, str)]
        if verdict.ok is not None:
            assert len(made) == len(named)
        for row in made:
            story.nights[row.pk] = {day for day in caps.use_of(row).touched[:-1]} if row.check_in else set()
            story.become(row.pk, verdict.states[named.pop(0)] if named else row.state)
        for pk, state in verdict.states.items():
            if isinstance(pk, int):
                story.become(pk, state)
        for pk, moment in verdict.left.items():
            story.nights[pk] = {night for night in story.nights[pk] if night < caps.day_of(moment)}
        story.closed |= verdict.closed
        for night in verdict.opened:
            story.closed.pop(night, None)
        self.before = Snapshot.take(self.town, before)
        self.looked_at = False
        if not verdict.may_exceed:
            checks.check_limits(before, self.before)

    @invariant()
    def holds_together(self):
        if self.looked_at:
            return
        self.looked_at = True
        checks.check_rows(self.town, self.story)
        checks.check_records(self.story)
        checks.check_feeds(self.town, self.story)
        checks.check_list(self.town, world.ACTORS[self.steps % len(world.ACTORS)])


FRAMES = ("grant.days", "grant.period", "grant.missing", "enrollment.period", "enrollment.missing")
