"""Webhooks: kept by an organization, written for whoever may see it, called at least once, given up in the end."""

import datetime as dt
import json
import threading
import time

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from programs.domain.problems import Refused
from programs.enums import DeliveryProblem, DeliveryState, SessionKind
from programs.models import Session, Webhook, WebhookDelivery
from programs.services import deliveries, sessions, slots, webhooks
from programs.services.slots import Offer, Pattern
from programs.tasks import deliver_webhooks, sweep
from tests import factories
from tests.personas import make_world, member
from tests.programs.hooks import calls
from tests.programs.pages import request
from tests.transition.https import HOST
from transition import clock, nightly
from transition.enums import MembershipRole, NotificationKind, OrganizationKind
from transition.models import AuditEvent, Membership, Notification, SupportLink
from transition.services.transactions import RequestKey

pytestmark = pytest.mark.django_db

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def manager(world):
    return member(world.home_office, MembershipRole.MANAGER)


def add(world, manager, url=f"https://{HOST}/hook", **more):
    values = {"organization": world.home_office, "label": "予約表", "events": ["SESSION_CHANGED", "SLOT_PUBLISHED"]}
    return webhooks.add(**values | more, url=url, by=manager)


def of(organization, **more):
    """A webhook of any organization, without its secret."""
    return factories.WebhookFactory(organization=organization, **more)


def told() -> set[tuple[int, str]]:
    """Which organizations are told what."""
    return set(WebhookDelivery.objects.values_list("webhook__organization", "event"))


class TestKeeping:
    def test_the_secret_is_shown_once_and_stored_nowhere(self, world, manager):
        webhook = add(world, manager)
        assert webhook.secret.startswith("whsec_")
        assert Webhook.objects.get().secret == ""
        assert webhook.secret[6:] not in str(list(Webhook.objects.values())) + str(list(AuditEvent.objects.values()))
        renewed = webhooks.renew_secret(webhook=webhook, by=manager)
        assert renewed.secret not in ("", webhook.secret)

    def test_evidence_names_no_address(self, world, manager):
        webhook = add(world, manager, f"https://{HOST}/token-123")
        webhooks.change(webhook=webhook, url=f"https://{HOST}/token-456", by=manager)
        webhooks.renew_secret(webhook=webhook, by=manager)
        webhooks.enable(webhook=webhook, by=manager)
        webhooks.remove(webhook=webhook, by=manager)
        webhooks.remove(webhook=webhook, by=manager)
        events = AuditEvent.objects.filter(subject_type="webhook")
        assert [event.action.partition(".")[2] for event in events] == ["add", "change", "renew_secret", "remove"]
        assert "token" not in str([event.data for event in events])

    @pytest.mark.parametrize(
        "url", ["", "x", f"http://{HOST}/", "https://user@calendar.example.invalid/", f"https://{HOST}:8443/"]
    )
    def test_an_address_that_may_never_be_called_is_refused(self, world, manager, url):
        webhook = add(world, manager)
        for act in (lambda: add(world, manager, url), lambda: webhooks.change(webhook=webhook, url=url, by=manager)):
            with pytest.raises(Refused) as refused:
                act()
            assert [problem.field for problem in refused.value.problems] == ["url"]
        assert Webhook.objects.get().url == webhook.url

    @pytest.mark.parametrize("events", [[], ["X"], ["SESSION_CHANGED", "X"], ["TEST"]])
    def test_only_what_there_is_to_tell(self, world, manager, events):
        webhook = add(world, manager)
        with pytest.raises(ValidationError):
            add(world, manager, f"https://{HOST}/b", events=events)
        with pytest.raises(ValidationError):
            webhooks.change(webhook=webhook, events=events, by=manager)

    def test_no_address_twice_and_not_too_many(self, world, manager):
        first = add(world, manager)
        with pytest.raises(Refused) as twice:
            add(world, manager)
        assert [problem.code for problem in twice.value.problems] == ["webhook.twice"]
        for number in range(1, webhooks.MOST):
            add(world, manager, f"https://{HOST}/{number}")
        with pytest.raises(Refused) as many:
            add(world, manager, f"https://{HOST}/more")
        assert [problem.code for problem in many.value.problems] == ["webhook.many"]
        webhooks.remove(webhook=first, by=manager)
        add(world, manager)
        assert HOST not in Webhook.objects.get(pk=first.pk).url

    def test_a_resent_form_has_one_effect_and_no_secret(self, world, manager):
        key = RequestKey.of(manager.pk, "k", {})
        first, again = add(world, manager, key=key), add(world, manager, key=key)
        assert (first, again.secret) == (again, "")
        key = RequestKey.of(manager.pk, "k2", {})
        for _ in range(2):
            webhooks.renew_secret(webhook=first, by=manager, key=key)
        assert Webhook.objects.get().secret_version == 2

    def test_what_is_removed_cannot_be_changed(self, world, manager):
        webhook = add(world, manager)
        webhooks.remove(webhook=webhook, by=manager)
        for act in (webhooks.change, webhooks.renew_secret, webhooks.enable, deliveries.send_test):
            with pytest.raises(Refused):
                act(webhook=webhook, by=manager)


