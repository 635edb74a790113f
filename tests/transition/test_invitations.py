"""The only way to a sign-in: invited by who manages, once, for seven days."""

import datetime as dt
import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.access import bare
from tests.programs.pages import client_of, soup, text
from tests.transition.signing_in import run_queue, sign_in
from transition.enums import MembershipRole
from transition.models import AuditEvent, Invitation, Membership, User

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
NEW = "atarashii nagai kotoba"
FORM = {"name": "見本 花子", "email": "Hanako@Example.invalid", "role": "STAFF"}


@pytest.fixture
def office():
    return factories.OrganizationFactory(name="相談室みほん")


@pytest.fixture
def manager(office):
    return factories.MembershipFactory(organization=office, role=MembershipRole.MANAGER).user


@pytest.fixture
def invite(manager, django_capture_on_commit_callbacks):
    def send(**changes):
        with django_capture_on_commit_callbacks(execute=True):
            response = client_of(manager).post("/members/invite/", FORM | changes)
        run_queue()
        return response

    return send


def address():
    return re.search(r"(/invitations/\S+)", mail.outbox[-1].body)[1]


def accept(url, client=None, **changes):
    return (client or Client()).post(url, {"name": "見本 花子", "password": NEW, "again": NEW} | changes)


def test_from_the_invitation_to_the_first_page(invite, office):
    assert invite()["Location"] == "/members/"
    assert mail.outbox[0].to == ["hanako@example.invalid"]
    assert "見本" not in mail.outbox[0].subject + mail.outbox[0].body
    page = Client().get(address())
    assert page["Referrer-Policy"] == "no-referrer"
    assert "相談室みほん" in text(soup(page).main)
    assert accept(address())["Location"] == "/sign-in/"
    user = User.objects.get(email="hanako@example.invalid")
    assert user.memberships.get().organization == office
    client = Client()
    assert sign_in(client, user, NEW).status_code == 302
    assert client.get("/today/").status_code == 200
    actions = ["invitation.send", "user.register", "membership.add", "invitation.accept"]
    assert list(AuditEvent.objects.filter(action__in=actions).values_list("action", flat=True)) == actions


@pytest.mark.parametrize("end", ["used", "revoked", "late", "replaced", "never"])
def test_what_does_not_work_any_more_looks_as_if_it_had_never_been(invite, manager, frozen_time, end):
    invite()
    url = address()
    if end == "used":
        accept(url)
    elif end == "revoked":
        client_of(manager).post(reverse("transition:invitation-revoke", args=[Invitation.objects.get().public_id]))
    elif end == "late":
        frozen_time.shift(7 * DAY)
    elif end == "replaced":
        invite()
    else:
        url = "/invitations/" + "x" * 43 + "/"
    stranger = Client()
    gone, missing = stranger.get(url), stranger.get("/invitations/nothing/")
    assert (gone.status_code, bare(gone)) == (404, bare(missing))
    assert accept(url).status_code == 404
    assert Membership.objects.filter(user__email="hanako@example.invalid").count() == (end == "used")


def test_the_secret_is_stored_nowhere(invite):
    from django.core import serializers

    invite()
    secret = address().split("/")[2]
    assert secret not in serializers.serialize("json", Invitation.objects.all())


@pytest.mark.parametrize("changes", [{"password": "short", "again": "short"}, {"again": "another one"}, {"name": ""}])
def test_what_is_wrong_comes_back_and_the_invitation_stays(invite, changes):
    invite()
    assert accept(address(), **changes).status_code == 422
    assert accept(address()).status_code == 302


def test_an_existing_sign_in_joins_only_after_signing_in(invite, office):
    user = factories.UserFactory(email="hanako@example.invalid")
    invite()
    url = address()
    assert "アカウントは、もうあります" in Client().get(url).content.decode()
    assert "別のメールアドレス" in accept(url, client_of(factories.UserFactory())).content.decode()
    accept(url)
    user.refresh_from_db()
    assert user.check_password(factories.PASSWORD)
    assert not user.memberships.exists()
    client = Client()
    signed = client.post("/sign-in/", {"username": user.email, "password": factories.PASSWORD, "next": url})
    assert signed["Location"] == url
    assert client.post(url)["Location"] == "/"
    assert user.memberships.get().organization == office


