"""One person of whom there is a row in every table that leads to a person; and marks in every text."""

import itertools
from dataclasses import dataclass, field
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, models
from django.db.models import Model, QuerySet

from calendars.models import CalendarFeed, FeedEntry, FeedRefresh, PreparedEntry
from calendars.services import feeds, fragments
from programs.enums import EnrollmentEnd, Face, OutcomeCode, SessionState
from programs.models import (
    DoneMark,
    EnrollmentChange,
    Escort,
    GoalScore,
    Override,
    Photo,
    Rating,
    RecordDraft,
    RecordVersion,
    Review,
    Session,
    SessionEvent,
    SessionGoal,
    SessionRecord,
    SessionWish,
)
from programs.services import sessions, voices
from tests import factories
from tests.personas import World, make_world
from tests.programs.pages import request
from transition import append_only, clock
from transition.domain.retention import plan
from transition.enums import ConsentKind, IntentionAnswer, NotificationState
from transition.models import IntentionCheck, Person, User, Wish, WishItem
from transition.queries.retention import is_there, rows_of
from transition.services import links, people


@dataclass
class Life:
    world: World
    person: Person
    stay: Session
    outing: Session
    files: list[str] = field(default_factory=list)


def live(world: World | None = None, person: Person | None = None) -> Life:
    """Everything that can be written down about somebody."""
    world = world or make_world()
    person = person or world.person
    worker = world.worker
    user = people.let_sign_in(person=person, email=f"{uuid4().hex}@example.invalid", by=worker)
    slot = factories.SlotFactory(room=factories.RoomFactory(home=world.room.home), published_by=world.home_staff)
    stay = request(world, "2026-12-05", "2026-12-07", person=person, slot=slot)
    sessions.confirm(session=stay, by=world.home_staff)
    enrollment = factories.EnrollmentFactory(person=person, organization=world.office, lead=worker, purpose="目的")
    outing = factories.SessionFactory(
        person=person, enrollment=enrollment, organization=world.office, requested_by=worker, activity="買い物"
    )
    life = Life(world, person, stay, outing)
    EnrollmentChange.objects.create(
        enrollment=enrollment,
        ended_on=enrollment.ends_on,
        ends_on=enrollment.starts_on,
        end=EnrollmentEnd.values[0],
        reason="理由",
        by=worker,
    )
    review = factories.ReviewFactory(enrollment=enrollment)
    Review.objects.filter(pk=review.pk).update(held_on=clock.today(), decision="続ける", by=worker, at=clock.now())
    outcome = factories.OutcomeFactory(
        enrollment=enrollment, code=OutcomeCode.MOVED_FLAT, moved_on=clock.today(), by=worker
    )
    factories.FollowUpFactory(outcome=outcome)
    goal = factories.GoalFactory(person=person, created_by=worker)
    score = {"goal": goal, "score": 1, "scored_on": clock.today(), "by": worker}
    GoalScore.objects.create(session=outing, **score)
    GoalScore.objects.create(review=review, **score)
    item = WishItem.objects.create(code=uuid4().hex, name="りょうり")
    Wish.objects.create(person=person, item=item, choice="WANT", expression="WORD", by=user)
    SessionWish.objects.create(session=outing, item=item)
    SessionGoal.objects.create(session=outing, goal=goal)
    Escort.objects.create(session=outing, user=worker)
    record = SessionRecord.objects.create(session=outing, by=worker)
    RecordVersion.objects.create(record=record, version=1, content={"place": "店"}, by=worker)
    RecordDraft.objects.create(session=outing, user=worker, content={"place": "店"})
    Rating.objects.create(session=outing, face=Face.values[0], expression="WORD", by=user)
    SessionEvent.objects.create(session=outing, action="CONFIRM", state="CONFIRMED", by=worker, reason="理由")
    Override.objects.create(session=stay, problem_code="limit", message="内容", reason="理由", by=worker)
    DoneMark.objects.create(session=outing, date=clock.today())
    voices.answer_stop(stop=voices.ask_to_stop(session=stay, by=user), answer="聞いた", by=worker)
    factories.FamilyRemarkFactory(session=stay, sender=uuid4())
    factories.PersonCardFactory(person=person, by=worker)
    factories.ContactFactory(person=person)
    factories.ConsentFactory(person=person, kind=ConsentKind.PHOTO, note="説明", by=worker)
    factories.DisclosureFactory(person=person, content="全部", by=worker)
    factories.NotificationFactory(user=worker, person=person, data={"at": "x"}, state=NotificationState.UNMAILED)
    if not person.intention_checks.exists():
        IntentionCheck.objects.create(
            person=person,
            organization=world.office,
            asked_on=clock.today(),
            asker="支援員",
            method="ことば",
            answer=IntentionAnswer.values[0],
            next_on=clock.today().replace(year=2027),
            by=worker,
        )
    links.issue(person=person, label="へや", by=worker)
    feeds.issue(person=person, label="母", by=worker, means="WORD")
    for session in (stay, outing):
        _written(session)
    refresh = FeedRefresh.objects.create(person=person, done_at=clock.now())
    entry = FeedEntry.objects.filter(person=person).earliest("pk")
    PreparedEntry.objects.create(
        refresh=refresh,
        entry=entry,
        sequence=1,
        changed_at=clock.now(),
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        body="x",
    )
    large, small = (default_storage.save(f"photos/{uuid4().hex}.jpg", ContentFile(b"x")) for _ in range(2))
    Photo.objects.create(session=outing, large=large, small=small, width=1, height=1, by=worker)
    life.files = [large, small]
    return life


