"""When the time of somebody's records is over, only numbers remain, everywhere.

Taken out once to see these fail: each condition of what goes on, the lock's second question, the files, the term of a
municipality, each act of the file (clear, mask, year, random, close, delete), the sweep's day, the refusal to write
about somebody anonymous, the list without them.
"""

import datetime as dt
import json
import os
from collections import Counter
from pathlib import Path

import pytest
import time_machine
import yaml
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client, TestCase, override_settings

from calendars.models import CalendarFeed, FeedEntry
from programs.enums import SessionState
from programs.models import Enrollment, GoalScore, Outcome, Photo, Rating, Session, SessionEvent
from programs.services import deliveries, lapsed_photos
from tests import factories, whole_life
from tests.whole_life import CODES, Life, dump, live, mark, tables_of_people, text_fields
from transition import clock, nightly, retention_checks
from transition.domain.retention import ERASED, FILE, Act, over_on, parse, plan
from transition.enums import ConsentKind
from transition.models import AuditEvent, Consent, Contact, Person, PersonLink, SupportLink, User, Wish
from transition.queries import retention
from transition.queries.retention import rows_of
from transition.services import anonymization, consents, contacts, disclosures, files, links
from transition.services import retention as purging

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

# The last day on which anything of the life goes on is the end of the grant.
LAST = dt.date(2027, 3, 31)
YEAR_OVER, FIVE_OVER = dt.date(2028, 4, 1), dt.date(2032, 4, 1)


@pytest.fixture
def life() -> Life:
    made = live()
    whole_life.end(made)
    return made


def on(day: dt.date):
    return time_machine.travel(clock.at(day, dt.time(3)), tick=False)


def fresh(life: Life) -> Person:
    return Person.objects.get(pk=life.person.pk)


