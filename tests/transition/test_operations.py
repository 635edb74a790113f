"""The administrator's page, and what machines ask."""

import datetime as dt
from collections import namedtuple
from uuid import UUID

import pytest
import trustme
from django.test import Client
from django_q.models import OrmQ, Schedule, Task

from tests import factories, markup
from tests.programs.pages import client_of
from tests.transition.signing_in import in_staff_mode
from transition import clock, outages
from transition.enums import NotificationState, RunState
from transition.models import AuditEvent, JobRun, Notification, Pulse
from transition.queries import operations as page
from transition.queries import server
from transition.services import pulses

pytestmark = pytest.mark.django_db
Usage = namedtuple("Usage", "total used free")

OPERATIONS = "/operations/"
# More than a page may have otherwise: one administrator, and everything at a glance.
QUERIES = 22


@pytest.fixture
def administrator() -> Client:
    return in_staff_mode(factories.UserFactory(is_superuser=True))


def failed_task(**changes) -> Task:
    values = {
        "id": "a" * 32,
        "name": "x",
        "func": "programs.tasks.sweep",
        "args": (),
        "kwargs": {},
        "success": False,
        "started": clock.now(),
        "stopped": clock.now(),
        "attempt_count": 5,
        "result": "Traceback …\nValueError: 山田太郎さんの記録",
    }
    return Task.objects.create(**values | changes)


def canary(**age) -> None:
    Pulse.objects.update_or_create(name=Pulse.CANARY, defaults={"at": clock.now() - dt.timedelta(**age)})


def test_ready_only_while_the_queue_lives(client):
    assert client.get("/readyz").status_code == 503
    canary(seconds=10)
    assert (client.get("/readyz").status_code, client.get("/readyz").content) == (200, b"ready")
    canary(minutes=6)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"not ready")
    assert response["Retry-After"]


def test_not_ready_while_something_waits_to_be_migrated(client, monkeypatch):
    from transition.queries import health

    canary(seconds=1)
    health._migrated_for.cache_clear()
    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *args: ["one"])
    assert client.get("/readyz").status_code == 503
    monkeypatch.undo()
    assert client.get("/readyz").status_code == 200


def backed_up(**age) -> None:
    Pulse.objects.update_or_create(name=pulses.BACKUP, defaults={"at": clock.now() - dt.timedelta(**age)})


def test_not_ready_without_last_nights_backup_where_one_is_expected(client, settings):
    canary(seconds=1)
    assert client.get("/readyz").status_code == 200
    settings.BACKUP_KEY = "age1…"
    assert client.get("/readyz").status_code == 503
    backed_up(hours=25, minutes=59)
    assert client.get("/readyz").status_code == 200
    backed_up(hours=26)
    assert client.get("/readyz").status_code == 503


def test_not_ready_while_the_disk_is_nearly_full(client, monkeypatch):
    canary(seconds=1)
    monkeypatch.setattr(outages, "UPLOADS_NEED_SHARE", 2)
    assert client.get("/readyz").status_code == 200
    monkeypatch.setattr(outages, "UPLOADS_NEED_BYTES", 10**18)
    assert client.get("/readyz").status_code == 503


def of_the_server() -> dict[str, tuple[float, str, bool]]:
    return {one.name: (one.value, one.shown, one.alarm) for one in server.figures()}


def test_how_old_the_last_backup_is(settings):
    settings.BACKUP_KEY = ""
    assert of_the_server()["backup_age_seconds"] == (-1, "設定されていません（BACKUP_KEY）", False)
    settings.BACKUP_KEY = "age1…"
    assert of_the_server()["backup_age_seconds"] == (-1, "まだありません", True)
    backed_up(hours=25)
    assert of_the_server()["backup_age_seconds"] == (90_000, "25時間", False)
    backed_up(hours=26, seconds=1)
    assert of_the_server()["backup_age_seconds"] == (93_601, "26時間", True)