class TestWriting:
    def test_an_organization_hears_of_what_its_members_may_see(self, world):
        """The very sessions that a member of it finds, for every kind of organization."""
        city = world.municipality
        former = factories.OrganizationFactory(kind=OrganizationKind.FACILITY)
        yesterday = clock.today() - DAY
        factories.SupportLinkFactory(
            person=world.person, organization=former, starts_on=yesterday - DAY, ends_on=yesterday
        )
        everybody = [
            city,
            world.office,
            world.home_office,
            former,
            factories.OrganizationFactory(kind=OrganizationKind.CORE_CENTER, municipality=city),
            factories.OrganizationFactory(kind=OrganizationKind.CORE_CENTER),
            factories.OrganizationFactory(kind=OrganizationKind.CONSULTATION, municipality=city),
            factories.OrganizationFactory(kind=OrganizationKind.GROUP_HOME, municipality=city),
            factories.MunicipalityFactory(),
        ]
        # A home that is named as a supporter sees nothing by that.
        factories.SupportLinkFactory(person=world.person, organization=everybody[7])
        for organization in everybody:
            of(organization)
        session = request(world, "2026-12-05", "2026-12-07")
        sees = {
            organization.pk
            for organization in everybody
            if Session.objects.visible_to(member(organization)).filter(pk=session.pk).exists()
        }
        assert sees == {city.pk, world.office.pk, world.home_office.pk, everybody[4].pk}
        assert told() == {(pk, "SESSION_CHANGED") for pk in sees}

    def test_an_outing_is_no_home_s_business(self, world):
        of(world.home_office)
        of(world.office)
        outing = factories.SessionFactory(person=world.person, organization=world.office, kind=SessionKind.OUTING)
        sessions.cancel(session=outing, by=world.worker, reason="雨")
        assert told() == {(world.office.pk, "SESSION_CHANGED")}

    def test_what_is_told_names_nobody(self, world):
        of(world.home_office)
        session = request(world, "2026-12-05", "2026-12-07", note="ひみつ")
        delivery = WebhookDelivery.objects.get()
        assert delivery.payload == {
            "event": "SESSION_CHANGED",
            "changed_at": "2026-11-22T10:00:00+09:00",
            "session": {
                "id": str(session.public_id),
                "kind": "STAY",
                "state": "REQUESTED",
                "starts_at": "2026-12-05T15:00:00+09:00",
                "ends_at": "2026-12-07T10:00:00+09:00",
                "check_in": "2026-12-05",
                "check_out": "2026-12-07",
                "home": str(world.room.home.public_id),
                "room": str(world.room.public_id),
                "slot": str(world.slot.public_id),
            },
        }
        assert str(world.person.public_id) not in deliveries.body_of(delivery).decode()

    def test_published_slots_are_told_to_all_in_one_call(self, world, manager):
        of(world.office)
        of(world.home_office, events=["SESSION_CHANGED"])
        of(world.municipality, disabled_at=clock.now())
        room = factories.RoomFactory(home=world.room.home)
        day = dt.date(2026, 12, 1)
        slots.publish(room=room, starts_on=day, ends_on=day + 3 * DAY, offer=Offer(), by=manager)
        pattern = Pattern(weekday=4, nights=2, first_on=dt.date(2027, 1, 1), last_on=dt.date(2027, 1, 31))
        made = slots.publish_pattern(room=room, pattern=pattern, offer=Offer(), by=manager).slots
        first, second = WebhookDelivery.objects.order_by("pk")
        assert (first.webhook.organization, first.event) == (world.office, "SLOT_PUBLISHED")
        assert first.payload["slots"][0] == {
            "id": first.payload["slots"][0]["id"],
            "home": str(room.home.public_id),
            "room": str(room.public_id),
            "starts_on": "2026-12-01",
            "ends_on": "2026-12-04",
            "min_nights": 1,
            "max_nights": 7,
        }
        assert {slot["id"] for slot in second.payload["slots"]} == {str(slot.public_id) for slot in made}
        assert len(made) == 5

    def test_what_is_taken_back_is_told_to_nobody(self, world):
        of(world.home_office)
        with pytest.raises(Refused):
            request(world, "2026-12-05", "2027-12-07")
        assert not WebhookDelivery.objects.exists()

    def test_the_queue_is_woken_once_it_is_written(self, world, monkeypatch, django_capture_on_commit_callbacks):
        woken = []
        monkeypatch.setattr(deliveries, "async_task", woken.append)
        with django_capture_on_commit_callbacks(execute=True):
            request(world, "2026-12-05", "2026-12-07")
        assert woken == []
        of(world.home_office)
        with django_capture_on_commit_callbacks(execute=True):
            request(world, "2026-12-10", "2026-12-12")
        assert woken == [deliveries.TASK]

    def test_nobody_waits_for_who_wants_to_hear(self, world, django_assert_max_num_queries):
        """One query when nobody does, two when somebody does, whatever their number."""
        session = Session.objects.select_related("person", "room__home", "slot").get(
            pk=request(world, "2026-12-05", "2026-12-07").pk
        )
        with django_assert_max_num_queries(1):
            deliveries.session_changed(session)
        for number in range(3):
            of(world.home_office, url=f"https://{HOST}/{number}")
        with django_assert_max_num_queries(2):
            deliveries.session_changed(session)


