"""What is told goes out once, at the right hour, in the way its reader chose, and whatever breaks on the way."""

import datetime as dt
import smtplib
from contextlib import contextmanager

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction

from tests import factories
from tests.notices import only_notices
from transition import clock
from transition.domain.quiet import Waits
from transition.enums import Delivery, NotificationKind, NotificationState
from transition.models import AuditEvent, Notification, NotificationChoice, Pulse
from transition.notifications import Notice, Semantics, Told, registry
from transition.services import notifications, pump, unsettled
from transition.services.mails import message_id
from transition.services.sole import sole

pytestmark = pytest.mark.django_db(transaction=True)

ONCE, OFTEN, CALM = NotificationKind.STOP_ASKED, NotificationKind.WEBHOOK_DISABLED, NotificationKind.RECORD_MISSING


SUBJECT = "日程が\r\nBcc: x@y.invalid 変わりました"


def words(rows):
    """In the tests, a row holds true unless its data say otherwise."""
    found = {}
    for row in rows:
        if row.data.get("broken"):
            raise ValueError("見本 花子")
        if not row.data.get("gone"):
            found[row.pk] = Told(
                "日程が\r\nBcc: x@y.invalid 変わりました", "日程が変わりました。", "/sessions/", "見る"
            )
    return found


@pytest.fixture(autouse=True)
def kinds(settings):
    settings.SITE_ADDRESS = "https://taiken.example.invalid"
    with only_notices(
        Notice(ONCE, words, waits=Waits.NEVER, may_be_off=False),
        Notice(OFTEN, words, semantics=Semantics.AT_LEAST_ONCE, waits=Waits.NEVER),
        Notice(CALM, words),
    ):
        yield


@pytest.fixture
def reader():
    return factories.MembershipFactory().user


def note(reader, kind=ONCE, **data) -> Notification:
    reason = f"test:{Notification.objects.count()}"
    with transaction.atomic():
        notifications.notify(kind=kind, reason=reason, users=[reader], data=data)
    return Notification.objects.get(reason_key=f"{kind}:{reason}:{reader.pk}")


def state(row: Notification) -> str:
    row.refresh_from_db()
    return row.state


class Server(EmailBackend):
    """Says what the test wants before it takes a mail."""

    says: list[Exception | None] = []
    open_says: Exception | None = None

    def open(self):
        if Server.open_says:
            raise Server.open_says

    def send_messages(self, messages):
        error = Server.says.pop(0) if Server.says else None
        if error:
            raise error
        return super().send_messages(messages)


@pytest.fixture
def server(settings):
    settings.EMAIL_BACKEND = "tests.transition.test_pump.Server"
    Server.says, Server.open_says = [], None
    return Server


@contextmanager
def later(**span):
    with time_machine.travel(clock.now() + dt.timedelta(**span), tick=False):
        yield


def refused(code: int) -> Exception:
    return smtplib.SMTPRecipientsRefused({"x@example.invalid": (code, b"no")})


def test_a_mail_goes_out_once_and_names_nobody(reader):
    row = note(reader)
    assert pump.run() == 1
    assert pump.run() == 0
    [sent] = mail.outbox
    assert state(row) == NotificationState.SENT
    assert row.sent_at == clock.now()
    assert (row.tries, row.failure) == (1, "")
    assert sent.to == [reader.email]
    assert sent.extra_headers["Message-ID"] == row.message_id == message_id(row.reason_key)
    assert row.message_id.endswith("@taiken.example.invalid>")
    # One line, whatever it was made of.
    assert sent.subject == "【たいけんスケジューラー】日程が Bcc: x@y.invalid 変わりました"
    assert "https://taiken.example.invalid/sessions/" in sent.body
    assert "お知らせの受け取り方" in sent.body
    assert reader.name not in sent.body + sent.subject


def test_what_no_longer_holds_is_told_to_nobody(reader):
    row = note(reader, gone=True)
    assert pump.run() == 0
    assert state(row) == NotificationState.OBSOLETE


def test_what_is_not_due_waits(reader):
    row = note(reader)
    Notification.objects.update(due_at=clock.now() + dt.timedelta(minutes=1))
    assert pump.run() == 0
    with later(minutes=1):
        assert pump.run() == 1
    assert state(row) == NotificationState.SENT


def test_one_that_cannot_be_put_into_words_stops_nobody_and_ends_after_five_tries(reader, caplog):
    bad, good = note(reader, broken=True), note(reader)
    assert pump.run() == 1
    assert state(good) == NotificationState.SENT
    assert (state(bad), bad.tries, bad.failure) == (NotificationState.NEW, 1, "ValueError")
    for hours in range(1, 6):
        with later(hours=hours * 2):
            pump.run()
    assert (state(bad), bad.tries) == (NotificationState.FAILED, 5)
    assert "花子" not in caplog.text
    assert Pulse.objects.get(name="failed:tell:STOP_ASKED").count == 5


