"""Signatures, held against the published example of Standard Webhooks and against a check of our own."""

import base64
import hashlib
import hmac

import pytest

from programs.domain import signing


def test_the_published_example():
    # From the test vectors of the standard's own libraries.
    found = signing.headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert found == {
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "Webhook-Timestamp": "1614265330",
        "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_secret_is_derived_and_differs_by_key_name_and_version():
    first = signing.secret("server", "a", 1)
    assert first == signing.secret("server", "a", 1)
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32
    others = {signing.secret("other", "a", 1), signing.secret("server", "b", 1), signing.secret("server", "a", 2)}
    assert len({first, *others}) == 4


@pytest.mark.parametrize("body", [b"", b"{}", '{"a": "予"}'.encode(), bytes(range(256))])
def test_everything_that_is_said_is_signed(body):
    secret = signing.secret("server", "a", 1)
    found = signing.headers(secret, message="m", timestamp=7, body=body)
    key = base64.b64decode(secret[6:])
    expected = base64.b64encode(hmac.new(key, b"m.7." + body, hashlib.sha256).digest()).decode()
    assert found["Webhook-Signature"] == f"v1,{expected}"
