"""A second factor: asked for, required of some, each code once, and never left out by a new password."""

import datetime as dt
import re
import threading

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import connections
from django.test import Client

from tests import factories
from tests.programs.pages import client_of, soup, text
from tests.transition.signing_in import CODE, code_of, factors_of, give_app, run_queue, sign_in
from transition.enums import MembershipRole, OrganizationKind
from transition.models import AuditEvent
from transition.services import second_factors

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
STEP = dt.timedelta(seconds=30)
NEW = "atarashii nagai kotoba"


@pytest.fixture
def user():
    return factories.MembershipFactory().user


@pytest.fixture
def real(settings):
    """Not the demo, where nobody needs a second factor."""
    settings.DEMO = False


def half_way(user):
    client = Client()
    assert sign_in(client, user)["Location"] == CODE
    return client


class TestCode:
    def test_the_password_alone_opens_nothing(self, user):
        give_app(user)
        client = half_way(user)
        assert client.get("/account/")["Location"].startswith("/sign-in/")

    @pytest.mark.parametrize("steps", [-1, 0, 1])
    def test_a_clock_may_be_half_a_minute_off(self, user, steps):
        client, secret = Client(), give_app(user)
        sign_in(client, user)
        assert client.post(CODE, {"code": code_of(secret, steps)})["Location"] == "/"
        assert client.get("/account/").status_code == 200

    @pytest.mark.parametrize("steps", [-2, 2, 100])
    def test_and_no_more(self, user, steps):
        secret = give_app(user)
        client = half_way(user)
        assert client.post(CODE, {"code": code_of(secret, steps)}).status_code == 422
        assert client.get("/account/")["Location"].startswith("/sign-in/")

    def test_full_width_and_spaces(self, user):
        code = code_of(give_app(user))
        wide = f" {code[:3]} {code[3:]} ".translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
        assert half_way(user).post(CODE, {"code": wide}).status_code == 302

    def test_a_code_is_good_once(self, user, frozen_time):
        code = code_of(give_app(user))
        assert half_way(user).post(CODE, {"code": code}).status_code == 302
        assert half_way(user).post(CODE, {"code": code}).status_code == 422
        # Still within what a clock may be off; a cache that forgets after half a minute would take it.
        frozen_time.shift(STEP)
        assert half_way(user).post(CODE, {"code": code}).status_code == 422

    def test_nor_is_an_older_one_afterwards(self, user):
        secret = give_app(user)
        assert half_way(user).post(CODE, {"code": code_of(secret)}).status_code == 302
        assert half_way(user).post(CODE, {"code": code_of(secret, -1)}).status_code == 422

    def test_ten_wrong_ones_and_the_right_one_has_to_wait(self, user):
        secret = give_app(user)
        client = half_way(user)
        for _ in range(10):
            assert client.post(CODE, {"code": "000000"}).status_code == 422
        refused = client.post(CODE, {"code": code_of(secret)})
        assert refused.status_code == 422
        assert "ほど待ってから" in text(soup(refused).main)

    def test_what_is_stored_is_not_the_secret(self, user):
        secret = give_app(user)
        assert secret not in str(Authenticator.objects.get().data)

    def test_after_another_key_of_the_server_it_is_still_read(self, user, settings):
        secret, former = give_app(user), settings.SECRET_KEY
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [former]
        assert half_way(user).post(CODE, {"code": code_of(secret)}).status_code == 302

    def test_the_way_back_goes_on_after_the_code(self, user):
        secret, client = give_app(user), Client()
        assert client.post("/sign-in/", {"username": user.email, "password": factories.PASSWORD, "next": "/people/"})
        assert client.post(CODE, {"code": code_of(secret)})["Location"] == "/people/"


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_a_code_sent_by_many_at_once_is_taken_once():
    user = factories.UserFactory()
    code = code_of(give_app(user))
    taken, barrier = [], threading.Barrier(8)

    def use():
        try:
            barrier.wait()
            taken.append(second_factors.use_code(user=user, code=code, by=user))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one is not None for one in taken].count(True) == 1
    assert len(taken) == 8


