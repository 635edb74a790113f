"""お知らせ: one's own inbox, and how one wants to hear of things."""

import datetime as dt

import pytest

from tests import factories
from tests.api.alike import NOBODY, fields, queries_of, same, send
from tests.notices import only_notices
from transition import clock
from transition.enums import Delivery, NotificationKind, OrganizationKind
from transition.models import Notification, NotificationChoice
from transition.notifications import Notice, Told

pytestmark = pytest.mark.django_db
INBOX, CHOICES = "/api/v1/notifications/", "/api/v1/notification-choices/"
ARRIVED, STOP, GRANT = NotificationKind.REQUEST_ARRIVED, NotificationKind.STOP_ASKED, NotificationKind.GRANT_ENDS_60


def told(notifications):
    words = Told("申込が届きました", "体験の申込です。", "/guide/home/", "返事をする", "見本さん")
    return {one.pk: words for one in notifications if one.subject_id != "gone"}


@pytest.fixture(autouse=True)
def notices():
    with only_notices(
        Notice(ARRIVED, told),
        Notice(STOP, told, may_be_off=False),
        Notice(GRANT, told, default=Delivery.DIGEST, organization_kinds=(OrganizationKind.GROUP_HOME,)),
    ):
        yield


def tell(user, **more) -> Notification:
    return factories.NotificationFactory(user=user, **{"kind": ARRIVED} | more)


def test_the_inbox_in_words(world, caller):
    notification = tell(world.worker, organization=world.office)
    tell(world.worker, due_at=clock.now() + dt.timedelta(days=1))
    tell(world.stranger)
    client = caller(world.worker)
    (row,) = client.get(INBOX).json()["results"]
    assert row["id"] == str(notification.public_id)
    assert (row["title"], row["action"], row["read_at"]) == ("申込が届きました", "返事をする", None)
    assert row["url"].endswith("/guide/home/")
    assert client.get(f"{INBOX}{row['id']}/").json() == row
    assert client.get(f"{INBOX}unread/").json() == {"unread": 1}


def test_what_has_gone_away_says_nothing(world, caller):
    tell(world.worker, subject_id="gone")
    (row,) = caller(world.worker).get(INBOX).json()["results"]
    assert (row["title"], row["detail"], row["url"]) == ("", "", "")


def test_names_only_for_a_token_that_may_see_people(world, caller):
    tell(world.worker)
    for scopes, said in ((["OFFICE_READ"], ""), (["OFFICE_READ", "PEOPLE_READ"], "見本さん")):
        (row,) = caller(world.worker, scopes=scopes).get(INBOX).json()["results"]
        assert row["detail"] == said


def test_read_once_and_all(world, caller):
    first, _, _ = (tell(world.worker) for _ in range(3))
    client, url = caller(world.worker), f"{INBOX}{first.public_id}/"
    known = client.get(url)["ETag"]
    read = client.post(f"{url}read/", headers={"If-Match": known})
    assert read.json()["read_at"] is not None
    assert client.post(f"{url}read/", headers={"If-Match": known}).status_code == 412
    assert len(client.get(f"{INBOX}?unread=true").json()["results"]) == 2
    assert len(client.get(f"{INBOX}?unread=false").json()["results"]) == 1
    answers = [send(client, f"{INBOX}read-all/", key="a") for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"unread": 0}] * 2
    assert client.get(f"{INBOX}?unread=true").json()["results"] == []


def test_nobody_reads_anothers(world, caller):
    notification = tell(world.worker)
    client = caller(world.coordinator)
    assert client.get(INBOX).json()["results"] == []
    same(client.get(f"{INBOX}{notification.public_id}/"), client.get(f"{INBOX}{NOBODY}/"))
    assert send(client, f"{INBOX}{notification.public_id}/read/").status_code == 404
    send(client, f"{INBOX}read-all/")
    assert Notification.objects.get().read_at is None


def test_how_one_hears_of_things(world, caller):
    client = caller(world.worker)
    before = client.get(CHOICES).json()["choices"]
    assert [(row["kind"], row["delivery"], row["may_be_off"]) for row in before] == [
        ("REQUEST_ARRIVED", "MAIL", True),
        ("STOP_ASKED", "MAIL", False),
    ]
    body = {"choices": {"REQUEST_ARRIVED": "IN_APP"}}
    after = send(client, CHOICES, body, method="put").json()["choices"]
    assert after[0]["delivery"] == "IN_APP"
    one = send(client, f"{CHOICES}STOP_ASKED/", {"delivery": "DIGEST"}, method="put").json()["choices"]
    assert one[1]["delivery"] == "DIGEST"
    assert NotificationChoice.objects.filter(user=world.worker).count() == 2


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        ({"STOP_ASKED": "OFF"}, "delivery"),
        ({"REQUEST_ARRIVED": "PIGEON"}, "choices.REQUEST_ARRIVED"),
        ({"MOON": "MAIL"}, "choices"),
        ({"GRANT_ENDS_60": "MAIL"}, "choices.GRANT_ENDS_60"),
        ([], "choices"),
    ],
)
def test_what_cannot_be_chosen(world, caller, choices, field):
    assert fields(send(caller(world.worker), CHOICES, {"choices": choices}, method="put")) == [field]
    assert not NotificationChoice.objects.exists()


def test_a_kind_that_is_not_ones_own(world, caller):
    client = caller(world.worker)
    for kind in ("GRANT_ENDS_60", "DIGEST", "MOON"):
        assert send(client, f"{CHOICES}{kind}/", {"delivery": "MAIL"}, method="put").status_code == 404
    assert fields(send(client, f"{CHOICES}STOP_ASKED/", {"delivery": "OFF"}, method="put")) == ["delivery"]


def test_a_token_that_may_only_read(world, caller):
    notification = tell(world.worker)
    reader = caller(world.worker, scopes=["OFFICE_READ"])
    assert reader.get(CHOICES).status_code == 200
    assert send(reader, f"{INBOX}{notification.public_id}/read/").json()["code"] == "scope_missing"
    assert send(reader, CHOICES, {"choices": {}}, method="put").json()["code"] == "scope_missing"
    assert caller(world.worker, scopes=["PEOPLE_READ"]).get(INBOX).json()["code"] == "scope_missing"


def test_as_many_queries_for_three_as_for_one(world, caller):
    client = caller(world.worker)
    tell(world.worker, organization=world.office, person=world.person)
    one = queries_of(client, INBOX)
    for kind in (ARRIVED, STOP):
        tell(world.worker, kind=kind, organization=factories.OrganizationFactory(), person=factories.PersonFactory())
    assert queries_of(client, INBOX) == one
