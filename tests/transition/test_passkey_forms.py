"""What a browser answers for a passkey, written by hand: refused with a sentence, never a fault, never a passkey."""

import base64
import hashlib
import json

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2 import webauthn
from fido2.cose import ES256

from tests import factories
from tests.programs.pages import soup, text
from tests.transition.signing_in import CODE, factors_of, sign_in

pytestmark = pytest.mark.django_db
ADD, AGAIN, ALONE = "/account/second-factors/passkeys/add/", "/account/again/passkey/", "/sign-in/passkey/"
SAID = ("パスキーの答えを読めませんでした。もう一度", "確かめられませんでした。もう一度")


def written(sign: bytes) -> str:
    return base64.urlsafe_b64encode(sign).decode().rstrip("=")


def answer(client_data: bytes = b"{}", device: bytes = b"\xa0", **more) -> str:
    whole = {
        "id": written(b"a"),
        "rawId": written(b"a"),
        "type": "public-key",
        "response": {
            "clientDataJSON": written(client_data),
            "attestationObject": written(device),
            "authenticatorData": written(device),
            "signature": written(b"a"),
            "userHandle": written(b"1"),
        },
    }
    return json.dumps(whole | more)


READ = json.dumps({"type": "webauthn.get", "challenge": "YQ", "origin": "https://testserver"}).encode()
ANSWERS = {
    "a long number": "9" * 10_000,
    "deep lists": "[" * 100_000,
    "deep objects": '{"a":' * 5000 + "1" + "}" * 5000,
    "no JSON": "{",
    "nothing": "",
    "half of a sign": '"\\ud800"',
    # Each counts as nothing where somebody asks «is there one».
    **{f"{value} for one": value for value in ("0", "-0.0", "false", "null", '""', "[]", "{}")},
    **{f"{value} for an object": value for value in ("1", "NaN", "true", '"abc"', "[1]", "[{}]")},
    "an empty object in it": answer(response={}),
    "a number in it": answer(response=5),
    "a list in it": answer(response=[[]]),
    "an id that is none": answer(id="%", rawId="%"),
    "two ids": answer(rawId=written(b"b")),
    "an id of a number": answer(id=5, rawId=5),
    "extensions of a number": answer(clientExtensionResults=5),
    "nothing signed": answer(b""),
    "signed no object": answer(b"[]"),
    "signed null": answer(b"null"),
    "signed a long number": answer(b"9" * 10_000),
    "signed deep lists": answer(b"[" * 100_000),
    "signed numbers": answer(b'{"type": 1, "challenge": 1, "origin": 1}'),
    "signed no text": answer(b"\xff\xfe"),
    "a device that says nothing": answer(READ, b""),
    "a device that says a list": answer(READ, b"\x80"),
    "a device that says deep lists": answer(READ, b"\x81" * 100_000),
    "a device that says much": answer(READ, b"\x9b" + b"\xff" * 8),
    "a device that says half": answer(READ, b"\xa1\x63fm"),
    "a device that says nonsense": answer(READ, b"\x1f"),
    "a device with a key that is none": answer(READ, b"a" * 32 + b"\x45" + b"\0" * 21 + b"\x10" + b"k" * 16 + b"\xa0"),
    "a device with flags alone": answer(READ, b"a" * 32 + b"\x05" + b"\0" * 4),
}


def registration(challenge: str = written(b"c" * 32), *, with_key: bool = True) -> dict:
    """What a browser answers whose device is no device: a program may register as well, it proves as much."""
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    made = webauthn.AttestedCredentialData.create(webauthn.Aaguid.NONE, b"k" * 16, key)
    host = hashlib.sha256(b"testserver").digest()
    device = webauthn.AuthenticatorData.create(host, 0x45 if with_key else 0x05, 1, made if with_key else b"")
    client_data = {"type": "webauthn.create", "challenge": challenge, "origin": "https://testserver"}
    answered = answer(
        json.dumps(client_data).encode(),
        webauthn.AttestationObject.create("none", device, {}),
        id=written(b"k" * 16),
        rawId=written(b"k" * 16),
    )
    return json.loads(answered)


def give_passkey(user) -> Authenticator:
    data = {"name": "機器", "credential": registration()}
    return Authenticator.objects.create(user=user, type="webauthn", data=data)


def is_said(response) -> bool:
    return any(words in text(soup(response).main) for words in SAID)


@pytest.fixture
def user():
    return factories.MembershipFactory().user


@pytest.mark.parametrize("name", ANSWERS)
def test_none_is_registered(user, name):
    client = Client()
    sign_in(client, user)
    assert client.get(ADD).status_code == 200
    refused = client.post(ADD, {"credential": ANSWERS[name], "name": "事務所のタブレット"})
    assert refused.status_code == 422
    assert is_said(refused)
    assert "事務所のタブレット" in refused.content.decode()
    assert not Authenticator.objects.filter(user=user).exists()


@pytest.mark.parametrize("name", ANSWERS)
def test_none_is_a_second_factor(user, name):
    give_passkey(user)
    client = Client()
    assert sign_in(client, user)["Location"] == CODE
    assert client.get(CODE).status_code == 200
    assert client.post(CODE, {"credential": ANSWERS[name]}).status_code == 422
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", ANSWERS)
def test_none_stands_for_a_password(user, name):
    give_passkey(user)
    client = Client()
    assert client.get(ALONE, headers={"X-Requested-With": "XMLHttpRequest"}).status_code == 200
    assert client.post(ALONE, {"credential": ANSWERS[name]})["Location"] == "/sign-in/"
    assert is_said(client.get("/sign-in/"))
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", ANSWERS)
def test_none_shows_anew_who_one_is(user, name, frozen_time):
    client = Client()
    sign_in(client, user)
    give_passkey(user)
    before = client.session.get("account_authentication_methods")
    assert client.get(AGAIN).status_code == 200
    assert client.post(AGAIN, {"credential": ANSWERS[name]})["Location"] == AGAIN
    assert client.session.get("account_authentication_methods") == before


@pytest.mark.parametrize(("with_key", "registered"), [(True, ["recovery_codes", "webauthn"]), (False, [])])
def test_one_without_a_key_is_none(user, with_key, registered):
    client = Client()
    sign_in(client, user)
    client.get(ADD)
    credential = registration(client.session["mfa.webauthn.state"]["challenge"], with_key=with_key)
    response = client.post(ADD, {"credential": json.dumps(credential), "passwordless": "on"})
    assert response.status_code == (302 if with_key else 422)
    assert factors_of(user) == registered