class TestRegistering:
    def test_app_and_recovery_codes(self, user, django_capture_on_commit_callbacks):
        client = Client()
        sign_in(client, user)
        page = soup(client.get("/account/second-factors/app/"))
        assert page.select_one(".qr-code svg")
        secret = page.select_one("#secret")["value"]
        assert client.post("/account/second-factors/app/", {"code": "1"}).status_code == 422
        with django_capture_on_commit_callbacks(execute=True):
            done = client.post("/account/second-factors/app/", {"code": code_of(secret)})
        assert done["Location"] == "/account/second-factors/recovery-codes/"
        assert factors_of(user) == ["recovery_codes", "totp"]
        codes = [text(code) for code in soup(client.get(done["Location"])).select("main code")]
        assert len(set(codes)) == 10
        # The code that registered the app is used up.
        assert half_way(user).post(CODE, {"code": code_of(secret)}).status_code == 422
        assert half_way(user).post(CODE, {"code": codes[3]}).status_code == 302
        assert half_way(user).post(CODE, {"code": codes[3]}).status_code == 422
        run_queue()
        assert [one.subject for one in mail.outbox] == [
            "【たいけんスケジューラー】サインインの2つめの確認が登録されました"
        ]
        assert AuditEvent.objects.filter(action="user.add_factor", actor=user.pk).count() == 2

    def test_not_long_after_signing_in_without_showing_anew_who_one_is(self, user, frozen_time):
        client = Client()
        sign_in(client, user)
        frozen_time.shift(11 * MINUTE)
        asked = client.get("/account/second-factors/app/")
        assert asked["Location"].startswith("/account/again/")
        assert client.post("/account/again/", {"password": "wrong"}).status_code == 422
        back = client.post(asked["Location"], {"password": factories.PASSWORD})
        assert back["Location"] == "/account/second-factors/app/"
        assert client.get(back["Location"]).status_code == 200

    def test_a_stolen_session_guesses_no_password_there(self, user):
        client = Client()
        sign_in(client, user)
        for _ in range(10):
            client.post("/account/again/", {"password": "wrong"})
        refused = client.post("/account/again/", {"password": factories.PASSWORD})
        assert refused.status_code == 422
        assert "ほど待ってから" in text(soup(refused).main)

    def test_the_last_one_stays_where_it_is_required(self, real):
        user = factories.MembershipFactory(organization=factories.MunicipalityFactory()).user
        secret = give_app(user)
        client = half_way(user)
        client.post(CODE, {"code": code_of(secret)})
        assert client.post("/account/second-factors/app/remove/").status_code == 422
        assert factors_of(user) == ["totp"]

    def test_and_may_go_where_it_is_not(self, user, django_capture_on_commit_callbacks):
        secret = give_app(user)
        client = half_way(user)
        client.post(CODE, {"code": code_of(secret)})
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post("/account/second-factors/app/remove/").status_code == 302
        assert factors_of(user) == []
        assert AuditEvent.objects.filter(action="user.remove_factor").exists()
        run_queue()
        assert ["2つめの確認が消されました" in one.subject for one in mail.outbox] == [True]

    def test_new_recovery_codes_end_the_old_ones_and_are_told(self, user, django_capture_on_commit_callbacks):
        secret = give_app(user)
        client = half_way(user)
        client.post(CODE, {"code": code_of(secret)})
        shown = []
        for _ in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                assert client.post("/account/second-factors/recovery-codes/renew/").status_code == 302
            page = soup(client.get("/account/second-factors/recovery-codes/"))
            shown.append([text(code) for code in page.select("main code")])
        assert half_way(user).post(CODE, {"code": shown[0][0]}).status_code == 422
        assert half_way(user).post(CODE, {"code": shown[1][0]}).status_code == 302
        run_queue()
        assert ["予備のコードが作り直されました" in one.subject for one in mail.outbox] == [True, True]

    def test_of_somebody_else_nothing_is_removed(self, user):
        other = factories.UserFactory()
        key = Authenticator.objects.create(user=other, type="webauthn", data={"name": "x", "credential": {}})
        client = Client()
        sign_in(client, user)
        assert client.post(f"/account/second-factors/passkeys/{key.pk}/remove/").status_code == 404
        assert Authenticator.objects.filter(pk=key.pk).exists()