class TestCalling:
    @pytest.fixture
    def webhook(self, world, manager, server):
        server.serve("/hook")
        return add(world, manager, server.url("/hook"))

    @pytest.fixture
    def delivery(self, world, webhook):
        request(world, "2026-12-05", "2026-12-07")
        return WebhookDelivery.objects.get()

    def test_it_arrives_signed(self, webhook, delivery, server):
        assert deliveries.deliver_due() == 1
        [call] = calls(server)
        assert call.is_signed_with(webhook.secret)
        assert not call.is_signed_with(webhooks.renew_secret(webhook=webhook, by=webhook.created_by).secret)
        assert (call.path, call.id, call.content) == ("/hook", str(delivery.public_id), delivery.payload)
        assert call.headers["Content-Type"] == "application/json"
        assert call.headers["Webhook-Timestamp"] == str(int(clock.now().timestamp()))
        delivery.refresh_from_db()
        webhook.refresh_from_db()
        assert (delivery.state, delivery.status, delivery.tries) == (DeliveryState.DELIVERED, 200, 1)
        assert delivery.delivered_at == webhook.last_delivered_at == clock.now()
        assert deliveries.deliver_due() == 0

    def test_after_a_new_secret_it_is_signed_with_that(self, webhook, delivery, server):
        secret = webhooks.renew_secret(webhook=webhook, by=webhook.created_by).secret
        deliver_webhooks()
        assert calls(server)[0].is_signed_with(secret)

    def test_what_fails_is_tried_again_later_and_later_and_then_given_up(self, webhook, delivery, server, frozen_time):
        server.serve("/hook", status=500)
        waits = []
        for _ in range(6):
            delivery.refresh_from_db()
            waits.append(round((delivery.due_at - clock.now()) / MINUTE))
            frozen_time.move_to(delivery.due_at - dt.timedelta(seconds=1))
            deliveries.deliver_due()
            frozen_time.move_to(delivery.due_at)
            assert deliveries.deliver_due() == 1
        delivery.refresh_from_db()
        assert waits[1:] == [1, 5, 30, 120, 480]
        assert (delivery.state, delivery.failure, delivery.status) == (
            DeliveryState.FAILED,
            DeliveryProblem.STATUS,
            500,
        )
        frozen_time.shift(2 * DAY)
        assert deliveries.deliver_due() == 0
        assert {call.id for call in calls(server)} == {str(delivery.public_id)}
        webhook.refresh_from_db()
        assert (webhook.failures, webhook.disabled_at) == (6, None)

    def test_one_that_answers_again_is_as_good_as_new(self, webhook, delivery, server, frozen_time):
        server.serve("/hook", status=500)
        deliveries.deliver_due()
        frozen_time.shift(MINUTE)
        server.serve("/hook", status=204)
        deliveries.deliver_due()
        webhook.refresh_from_db()
        assert (webhook.failures, webhook.failing_since, webhook.last_delivered_at) == (0, None, clock.now())

    def test_one_that_fails_is_called_once_a_minute(self, world, webhook, delivery, server, frozen_time):
        for day in (10, 13, 16):
            request(world, f"2026-12-{day}", f"2026-12-{day + 1}")
        server.serve("/hook", status=500)
        assert [deliveries.deliver_due(), deliveries.deliver_due()] == [1, 0]
        frozen_time.shift(MINUTE)
        assert deliveries.deliver_due() == 1

    def test_the_oldest_first(self, world, webhook, delivery, server):
        for day in (10, 13):
            request(world, f"2026-12-{day}", f"2026-12-{day + 1}")
        ids = [str(one.public_id) for one in WebhookDelivery.objects.order_by("pk")]
        assert deliveries.deliver_due() == 3
        assert [call.id for call in calls(server)] == ids

    def test_much_for_one_does_not_keep_another_waiting(self, world, webhook, delivery, server):
        for day in (10, 13):
            request(world, f"2026-12-{day}", f"2026-12-{day + 1}")
        url = server.serve("/other")
        factories.WebhookDeliveryFactory(webhook=of(world.office, url=url), payload={"event": "SLOT_PUBLISHED"})
        deliveries.deliver_due(most=2)
        assert [call.path for call in calls(server)] == ["/hook", "/other"]

    @pytest.mark.real_time
    def test_one_that_hangs_delays_nobody_the_second_time(self, world, manager, server, monkeypatch):
        hanging = add(world, manager, server.url("/hang"))
        server.pages["/hang"] = lambda handler: time.sleep(3)
        post = deliveries.fetch.post
        monkeypatch.setattr(deliveries.fetch, "post", lambda *args: post(*args, seconds=0.3))
        good = of(world.office, url=server.serve("/good"))
        for webhook in (hanging, good):
            factories.WebhookDeliveryFactory.create_batch(2, webhook=webhook, payload={"event": "SLOT_PUBLISHED"})
        begun = time.monotonic()
        assert deliveries.deliver_due() == 3
        assert time.monotonic() - begun < 1.5
        assert sorted(path for path, _ in server.asked) == ["/good", "/good", "/hang"]
        Webhook.objects.update(failures=0)
        Webhook.objects.filter(pk=hanging.pk).update(failures=1)
        WebhookDelivery.objects.update(
            state="NEW", due_at=clock.now() - DAY, claimed_at=clock.now() - DAY, delivered_at=None
        )
        server.asked.clear()
        deliveries.deliver_due()
        assert [path for path, _ in server.asked] == ["/good", "/good", "/hang"]

    def test_a_run_ends_when_its_time_is_over(self, delivery, monkeypatch):
        monkeypatch.setattr(deliveries, "RUN_SECONDS", 0)
        assert deliveries.deliver_due() == 0

    @pytest.mark.parametrize(
        ("url", "failure"),
        [
            ("https://inside.example.invalid/", DeliveryProblem.ADDRESS),
            ("https://127.0.0.1/", DeliveryProblem.UNREACHABLE),
            ("https://nowhere.example.invalid/", DeliveryProblem.UNREACHABLE),
        ],
    )
    def test_what_may_not_be_called_is_not(self, webhook, delivery, server, url, failure):
        Webhook.objects.update(url=url)
        deliveries.deliver_due()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.failure, delivery.status) == (DeliveryState.NEW, failure, None)
        assert server.asked == []

    def test_it_never_goes_where_it_is_sent_on_to(self, delivery, server):
        server.serve("/hook", status=307, Location="/other")
        server.serve("/other")
        deliveries.deliver_due()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.status) == (DeliveryState.NEW, 307)
        assert [path for path, _ in server.asked] == ["/hook"]

    def test_who_is_lost_on_the_way_is_followed_by_another_with_the_same_id(self, delivery, server, frozen_time):
        deliveries._send(deliveries._claim_due())
        # Killed here, after the call and before the mark.
        assert deliveries.deliver_due() == 0
        frozen_time.shift(WebhookDelivery.LOST_AFTER)
        assert deliveries.deliver_due() == 1
        assert [call.id for call in calls(server)] == [str(delivery.public_id)] * 2
        delivery.refresh_from_db()
        assert (delivery.state, delivery.tries) == (DeliveryState.DELIVERED, 2)

    def test_who_was_only_slow_does_not_write_over_it(self, delivery, server, frozen_time):
        slow = deliveries._claim_due()
        frozen_time.shift(WebhookDelivery.LOST_AFTER)
        deliveries.deliver_due()
        deliveries._keep(delivery=slow, sent=deliveries.fetch.Sent(500, deliveries.fetch.Failure.STATUS))
        delivery.refresh_from_db()
        assert (delivery.state, delivery.failure) == (DeliveryState.DELIVERED, "")

    def test_one_that_kills_who_calls_it_is_given_up(self, webhook, delivery, server, frozen_time):
        for _ in range(10):
            deliveries._claim_due()
            frozen_time.shift(WebhookDelivery.LOST_AFTER)
        delivery.refresh_from_db()
        assert (delivery.state, delivery.failure, delivery.tries) == ("FAILED", DeliveryProblem.BROKEN_OFF, 6)

    def test_while_one_calls_the_other_finds_nothing_to_do(self, world, webhook, delivery):
        request(world, "2026-12-10", "2026-12-11")
        assert deliveries._claim_due() == delivery
        assert deliveries._claim_due() is None

    def test_whoever_may_not_see_it_any_more_is_not_told(self, world, server):
        of(world.office, url=server.serve("/office"))
        request(world, "2026-12-05", "2026-12-07")
        SupportLink.objects.update(starts_on=clock.today() - 2 * DAY, ends_on=clock.today() - DAY)
        assert deliveries.deliver_due() == 0
        delivery = WebhookDelivery.objects.get()
        assert (delivery.state, delivery.failure, server.asked) == ("FAILED", DeliveryProblem.HIDDEN, [])

    def test_removed_before_and_while_it_is_called(self, world, webhook, delivery, server):
        claimed = deliveries._claim_due()
        request(world, "2026-12-10", "2026-12-11")
        webhooks.remove(webhook=webhook, by=webhook.created_by)
        deliveries._keep(delivery=claimed, sent=deliveries.fetch.Sent(500, deliveries.fetch.Failure.STATUS))
        assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"FAILED"}
        assert deliveries.deliver_due() == 0

    def test_the_sweep_wakes_who_calls(self, delivery, frozen_time, server, monkeypatch):
        woken = []
        monkeypatch.setattr(deliveries, "async_task", woken.append)
        sweep()
        assert woken == ["programs.tasks.deliver_webhooks"]
        deliver_webhooks()
        sweep()
        assert len(woken) == 1

    def test_old_calls_are_forgotten(self, world, webhook, delivery, frozen_time):
        deliveries.deliver_due()
        request(world, "2026-12-10", "2026-12-11")
        frozen_time.shift(29 * DAY)
        assert deliveries.forget_old() == 0
        frozen_time.shift(2 * DAY)
        assert deliveries.forget_old() == 1
        assert WebhookDelivery.objects.get().state == DeliveryState.NEW
        assert nightly.registry.jobs["webhook deliveries"] == deliveries.forget_old