def test_a_failing_planner_stops_no_other(reader, caplog):
    def broken(now):
        raise ValueError("見本 花子")

    def works(now):
        note(reader)

    registry.planners[:] = [broken, works]
    pump.plan()
    assert pump.run() == 1
    assert "花子" not in caplog.text
    assert Pulse.objects.get(name="failed:plan:broken").count == 1


@pytest.mark.parametrize(
    ("delivery", "expected", "is_read", "mails"),
    [
        (Delivery.MAIL, NotificationState.SENT, False, 1),
        (Delivery.IN_APP, NotificationState.UNMAILED, False, 0),
        (Delivery.OFF, NotificationState.UNMAILED, True, 0),
        (Delivery.DIGEST, NotificationState.NEW, False, 0),
    ],
)
def test_as_the_reader_chose(reader, delivery, expected, is_read, mails):
    NotificationChoice.objects.create(user=reader, kind=OFTEN, delivery=delivery)
    row = note(reader, OFTEN)
    Notification.objects.update(due_at=clock.now())
    with later(hours=-4):
        pump.settle()
    row.due_at = clock.now()
    pump.settle()
    if delivery != Delivery.DIGEST:
        pump.run()
    assert state(row) == expected
    assert (row.read_at is not None) == is_read
    assert len(mail.outbox) == mails


def test_what_somebody_must_hear_of_cannot_be_off(reader):
    NotificationChoice.objects.create(user=reader, kind=ONCE, delivery=Delivery.OFF)
    note(reader)
    assert pump.run() == 1


def test_nobody_who_left_gets_a_mail(reader):
    left = factories.MembershipFactory(ended_at=clock.now())
    gone = factories.MembershipFactory(user__is_active=False)
    elsewhere = factories.MembershipFactory()
    rows = [note(left.user), note(gone.user)]
    with transaction.atomic():
        organization = factories.OrganizationFactory()
        notifications.notify(kind=ONCE, reason="of", users=[elsewhere.user], organization=organization)
    rows.append(Notification.objects.get(user=elsewhere.user))
    administrator = note(factories.UserFactory(is_superuser=True))
    assert pump.run() == 1
    assert [state(row) for row in rows] == [NotificationState.UNMAILED] * 3
    assert state(administrator) == NotificationState.SENT


def test_quiet_hours_and_holidays_hold_the_mail_but_not_the_inbox(reader):
    # Sunday; tomorrow is a holiday.
    row = note(reader, CALM)
    assert pump.run() == 0
    assert state(row) == NotificationState.NEW
    assert list(Notification.objects.shown(clock.now())) == [row]
    assert not pump.is_due()
    with time_machine.travel(clock.at(dt.date(2026, 11, 24), dt.time(6, 59)), tick=False):
        assert pump.run() == 0
    with time_machine.travel(clock.at(dt.date(2026, 11, 24), dt.time(7)), tick=False):
        assert pump.is_due()
        assert pump.run() == 1


def test_one_digest_a_day_at_eight(reader):
    for kind in (CALM, OFTEN):
        NotificationChoice.objects.create(user=reader, kind=kind, delivery=Delivery.DIGEST)
    rows = [note(reader, CALM), note(reader, OFTEN), note(reader, OFTEN, gone=True)]
    monday, tuesday = dt.date(2026, 11, 23), dt.date(2026, 11, 24)
    with time_machine.travel(clock.at(monday, dt.time(7, 59)), tick=False):
        assert pump.run() == 0
    with time_machine.travel(clock.at(monday, dt.time(8)), tick=False):
        # A holiday: what can wait does.
        assert pump.run() == 1
        assert pump.run() == 0
    assert mail.outbox[0].subject == "【たいけんスケジューラー】お知らせのまとめ（1件）"
    assert [state(row) for row in rows] == [
        NotificationState.NEW,
        NotificationState.BUNDLED,
        NotificationState.OBSOLETE,
    ]
    with time_machine.travel(clock.at(tuesday, dt.time(8)), tick=False):
        assert pump.run() == 1
    assert state(rows[0]) == NotificationState.BUNDLED
    assert "日程が変わりました。" in mail.outbox[1].body
    digests = Notification.objects.filter(kind=NotificationKind.DIGEST)
    assert {digest.state for digest in digests} == {NotificationState.SENT}
    assert not Notification.objects.shown(clock.now()).filter(kind=NotificationKind.DIGEST).exists()


def test_a_digest_of_what_no_longer_holds_is_not_sent(reader):
    NotificationChoice.objects.create(user=reader, kind=OFTEN, delivery=Delivery.DIGEST)
    note(reader, OFTEN, gone=True)
    with time_machine.travel(clock.at(dt.date(2026, 11, 24), dt.time(8)), tick=False):
        assert pump.run() == 0
    assert Notification.objects.get(kind=NotificationKind.DIGEST).state == NotificationState.OBSOLETE


def test_a_silent_server_costs_nobody_a_try(reader, server):
    row = note(reader)
    server.open_says = ConnectionRefusedError()
    assert pump.run() == 0
    assert (state(row), row.tries) == (NotificationState.NEW, 0)
    assert not pump.is_due()
    server.open_says = None
    with later(minutes=2):
        assert pump.is_due()
        assert pump.run() == 1


