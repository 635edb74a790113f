"""What must be so after each step, told from the rows and from what was answered, without asking programs/domain."""

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from programs.models import Override, RecordVersion, RoomNight, Session, SessionEvent, Slot
from tests.machine import caps
from tests.machine.caps import DAY, day_of, nth_end
from tests.machine.world import API, SUPPORTERS, Town, uid_of
from transition import clock
from transition.models import AuditEvent, Grant

# From which state an act leads where.
STEPS = {
    ("", "REQUEST"): "REQUESTED",
    ("REQUESTED", "CONFIRM"): "CONFIRMED",
    ("REQUESTED", "DECLINE"): "DECLINED",
    ("REQUESTED", "EXPIRE"): "EXPIRED",
    ("REQUESTED", "CANCEL"): "CANCELLED",
    ("CONFIRMED", "CANCEL"): "CANCELLED",
    ("CONFIRMED", "CHECK_IN"): "IN_PROGRESS",
    ("CONFIRMED", "NO_SHOW"): "NO_SHOW",
    ("IN_PROGRESS", "CHECK_OUT"): "COMPLETED",
    ("IN_PROGRESS", "CUT_SHORT"): "CUT_SHORT",
    ("REQUESTED", "MOVE"): "REQUESTED",
    ("CONFIRMED", "MOVE"): "CONFIRMED",
    ("COMPLETED", "CHANGE"): "COMPLETED",
    ("CUT_SHORT", "CHANGE"): "CUT_SHORT",
}
# How a calendar shows a state; the rest is called off.
SHOWN = {"REQUESTED": "TENTATIVE"} | dict.fromkeys(("CONFIRMED", "IN_PROGRESS", "COMPLETED", "CUT_SHORT"), "CONFIRMED")
CALLED_OFF_FOR = 30 * DAY


@dataclass
class Story:
    """What the machine has been told: nothing of it may be lost."""

    states: dict[int, str] = field(default_factory=dict)
    nights: dict[int, set[dt.date]] = field(default_factory=dict)
    called_off: dict[int, dt.datetime] = field(default_factory=dict)
    closed: dict[tuple[int, dt.date], str] = field(default_factory=dict)
    versions: dict[tuple[int, int], Any] = field(default_factory=dict)
    feeds: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    seen: Counter = field(default_factory=Counter)

    def become(self, pk: int, state: str) -> None:
        self.states[pk] = state
        if state not in caps.PLANNED | caps.HELD:
            self.nights[pk] = set()
            self.called_off.setdefault(pk, clock.now())


@dataclass(frozen=True)
class Snapshot:
    """Everything an act could have changed."""

    sessions: dict[int, tuple]
    nights: frozenset
    slots: frozenset
    grants: int
    event: int
    audit: int
    override: int
    version: int
    excess: dict[tuple, int]

    @classmethod
    def take(cls, town: Town, before: "Snapshot | None" = None) -> "Snapshot":
        def last(model) -> int:
            return model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

        def excess() -> dict[tuple, int]:
            return {
                (person.pk, program.pk, *key): over
                for person in town.people
                for program in (town.stays, town.outings)
                for key, over in caps.excess(person, program).items()
            }

        columns = [column.attname for column in Session._meta.concrete_fields]
        sessions = {row[0]: row for row in Session.objects.values_list(*columns)}
        return cls(
            sessions=sessions,
            nights=frozenset(RoomNight.objects.values_list("room", "date", "use", "session", "person")),
            slots=frozenset(Slot.objects.values_list("pk", "withdrawn_at")),
            grants=Grant.objects.count(),
            event=last(SessionEvent),
            audit=last(AuditEvent),
            override=last(Override),
            version=last(RecordVersion),
            # Only sessions fill windows.
            excess=before.excess if before and before.sessions == sessions else excess(),
        )


def check_evidence(before: Snapshot, actor: int | None, expected: tuple[str, ...], story: Story) -> None:
    """Each change of a state has its event and its evidence, one of each, by whoever did it; and nothing else has."""
    events = list(SessionEvent.objects.filter(pk__gt=before.event).select_related("session").order_by("pk"))
    told = [(f"session.{one.action.lower()}", str(one.session.public_id), one.by_id, one.state) for one in events]
    overrides = Override.objects.filter(pk__gt=before.override).select_related("session")
    passed = [("session.override", str(one.session.public_id), one.by_id, None) for one in overrides]
    versions = RecordVersion.objects.filter(pk__gt=before.version).select_related("record__session")
    written = [("record.save", str(one.record.session.public_id), one.by_id, None) for one in versions]
    rows = list(AuditEvent.objects.filter(pk__gt=before.audit).order_by("pk"))
    found = [(row.action, row.subject_id, row.actor, row.data.get("state")) for row in rows]
    known = {*(f"session.{action.lower()}" for _, action in STEPS), "session.override", "record.save"}
    assert Counter(one for one in found if one[0] in known) == Counter(told + passed + written)
    assert Counter(one[0] for one in found if one[0] not in known) == Counter(expected)
    assert all(row.actor == actor for row in rows)
    assert all(one.by_id == actor for one in events)
    states = dict.fromkeys((event.session_id for event in events), "")
    states |= {pk: state for pk, state in story.states.items() if pk in states}
    for event in events:
        assert STEPS.get((states[event.session_id], event.action)) == event.state, (states, event.action)
        states[event.session_id] = event.state
    changed = set(Session.objects.filter(pk__in=states).values_list("pk", "state"))
    assert changed == set(states.items())


def check_nothing_happened(before: Snapshot, town: Town) -> None:
    assert Snapshot.take(town, before) == before


