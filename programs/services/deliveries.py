"""ウェブフックの送信: tells other systems what has changed, at least once each.

A call is a row, written in the transaction of the change. The queue claims rows one by one, calls outside of any
transaction, and writes down what came of it. A worker that dies on the way leaves a claim that runs out; the call is
then made again under the same Webhook-Id. To one webhook only one call is under way, the oldest first; one that fails
is called once a minute at most, and after the others, so that nobody waits for it.
"""

import datetime as dt
import json
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django_q.tasks import async_task

from programs.domain import signing
from programs.domain.problems import Problem, Refused
from programs.enums import DeliveryProblem, DeliveryState, WebhookEvent
from programs.models import Session, Slot, Webhook, WebhookDelivery
from programs.rules import MANAGING_ROLES
from programs.services.webhooks import secret_of
from transition import clock, fetch
from transition.enums import NotificationKind
from transition.models import Membership, User
from transition.services import audit
from transition.services.notifications import notify
from transition.services.transactions import RequestKey, lock, writing

TASK = "programs.tasks.deliver_webhooks"
# A worker of the queue has a minute; a call takes 5 seconds at most.
RUN_SECONDS = 20.0
MOST_A_RUN = 100
CANDIDATES = 10
# Between two calls of a webhook that fails, and between two tests of one.
PAUSE = dt.timedelta(minutes=1)
TEST_PAUSE = dt.timedelta(seconds=10)
# Then it is disabled.
MOST_FAILURES = 20
LONGEST_FAILING = dt.timedelta(days=3)
GONE = 410
DAYS_KEPT = 30


def session_changed(session: Session) -> None:
    """Written for every organization that may see the session. Called inside the transaction of the change."""
    webhooks = Webhook.objects.active().seeing(session)
    _write(WebhookEvent.SESSION_CHANGED, webhooks, lambda: {"session": _of_session(session)})


def slots_published(slots: Sequence[Slot]) -> None:
    """Written for every organization: whoever works anywhere may look at the homes and what they offer."""
    _write(WebhookEvent.SLOT_PUBLISHED, Webhook.objects.active(), lambda: {"slots": [_of_slot(slot) for slot in slots]})


def send_test(*, webhook: Webhook, by: User, key: RequestKey | None = None) -> WebhookDelivery:
    """Call it now, while somebody waits; of a test that fails nothing follows. Refused right after another test."""
    delivery = _claim_test(webhook=webhook, by=by, key=key)
    # The same sending a second time gets the answer of the first.
    return _keep(delivery=delivery, sent=_send(delivery)) if delivery.is_mine else delivery


def deliver_due(*, most: int = MOST_A_RUN) -> int:
    """Call what is due, one after the other, as far as the time goes. Returns how many."""
    begun, count = time.monotonic(), 0
    while count < most and time.monotonic() - begun < RUN_SECONDS:
        delivery = _claim_due()
        if delivery is None:
            break
        _keep(delivery=delivery, sent=_send(delivery))
        count += 1
    return count


def wake_if_due() -> None:
    """Have the queue call, if there is anything to tell."""
    if _waiting(clock.now()).exists():
        wake()


def wake() -> None:
    async_task(TASK)


@writing
def forget_old() -> int:
    """Calls that are over and were written DAYS_KEPT days ago are of no use to anybody. Returns how many are gone."""
    over = WebhookDelivery.objects.filter(state__in=[DeliveryState.DELIVERED, DeliveryState.FAILED])
    return over.filter(created_at__lt=clock.now() - dt.timedelta(days=DAYS_KEPT)).delete()[0]


def body_of(delivery: WebhookDelivery) -> bytes:
    """What is sent: the same bytes each time."""
    return json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _write(event: WebhookEvent, webhooks: Iterable[Webhook], content: Callable[[], dict[str, Any]]) -> None:
    wanting = [webhook for webhook in webhooks if webhook.wants(event)]
    if not wanting:
        return
    payload = _payload(event, content())
    now = clock.now()
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=webhook, event=event, payload=payload, due_at=now) for webhook in wanting
    )
    # It is swept each minute anyway; a broken queue must not cost anybody the answer.
    transaction.on_commit(wake, robust=True)