def test_how_much_room_the_disk_has(monkeypatch):
    for alarm, free in ((False, 21), (True, 19)):
        monkeypatch.setattr("shutil.disk_usage", lambda path, free=free: Usage(100 * 10**9, 0, free * 10**9))
        found = of_the_server()
        assert found["disk_free_ratio"] == (free / 100, f"{free}%", alarm)
        assert found["disk_free_bytes"][:2] == (free * 10**9, f"{free}.0 GB")


def test_when_the_seals_were_looked_at_last():
    assert of_the_server()["chain_verified_age_seconds"] == (-1, "まだ", False)
    for hours, alarm in ((51, True), (30, False)):
        at = clock.now() - dt.timedelta(hours=hours)
        JobRun.objects.create(job="consistency", on=at.date(), state=RunState.DONE, finished_at=at)
        assert of_the_server()["chain_verified_age_seconds"] == (hours * 3600, f"{hours}時間", alarm)


def test_how_long_the_certificate_holds(settings, tmp_path):
    path = tmp_path / "fullchain.pem"
    settings.CERTIFICATE_FILE = str(path)
    assert "certificate_days" not in of_the_server()
    path.write_text("no certificate")
    assert "certificate_days" not in of_the_server()
    for days, alarm in ((13, True), (15, False)):
        made = trustme.CA().issue_cert("x.invalid", not_after=clock.now() + dt.timedelta(days=days, hours=1))
        made.cert_chain_pems[0].write_to_path(path)
        assert of_the_server()["certificate_days"] == (days, f"{days}日", alarm)


def test_figures_for_prometheus_need_their_token(client, settings):
    for token, sent in (("", ""), ("", "Bearer "), ("secret", "Bearer other"), ("secret", "secret")):
        settings.METRICS_TOKEN = token
        assert client.get("/metrics", headers={"Authorization": sent}).status_code == 404


def test_figures_name_routes_and_states_but_nobody(client, settings):
    settings.METRICS_TOKEN = "secret"
    person = factories.PersonFactory(family_name="目印", given_name="花子")
    canary(seconds=3)
    client.get(f"/people/{person.public_id}/")
    client.get("/ical/0123456789012345678901234567890123456789012/yotei.ics")
    response = client.get("/metrics", headers={"Authorization": "Bearer secret"})
    text = response.content.decode()
    assert response["Content-Type"].startswith("text/plain")
    assert 'route="programs:person-detail"' in text
    assert "taiken_canary_age_seconds 3.0" in text
    assert 'taiken_notifications{state="NEW"} 0.0' in text
    assert "taiken_queue_length 0.0" in text
    assert "taiken_backup_age_seconds -1.0" in text
    assert "taiken_disk_free_ratio 0." in text
    assert 'taiken_feeds{audience="FAMILY"} 0.0' in text
    assert "目印" not in text
    assert str(person.public_id) not in text
    assert "0123456789" not in text


def test_only_an_administrator_opens_the_page(administrator):
    worker = client_of(factories.MembershipFactory().user)
    for url in (
        OPERATIONS,
        f"/operations/failures/{'a' * 32}/retry/",
        f"{OPERATIONS}notifications/{UUID(int=1)}/settle/",
    ):
        for method in ("get", "post"):
            assert getattr(Client(), method)(url)["Location"].startswith("/sign-in/")
            assert getattr(worker, method)(url).status_code in {403, 405}
    assert worker.get(OPERATIONS).status_code == 403
    assert worker.post(f"/operations/failures/{'a' * 32}/retry/").status_code == 403
    assert administrator.get(OPERATIONS).status_code == 200