def test_a_server_that_says_later_is_asked_later(reader, server):
    row = note(reader)
    server.says = [refused(451)]
    assert pump.run() == 0
    assert (state(row), row.tries, row.failure) == (NotificationState.NEW, 1, "SMTP 451")
    assert pump.run() == 0
    with later(minutes=1):
        assert pump.run() == 1
    assert (state(row), row.tries, row.failure) == (NotificationState.SENT, 2, "")


def test_five_times_later_is_never(reader, server):
    row = note(reader)
    server.says = [refused(450)] * 5
    for hours in range(6):
        with later(hours=hours * 2):
            pump.run()
    assert (state(row), row.tries) == (NotificationState.FAILED, 5)


@pytest.mark.parametrize("error", [refused(550), smtplib.SMTPDataError(554, b"no")])
def test_a_server_that_says_never_is_not_asked_again(reader, server, error):
    bad, good = note(reader), note(reader)
    server.says = [error]
    assert pump.run() == 1
    assert sorted([state(bad), state(good)]) == [NotificationState.FAILED, NotificationState.SENT]
    assert not pump.is_due()


@pytest.mark.parametrize(("kind", "expected"), [(ONCE, NotificationState.UNCERTAIN), (OFTEN, NotificationState.NEW)])
def test_a_connection_that_ends_without_an_answer(reader, server, kind, expected):
    row = note(reader, kind)
    server.says = [smtplib.SMTPServerDisconnected("gone")]
    assert pump.run() == 0
    assert state(row) == expected


def abandoned(reader, kind, tries=1) -> Notification:
    row = note(reader, kind)
    Notification.objects.filter(pk=row.pk).update(
        state=NotificationState.SENDING, claimed_at=clock.now(), tries=tries, message_id=message_id(row.reason_key)
    )
    return row


def test_what_a_dead_sender_left_is_uncertain_or_sent_again_under_the_same_name(reader):
    once, often = abandoned(reader, ONCE), abandoned(reader, OFTEN)
    assert pump.is_due()
    assert pump.run() == 1
    assert (state(once), once.failure) == (NotificationState.UNCERTAIN, "interrupted")
    assert (state(often), often.tries) == (NotificationState.SENT, 2)
    assert mail.outbox[0].extra_headers["Message-ID"] == message_id(often.reason_key)


def test_what_kills_its_sender_three_times_is_left_to_a_person(reader):
    poison, good = abandoned(reader, OFTEN, tries=3), note(reader)
    assert pump.run() == 1
    assert state(poison) == NotificationState.UNCERTAIN
    assert state(good) == NotificationState.SENT


def test_a_person_decides(reader):
    again, fine = abandoned(reader, ONCE), abandoned(reader, ONCE)
    pump.run()
    unsettled.resend(notification=again, by=reader)
    unsettled.let_be(notification=fine, by=reader)
    assert pump.run() == 1
    assert state(again) == NotificationState.SENT
    assert state(fine) == NotificationState.UNMAILED
    # What is settled stays.
    unsettled.resend(notification=again, by=reader)
    assert state(again) == NotificationState.SENT
    acts = AuditEvent.objects.filter(action__startswith="notification.").values_list("action", flat=True)
    assert list(acts) == ["notification.resend", "notification.let_be"]


@pytest.mark.race
def test_while_one_pump_is_at_it_no_other_is(reader):
    import threading

    from django.db import connection

    note(reader)
    answers = []

    def other():
        answers.append(pump.run())
        connection.close()

    with sole("pump") as alone:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(30)
    assert (alone, answers) == (True, [0])
    assert pump.run() == 1


def test_a_pump_that_was_taken_for_dead_knows_better(reader, server, monkeypatch):
    """Its lock was lost: another called the mail uncertain while it was still sending."""
    row = note(reader)
    real = Server.send_messages

    def slow(self, messages):
        pump.take_up()
        return real(self, messages)

    monkeypatch.setattr(Server, "send_messages", slow)
    assert pump.run() == 1
    assert (state(row), row.failure) == (NotificationState.SENT, "")
    assert pump.run() == 0


def test_a_kind_that_nobody_has_registered_waits(reader):
    row = note(reader, NotificationKind.FEED_ENDING)
    assert pump.run() == 0
    assert state(row) == NotificationState.NEW


def test_the_number_of_queries_does_not_grow_with_what_waits(reader, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        pump.run()
    for _ in range(3):
        note(reader, CALM)
    with django_assert_max_num_queries(20):
        pump.run()


def test_something_due_now_wakes_the_queue_and_later_things_do_not(reader):
    from django_q.models import OrmQ

    note(reader)
    assert OrmQ.objects.count() == 1
    with transaction.atomic():
        soon = clock.now() + dt.timedelta(minutes=1)
        notifications.notify(kind=ONCE, reason="later", users=[reader], due_at=soon)
    assert OrmQ.objects.count() == 1
