"""The bell, the inbox, and how one wants to hear of things; with kinds registered here, as programs does it."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.notices import only_notices
from tests.personas import member
from tests.programs.pages import client_of, queries_of, soup, text
from transition import clock
from transition.enums import Delivery, NotificationKind, NotificationState, OrganizationKind
from transition.models import AuditEvent, Notification, NotificationChoice, User
from transition.notifications import Notice, Told, registry
from transition.queries import inbox as queries
from transition.services import inbox

pytestmark = pytest.mark.django_db

ARRIVED, STOP, GRANT = NotificationKind.REQUEST_ARRIVED, NotificationKind.STOP_ASKED, NotificationKind.GRANT_ENDS_60
LIST, BELL, CHOICES = (reverse(f"transition:{name}") for name in ("notification-list", "bell", "notification-choices"))


def told(notifications):
    """Those whose subject says so are gone."""
    return {
        one.pk: Told(
            "申込が届きました",
            "体験の申込が届きました。",
            "/guide/home/",
            "返事をする",
            f"見本さん {one.data.get('n')}",
        )
        for one in notifications
        if one.subject_id != "gone"
    }


@pytest.fixture(autouse=True)
def notices():
    """Three kinds: one for all, one that somebody must hear of, one only for who supports people."""
    with only_notices(
        Notice(ARRIVED, told),
        Notice(STOP, told, may_be_off=False),
        Notice(GRANT, told, default=Delivery.DIGEST, organization_kinds=(OrganizationKind.CONSULTATION,)),
    ):
        yield


@pytest.fixture
def worker() -> User:
    return member(factories.OrganizationFactory(name="相談室みほん"))


def tell(user: User, **more) -> Notification:
    return factories.NotificationFactory(user=user, **{"kind": ARRIVED} | more)


def count_of(html: str) -> str:
    found = BeautifulSoup(html, "html.parser").select_one("#bell .bell-count")
    return found.text if found else ""


class TestBell:
    def test_it_counts_what_is_due_unread_and_no_bundle(self, worker):
        tell(worker)
        tell(worker, due_at=clock.now() + dt.timedelta(seconds=1))
        tell(worker, read_at=clock.now())
        tell(worker, state=NotificationState.OBSOLETE)
        tell(worker, kind=NotificationKind.DIGEST)
        tell(member(factories.OrganizationFactory()))
        client = client_of(worker)
        assert count_of(client.get(BELL).content.decode()) == "1"
        assert count_of(client.get("/guide/").content.decode()) == "1"

    def test_alone_it_is_what_the_page_shows(self, worker):
        client = client_of(worker)
        for _ in range(2):
            page, alone = soup(client.get(LIST)), soup(client.get(BELL))
            assert str(page.select_one("#bell")) == str(alone.select_one("#bell"))
            tell(worker)

    def test_unchanged_it_is_304_without_a_template_and_without_writing(self, worker):
        tell(worker)
        client = client_of(worker)
        etag = client.get(BELL)["ETag"]
        with CaptureQueriesContext(connection) as asked:
            same = client.get(BELL, headers={"If-None-Match": etag})
        assert (same.status_code, same.content, same.templates) == (304, b"", [])
        assert "Set-Cookie" not in same
        assert [one["sql"].split()[0] for one in asked] == ["SELECT", "SELECT"]
        tell(worker)
        changed = client.get(BELL, headers={"If-None-Match": etag})
        assert (changed.status_code, count_of(changed.content.decode())) == (200, "2")

    def test_what_it_knows_stands_in_its_own_header(self, worker):
        """So the browser keeps nothing, and the next question of the element is answered with 304."""
        tell(worker)
        client = client_of(worker)
        answer = client.get(BELL)
        element = soup(answer).select_one("#bell")
        known = element["hx-headers"].split('": "', 1)[1].removesuffix('"}').replace('\\"', '"')
        assert known == answer["ETag"]
        assert answer["Cache-Control"] == "no-store"

    def test_only_more_is_said_aloud(self, worker):
        tell(worker)
        client = client_of(worker)
        assert "2件" in client_says(client, tell(worker) and '"unread-1"')
        assert client_says(client, '"unread-3"') == ""
        assert client_says(client, "") == ""
        assert client_says(client, '"unread-x"') == ""
        assert client_says(client, '"unread-' + "9" * 5000 + '"') == ""

    def test_whoever_is_not_signed_in_gets_nothing_and_stays_where_they_are(self, worker):
        ended = client_of(worker)
        worker.set_password("changed since then")
        worker.save()
        for client in (Client(), ended):
            answer = client.get(BELL, headers={"HX-Request": "true"})
            assert (answer.status_code, answer.content) == (204, b"")
            assert "HX-Redirect" not in answer
        locked = client_of(worker)
        User.objects.filter(pk=worker.pk).update(is_active=False)
        assert locked.get(BELL).status_code == 204

    def test_it_is_not_in_pages_without_a_user(self):
        assert soup(Client().get("/guide/")).select_one("#bell") is None


def client_says(client: Client, known: str) -> str:
    answer = client.get(BELL, headers={"If-None-Match": known} if known else {})
    header = answer.headers.get("HX-Trigger", "")
    return header.encode().decode("unicode_escape") if header else ""


class TestList:
    def test_unread_first_then_the_newest(self, worker):
        day = dt.timedelta(days=1)
        for n, (age, read) in enumerate([(3, False), (1, True), (2, False), (0, True)]):
            tell(worker, data={"n": n}, due_at=clock.now() - age * day, read_at=clock.now() if read else None)
        client = client_of(worker)
        assert order(client.get(LIST)) == ["2", "0", "3", "1"]
        assert order(client.get(f"{LIST}?show=unread")) == ["2", "0"]

    def test_each_leads_to_its_action_with_one_button(self, worker):
        notification = tell(worker, data={"n": 5})
        client = client_of(worker)
        (row,) = soup(client.get(LIST)).select("main .list > li")
        (button,) = row.select("button")
        assert text(button).startswith("返事をする")
        answer = client.post(row.form["action"])
        assert (answer.status_code, answer["Location"]) == (302, "/guide/home/")
        notification.refresh_from_db()
        assert notification.read_at == clock.now()
        assert AuditEvent.objects.filter(action="notification.read", actor=worker.pk).count() == 1

    def test_following_the_address_writes_nothing(self, worker):
        notification = tell(worker)
        url = reverse("transition:notification-open", args=[notification.public_id])
        assert client_of(worker).get(url)["Location"] == "/guide/home/"
        notification.refresh_from_db()
        assert notification.read_at is None

    def test_what_does_not_hold_any_more_tells_nothing_and_can_be_put_away(self, worker):
        notification = tell(worker, subject_id="gone", data={"n": 77})
        client = client_of(worker)
        page = client.get(LIST)
        assert "77" not in text(soup(page).select_one("main .list"))
        assert "もう要らなくなった" in text(soup(page).select_one("main .list"))
        url = reverse("transition:notification-open", args=[notification.public_id])
        assert client.post(url)["Location"] == LIST
        assert count_of(client.get(BELL).content.decode()) == ""
        assert soup(client.get(LIST)).select("main .list form") == []

    def test_a_kind_that_nobody_registered_is_no_fault(self, worker):
        tell(worker, kind=NotificationKind.CONSISTENCY)
        assert client_of(worker).get(LIST).status_code == 200

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            (NotificationState.FAILED, "メールは送れませんでした"),
            (NotificationState.UNCERTAIN, "メールが届いたか分かりません"),
        ],
    )
    def test_a_mail_that_may_not_have_come_is_told(self, worker, state, words):
        bundle = tell(worker, kind=NotificationKind.DIGEST, state=state)
        tell(worker, state=state)
        tell(worker, state=NotificationState.BUNDLED, bundle=bundle)
        tell(worker)
        page = soup(client_of(worker).get(LIST))
        assert [words in text(row) for row in page.select("main .list > li")].count(True) == 2

    def test_all_at_once(self, worker):
        for _ in range(3):
            tell(worker)
        later = tell(worker, due_at=clock.now() + dt.timedelta(hours=1))
        other = tell(member(factories.OrganizationFactory()))
        client = client_of(worker)
        assert client.post(reverse("transition:notification-read-all"))["Location"] == LIST
        assert Notification.objects.filter(read_at=None).count() == 2
        assert {later.pk, other.pk} == set(Notification.objects.filter(read_at=None).values_list("pk", flat=True))
        (event,) = AuditEvent.objects.filter(action="notification.read_all")
        assert event.data == {"count": 3}

    def test_pages_and_queries(self, worker):
        client = client_of(worker)
        tell(worker)
        once = queries_of(client, LIST)
        office = worker.memberships.get().organization
        for _ in range(29):
            bundle = tell(worker, kind=NotificationKind.DIGEST)
            tell(worker, state=NotificationState.BUNDLED, bundle=bundle, organization=office)
        assert queries_of(client, LIST) == once <= 12
        assert [len(order(client.get(f"{LIST}?page={page}"))) for page in (1, 2)] == [20, 10]

    def test_nobody_opens_what_others_are_told_or_what_is_not_due(self, worker):
        theirs = tell(member(factories.OrganizationFactory()))
        later = tell(worker, due_at=clock.now() + dt.timedelta(hours=1))
        client = client_of(worker)
        for one in (theirs, later):
            assert client.post(reverse("transition:notification-open", args=[one.public_id])).status_code == 404

    def test_where_one_does_not_work_any_more_nothing_is_left(self, worker):
        tell(worker)
        one = tell(worker, organization=worker.memberships.get().organization)
        client = client_of(worker)
        assert count_of(client.get(BELL).content.decode()) == "2"
        worker.memberships.update(ended_at=clock.now())
        assert count_of(client.get(BELL).content.decode()) == count_of(client.get(LIST).content.decode()) == "1"
        assert len(order(client.get(LIST))) == 1
        assert client.post(reverse("transition:notification-open", args=[one.public_id])).status_code == 404

    def test_opening_switches_to_the_organization_it_was_told_for(self, worker):
        other = factories.OrganizationFactory(name="ホームみほん", kind=OrganizationKind.GROUP_HOME)
        factories.MembershipFactory(user=worker, organization=other)
        client = client_of(worker)
        stranger = factories.OrganizationFactory()
        for organization in (stranger, other):
            one = tell(worker, organization=organization)
            client.post(reverse("transition:notification-open", args=[one.public_id]))
            assert client.session.get("organization") == (other.pk if organization == other else None)

    def test_what_nobody_wants_to_hear_of_is_not_there(self, worker):
        tell(worker)
        tell(member(factories.OrganizationFactory()))
        client = client_of(worker)
        inbox.choose(kind=ARRIVED, delivery=Delivery.OFF, by=worker)
        assert count_of(client.get(BELL).content.decode()) == ""
        assert soup(client.get(LIST)).select("main .list > li") == []
        inbox.choose(kind=ARRIVED, delivery=Delivery.IN_APP, by=worker)
        assert count_of(client.get(BELL).content.decode()) == "1"

    def test_an_empty_inbox_says_what_comes_there(self, worker):
        client = client_of(worker)
        assert "お知らせはまだありません" in text(soup(client.get(LIST)).main)
        assert "まだ読んでいないお知らせはありません" in text(soup(client.get(f"{LIST}?show=unread")).main)


def order(response) -> list[str]:
    return [text(row).split("見本さん ")[1][:1] for row in soup(response).select("main .list > li")]


class TestServices:
    def test_the_first_reading_counts(self, worker, frozen_time):
        notification = tell(worker)
        first = inbox.mark_read(notification=notification, by=worker).read_at
        frozen_time.shift(60)
        assert inbox.mark_read(notification=notification, by=worker).read_at == first
        assert AuditEvent.objects.filter(action="notification.read").count() == 1

    def test_choosing(self, worker):
        assert inbox.choose(kind=ARRIVED, delivery=Delivery.DIGEST, by=worker).delivery == Delivery.DIGEST
        assert inbox.choose(kind=ARRIVED, delivery=Delivery.OFF, by=worker).delivery == Delivery.OFF
        assert NotificationChoice.objects.get().delivery == Delivery.OFF

    @pytest.mark.parametrize(
        ("kind", "delivery", "field"),
        [
            (STOP, Delivery.OFF, "delivery"),
            (ARRIVED, "PIGEON", "delivery"),
            (NotificationKind.CONSISTENCY, Delivery.MAIL, "kind"),
            (NotificationKind.DIGEST, Delivery.OFF, "kind"),
            ("NONSENSE", Delivery.MAIL, "kind"),
        ],
    )
    def test_what_cannot_be_chosen(self, worker, kind, delivery, field):
        registry.register(Notice(NotificationKind.DIGEST, told))
        with pytest.raises(ValidationError) as refused:
            inbox.choose(kind=kind, delivery=delivery, by=worker)
        assert set(refused.value.message_dict) == {field}
        assert not NotificationChoice.objects.exists()


class TestChoices:
    def test_defaults_are_shown_as_such_and_not_written_down(self, worker):
        client = client_of(worker)
        page = soup(client.get(CHOICES))
        chosen = {field["name"]: field.select_one("[selected]") for field in page.select("main select")}
        assert {name: text(option) for name, option in chosen.items()} == {
            ARRIVED: "メールと画面（はじめの設定）",
            STOP: "メールと画面（はじめの設定）",
            GRANT: "1日1通のまとめと画面（はじめの設定）",
        }
        assert "OFF" not in [option["value"] for option in page.select(f"[name={STOP}] option")]
        sent = {name: option["value"] for name, option in chosen.items()}
        assert client.post(CHOICES, sent).status_code == 302
        assert not NotificationChoice.objects.exists()

    def test_saved_in_one_go_and_back_again(self, worker):
        client = client_of(worker)
        for arrived in (Delivery.OFF, Delivery.MAIL):
            sent = {ARRIVED: arrived, STOP: Delivery.IN_APP, GRANT: Delivery.DIGEST}
            assert client.post(CHOICES, sent)["Location"] == CHOICES
            assert dict(NotificationChoice.objects.values_list("kind", "delivery")) == {
                ARRIVED: arrived,
                STOP: Delivery.IN_APP,
            }
            page = soup(client.get(CHOICES))
            assert page.select_one(f"[name={ARRIVED}] [selected]")["value"] == arrived

    def test_what_must_be_heard_cannot_be_stopped_by_a_forged_form(self, worker):
        sent = {ARRIVED: Delivery.OFF, STOP: Delivery.OFF, GRANT: Delivery.DIGEST}
        answer = client_of(worker).post(CHOICES, sent)
        assert answer.status_code == 422
        assert soup(answer).select_one(f"[name={ARRIVED}] [selected]")["value"] == Delivery.OFF
        assert not NotificationChoice.objects.exists()

    def test_only_what_ones_own_kind_of_organization_is_told_of(self, worker):
        home = client_of(member(factories.OrganizationFactory(kind=OrganizationKind.GROUP_HOME)))
        fields = [
            [field["name"] for field in soup(one.get(CHOICES)).select("main select")]
            for one in (client_of(worker), home)
        ]
        assert fields == [[ARRIVED, STOP, GRANT], [ARRIVED, STOP]]

    def test_the_administrator_chooses_about_what_is_told_to_no_office(self, worker):
        registry.register(Notice(NotificationKind.CONSISTENCY, told, organization_kinds=()))
        administrator = client_of(factories.UserFactory(is_superuser=True))
        fields = [
            [field["name"] for field in soup(one.get(CHOICES)).select("main select")]
            for one in (administrator, client_of(worker))
        ]
        assert fields == [[NotificationKind.CONSISTENCY], [ARRIVED, STOP, GRANT]]
        nobody = client_of(factories.UserFactory())
        assert "選べるお知らせはありません" in text(soup(nobody.get(CHOICES)).main)

    def test_it_says_when_no_mail_goes_out(self, worker):
        assert "20:00から7:00まで" in text(soup(client_of(worker).get(CHOICES)).main)

    def test_every_kind_has_its_place(self):
        placed = [kind for _, members in queries.GROUPS for kind in members]
        assert sorted([*placed, NotificationKind.DIGEST]) == sorted(NotificationKind)

    def test_sent_twice_it_is_done_once(self, worker):
        client = client_of(worker)
        sent = {ARRIVED: Delivery.OFF, STOP: Delivery.MAIL, GRANT: Delivery.DIGEST, "idempotency_key": "k"}
        assert [client.post(CHOICES, sent).status_code for _ in range(2)] == [302, 302]
        assert AuditEvent.objects.filter(action="notification.choose").count() == 1
        assert client.post(CHOICES, sent | {ARRIVED: Delivery.MAIL}).status_code == 422


class TestTidy:
    def test_what_does_not_hold_any_more_rings_for_nobody(self, worker):
        holds, new, sent = tell(worker), tell(worker, subject_id="gone"), tell(worker, subject_id="gone")
        Notification.objects.filter(pk=sent.pk).update(state=NotificationState.SENT, sent_at=clock.now())
        later = tell(worker, subject_id="gone", due_at=clock.now() + dt.timedelta(hours=1))
        assert inbox.tidy() == 2
        assert queries.unread_count(worker, clock.now()) == 1
        states = {row.pk: (row.state, row.read_at is None) for row in Notification.objects.all()}
        assert states == {
            holds.pk: (NotificationState.NEW, True),
            new.pk: (NotificationState.OBSOLETE, False),
            sent.pk: (NotificationState.SENT, False),
            later.pk: (NotificationState.NEW, True),
        }
        assert inbox.tidy() == 0

    def test_every_ten_minutes_and_not_each_minute(self, worker, frozen_time):
        inbox.tidy_if_due()
        gone = tell(worker, subject_id="gone")
        inbox.tidy_if_due()
        gone.refresh_from_db()
        assert gone.read_at is None
        frozen_time.shift(dt.timedelta(minutes=10))
        inbox.tidy_if_due()
        gone.refresh_from_db()
        assert gone.state == NotificationState.OBSOLETE

    def test_a_kind_nobody_knows_and_what_is_being_sent_are_left_alone(self, worker):
        unknown = tell(worker, kind=NotificationKind.CONSISTENCY)
        sending = tell(worker, subject_id="gone", state=NotificationState.SENDING, claimed_at=clock.now())
        assert inbox.tidy() == 0
        assert set(Notification.objects.filter(read_at=None)) == {unknown, sending}
