"""ウェブフック: which addresses of other systems an organization wants to be called, and for what.

What is called, when, and what comes of it: programs/services/deliveries.py.
"""

from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError

from programs.domain import signing
from programs.domain.problems import Problem, Refused
from programs.enums import CHOSEN_EVENTS, DeliveryProblem, DeliveryState
from programs.models import Webhook
from transition import clock, fetch
from transition.models import Organization, User
from transition.services import audit
from transition.services.transactions import RequestKey, lock, writing

MOST = 10
# What stays where the address was.
NOWHERE = "https://removed.invalid/"


@writing
def add(
    *,
    organization: Organization,
    label: str,
    url: str,
    events: Iterable[str],
    by: User,
    key: RequestKey | None = None,
) -> Webhook:
    """`webhook.secret` holds the secret this one time; it is empty when `key` was used before.

    Raises Refused for an address that may never be called or is there already, and for one webhook too many;
    ValidationError for no or unknown events.
    """
    lock(Organization, [organization.pk])
    present = list(Webhook.objects.filter(organization=organization, removed_at=None))
    problems = _problems_of(url, present)
    if len(present) >= MOST:
        message = f"登録できるのは{MOST}個までです。使っていないものを外してください。"
        problems.append(Problem("webhook.many", message))
    if problems:
        raise Refused(problems)
    webhook = Webhook(organization=organization, label=label, url=url, events=_chosen(events), created_by=by)
    webhook.full_clean(validate_constraints=False)
    webhook.save()
    audit.record("webhook.add", webhook, by=by, organization=organization.pk, events=webhook.events)
    return _with_secret(webhook)


@writing
def change(
    *,
    webhook: Webhook,
    by: User,
    label: str | None = None,
    url: str | None = None,
    events: Iterable[str] | None = None,
    key: RequestKey | None = None,
) -> Webhook:
    """What is None stays as it is. Raises like `add`."""
    webhook = _locked(webhook)
    if url is not None and url != webhook.url:
        others = Webhook.objects.filter(organization=webhook.organization_id, removed_at=None)
        if problems := _problems_of(url, others.exclude(pk=webhook.pk)):
            raise Refused(problems)
        webhook.url = url
    if label is not None:
        webhook.label = label
    if events is not None:
        webhook.events = _chosen(events)
    webhook.full_clean(validate_constraints=False)
    webhook.save()
    audit.record("webhook.change", webhook, by=by, events=webhook.events)
    return webhook


@writing
def renew_secret(*, webhook: Webhook, by: User, key: RequestKey | None = None) -> Webhook:
    """From now on calls are signed with another secret, which `webhook.secret` holds this one time."""
    webhook = _locked(webhook)
    webhook.secret_version += 1
    webhook.save(update_fields=["secret_version"])
    audit.record("webhook.renew_secret", webhook, by=by)
    return _with_secret(webhook)


@writing
def enable(*, webhook: Webhook, by: User, key: RequestKey | None = None) -> Webhook:
    """Call it again, beginning with what has waited. Of one that is not disabled nothing changes."""
    webhook = _locked(webhook)
    if webhook.disabled_at is not None:
        webhook.disabled_at = webhook.failing_since = None
        webhook.failures = 0
        webhook.save(update_fields=["disabled_at", "failing_since", "failures"])
        now = clock.now()
        webhook.deliveries.filter(state=DeliveryState.NEW, due_at__gt=now).update(due_at=now)
        audit.record("webhook.enable", webhook, by=by)
    return webhook


@writing
def remove(*, webhook: Webhook, by: User, key: RequestKey | None = None) -> Webhook:
    """Never called again; its address, which may be a secret, is forgotten."""
    [webhook] = lock(Webhook, [webhook.pk])
    if webhook.removed_at is None:
        webhook.removed_at, webhook.url = clock.now(), NOWHERE
        webhook.save(update_fields=["removed_at", "url"])
        waiting = webhook.deliveries.filter(state=DeliveryState.NEW)
        waiting.update(state=DeliveryState.FAILED, failure=DeliveryProblem.REMOVED)
        audit.record("webhook.remove", webhook, by=by)
    return webhook


def secret_of(webhook: Webhook) -> str:
    return signing.secret(settings.SECRET_KEY, str(webhook.public_id), webhook.secret_version)


def _with_secret(webhook: Webhook) -> Webhook:
    webhook.secret = secret_of(webhook)
    return webhook


def _locked(webhook: Webhook) -> Webhook:
    [webhook] = lock(Webhook, [webhook.pk])
    if webhook.removed_at is not None:
        raise Refused([Problem("webhook.removed", "このウェブフックは、もう外されています。")])
    return webhook


def _problems_of(url: str, others: Iterable[Webhook]) -> list[Problem]:
    if not fetch.is_address(url):
        message = "このアドレスは使えません。https:// で始まる、だれでも開けるアドレスを入れてください。"
        return [Problem("webhook.address", message, field="url")]
    if any(other.url == url for other in others):
        return [Problem("webhook.twice", "このアドレスは、もう登録されています。", field="url")]
    return []


def _chosen(events: Iterable[str]) -> list[str]:
    wanted = set(events)
    chosen = [str(event) for event in CHOSEN_EVENTS if event in wanted]
    if not chosen or wanted - set(chosen):
        raise ValidationError({"events": "知らせることを1つ以上選んでください。"})
    return chosen
