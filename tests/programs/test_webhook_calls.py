"""Webhooks are called: signed, at least once, again later when that fails, and in the end given up."""

import datetime as dt
import json
import threading
import time

import pytest
from django.db import connection

from programs.domain.problems import Refused
from programs.enums import DeliveryProblem, DeliveryState
from programs.models import Webhook, WebhookDelivery
from programs.services import deliveries, webhooks
from programs.tasks import deliver_webhooks, sweep
from tests import factories
from tests.personas import make_world, member
from tests.programs.hooks import add, calls, of
from tests.programs.pages import request
from transition import clock, nightly
from transition.enums import MembershipRole, NotificationKind
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
