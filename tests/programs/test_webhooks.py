"""Webhooks: kept by an organization, and what happens is written down for whoever may see it."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from programs.domain.problems import Refused
from programs.enums import SessionKind
from programs.models import Session, Webhook, WebhookDelivery
from programs.services import deliveries, sessions, slots, webhooks
from programs.services.slots import Offer, Pattern
from tests import factories
from tests.personas import make_world, member
from tests.programs.hooks import add, of, told
from tests.programs.pages import request
from tests.transition.https import HOST
from transition import clock
from transition.enums import MembershipRole, OrganizationKind
from transition.models import AuditEvent
from transition.services.transactions import RequestKey

pytestmark = pytest.mark.django_db

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def manager(world):
    return member(world.home_office, MembershipRole.MANAGER)


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
