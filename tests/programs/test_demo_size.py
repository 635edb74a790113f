"""The large fictional municipality is made without the services: here the rules say whether it could have been."""

import datetime as dt
from collections import Counter
from itertools import combinations

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import Count

from programs.domain.spans import nights
from programs.enums import COUNTING_STATES, PLANNED_STATES, SessionKind, SessionState
from programs.models import Escort, Home, RoomNight, Session, Slot
from programs.queries import stays
from programs.queries.limits import LimitBook, use_of
from programs.services import demo_size
from programs.services.demo_town import CITY
from programs.tasks import sweep
from tests import factories
from tests.access import undone
from transition import clock
from transition.models import Organization, Person, User

pytestmark = pytest.mark.django_db
SIZE = 40


def seed(size=SIZE):
    call_command("seed", size=size, verbosity=0)


def grow(size=SIZE):
    """The municipality alone, without the stories of the demo."""
    call_command("load_programs", verbosity=0)
    call_command("load_wishes", verbosity=0)
    assert demo_size.build(size=size, password=settings.DEMO_PASSWORD)


def counts() -> dict[str, int]:
    return {
        model._meta.label: model.objects.count()
        for label in ("transition", "programs", "calendars")
        for model in apps.get_app_config(label).get_models()
    }


def of_city() -> list[Session]:
    return list(Session.objects.filter(person__municipality__name=CITY).select_related("person", "program", "slot"))


def test_seeding_twice_adds_nothing():
    seed()
    before = counts()
    seed()
    seed(7)
    assert counts() == before
    city = Organization.objects.get(name=CITY)
    assert Person.objects.filter(municipality=city).count() == SIZE
    assert Home.objects.filter(organization__municipality=city).count() == SIZE * 80 // 300


def test_the_same_size_gives_the_same_data():
    found = []
    for _ in range(2):
        with undone():
            grow()
            found.append([(one.state, one.starts_at, one.person.name, one.place, one.kind) for one in of_city()])
    assert found[0] == found[1]
    assert len(found[0]) > 2 * SIZE
    assert {one[0] for one in found[0]} >= {"COMPLETED", "CUT_SHORT", "CONFIRMED", "REQUESTED", "DECLINED", "CANCELLED"}


@pytest.mark.parametrize("day", ["2026-11-22", "2027-03-31", "2028-02-29"])
def test_every_rule_holds(day, frozen_time):
    frozen_time.move_to(dt.datetime.fromisoformat(f"{day}T05:00:00+00:00"))
    grow()
    today, found = clock.today(), of_city()
    book = LimitBook({one.person for one in found})
    for one in found:
        if one.state in COUNTING_STATES:
            account = book.account(one.person, one.program, one.check_in or clock.local_date(one.starts_at))
            assert account.check(use_of(one), today) == []
        if one.slot is not None:
            assert one.slot.starts_on <= one.check_in < one.check_out <= one.slot.ends_on
            assert one.nights <= one.slot.max_nights
            assert stays.fit.mismatches(stays.needs_of(one.person), stays.conditions_of(one.slot)) == []
        assert one.created_at <= one.changed_at <= clock.now() + dt.timedelta(seconds=1)


def test_nights_are_held_by_those_who_sleep_there_and_nobody_is_in_two_places():
    grow()
    held = Counter(RoomNight.objects.filter(session__in=of_city()).values_list("session", flat=True))
    for one in of_city():
        if one.kind == SessionKind.STAY and one.state in (*PLANNED_STATES, SessionState.COMPLETED):
            assert held[one.pk] == len(nights(one.check_in, one.check_out))
        elif one.state != SessionState.CUT_SHORT:
            assert held[one.pk] == 0
    by_person: dict[int, list[Session]] = {}
    for one in of_city():
        if one.state in COUNTING_STATES:
            by_person.setdefault(one.person_id, []).append(one)
    for sessions in by_person.values():
        for one, other in combinations(sessions, 2):
            assert one.ends_at <= other.starts_at or other.ends_at <= one.starts_at
    rows = Escort.objects.filter(session__state__in=COUNTING_STATES, session__in=of_city())
    assert not rows.values("user", "session__starts_at").annotate(times=Count("pk")).filter(times__gt=1).exists()


def test_what_the_fields_and_constraints_say_of_every_row():
    grow(20)
    city = Organization.objects.get(name=CITY)
    rows = [
        *Organization.objects.filter(municipality=city),
        city,
        *Person.objects.filter(municipality=city),
        *Slot.objects.filter(room__home__organization__municipality=city)[:50],
        *Session.objects.filter(person__municipality=city),
    ]
    for row in rows:
        row.full_clean(validate_unique=False)


def test_requests_still_wait_for_their_answer():
    grow()
    waiting = Session.objects.filter(state=SessionState.REQUESTED).count()
    sweep()
    assert Session.objects.filter(state=SessionState.REQUESTED).count() == waiting


def test_everybody_is_a_demo_account_and_the_first_of_each_kind_signs_in(client):
    grow(20)
    assert not User.objects.filter(is_demo=False).exists()
    for kind in ("municipality", "core-center", "consultation", "facility", "group-home"):
        assert client.login(username=f"large-{kind}1@demo.example", password=settings.DEMO_PASSWORD), kind


@pytest.mark.parametrize("size", [-1, 5_001])
def test_a_size_that_makes_no_sense(size):
    with pytest.raises(CommandError):
        seed(size)
    assert not Person.objects.exists()


def test_never_outside_demo_settings_nor_beside_real_accounts(settings):
    factories.UserFactory()
    with pytest.raises(CommandError):
        seed()
    settings.DEMO = False
    with pytest.raises(CommandError):
        seed()
    assert not Person.objects.exists()
