"""The words of a webhook that has been disabled, for those who may see to it."""

from collections.abc import Mapping, Sequence

from django.urls import reverse

from programs.models import Webhook
from programs.rules import MANAGING_ROLES
from transition.enums import NotificationKind
from transition.models import Membership, Notification
from transition.notifications import Notice, Semantics, Told, registry


def tell(rows: Sequence[Notification]) -> Mapping[int, Told]:
    """Two queries. It holds while the webhook stands still and the reader may manage it."""
    disabled = Webhook.objects.filter(
        public_id__in={row.subject_id for row in rows}, removed_at=None, disabled_at__isnull=False
    )
    webhooks = {str(webhook.public_id): webhook for webhook in disabled}
    managing = set(
        Membership.objects.current()
        .filter(user__in={row.user_id for row in rows}, user__is_active=True, role__in=MANAGING_ROLES)
        .values_list("user", "organization")
    )
    return {
        row.pk: _words(webhook)
        for row in rows
        if (webhook := webhooks.get(row.subject_id)) and (row.user_id, webhook.organization_id) in managing
    }


def _words(webhook: Webhook) -> Told:
    return Told(
        subject="ウェブフックを止めました",
        summary="ほかのシステムに知らせることが続けてできなかったため、ウェブフックを止めました。"
        "まだ届いていないものは、もう一度使いはじめたときに送ります。",
        url=reverse("programs:webhook-detail", args=[webhook.public_id]),
        action="ウェブフックを見る",
        detail=f"「{webhook.label}」に、{webhook.failures}回続けて届きませんでした。",
    )


NOTICE = Notice(NotificationKind.WEBHOOK_DISABLED, tell, semantics=Semantics.AT_LEAST_ONCE, may_be_off=False)


def register() -> None:
    """Once, when the app is ready."""
    registry.register(NOTICE)