def _written(session: Session) -> None:
    added, _ = fragments.rewritten(Session.objects.filter(pk=session.pk), clock.now())
    FeedEntry.objects.bulk_create(added)


def end(life: Life) -> None:
    """Nothing goes on: the dates of all that was planned lie before today some day."""
    today = clock.today()
    Session.objects.filter(person=life.person).update(state=SessionState.COMPLETED)
    life.person.support_links.update(ends_on=today)
    life.person.disclosures.update(answer="DONE", answered_on=today, answered_by=life.world.coordinator)


def tables_of_people() -> list[str]:
    return [label for label in plan().people if is_there(label)]


def text_fields(model: type[Model]) -> list["models.Field"]:
    """Where people write; codes and numbers of a list of choices are none of it."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    return [field for field in model._meta.concrete_fields if isinstance(field, kinds) and not field.choices]


# Written by the software itself: codes, fingerprints and names of things. Nobody writes about anybody there.
CODES = {
    "transition.Person": {"disability_kinds"},
    "transition.IntentionCheck": {"wants"},
    "transition.Notification": {"reason_key", "subject_type", "subject_id", "message_id", "failure"},
    "transition.PersonLink": {"token_hash"},
    "programs.Override": {"problem_code"},
    "calendars.CalendarFeed": {"token_hash", "scope"},
}


def mark(person: Person) -> dict[str, str]:
    """A mark of its own in every text of every row of the person: mark → where it stands."""
    marks: dict[str, str] = {}
    numbers = itertools.count(1_234_500_000)
    with append_only.erasing():
        for label in tables_of_people():
            for pk in list(rows_of(label, [person.pk]).values_list("pk", flat=True)):
                for one in text_fields(rows_of(label, []).model):
                    if one.name in CODES.get(label, set()):
                        continue
                    sign = str(next(numbers))
                    QuerySet(one.model).filter(pk=pk).update(**{one.name: _text(one, sign)})
                    marks[sign] = f"{label}.{one.name}"
    return marks


def _text(one: "models.Field", sign: str) -> object:
    if isinstance(one, models.JSONField):
        return {"voice": sign}
    return f"{sign}@example.invalid" if isinstance(one, models.EmailField) else sign


def dump() -> str:
    """Every cell of every table."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [f"{table}: {row!r}" for row in cursor.fetchall()]
    return "\n".join(found)


def is_signed_in(user: User) -> bool:
    return User.objects.filter(pk=user.pk, is_active=True).exists()


__all__ = ["CalendarFeed", "Life", "dump", "end", "live", "mark", "tables_of_people"]