REQUIRED = (OrganizationKind.MUNICIPALITY, OrganizationKind.CORE_CENTER)


class TestRequired:
    @pytest.mark.parametrize("kind", OrganizationKind.values)
    def test_of_some_kinds_of_organizations_nothing_opens_before(self, real, kind):
        organization = factories.OrganizationFactory(kind=kind)
        client = client_of(factories.MembershipFactory(organization=organization).user)
        answers = [client.get(url) for url in ("/", "/today/", "/people/", "/notifications/", "/calendar/")]
        led = [answer.headers.get("Location") == "/account/second-factor-needed/" for answer in answers]
        assert led == [kind in REQUIRED] * 5
        api = client.get("/api/v1/organizations/")
        assert api.status_code == (403 if kind in REQUIRED else 200)

    def test_of_administrators(self, real):
        client = client_of(factories.UserFactory(is_superuser=True))
        assert client.get("/operations/")["Location"] == "/account/second-factor-needed/"

    def test_the_way_to_it_is_open(self, real):
        organization = factories.MunicipalityFactory()
        user, client = factories.MembershipFactory(organization=organization).user, Client()
        sign_in(client, user)
        for url in ("/account/second-factor-needed/", "/account/second-factors/", "/account/second-factors/app/"):
            assert client.get(url).status_code == 200
        secret = soup(client.get("/account/second-factors/app/")).select_one("#secret")["value"]
        assert client.post("/account/second-factors/app/", {"code": code_of(secret)}).status_code == 302
        assert client.get("/today/").status_code == 200

    def test_whoever_joins_such_an_organization_is_asked_at_the_next_page(self, real, user):
        client = client_of(user)
        assert client.get("/today/").status_code == 200
        factories.MembershipFactory(user=user, organization=factories.MunicipalityFactory())
        assert client.get("/today/")["Location"] == "/account/second-factor-needed/"

    def test_the_setting_decides(self, real, settings):
        settings.SECOND_FACTOR_KINDS = ["GROUP_HOME"]
        home = factories.OrganizationFactory(kind=OrganizationKind.GROUP_HOME)
        office = factories.OrganizationFactory()
        led = [client_of(factories.MembershipFactory(organization=one).user).get("/today/") for one in (home, office)]
        assert [answer.status_code for answer in led] == [302, 200]

    def test_nobody_in_the_demo(self):
        member = factories.MembershipFactory(
            organization=factories.MunicipalityFactory(), role=MembershipRole.COORDINATOR
        )
        assert client_of(member.user).get("/today/").status_code == 200

    def test_htmx_is_led_there_on_a_whole_page(self, real):
        client = client_of(factories.MembershipFactory(organization=factories.MunicipalityFactory()).user)
        answer = client.get("/today/", headers={"HX-Request": "true"})
        assert answer["HX-Redirect"] == "/account/second-factor-needed/"