class TestDisabling:
    @pytest.fixture
    def webhook(self, world, manager, server):
        server.serve("/hook", status=500)
        return add(world, manager, server.url("/hook"))

    def fail(self, webhook, times, frozen_time, every=MINUTE):
        for _ in range(times):
            factories.WebhookDeliveryFactory(webhook=webhook, payload={"event": "SLOT_PUBLISHED"})
            deliveries.deliver_due(most=1)
            frozen_time.shift(every)
        webhook.refresh_from_db()

    def test_twenty_times_in_a_row(self, world, webhook, manager, frozen_time):
        Membership.objects.create(user=world.coordinator, organization=world.home_office, ended_at=clock.now())
        self.fail(webhook, 19, frozen_time)
        assert (webhook.failures, webhook.disabled_at) == (19, None)
        assert not Notification.objects.exists()
        self.fail(webhook, 1, frozen_time)
        assert webhook.disabled_at == clock.now() - MINUTE
        [notice] = Notification.objects.all()
        assert (notice.kind, notice.user, notice.subject_id) == (
            NotificationKind.WEBHOOK_DISABLED,
            manager,
            str(webhook.public_id),
        )
        frozen_time.shift(DAY)
        assert deliveries.deliver_due() == 0
        assert WebhookDelivery.objects.filter(state="NEW").exists()
        # Nothing more is written for it.
        count = WebhookDelivery.objects.count()
        request(world, "2026-12-05", "2026-12-07")
        assert WebhookDelivery.objects.count() == count

    def test_three_days_of_failing_however_seldom(self, webhook, frozen_time):
        frozen_time.shift(30 * DAY)
        self.fail(webhook, 1, frozen_time, every=3 * DAY - MINUTE)
        assert webhook.disabled_at is None
        self.fail(webhook, 1, frozen_time)
        assert (webhook.failures, webhook.disabled_at) == (2, None)
        self.fail(webhook, 1, frozen_time)
        assert webhook.disabled_at is not None

    def test_at_once_when_the_other_side_says_so(self, webhook, server, frozen_time):
        server.serve("/hook", status=410)
        self.fail(webhook, 1, frozen_time)
        assert (webhook.failures, webhook.disabled_at) == (1, clock.now() - MINUTE)

    def test_enabled_again_what_has_waited_is_told(self, webhook, server, manager, frozen_time):
        server.serve("/hook", status=410)
        self.fail(webhook, 1, frozen_time)
        frozen_time.shift(10 * DAY)
        server.serve("/hook")
        webhooks.enable(webhook=webhook, by=manager)
        assert deliveries.deliver_due() == 1
        webhook.refresh_from_db()
        assert (webhook.failures, webhook.failing_since, webhook.disabled_at) == (0, None, None)
        actions = AuditEvent.objects.filter(subject_type="webhook").values_list("action", flat=True)
        assert list(actions) == ["webhook.add", "webhook.disable", "webhook.enable"]


