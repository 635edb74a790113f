"""What the tests of webhooks share: an https server of this machine that is called, and a check of signatures that
knows nothing of ours."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from programs.models import WebhookDelivery
from programs.services import webhooks
from tests import factories
from tests.transition.https import HOST, Server


@dataclass(frozen=True)
class Call:
    """One call as the other system got it."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["Webhook-Id"]

    def is_signed_with(self, secret: str) -> bool:
        """A few lines, as whoever receives calls would write them."""
        signed = f"{self.headers['Webhook-Id']}.{self.headers['Webhook-Timestamp']}.".encode() + self.body
        wanted = hmac.new(base64.b64decode(secret.split("_")[1]), signed, hashlib.sha256).digest()
        return self.headers["Webhook-Signature"] == "v1," + base64.b64encode(wanted).decode()


def calls(server: Server) -> list[Call]:
    return [Call(*asked, body) for asked, body in zip(server.asked, server.received, strict=True)]


def add(world, manager, url=f"https://{HOST}/hook", **more):
    values = {"organization": world.home_office, "label": "予約表", "events": ["SESSION_CHANGED", "SLOT_PUBLISHED"]}
    return webhooks.add(**values | more, url=url, by=manager)


def of(organization, **more):
    """A webhook of any organization, without its secret."""
    return factories.WebhookFactory(organization=organization, **more)


def told() -> set[tuple[int, str]]:
    """Which organizations are told what."""
    return set(WebhookDelivery.objects.values_list("webhook__organization", "event"))
