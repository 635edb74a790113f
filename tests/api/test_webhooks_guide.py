"""docs/api/webhooks.md: what it shows is what is sent, and its check of signatures works."""

import json
import re
import time
from pathlib import Path

import pytest

from programs.domain import signing
from programs.models import WebhookDelivery
from programs.services import deliveries, webhooks
from tests import factories
from tests.programs.pages import request

GUIDE = (Path(__file__).resolve().parents[2] / "docs/api/webhooks.md").read_text(encoding="utf-8")
SECRET = signing.secret("server", "a", 1)


def block(language: str) -> str:
    [found] = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return found


@pytest.fixture
def is_genuine():
    names: dict = {}
    exec(block("python"), names)
    return names["is_genuine"]


def test_the_check_knows_ours_from_others(is_genuine):
    now = 1_795_309_200
    body = '{"event":"TEST","a":"予"}'.encode()
    ours = signing.headers(SECRET, message="m", timestamp=now, body=body)
    assert is_genuine(SECRET, ours, body, now)
    assert is_genuine(SECRET, ours | {"Webhook-Signature": "v1,AAAA " + ours["Webhook-Signature"]}, body, now)
    assert not is_genuine(SECRET, ours, body + b" ", now)
    assert not is_genuine(signing.secret("server", "a", 2), ours, body, now)
    assert not is_genuine(SECRET, ours | {"Webhook-Id": "n"}, body, now)
    assert not is_genuine(SECRET, ours | {"Webhook-Timestamp": str(now + 1)}, body, now)
    assert not is_genuine(SECRET, ours, body, now + 301)


def test_without_being_told_the_time(is_genuine):
    ours = signing.headers(SECRET, message="m", timestamp=int(time.time()), body=b"{}")
    assert is_genuine(SECRET, ours, b"{}")


@pytest.mark.django_db
def test_what_it_shows_is_what_is_sent(world):
    factories.WebhookFactory(organization=world.home_office)
    request(world, "2026-12-05", "2026-12-07")
    sent = json.loads(deliveries.body_of(WebhookDelivery.objects.get()))
    shown = json.loads(block("json"))
    assert sent.keys() == shown.keys()
    assert sent["session"].keys() == shown["session"].keys()


def test_its_figures_are_ours():
    minutes = [round(wait.total_seconds() / 60) for wait in WebhookDelivery.RETRY_AFTER]
    assert minutes == [1, 5, 30, 2 * 60, 8 * 60]
    assert f"{len(minutes) + 1}回まで" in GUIDE
    assert f"{deliveries.MOST_FAILURES}回続けて、または{deliveries.LONGEST_FAILING.days}日間" in GUIDE
    assert str(deliveries.GONE) in GUIDE
    assert webhooks.fetch.SECONDS == 5