def test_the_page_shows_what_failed_without_what_was_said(administrator):
    failed_task()
    Schedule.objects.create(name="programs.sweep", func="programs.tasks.sweep", minutes=1, next_run=clock.now())
    JobRun.objects.create(
        job="retention", on=clock.today(), state=RunState.FAILED, finished_at=clock.now(), failure="OSError"
    )
    factories.NotificationFactory(state=NotificationState.UNCERTAIN)
    text = administrator.get(OPERATIONS).content.decode()
    for shown in ("programs.tasks.sweep", "ValueError", "programs.sweep", "retention", "OSError", "送れたか分からない"):
        assert shown in text, shown
    assert "山田" not in text


def test_the_figures_alone_are_those_of_the_page(administrator):
    page = administrator.get(OPERATIONS).content.decode()
    alone = administrator.get(OPERATIONS, headers={"HX-Request": "true", "HX-Target": "figures"}).content.decode()
    assert alone.strip() == markup.element(page, "figures")
    assert "<html" not in alone


def test_a_failed_task_is_put_into_the_queue_once_more(administrator):
    task = failed_task()
    url = f"/operations/failures/{task.pk}/retry/"
    assert administrator.post(url).status_code == 302
    assert [one.func() for one in OrmQ.objects.all()] == ["programs.tasks.sweep"]
    assert not Task.objects.filter(pk=task.pk).exists()
    assert AuditEvent.objects.filter(action="task.retry").count() == 1
    # A second click finds nothing and does nothing.
    assert administrator.post(url).status_code == 404
    assert OrmQ.objects.count() == 1


def test_what_has_arguments_is_not_run_again(administrator):
    task = failed_task(args=(1,))
    administrator.post(f"/operations/failures/{task.pk}/retry/")
    assert OrmQ.objects.count() == 0
    assert Task.objects.filter(pk=task.pk).exists()


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ("Traceback\ndjango.db.utils.OperationalError: database is locked", "OperationalError"),
        ("ValueError: 山田太郎", "ValueError"),
        (None, "不明"),
        ("山田太郎", "不明"),
    ],
)
def test_of_an_error_only_its_class_is_told(result, kind):
    failed_task(result=result)
    assert [one.kind for one in page.failures()] == [kind]


def test_the_page_asks_the_same_number_of_times_however_much_there_is(administrator, django_assert_num_queries):
    def fill(count):
        Task.objects.all().delete()
        Notification.objects.all().delete()
        for number in range(count):
            failed_task(id=f"{number:032d}")
            factories.NotificationFactory(state=NotificationState.FAILED)

    fill(1)
    with django_assert_num_queries(QUERIES):
        administrator.get(OPERATIONS)
    fill(3)
    with django_assert_num_queries(QUERIES):
        administrator.get(OPERATIONS)


@pytest.mark.parametrize(("act", "state"), [("resend", NotificationState.NEW), ("let-be", NotificationState.UNMAILED)])
def test_a_person_decides_about_an_uncertain_mail(administrator, act, state):
    notification = factories.NotificationFactory(state=NotificationState.UNCERTAIN)
    url = f"/operations/notifications/{notification.public_id}/settle/"
    assert client_of(factories.MembershipFactory().user).post(url, {"act": act}).status_code == 403
    assert administrator.post(url, {"act": "other"}).status_code == 404
    assert administrator.post(url, {"act": act}).status_code == 302
    notification.refresh_from_db()
    assert notification.state == state
    # Settled is settled.
    assert administrator.post(url, {"act": act}).status_code == 404


def test_whoever_looks_after_the_software_has_no_right_to_anybodys_records(administrator):
    person = factories.PersonFactory()
    user = factories.UserFactory(is_superuser=True)
    assert not user.has_perm("programs.change_person", person)
    assert administrator.get(f"/people/{person.public_id}/").status_code == 404


def test_an_administrator_begins_at_the_operations_page(administrator):
    assert administrator.get("/")["Location"] == OPERATIONS
    assert "運用" in administrator.get("/tokens/").content.decode()
    assert "/operations/" not in client_of(factories.MembershipFactory().user).get("/tokens/").content.decode()