@pytest.mark.parametrize(
    ("own", "given", "status"),
    [
        ("COORDINATOR", "MANAGER", 422),
        ("COORDINATOR", "STAFF", 302),
        ("MANAGER", "MANAGER", 302),
        ("STAFF", "STAFF", 403),
    ],
)
def test_nobody_gives_more_than_they_have(office, own, given, status):
    by = factories.MembershipFactory(organization=office, role=own).user
    assert client_of(by).post("/members/invite/", FORM | {"role": given}).status_code == status


def test_who_works_there_already_is_not_invited(invite, office):
    factories.MembershipFactory(organization=office, user__email="hanako@example.invalid")
    assert invite().status_code == 422


def test_a_coordinator_does_not_send_a_manager_away(office, manager):
    by = factories.MembershipFactory(organization=office, role=MembershipRole.COORDINATOR).user
    url = reverse("transition:member-end", args=[manager.public_id])
    assert client_of(by).post(url).status_code == 403
    assert manager.memberships.current().exists()


def test_a_manager_ends_a_membership(office, manager):
    leaver = factories.MembershipFactory(organization=office).user
    gone = client_of(leaver)
    assert client_of(manager).post(reverse("transition:member-end", args=[leaver.public_id])).status_code == 302
    assert gone.get("/account/")["Location"].startswith("/sign-in/")


def test_no_sign_up_is_open():
    for url in ("/accounts/signup/", "/signup/", "/account/signup/", "/sign-up/"):
        assert Client().get(url).status_code == 404


class TestStaffMode:
    @pytest.fixture
    def administrator(self):
        return factories.UserFactory(is_superuser=True)

    def test_opens_after_showing_anew_who_one_is_and_for_half_an_hour(self, administrator, frozen_time):
        client = Client()
        sign_in(client, administrator)
        frozen_time.shift(dt.timedelta(minutes=11))
        assert client.get("/operations/")["Location"] == "/operations/staff-mode/?next=%2Foperations%2F"
        asked = client.post("/operations/staff-mode/", {"next": "/operations/"})
        assert asked["Location"].startswith("/account/again/")
        assert client.get("/operations/").status_code == 302
        client.post("/account/again/", {"password": factories.PASSWORD})
        assert client.post("/operations/staff-mode/", {"next": "/operations/"})["Location"] == "/operations/"
        page = client.get("/operations/")
        assert "管理モードです" in page.content.decode()
        assert AuditEvent.objects.filter(action="staff_mode.begin", actor=administrator.pk).count() == 1
        frozen_time.shift(dt.timedelta(minutes=29))
        assert client.get("/operations/").status_code == 200
        frozen_time.shift(dt.timedelta(minutes=1))
        assert client.get("/operations/").status_code == 302
        assert "管理モードです" not in client.get("/account/").content.decode()

    def test_ends_when_told(self, administrator):
        client = Client()
        sign_in(client, administrator)
        client.post("/operations/staff-mode/")
        client.post("/operations/staff-mode/end/")
        assert client.get("/operations/").status_code == 302
        assert client.post("/operations/failures/x/retry/").status_code == 302
        told = AuditEvent.objects.filter(action__startswith="staff_mode.", actor=administrator.pk).order_by("pk")
        assert [event.action for event in told] == ["staff_mode.begin", "staff_mode.end"]

    @pytest.mark.parametrize("url", ["/operations/", "/operations/staff-mode/"])
    def test_is_for_administrators_only(self, url):
        assert client_of(factories.MembershipFactory().user).get(url).status_code == 403

    def test_a_session_that_says_so_opens_nothing_to_others(self):
        client = client_of(factories.MembershipFactory().user)
        session = client.session
        session["staff_mode_until"] = 2**33
        session.save()
        assert client.get("/operations/").status_code == 403