def _payload(event: WebhookEvent, content: dict[str, Any]) -> dict[str, Any]:
    return {"event": str(event), "changed_at": _moment(clock.now()), **content}


def _of_session(session: Session) -> dict[str, Any]:
    """No word about the person: a home does not know before its yes who it is."""
    room = session.room
    return {
        "id": str(session.public_id),
        "kind": str(session.kind),
        "state": str(session.state),
        "starts_at": _moment(session.starts_at),
        "ends_at": _moment(session.ends_at),
        "check_in": session.check_in.isoformat() if session.check_in else None,
        "check_out": session.check_out.isoformat() if session.check_out else None,
        "home": str(room.home.public_id) if room else None,
        "room": str(room.public_id) if room else None,
        "slot": str(session.slot.public_id) if session.slot else None,
    }


def _of_slot(slot: Slot) -> dict[str, Any]:
    return {
        "id": str(slot.public_id),
        "home": str(slot.room.home.public_id),
        "room": str(slot.room.public_id),
        "starts_on": slot.starts_on.isoformat(),
        "ends_on": slot.ends_on.isoformat(),
        "min_nights": slot.min_nights,
        "max_nights": slot.max_nights,
    }


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(clock.TOKYO).isoformat()


def _waiting(now: dt.datetime) -> QuerySet[Webhook]:
    """Webhooks that may be called now and have something to be told; those that do not fail first, and of these the
    one that was called the longest time ago."""
    own = WebhookDelivery.objects.filter(webhook=OuterRef("pk"))
    called = own.filter(claimed_at__isnull=False).order_by("-claimed_at").values("claimed_at")[:1]
    waiting = (
        Webhook.objects.active()
        .annotate(called_at=Subquery(called), fails=ExpressionWrapper(Q(failures__gt=0), BooleanField()))
        .filter(Exists(own.due(now)))
        .exclude(Exists(own.in_flight(now)))
        .exclude(failures__gt=0, called_at__gt=now - PAUSE)
        .order_by("fails", F("called_at").asc(nulls_first=True), "pk")
    )
    return cast("QuerySet[Webhook]", waiting)


@writing
def _claim_due() -> WebhookDelivery | None:
    """The call to make next, which nobody else makes meanwhile; None when there is none."""
    now = clock.now()
    for pk in _waiting(now).values_list("pk", flat=True)[:CANDIDATES]:
        # Whoever holds it is about to call it, or has just done so.
        free = Webhook.objects.active().select_for_update(of=("self",), skip_locked=True, no_key=True)
        webhook = free.filter(pk=pk).first()
        if webhook is None or webhook.deliveries.in_flight(now).exists():
            continue
        for delivery in webhook.deliveries.due(now).order_by("pk")[:MOST_A_RUN]:
            if problem := _why_not(delivery, webhook):
                delivery.state, delivery.failure = DeliveryState.FAILED, problem
                delivery.save(update_fields=["state", "failure"])
                continue
            delivery.webhook = webhook
            return _claimed(delivery)
    return None


@writing
def _claim_test(*, webhook: Webhook, by: User, key: RequestKey | None = None) -> WebhookDelivery:
    [webhook] = lock(Webhook, [webhook.pk])
    if webhook.removed_at is not None:
        raise Refused([Problem("webhook.removed", "このウェブフックは、もう外されています。")])
    tests = webhook.deliveries.filter(event=WebhookEvent.TEST, created_at__gt=clock.now() - TEST_PAUSE)
    if tests.exists():
        message = f"さきほど送ったところです。{TEST_PAUSE.seconds}秒たってから、もう一度送ってください。"
        raise Refused([Problem("webhook.soon", message)])
    audit.record("webhook.test", webhook, by=by)
    event = WebhookEvent.TEST
    return _claimed(WebhookDelivery(webhook=webhook, event=event, payload=_payload(event, {})))


