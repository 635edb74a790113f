"""Issuing, renewing and revoking addresses."""

import datetime as dt
import hashlib

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from calendars.enums import Agent, Audience, Detail
from calendars.models import CalendarFeed
from calendars.services import feeds
from programs.enums import SessionState
from tests.calendars.conftest import address_of, put
from transition.models import AuditEvent
from transition.services.transactions import KeyReused, RequestKey


def everything_stored() -> str:
    """Every value of every row of every table."""
    rows = [row for model in apps.get_models() for row in model._default_manager.values_list()]
    return "\n".join(map(str, rows))


def key(world, content="a", name="k1") -> RequestKey:
    return RequestKey.of(world.worker.pk, name, {"content": content})


def test_an_address_is_256_bits_and_only_its_hash_is_stored(feed):
    assert len(feed.token) == 43
    stored = CalendarFeed.objects.get()
    assert stored.token == ""
    assert stored.token_hash == hashlib.sha256(feed.token.encode()).hexdigest()
    assert feed.token not in everything_stored()


def test_no_two_addresses_are_alike(world):
    issued = [feeds.issue(person=world.person, label="母", by=world.worker) for _ in range(5)]
    assert len({feed.token for feed in issued} | {feed.token_hash for feed in issued}) == 10


def test_a_family_gets_the_neutral_level_for_400_days(feed, world):
    stored = CalendarFeed.objects.get()
    assert (stored.audience, stored.detail) == (Audience.FAMILY, Detail.NEUTRAL)
    assert stored.expires_on == dt.date(2026, 11, 22) + dt.timedelta(days=400)
    assert stored.created_by == world.worker


def test_an_address_fits_google(feed):
    assert len(f"https://a-rather-long-name.of-a-municipality.example.jp{address_of(feed)}") < 256


def test_every_act_leaves_evidence_without_the_secret(feed, world):
    feeds.rotate(feed=feed, by=world.worker)
    feeds.revoke(feed=feed, by=world.coordinator)
    events = AuditEvent.objects.filter(subject_id=str(feed.public_id))
    assert list(events.values_list("action", "actor", "data")) == [
        ("feed.issue", world.worker.pk, {"person": world.person.pk, "audience": "FAMILY", "detail": "NEUTRAL"}),
        ("feed.rotate", world.worker.pk, {"person": world.person.pk}),
        ("feed.revoke", world.coordinator.pk, {"person": world.person.pk}),
    ]


def test_no_evidence_no_address(world, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("calendars.services.feeds.audit.record", fail)
    with pytest.raises(RuntimeError):
        feeds.issue(person=world.person, label="母", by=world.worker)
    assert not CalendarFeed.objects.exists()


def test_a_second_sending_makes_no_second_address(world):
    first = feeds.issue(person=world.person, label="母", by=world.worker, key=key(world))
    second = feeds.issue(person=world.person, label="母", by=world.worker, key=key(world))
    assert (second.pk, second.token) == (first.pk, "")
    assert CalendarFeed.objects.count() == 1
    assert first.token not in everything_stored()
    with pytest.raises(KeyReused):
        feeds.issue(person=world.person, label="父", by=world.worker, key=key(world, "b"))


def test_rotating_twice_by_one_form_leaves_the_first_new_address_alive(client, feed, world):
    rotated = feeds.rotate(feed=feed, by=world.worker, key=key(world))
    assert feeds.rotate(feed=feed, by=world.worker, key=key(world)).token == ""
    assert client.get(address_of(rotated)).status_code == 200


def test_rotating_kills_the_old_address_and_starts_the_days_again(client, feed, address, world, frozen_time):
    client.get(address, headers={"User-Agent": "iOS/18 dataaccessd/1.0"})
    assert CalendarFeed.objects.get().last_agent == Agent.APPLE
    frozen_time.shift(dt.timedelta(days=500))
    rotated = feeds.rotate(feed=feed, by=world.worker)
    assert client.get(address).status_code == 404
    assert (rotated.last_fetched_at, rotated.last_agent) == (None, "")
    assert client.get(address_of(rotated)).status_code == 200


def test_rotating_a_feed_that_had_run_out_catches_up(stay, feed, world, frozen_time):
    session = stay()
    CalendarFeed.objects.update(expires_on=dt.date(2026, 11, 1))
    put(session, state=SessionState.CANCELLED)
    revision = CalendarFeed.objects.get().revision
    feeds.rotate(feed=feed, by=world.worker)
    stored = CalendarFeed.objects.get()
    assert stored.revision == revision + 1
    assert stored.next_change_at == dt.datetime(2026, 12, 22, 1, tzinfo=dt.UTC)


def test_revoking_is_final_and_once(client, feed, address, world, frozen_time):
    feeds.revoke(feed=feed, by=world.worker)
    assert client.get(address).status_code == 404
    frozen_time.shift(dt.timedelta(hours=1))
    again = feeds.revoke(feed=feed, by=world.coordinator)
    assert (again.revoked_by, again.revoked_at) == (world.worker, dt.datetime(2026, 11, 22, 1, tzinfo=dt.UTC))
    assert feeds.rotate(feed=feed, by=world.worker).token == ""
    assert CalendarFeed.objects.get().token_hash == feed.token_hash
    assert AuditEvent.objects.filter(action="feed.revoke").count() == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"token_hash": "A" * 43}, "アドレスはそのままでは保存できません。"),
        ({"label": ""}, "だれの予定表かを入れてください。"),
        ({"revoked_at": dt.datetime(2026, 11, 22, tzinfo=dt.UTC)}, "停止した日時と人はいっしょに記録します。"),
    ],
)
def test_the_database_has_the_last_word(feed, changes, message):
    stored = CalendarFeed.objects.get()
    for name, value in changes.items():
        setattr(stored, name, value)
    with pytest.raises(ValidationError, match=message):
        stored.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        stored.save()
