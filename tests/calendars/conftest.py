"""Sessions of one person, and the calendar their family fetches."""

import datetime as dt

import pytest
from django.urls import reverse

from calendars.services import feeds, fragments
from programs.enums import DeclineReason, SessionKind, SessionState
from programs.models import Session
from tests.personas import World, make_world
from transition import clock


@pytest.fixture
def world(db) -> World:
    return make_world()


@pytest.fixture
def stay(world):
    """Makes a stay of the person, 15:00 to 10:00, and its calendar entries."""

    def make(check_in=dt.date(2026, 12, 5), nights=2, state=SessionState.CONFIRMED, **fields) -> Session:
        check_out = check_in + dt.timedelta(days=nights)
        session = Session.objects.create(
            kind=SessionKind.STAY,
            person=world.person,
            program=world.program,
            room=world.room,
            check_in=check_in,
            check_out=check_out,
            starts_at=clock.at(check_in, dt.time(15)),
            ends_at=clock.at(check_out, dt.time(10)),
            state=state,
            organization=world.office,
            requested_by=world.worker,
            expires_at=clock.now() + dt.timedelta(days=7),
            decline_reason=DeclineReason.OTHER if state == SessionState.DECLINED else "",
            **fields,
        )
        refresh(session)
        return session

    return make


@pytest.fixture
def feed(world):
    return feeds.issue(person=world.person, label="母", by=world.worker)


@pytest.fixture
def address(feed) -> str:
    return address_of(feed)


def address_of(feed) -> str:
    return reverse("calendars:feed", args=[feed.token])


def refresh(session: Session) -> int:
    return fragments.refresh_for(Session.objects.filter(pk=session.pk))


def put(session: Session, **fields) -> int:
    """Change a session as a service would; returns how many entries moved."""
    for name, value in fields.items():
        setattr(session, name, value)
    session.changed_at = clock.now()
    session.save()
    return refresh(session)
