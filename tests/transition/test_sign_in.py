"""Lock-out, time-out, one's own sign-ins: in the database, for all processes together."""

import datetime as dt
import multiprocessing
import threading

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client

from tests import factories
from tests.personas import make_world
from tests.programs.pages import client_of, soup, text
from tests.transition.signing_in import sign_in
from transition.models import AuditEvent
from transition.services import sign_ins

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
HOME, ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}, {"REMOTE_ADDR": "198.51.100.9"}


@pytest.fixture
def user():
    return factories.MembershipFactory().user


def fail(user, times=10, **where):
    return [sign_in(Client(), user, "wrong", **where).status_code for _ in range(times)]


class TestLock:
    def test_ten_tries_and_no_eleventh_even_with_the_right_password(self, user):
        client = Client()
        assert fail(user, **HOME) == [422] * 10
        refused = sign_in(client, user, **HOME)
        assert refused.status_code == 429
        assert 0 < int(refused["Retry-After"]) <= 900
        assert "まちがいが続いたため" in text(soup(refused).main)
        assert "ほど待ってから" in text(soup(refused).main)
        assert "_auth_user_id" not in client.session

    def test_the_same_for_an_address_that_nobody_has(self, user):
        user.email = "nobody@example.invalid"
        assert fail(user, 11, **HOME) == [422] * 10 + [429]

    def test_colleagues_and_other_networks_are_not_locked_out(self, user):
        # Both sign in here every day.
        colleague = factories.UserFactory()
        assert sign_in(Client(), user, **ELSEWHERE).status_code == 302
        fail(user, **HOME)
        assert sign_in(Client(), colleague, **HOME).status_code == 302
        assert sign_in(Client(), user, **ELSEWHERE).status_code == 302

    def test_after_the_wait_one_may_again_and_then_the_wait_is_longer(self, user, frozen_time):
        fail(user, **HOME)
        wait = int(sign_in(Client(), user, **HOME)["Retry-After"])
        frozen_time.shift(wait)
        assert fail(user, **HOME) == [422] * 10
        frozen_time.shift(15 * MINUTE)
        longer = sign_in(Client(), user, **HOME)
        assert longer.status_code == 429
        assert int(longer["Retry-After"]) > 900
        frozen_time.shift(int(longer["Retry-After"]))
        assert sign_in(Client(), user, **HOME).status_code == 302

    def test_the_right_password_begins_anew(self, user):
        fail(user, 9, **HOME)
        assert sign_in(Client(), user, **HOME).status_code == 302
        assert fail(user, **HOME) == [422] * 10

    def test_over_all_networks_an_address_is_slowed_down(self, user):
        spread = [sign_in(Client(), user, "wrong", REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(15)]
        assert spread == [422] * 12 + [429] * 3

    def test_who_has_signed_in_here_before_is_not_slowed_down(self, user):
        assert sign_in(Client(), user, **HOME).status_code == 302
        for n in range(20):
            sign_in(Client(), user, "wrong", REMOTE_ADDR=f"203.0.113.{n}")
        assert sign_in(Client(), user, **HOME).status_code == 302

    def test_an_ipv6_network_is_one(self, user):
        for n in range(10):
            sign_in(Client(), user, "wrong", REMOTE_ADDR=f"2001:db8::{n + 1}")
        assert sign_in(Client(), user, REMOTE_ADDR="2001:db8::ffff").status_code == 429

    def test_the_network_is_what_our_own_web_server_says(self, user):
        for n in range(10):
            sign_in(Client(), user, "wrong", headers={"X-Forwarded-For": f"10.0.0.{n}, 192.0.2.7"})
        assert sign_in(Client(), user, headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 429


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_no_number_of_processes_at_once_tries_more_often():
    user = factories.UserFactory()
    waits, barrier = [], threading.Barrier(12)

    def guess():
        try:
            barrier.wait()
            for _ in range(3):
                waits.append(sign_ins.wait_for(email=user.email, network="192.0.2.7"))
        finally:
            connections.close_all()

    UserSession.objects.create(user=user, ip="192.0.2.7", session_key="known", user_agent="")
    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waits.count(0) == 10
    assert len(waits) == 36


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_three_processes_count_together():
    """As web servers do, each with memory of its own."""
    user = factories.UserFactory()
    UserSession.objects.create(user=user, ip="192.0.2.7", session_key="known", user_agent="")
    forked = multiprocessing.get_context("fork")
    answers = forked.Queue()

    def guess():
        connections.close_all()
        for _ in range(4):
            answers.put(sign_in(Client(), user, "wrong", **HOME).status_code)

    connections.close_all()
    processes = [forked.Process(target=guess) for _ in range(3)]
    for process in processes:
        process.start()
    found = [answers.get(timeout=60) for _ in range(12)]
    for process in processes:
        process.join()
    assert sorted(found) == [422] * 10 + [429] * 2
    # The colleague at the same address goes on working.
    assert sign_in(Client(), factories.UserFactory(), **HOME).status_code == 302


class TestSession:
    def test_its_key_is_another_one_after_signing_in(self, user):
        client = Client()
        client.get("/sign-in/")
        session = client.session
        session["planted"] = "by a stranger"
        session.save()
        before = client.cookies["sessionid"] = session.session_key
        sign_in(client, user)
        assert client.session.session_key != before
        assert not Session.objects.filter(session_key=before).exists()

    def test_somebody_else_takes_over_a_browser_in_use(self, user):
        """A passkey signs in also where somebody is signed in: nothing of theirs is left."""
        client, other = client_of(user), factories.MembershipFactory().user
        before = client.session.session_key
        client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
        assert not Session.objects.filter(session_key=before).exists()
        assert UserSession.objects.get(session_key=client.session.session_key).user == other
        assert client.get("/account/").context["user"] == other

    def test_left_alone_for_half_an_hour_it_ends(self, user, frozen_time):
        client = client_of(user)
        for _ in range(3):
            frozen_time.shift(30 * MINUTE)
            assert client.get("/account/").status_code == 200
        frozen_time.shift(30 * MINUTE + dt.timedelta(seconds=1))
        assert client.get("/account/")["Location"].startswith("/sign-in/")
        assert "しばらく使われていなかった" in client.get("/sign-in/").content.decode()

    def test_it_ends_after_twelve_hours_however_much_it_is_used(self, user, frozen_time):
        client = client_of(user)
        for _ in range(36):
            frozen_time.shift(20 * MINUTE)
            assert client.get("/account/").status_code == 200
        frozen_time.shift(MINUTE)
        assert client.get("/account/")["Location"].startswith("/sign-in/")

    def test_the_api_knows_the_same_end(self, user, frozen_time):
        client = client_of(user)
        assert client.get("/api/v1/organizations/").status_code == 200
        frozen_time.shift(31 * MINUTE)
        assert client.get("/api/v1/organizations/").status_code == 401

    def test_what_asks_by_itself_keeps_nobody_signed_in(self, frozen_time):
        from tests.transition.signing_in import in_staff_mode

        client = in_staff_mode(factories.UserFactory(is_superuser=True))
        for _ in range(2):
            frozen_time.shift(14 * MINUTE)
            poll = client.get("/operations/", headers={"HX-Request": "true", "HX-Target": "figures"})
            assert poll.status_code == 200
        frozen_time.shift(3 * MINUTE)
        assert client.get("/account/")["Location"].startswith("/sign-in/")

    def test_signing_out_leaves_nothing_in_the_browser(self, user):
        client = client_of(user)
        key = client.session.session_key
        response = client.post("/sign-out/")
        assert response["Clear-Site-Data"] == '"cache", "storage"'
        assert not Session.objects.filter(session_key=key).exists()
        assert not UserSession.objects.exists()


class TestKeptForm:
    SENT = {
        "name": "たいせつな文",
        "expires_on": "x",
        "scopes": ["A", "B"],
        "csrfmiddlewaretoken": "t",
        "password": "p",
    }

    @pytest.fixture
    def expired(self, user, frozen_time):
        client = client_of(user)
        frozen_time.shift(31 * MINUTE)
        answer = client.post("/tokens/issue/", self.SENT)
        assert answer["Location"].startswith("/sign-in/")
        return client

    def test_what_was_typed_comes_back_after_signing_in(self, user, expired):
        assert sign_in(expired, user)["Location"] == "/sign-in/go-on/"
        form = soup(expired.get("/sign-in/go-on/")).main.form
        assert form["action"] == "/tokens/issue/"
        sent = [(field["name"], field["value"]) for field in form.select("input[type=hidden]")]
        kept = [pair for pair in sent if pair[0] != "csrfmiddlewaretoken"]
        assert kept == [("name", "たいせつな文"), ("expires_on", "x"), ("scopes", "A"), ("scopes", "B")]

    def test_not_to_somebody_else(self, expired):
        assert sign_in(expired, factories.UserFactory())["Location"] == "/"
        assert expired.get("/sign-in/go-on/")["Location"] == "/"
        assert "kept_form" not in expired.session

    def test_not_after_an_hour(self, user, expired, frozen_time):
        frozen_time.shift(61 * MINUTE)
        assert sign_in(expired, user)["Location"] == "/"


class TestOwnSignIns:
    def test_each_can_be_ended_and_this_one_is_marked(self, user):
        mine, other = Client(), Client(headers={"user-agent": "Mozilla/5.0 (iPad) Safari/605"})
        sign_in(mine, user)
        sign_in(other, user)
        stranger = client_of(factories.UserFactory())
        rows = soup(mine.get("/account/sign-ins/")).select("main .list li")
        assert ["いまの画面" in text(row) for row in rows] == [False, True]
        assert "iPad の Safari" in text(rows[0])
        address = rows[0].form["action"]
        assert stranger.post(address).status_code == 404
        assert mine.post(address).status_code == 302
        assert other.get("/account/")["Location"].startswith("/sign-in/")
        assert mine.get("/account/").status_code == 200
        assert stranger.get("/account/").status_code == 200
        assert AuditEvent.objects.filter(action="user.end_sign_ins", actor=user.pk).count() == 1

    def test_somebody_with_the_very_same_password_stays_out_of_sight(self, user):
        stranger = factories.UserFactory()
        stranger.password = user.password
        stranger.save()
        mine, other = client_of(user), client_of(stranger)
        assert len(soup(mine.get("/account/sign-ins/")).select("main .list li")) == 1
        mine.post("/account/sign-ins/end-others/")
        assert other.get("/account/").status_code == 200

    def test_all_others_at_once(self, user):
        clients = [Client() for _ in range(3)]
        for client in clients:
            sign_in(client, user)
        assert clients[0].post("/account/sign-ins/end-others/").status_code == 302
        assert [client.get("/account/").status_code for client in clients] == [200, 302, 302]

    def test_the_same_number_of_questions_with_one_and_three(self, user, django_assert_num_queries):
        client = client_of(user)
        client.get("/account/sign-ins/")
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                client.get("/account/sign-ins/")
            counts.append(len(queries))
            client_of(user)
            client_of(user)
        assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", "http:///evil", "\t//evil"],
)
@pytest.mark.parametrize("page", ["/sign-in/", "/account/again/", "/operations/staff-mode/", "/account/password/"])
def test_next_never_leads_away(page, target):
    user = factories.UserFactory(is_superuser=True)
    client = Client()
    if page != "/sign-in/":
        sign_in(client, user)
    new = "nagai nagai kotoba desu"
    form = {"password": factories.PASSWORD, "oldpassword": factories.PASSWORD, "password1": new, "password2": new}
    response = client.post(page, {"username": user.email, **form, "next": target})
    assert response.status_code == 302
    assert response["Location"].startswith("/")
    assert "evil" not in response["Location"]


def test_whoever_leaves_loses_every_sign_in_token_and_calendar():
    from calendars.services import feeds
    from transition.services import api_tokens, organizations

    world = make_world()
    worker, office = world.worker, world.office
    client, colleague = client_of(worker), client_of(world.coordinator)
    token = api_tokens.issue(organization=office, label="x", scopes=["HOMES_READ"], by=worker)
    feed = feeds.issue_for_worker(user=worker, organization=office, label="x")
    organizations.end_membership(membership=worker.memberships.get(), by=world.coordinator)
    assert client.get("/account/")["Location"].startswith("/sign-in/")
    assert colleague.get("/account/").status_code == 200
    token.refresh_from_db()
    feed.refresh_from_db()
    assert token.revoked_at is not None
    assert feed.emptied_at is not None
    assert feed.emptied_by == world.coordinator


def test_whoever_works_elsewhere_as_well_stays_signed_in():
    from transition.services import organizations

    world = make_world()
    factories.MembershipFactory(user=world.worker)
    client = client_of(world.worker)
    organizations.end_membership(membership=world.worker.memberships.get(organization=world.office), by=None)
    assert client.get("/account/").status_code == 200
