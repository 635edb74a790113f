"""ウェブフック: the list of an organization with what came of the last call, and the log of one."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max

from programs.enums import CHOSEN_EVENTS
from programs.models import Webhook, WebhookDelivery
from transition.models import Organization

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One webhook with its last call."""

    webhook: Webhook
    last: WebhookDelivery | None

    @property
    def events(self) -> list[str]:
        return event_labels(self.webhook.events)


def lines(organization: Organization) -> list[Line]:
    """Two queries, however many webhooks."""
    webhooks = list(Webhook.objects.filter(organization=organization, removed_at=None).order_by("pk"))
    newest = WebhookDelivery.objects.filter(webhook__in=webhooks).order_by().values("webhook").annotate(last=Max("pk"))
    last = {one.webhook_id: one for one in WebhookDelivery.objects.filter(pk__in=newest.values("last"))}
    return [Line(webhook, last.get(webhook.pk)) for webhook in webhooks]


def log(webhook: Webhook) -> list[WebhookDelivery]:
    """The last calls, newest first."""
    return list(webhook.deliveries.order_by("-pk")[:SHOWN])


def event_labels(events: Iterable[str]) -> list[str]:
    chosen = set(events)
    return [str(event.label) for event in CHOSEN_EVENTS if event in chosen]