def _claimed(delivery: WebhookDelivery) -> WebhookDelivery:
    """Written before the call, so that a crash leaves a trace."""
    delivery.state, delivery.claimed_at = DeliveryState.SENDING, clock.now()
    delivery.tries += 1
    delivery.save()
    delivery.is_mine = True
    return delivery


def _why_not(delivery: WebhookDelivery, webhook: Webhook) -> str:
    """Why it is not to be sent any more; "" when it is."""
    if delivery.tries > len(WebhookDelivery.RETRY_AFTER):
        return DeliveryProblem.BROKEN_OFF
    if delivery.event == WebhookEvent.SESSION_CHANGED:
        session = Session.objects.select_related("person").filter(public_id=delivery.payload["session"]["id"]).first()
        if session is None or not Webhook.objects.filter(pk=webhook.pk).seeing(session).exists():
            return DeliveryProblem.HIDDEN
    return ""


def _send(delivery: WebhookDelivery) -> fetch.Sent:
    webhook, body = delivery.webhook, body_of(delivery)
    signed = signing.headers(
        secret_of(webhook), message=str(delivery.public_id), timestamp=int(clock.now().timestamp()), body=body
    )
    return fetch.post(webhook.url, body, signed | {"Content-Type": "application/json"})


@writing
def _keep(*, delivery: WebhookDelivery, sent: fetch.Sent) -> WebhookDelivery:
    """Write down what came of a call, unless it has been taken for lost and claimed again meanwhile."""
    [webhook] = lock(Webhook, [delivery.webhook_id])
    fresh = WebhookDelivery.objects.get(pk=delivery.pk)
    if (fresh.state, fresh.tries) != (DeliveryState.SENDING, delivery.tries):
        return fresh
    now = clock.now()
    fresh.status, fresh.failure = sent.status, DeliveryProblem(sent.failure.value) if sent.failure else ""
    is_test = fresh.event == WebhookEvent.TEST
    if sent.failure is None:
        fresh.state, fresh.delivered_at = DeliveryState.DELIVERED, now
    elif is_test or webhook.removed_at is not None or fresh.tries > len(WebhookDelivery.RETRY_AFTER):
        fresh.state = DeliveryState.FAILED
    else:
        fresh.state, fresh.due_at = DeliveryState.NEW, now + WebhookDelivery.RETRY_AFTER[fresh.tries - 1]
    fresh.save()
    if not is_test:
        _count(webhook, sent, now)
    return fresh


def _count(webhook: Webhook, sent: fetch.Sent, now: dt.datetime) -> None:
    """How it goes with the webhook as a whole."""
    if sent.failure is None:
        webhook.failures, webhook.failing_since, webhook.last_delivered_at = 0, None, now
    else:
        webhook.failures += 1
        webhook.failing_since = webhook.failing_since or now
    webhook.save(update_fields=["failures", "failing_since", "last_delivered_at"])
    is_too_long = webhook.failing_since is not None and now - webhook.failing_since >= LONGEST_FAILING
    is_over = webhook.failures >= MOST_FAILURES or is_too_long or sent.status == GONE
    if is_over and webhook.disabled_at is None and webhook.removed_at is None:
        _disable(webhook, now)


def _disable(webhook: Webhook, now: dt.datetime) -> None:
    """Those who may see to it are told; what is waiting waits."""
    webhook.disabled_at = now
    webhook.save(update_fields=["disabled_at"])
    audit.record("webhook.disable", webhook, by=None, failures=webhook.failures)
    managing = Membership.objects.current().filter(organization=webhook.organization_id, role__in=MANAGING_ROLES)
    notify(
        kind=NotificationKind.WEBHOOK_DISABLED,
        reason=f"{webhook.public_id}:{now.isoformat()}",
        users=User.objects.filter(pk__in=managing.values("user"), is_active=True),
        subject=webhook,
        organization=webhook.organization,
    )