def check_rows(town: Town, story: Story) -> None:
    """No bed and no person twice, nothing lost of what was said, nothing kept of what was called off."""
    sessions = list(Session.objects.select_related("room"))
    assert {row.pk: row.state for row in sessions} == story.states
    expected: dict[tuple[int, dt.date], tuple] = {key: (use, None, None) for key, use in story.closed.items()}
    beds: set[tuple[int, dt.date]] = set()
    for row in sessions:
        for night in story.nights.get(row.pk, ()):
            assert (row.room_id, night) not in expected, "a night twice in one room"
            assert (row.person_id, night) not in beds, "a person in two beds"
            beds.add((row.person_id, night))
            expected[row.room_id, night] = ("STAY", row.pk, row.person_id)
    rows = RoomNight.objects.values_list("room", "date", "use", "session", "person")
    assert {(room, date): tuple(rest) for room, date, *rest in rows} == expected
    assert len(rows) == len(expected)
    planned = [row for row in sessions if row.state in caps.PLANNED]
    for number, one in enumerate(planned):
        assert one.kind != "STAY" or one.state != "REQUESTED" or one.expires_at <= one.starts_at
        for other in planned[:number]:
            same_room = one.room_id is not None and one.room_id == other.room_id
            if same_room or one.person_id == other.person_id:
                apart = one.ends_at <= other.starts_at or other.ends_at <= one.starts_at
                assert apart, f"two at once: {one.starts_at}–{one.ends_at}, {other.starts_at}–{other.ends_at}"


def check_limits(before: Snapshot, after: Snapshot) -> None:
    """No window is fuller than it may be, and fuller than it was, without an override on record from this step."""
    passed = set(Override.objects.filter(pk__gt=before.override).values_list("session__person", "limit"))
    for (person, program, limit, name), over in after.excess.items():
        if over > before.excess.get((person, program, limit, name), 0):
            assert (person, limit) in passed, ("a limit passed without an override", limit, name, over)


def check_records(story: Story) -> None:
    """Versions of a record grow by one, and what was written stays as it was."""
    rows = RecordVersion.objects.order_by("pk").values_list("record", "version", "content")
    found = {(record, version): content for record, version, content in rows}
    assert all(found.get(key) == content for key, content in story.versions.items())
    for record in {record for record, _ in found}:
        versions = sorted(version for one, version in found if one == record)
        assert versions == list(range(1, len(versions) + 1))
    story.versions = found


def check_feeds(town: Town, story: Story) -> None:
    """Each calendar shows what there is, and says so to whoever has fetched it before."""
    client, now = Client(), clock.now()
    start, end = window(clock.today())
    rows = list(Session.objects.select_related("room"))
    for token, (kind, pk) in town.feeds.items():
        expected = {}
        for row in rows:
            if (row.person_id if kind == "person" else row.room and row.room.home_id) != pk:
                continue
            until = row.ends_at
            if row.state == "CUT_SHORT" and row.actual_ends_at and row.actual_ends_at > row.starts_at:
                until = row.actual_ends_at
            called_off = row.state not in SHOWN
            if called_off and story.called_off[row.pk] <= now - CALLED_OFF_FOR:
                continue
            if day_of(row.starts_at) < end and day_of(until - dt.timedelta(microseconds=1)) >= start:
                expected[uid_of(row.public_id)] = (
                    SHOWN.get(row.state, "CANCELLED"),
                    stamp(row.starts_at),
                    stamp(until),
                )
        tag, known = story.feeds.get(token, ("", b""))
        url = f"/ical/{token}/yotei.ics"
        answer = client.get(url, headers={"If-None-Match": tag} if tag else {})
        fetched = known if answer.status_code == 304 else answer.content
        assert events_of(fetched) == expected, (kind, answer.status_code)
        story.feeds[token] = (answer["ETag"], fetched)


def events_of(calendar: bytes) -> dict[str, tuple[str, str, str]]:
    found = {}
    for block in calendar.decode().replace("\r\n ", "").split("BEGIN:VEVENT\r\n")[1:]:
        lines = dict(line.split(":", 1) for line in block.split("\r\n") if ":" in line)
        uid = lines["UID"]
        assert uid not in found, "an event twice"
        zone = ";TZID=Asia/Tokyo"
        found[uid] = (lines["STATUS"], lines[f"DTSTART{zone}"], lines[f"DTEND{zone}"])
    return found


def stamp(moment: dt.datetime) -> str:
    return f"{moment.astimezone(caps.JAPAN):%Y%m%dT%H%M%S}"


def window(today: dt.date) -> tuple[dt.date, dt.date]:
    """Three months back to thirteen ahead, whole months."""
    first = today.replace(day=1)
    return nth_end(first, -3) + DAY, nth_end(first, 13) + DAY


def check_list(town: Town, actor: str) -> None:
    """The API's list is what there is, for this reader."""
    answer = town.clients[actor].get(f"{API}sessions/?page_size=100")
    rows = Session.objects.select_related("room")
    own = [row for row in rows if actor in SUPPORTERS or (row.room and town.host_of(row.room) == actor)]
    found = {
        one["id"]: (one["state"], moment(one["starts_at"]), moment(one["ends_at"])) for one in answer.json()["results"]
    }
    assert found == {str(row.public_id): (row.state, row.starts_at, row.ends_at) for row in own}


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def codes(answer: Any) -> set[str]:
    """Of the reasons in an answer, but for those that only tell."""
    problems = json.loads(answer.content).get("problems", [])
    return {problem["code"] for problem in problems if problem.get("enforcement") != "INFORM"}
