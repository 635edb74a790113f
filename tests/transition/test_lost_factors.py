"""Telephone, passkey and recovery codes are gone: an administrator lets somebody begin anew."""

import datetime as dt

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from tests import factories
from tests.programs.pages import client_of
from tests.transition.signing_in import factors_of, give_app, in_staff_mode, run_queue, sign_in
from transition.models import AuditEvent

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
PAGE = "/operations/second-factors/"


@pytest.fixture
def user():
    return factories.MembershipFactory().user


@pytest.fixture
def administrator():
    return factories.UserFactory(is_superuser=True)


def test_an_administrator_takes_them_away_and_the_user_is_told(user, administrator, django_capture_on_commit_callbacks):
    secret = give_app(user)
    gone, stranger = client_of(user), client_of(factories.UserFactory())
    client = in_staff_mode(administrator)
    form = {"email": f" {user.email.upper()} ", "sure": "on", "idempotency_key": "a"}
    with django_capture_on_commit_callbacks(execute=True):
        answers = [client.post(PAGE, form) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [PAGE] * 2
    assert factors_of(user) == []
    assert gone.get("/account/")["Location"].startswith("/sign-in/")
    assert stranger.get("/account/").status_code == 200
    event = AuditEvent.objects.get(action="user.reset_second_factors")
    assert (event.actor, event.subject_id) == (administrator.pk, str(user.public_id))
    assert secret not in str(event.data)
    run_queue()
    assert [(one.to, one.subject) for one in mail.outbox] == [
        ([user.email], "【たいけんスケジューラー】サインインの2つめの確認が消されました")
    ]
    assert sign_in(Client(), user)["Location"] == "/"


@pytest.mark.parametrize("changes", [{"sure": ""}, {"email": "nobody@example.invalid"}, {"email": "x"}, {"email": ""}])
def test_what_is_missing_is_said_and_nothing_happens(user, administrator, changes):
    give_app(user)
    refused = in_staff_mode(administrator).post(PAGE, {"email": user.email, "sure": "on"} | changes)
    assert refused.status_code == 422
    assert factors_of(user) == ["totp"]


def test_not_ones_own(administrator):
    client = in_staff_mode(administrator)
    give_app(administrator)
    assert client.post(PAGE, {"email": administrator.email, "sure": "on"}).status_code == 422
    assert factors_of(administrator) == ["totp"]


def test_not_without_showing_anew_who_one_is(user, administrator, frozen_time):
    give_app(user)
    client = in_staff_mode(administrator)
    frozen_time.shift(11 * MINUTE)
    assert client.get("/operations/").status_code == 200
    for answer in (client.get(PAGE), client.post(PAGE, {"email": user.email, "sure": "on"})):
        assert answer["Location"] == "/account/again/?next=%2Foperations%2Fsecond-factors%2F"
    assert factors_of(user) == ["totp"]


def test_is_for_administrators_in_their_mode(user, administrator):
    give_app(user)
    form = {"email": user.email, "sure": "on"}
    assert client_of(factories.MembershipFactory().user).post(PAGE, form).status_code == 403
    assert client_of(administrator).post(PAGE, form)["Location"].startswith("/operations/staff-mode/")
    assert factors_of(user) == ["totp"]


def test_by_a_command(user, capsys):
    give_app(user)
    call_command("reset_second_factors", user.email)
    assert factors_of(user) == []
    assert user.email in capsys.readouterr().out
    with pytest.raises(CommandError, match="ありません"):
        call_command("reset_second_factors", "nobody@example.invalid")