def night() -> None:
    """All four, and what is left for the end of their transactions."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        work_through()


def work_through() -> None:
    for name in ("photos without consent", "forget what goes first", "anonymize people", "files without a row"):
        nightly.registry.jobs[name]()


# The file


def test_the_life_of_the_tests_has_a_row_in_every_table(life):
    own = {"account.EmailAddress", "mfa.Authenticator", "usersessions.UserSession"}
    empty = {label for label in tables_of_people() if not rows_of(label, [life.person.pk]).exists()}
    assert empty - own == set()


def test_every_field_is_named():
    assert [str(message) for message in retention_checks.retention()] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda read: read["groups"][0]["fields"]["transition.Person"]["clear"].remove("called"), "E011"),
        (lambda read: read["groups"][0]["fields"]["transition.Person"]["clear"].append("family_name"), "E012"),
        (lambda read: read["groups"][0]["fields"]["transition.Person"]["clear"].append("nickname"), "E013"),
        (lambda read: read["people"].pop("programs.Photo"), "E014"),
        (lambda read: read["people"].pop("programs.RoomNight"), "E015"),
        (lambda read: read["people"]["programs.Photo"].update(path="person"), "E016"),
        (lambda read: read["files"].pop("transition.WishItem"), "E017"),
    ],
)
def test_what_is_wrong_in_the_file_stops_the_check(change, code):
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    change(content)
    read = parse(content)
    said = [*retention_checks.unnamed(read), *retention_checks.unknown(read)]
    said += [*retention_checks.ownerless(read), *retention_checks.files(read)]
    assert f"transition.{code}" in {one for one, _ in said}


@pytest.mark.parametrize("values", [{"RETENTION_YEARS": 4}, {"RETENTION_YEARS_OF": {"271004": 3}}])
def test_nobody_keeps_records_for_less_than_the_law_wants(values):
    with override_settings(**values):
        assert [message.id for message in retention_checks.retention()] == ["transition.E018"]
        assert retention.years_of("271004") == 5


def test_texts_that_stay_are_codes_that_the_software_writes():
    """Whatever people write about somebody goes; what stays is looked at by name here."""
    staying: dict[str, set[str]] = {}
    for label, name, act, _ in plan().named():
        if act is Act.KEEP and label in tables_of_people():
            model = rows_of(label, []).model
            if name in {field.name for field in text_fields(model)}:
                staying.setdefault(label, set()).add(name)
    deleted = {label for label in CODES if any(work.is_deleted and work.model == label for work in _all_work())}
    assert staying == {label: names for label, names in CODES.items() if label not in deleted}


def _all_work():
    return plan().work("AFTER", "RECORD")


def test_the_days_of_the_file_are_those_of_the_nightly_jobs():
    days = {code: term.days for code, term in plan().terms.items() if term.days}
    assert days == {
        "READ": purging.READ_NOTIFICATIONS.days,
        "KEYS": purging.KEYS.days,
        "DELIVERIES": deliveries.DAYS_KEPT,
        "TASKS": purging.TASKS.days,
        "SOFTWARE": purging.RUNS.days,
    }


def test_the_page_for_readers_is_made_from_the_file(capsys):
    call_command("retention")
    page = (Path(settings.BASE_DIR) / "docs" / "retention.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == page


def test_five_years_to_the_day():
    assert over_on(dt.date(2026, 3, 31), 5) == dt.date(2031, 4, 1)
    assert over_on(dt.date(2024, 2, 29), 5) == dt.date(2029, 3, 1)
    assert over_on(dt.date(2024, 2, 29), 4) == dt.date(2028, 3, 1)


# Nothing remains but numbers


@pytest.mark.django_db(transaction=True)
def test_no_mark_remains_in_any_table_or_file(life, media):
    with transaction.atomic():
        marks = mark(life.person)
    assert len(marks) > 60
    before = dump()
    assert [where for sign, where in marks.items() if sign not in before] == []
    with on(FIVE_OVER):
        work_through()
    after = dump()
    assert sorted({where for sign, where in marks.items() if sign in after}) == []
    assert [path for path in media.rglob("*") if path.is_file()] == []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw = Path(connection.settings_dict["NAME"]).read_bytes()
        assert [where for sign, where in marks.items() if sign.encode() in raw] == []


def figures() -> dict[str, object]:
    """What the yearly review counts: by program, kind, state, age on 31 December, sex, level and residence."""
    told = []
    for session in Session.objects.select_related("person", "program").order_by("pk"):
        person, started = session.person, session.starts_at.date()
        age = person.age_on(dt.date(started.year, 12, 31))
        minutes = (session.ends_at - session.starts_at).total_seconds() / 60
        told.append(
            (
                session.program.code,
                session.kind,
                session.state,
                started,
                minutes,
                session.nights,
                age,
                person.sex,
                person.support_level,
                tuple(person.disability_kinds),
                person.residence,
                person.municipality_id,
            )
        )
    return {
        "sessions": told,
        "nights": sorted(rows_of("programs.RoomNight", Person.objects.all()).values_list("date", "room")),
        "outcomes": list(Outcome.objects.order_by("pk").values_list("code", "moved_on", "follow_ups__kind")),
        "faces": Counter(Rating.objects.values_list("face", flat=True)),
        "scores": Counter(GoalScore.objects.values_list("score", flat=True)),
        "enrollments": list(Enrollment.objects.order_by("pk").values_list("program", "starts_on", "ends_on")),
        "history": list(SessionEvent.objects.order_by("pk").values_list("session", "action", "state", "at")),
        "consents": Counter(Consent.objects.values_list("kind", "means")),
        "grants": list(rows_of("transition.Grant", Person.objects.all()).values_list("service", "days")),
    }


def test_the_figures_of_the_year_stay_as_they_were(life):
    Person.objects.filter(pk=life.person.pk).update(birth_date=dt.date(1990, 7, 15))
    before = figures()
    with on(FIVE_OVER):
        night()
    assert figures() == before
    assert fresh(life).birth_date == dt.date(1990, 1, 1)


def test_the_person_has_no_name_and_no_way_in(life):
    user = User.objects.get(person=life.person)
    user.set_password("fictional-password")
    user.save()
    browser = Client()
    browser.force_login(user)
    assert browser.get("/me/").status_code == 200
    with on(FIVE_OVER):
        night()
        assert browser.get("/me/").status_code == 403
    person, user = fresh(life), User.objects.get(pk=user.pk)
    assert (person.family_name, person.given_name, person.certificate_number, person.user) == (ERASED, "", "", None)
    assert (user.is_active, user.name, user.check_password("fictional-password")) == (False, ERASED, False)
    assert user.email.endswith("@anonymous.invalid")
    gone = [CalendarFeed, PersonLink, Contact, Wish, Photo, FeedEntry]
    assert [model.__name__ for model in gone if QuerySet(model).exists()] == []


def test_a_person_who_works_here_as_well_keeps_the_own_sign_in(life):
    user = User.objects.get(person=life.person)
    factories.MembershipFactory(user=user)
    with on(FIVE_OVER):
        night()
    kept = User.objects.get(pk=user.pk)
    assert (kept.name, kept.email, kept.is_active) == (user.name, user.email, True)
    assert fresh(life).user is None


def test_nobody_else_loses_anything(life):
    other = live(life.world, factories.PersonFactory(municipality=life.world.municipality, family_name="別人"))
    factories.SupportLinkFactory(person=other.person, organization=life.world.office)
    with transaction.atomic():
        marks = mark(other.person)
    with on(FIVE_OVER):
        night()
    after = dump()
    # The photo of the tests has a name, and no more a file of that name.
    assert sorted({where for sign, where in marks.items() if sign not in after}) == []


def test_it_is_written_down_without_names(life):
    with on(FIVE_OVER):
        night()
    event = AuditEvent.objects.get(action="person.anonymize")
    assert (event.subject_id, event.data["person"]) == (str(life.person.public_id), life.person.pk)
    assert event.data["rows"]["programs.Session"] == 2
    assert json.dumps(event.data, ensure_ascii=False).isascii()


def test_a_second_night_finds_nothing(life):
    with on(FIVE_OVER):
        assert anonymization.run() == 1
        assert (anonymization.run(), anonymization.let_go()) == (0, 0)
    assert AuditEvent.objects.filter(action="person.anonymize").count() == 1


# When


def test_not_a_day_too_early_and_not_a_day_late(life):
    for day, done in ((FIVE_OVER - dt.timedelta(days=1), 0), (FIVE_OVER, 1)):
        with on(day):
            assert anonymization.run() == done


def test_a_municipality_that_wants_ten_years_gets_them(life):
    city = life.world.municipality
    city.municipality_number = "999999"
    city.save()
    with override_settings(RETENTION_YEARS_OF={"999999": 10}):
        with on(FIVE_OVER):
            assert anonymization.run() == 0
        with on(dt.date(2037, 4, 1)):
            assert anonymization.run() == 1


def goes_on(life: Life) -> dict[str, object]:
    later = dt.date(2032, 3, 1)
    return {
        "support": lambda: factories.SupportLinkFactory(person=life.person, organization=life.world.municipality),
        "support until lately": lambda: factories.SupportLinkFactory(person=life.person, ends_on=later),
        "grant": lambda: factories.GrantFactory(person=life.person, starts_on=later, ends_on=later),
        "enrollment": lambda: factories.EnrollmentFactory(person=life.person, ends_on=later),
        "session": lambda: factories.SessionFactory(
            person=life.person, starts_at=clock.at(later, dt.time(1)), state="COMPLETED"
        ),
        "session still under way": lambda: Session.objects.filter(pk=life.outing.pk).update(
            state=SessionState.IN_PROGRESS
        ),
        "session that ended late": lambda: Session.objects.filter(pk=life.outing.pk).update(
            actual_starts_at=life.outing.starts_at, actual_ends_at=clock.at(later, dt.time(1))
        ),
        "question nobody answered": lambda: factories.DisclosureFactory(person=life.person),
        "complaint under way": lambda: factories.DisclosureFactory(person=life.person, kind="COMPLAINT", content="x"),
        "asked about the intention": lambda: QuerySet(rows_of("transition.IntentionCheck", []).model).update(
            asked_on=later, next_on=later.replace(year=2033)
        ),
        "looked after": lambda: rows_of("programs.FollowUp", [life.person.pk]).update(due_on=later),
    }


@pytest.mark.parametrize("what", list(goes_on(None)))  # type: ignore[arg-type]
def test_never_while_anything_goes_on(life, what):
    goes_on(life)[what]()
    with on(FIVE_OVER):
        assert (anonymization.run(), anonymization.anonymize(person_id=life.person.pk)) == (0, False)
        assert (anonymization.let_go(), anonymization.forget(person_id=life.person.pk)) == (0, False)
    assert fresh(life).anonymized_at is None
    assert Photo.objects.count() == 1


def test_who_comes_back_meanwhile_is_left_alone(life, monkeypatch):
    """Found by the night, and supported again before the lock."""
    found = retention.due

    def comes_back(code, people=None):
        due = found(code, people)
        if people is None:
            SupportLink.objects.create(person=life.person, organization=life.world.office)
        return due

    monkeypatch.setattr(retention, "due", comes_back)
    with on(FIVE_OVER):
        assert anonymization.run() == 0
    assert fresh(life).family_name == "見本"


def test_photos_wishes_contacts_and_addresses_go_after_a_year(life):
    with on(YEAR_OVER - dt.timedelta(days=1)):
        assert anonymization.let_go() == 0
    with on(YEAR_OVER), TestCase.captureOnCommitCallbacks(execute=True):
        assert (anonymization.let_go(), anonymization.let_go(), anonymization.run()) == (1, 0, 0)
    gone = [CalendarFeed, PersonLink, Contact, Wish, Photo]
    assert [model.__name__ for model in gone if QuerySet(model).exists()] == []
    assert [name for name in life.files if default_storage.exists(name)] == []
    assert fresh(life).family_name == "見本"
    assert AuditEvent.objects.get(action="person.forget").data["rows"]["programs.Photo"] == 1


def test_each_person_is_done_alone(life, monkeypatch):
    """What fails with one leaves the others done, and itself as it was."""
    second = live(life.world, factories.PersonFactory(municipality=life.world.municipality))
    whole_life.end(second)
    real, seen = anonymization._carry_out, []

    def stumbles(person, works):
        seen.append(person.pk)
        if len(seen) == 2:
            real(person, works)
            raise RuntimeError
        return real(person, works)

    monkeypatch.setattr(anonymization, "_carry_out", stumbles)
    with on(FIVE_OVER):
        with pytest.raises(RuntimeError):
            anonymization.run()
        assert Person.objects.exclude(anonymized_at=None).count() == 1
        monkeypatch.undo()
        assert anonymization.run() == 1


def test_the_same_questions_for_one_person_and_for_three(life, django_assert_max_num_queries):
    with on(FIVE_OVER), django_assert_max_num_queries(40) as asked:
        retention.due("RECORD")
    first = len(asked)
    for _ in range(2):
        whole_life.end(live(life.world, factories.PersonFactory(municipality=life.world.municipality)))
    with on(FIVE_OVER), django_assert_max_num_queries(first):
        retention.due("RECORD")


def test_nobody_writes_about_somebody_of_whom_only_numbers_remain(life):
    """What was written then would never go."""
    with on(FIVE_OVER):
        night()
        person, by = fresh(life), life.world.coordinator
        for write in (
            lambda: consents.give(person=person, kind=ConsentKind.PHOTO, means="WORD", by=by),
            lambda: contacts.add(person=person, name="母", relation="母", by=by),
            lambda: disclosures.ask(person=person, kind="DISCLOSE", asked_by="本人", by=by),
            lambda: links.issue(person=person, label="へや", by=by),
        ):
            with pytest.raises(PermissionDenied):
                write()
        client = Client()
        client.force_login(by)
        typed = {"kind": "DISCLOSE", "asked_by": "母", "asked_on": "2032-04-01"}
        assert client.post(f"/people/{person.public_id}/disclosures/new/", typed).status_code == 403
        assert ERASED not in client.get("/people/").content.decode()
        assert client.get("/api/v1/people/").json()["results"] == []
    assert not Contact.objects.exists()


# Photos and files


def test_photos_go_in_the_night_after_the_consent_has_run_out(life):
    Consent.objects.filter(kind=ConsentKind.PHOTO).update(ends_on=dt.date(2026, 11, 30))
    with on(dt.date(2026, 11, 30)):
        assert lapsed_photos.run() == 0
    assert Photo.objects.count() == 1
    with on(dt.date(2026, 12, 1)), TestCase.captureOnCommitCallbacks(execute=True):
        assert lapsed_photos.run() == 1
    assert Photo.objects.count() == 0
    assert [name for name in life.files if default_storage.exists(name)] == []
    assert AuditEvent.objects.get(action="consent.lapse").data["person"] == life.person.pk


def test_photos_stay_when_it_was_given_anew(life):
    Consent.objects.filter(kind=ConsentKind.PHOTO).update(ends_on=dt.date(2026, 11, 30))
    with on(dt.date(2026, 12, 1)):
        consents.give(person=life.person, kind=ConsentKind.PHOTO, means="WORD", by=life.world.worker)
        assert lapsed_photos.run() == 0
        # Also when it was given between the night's first look and the lock.
        assert lapsed_photos._take_out(person_id=life.person.pk) is False
    assert Photo.objects.count() == 1


def test_files_without_a_row_go_after_a_day(life, media):
    orphan = default_storage.save("photos/ab/orphan.jpg", ContentFile(b"x"))
    young = default_storage.save("photos/young.jpg", ContentFile(b"x"))
    elsewhere = default_storage.save("other/file.txt", ContentFile(b"x"))
    now = clock.now().timestamp()
    for name in (orphan, elsewhere, *life.files):
        os.utime(media / name, (now - 90_000, now - 90_000))
    os.utime(media / young, (now - 3_600, now - 3_600))
    assert files.sweep() == 1
    left = [name for name in (orphan, young, elsewhere, *life.files) if default_storage.exists(name)]
    assert left == [young, elsewhere, *life.files]