class TestTesting:
    @pytest.fixture
    def webhook(self, world, manager, server):
        return add(world, manager, server.serve("/hook", status=202))

    def test_it_is_called_at_once(self, webhook, server):
        delivery = deliveries.send_test(webhook=webhook, by=webhook.created_by)
        assert (delivery.event, delivery.state, delivery.status) == ("TEST", DeliveryState.DELIVERED, 202)
        [call] = calls(server)
        assert call.is_signed_with(webhook.secret)
        assert call.content == {"event": "TEST", "changed_at": "2026-11-22T10:00:00+09:00"}

    def test_of_one_that_fails_nothing_follows(self, webhook, server, frozen_time):
        server.serve("/hook", status=410)
        delivery = deliveries.send_test(webhook=webhook, by=webhook.created_by)
        assert (delivery.state, delivery.status) == (DeliveryState.FAILED, 410)
        webhook.refresh_from_db()
        assert (webhook.failures, webhook.disabled_at) == (0, None)
        frozen_time.shift(DAY)
        assert deliveries.deliver_due() == 0

    def test_not_over_and_over(self, webhook, server, frozen_time):
        deliveries.send_test(webhook=webhook, by=webhook.created_by)
        with pytest.raises(Refused):
            deliveries.send_test(webhook=webhook, by=webhook.created_by)
        frozen_time.shift(deliveries.TEST_PAUSE)
        deliveries.send_test(webhook=webhook, by=webhook.created_by)

    def test_a_resent_form_calls_once(self, webhook, server):
        key = RequestKey.of(webhook.created_by.pk, "k", {})
        first, again = (deliveries.send_test(webhook=webhook, by=webhook.created_by, key=key) for _ in range(2))
        assert first == again
        assert len(calls(server)) == 1

    def test_also_one_that_is_disabled(self, webhook):
        Webhook.objects.update(disabled_at=clock.now())
        assert deliveries.send_test(webhook=webhook, by=webhook.created_by).state == DeliveryState.DELIVERED


@pytest.mark.race
@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_call_each_once(server):
    webhooks_ = [of(factories.OrganizationFactory(), url=server.serve(f"/{number}")) for number in range(3)]
    for webhook in webhooks_:
        factories.WebhookDeliveryFactory.create_batch(5, webhook=webhook, payload={"event": "SLOT_PUBLISHED"})
    wrong = []

    def work():
        try:
            while deliveries._waiting(clock.now()).exists() or WebhookDelivery.objects.filter(state="SENDING").exists():
                deliveries.deliver_due()
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    ids = [call.id for call in calls(server)]
    assert (len(ids), len(set(ids))) == (15, 15)
    # Each webhook heard of it in order.
    for webhook in webhooks_:
        mine = [str(one.public_id) for one in webhook.deliveries.order_by("pk")]
        assert [one for one in ids if one in mine] == mine
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"DELIVERED"}


def test_what_is_sent_is_the_same_bytes_each_time():
    delivery = WebhookDelivery(payload={"b": 1, "a": "予"})
    assert deliveries.body_of(delivery) == '{"a":"予","b":1}'.encode()
    assert json.loads(deliveries.body_of(delivery)) == delivery.payload