class TestPassword:
    def ask(self, email, capture, client=None):
        with capture(execute=True):
            response = (client or Client()).post("/account/forgotten/", {"email": email})
        run_queue()
        return response

    def address(self):
        return re.search(r"(/account/forgotten/\S+)", mail.outbox[-1].body)[1]

    def reset(self, address, password=NEW, client=None):
        client = client or Client()
        page = client.get(address)
        if page.status_code != 302:
            return page
        return client.post(page["Location"], {"password1": password, "password2": password})

    def test_says_the_same_whether_an_address_is_known(self, user, django_capture_on_commit_callbacks):
        known = self.ask(user.email, django_capture_on_commit_callbacks)
        unknown = self.ask("nobody@example.invalid", django_capture_on_commit_callbacks)
        assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
        assert [one.to for one in mail.outbox] == [[user.email]]

    def test_a_new_password_signs_nobody_in_and_asks_for_the_second_factor(
        self, user, django_capture_on_commit_callbacks
    ):
        secret = give_app(user)
        signed_in = client_of(user)
        self.ask(user.email, django_capture_on_commit_callbacks)
        address, client = self.address(), Client()
        done = self.reset(address, client=client)
        assert done["Location"] == "/account/forgotten/done/"
        assert client.get("/account/")["Location"].startswith("/sign-in/")
        # Who was signed in is so no more.
        assert signed_in.get("/account/")["Location"].startswith("/sign-in/")
        assert sign_in(client, user, NEW)["Location"] == CODE
        assert client.get("/account/")["Location"].startswith("/sign-in/")
        assert client.post(CODE, {"code": code_of(secret)}).status_code == 302

    def test_its_address_works_once_and_an_hour(self, user, frozen_time, django_capture_on_commit_callbacks):
        self.ask(user.email, django_capture_on_commit_callbacks)
        first = self.address()
        assert self.reset(first).status_code == 302
        assert "このアドレスは使えません" in self.reset(first).content.decode()
        self.ask(user.email, django_capture_on_commit_callbacks)
        frozen_time.shift(61 * MINUTE)
        assert "このアドレスは使えません" in self.reset(self.address()).content.decode()

    def test_three_letters_an_hour(self, user, django_capture_on_commit_callbacks):
        answers = {self.ask(user.email, django_capture_on_commit_callbacks).status_code for _ in range(5)}
        assert answers == {302}
        assert len(mail.outbox) == 3

    def test_the_queue_keeps_no_secret(self, user, django_capture_on_commit_callbacks):
        from django_q.models import OrmQ

        with django_capture_on_commit_callbacks(execute=True):
            Client().post("/account/forgotten/", {"email": user.email})
        assert OrmQ.objects.get().task["args"] == ("RESET", user.pk)

    def test_changing_it_ends_the_others_and_is_told(self, user, django_capture_on_commit_callbacks):
        client, other = Client(), Client()
        sign_in(client, user)
        sign_in(other, user)
        form = {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW}
        assert client.post("/account/password/", form | {"oldpassword": "x"}).status_code == 422
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post("/account/password/", form)["Location"] == "/account/"
        assert client.get("/account/").status_code == 200
        assert other.get("/account/")["Location"].startswith("/sign-in/")
        run_queue()
        assert "パスワードが変わりました" in mail.outbox[0].subject
        assert user.name not in mail.outbox[0].body
        assert AuditEvent.objects.filter(action="user.change_password", actor=user.pk).count() == 1

    @pytest.mark.parametrize(
        "password",
        [
            "short",
            "password1234",
            "passwordpassword",
            "123456789012",
            "aaaaaaaaaaaa",
            "２０２６password！",
            "0987654321098",
            "qwertyuiopas",
            "abcabcabcabc",
            "ABCDEFGHIJKLM",
        ],
    )
    def test_weak_ones_are_refused(self, user, password):
        client = Client()
        sign_in(client, user)
        form = {"oldpassword": factories.PASSWORD, "password1": password, "password2": password}
        assert client.post("/account/password/", form).status_code == 422

    @pytest.mark.parametrize(
        "password",
        ["はなことさんぽするひようび", "correct horse battery", "x" * 32 + "y" * 30 + "zz", "k7!" * 40 + "q"],
    )
    def test_length_is_what_counts(self, user, password):
        client = Client()
        sign_in(client, user)
        form = {"oldpassword": factories.PASSWORD, "password1": password, "password2": password}
        assert client.post("/account/password/", form).status_code == 302
        assert sign_in(Client(), user, password).status_code == 302

    def test_its_own_address_is_no_password(self):
        user = factories.UserFactory(email="midori-no-oka@example.invalid")
        client = Client()
        sign_in(client, user)
        own = "midori-no-oka@example"
        form = {"oldpassword": factories.PASSWORD, "password1": own, "password2": own}
        assert client.post("/account/password/", form).status_code == 422


def test_reset_by_hand_leaves_no_factor_and_no_sign_in(user):
    give_app(user)
    client = client_of(user)
    second_factors.reset(user=user, by=None)
    assert factors_of(user) == []
    assert client.get("/account/")["Location"].startswith("/sign-in/")
    assert AuditEvent.objects.get(action="user.reset_second_factors").actor is None
