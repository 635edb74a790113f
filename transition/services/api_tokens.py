"""Issues and revokes the tokens with which programs use the API."""

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress

from django.core.exceptions import ValidationError

from transition import clock
from transition.domain import tokens
from transition.enums import TokenScope
from transition.models import ApiToken, Organization, User
from transition.models.tokens import TOKEN_DAYS
from transition.services import audit
from transition.services.transactions import NOT_NOW, RequestKey, lock, writing

NOTED_EVERY = dt.timedelta(hours=1)
# What stands before the secret, so that a token found somewhere is known for what it is.
PREFIX = "taiken_"


@writing
def issue(
    *,
    organization: Organization,
    label: str,
    scopes: Iterable[str],
    by: User,
    expires_on: dt.date | None = None,
    key: RequestKey | None = None,
) -> ApiToken:
    """A token of one's own. `token.token` holds the secret this one time; it is empty when `key` was used before.

    Raises ValidationError for no or unknown scopes, an organization for which the user does not work, and a last day
    in the past or later than TOKEN_DAYS from today.
    """
    chosen = [scope for scope in TokenScope.values if scope in set(scopes)]
    today = clock.today()
    ends_on = expires_on or today + dt.timedelta(days=TOKEN_DAYS)
    problems: dict[str, str] = {}
    if not chosen or set(scopes) - set(chosen):
        problems["scopes"] = "できることを1つ以上選んでください。"
    if not today <= ends_on <= today + dt.timedelta(days=TOKEN_DAYS):
        problems["expires_on"] = f"最後の日は、今日から{TOKEN_DAYS}日後までの日にしてください。"
    if not by.memberships.current().filter(organization=organization).exists():
        problems["organization"] = "所属している組織を選んでください。"
    if problems:
        raise ValidationError(problems)
    secret, token_hash = tokens.new()
    token = ApiToken(
        user=by, organization=organization, label=label, scopes=chosen, expires_on=ends_on, token_hash=token_hash
    )
    token.full_clean()
    token.save()
    token.token = PREFIX + secret
    audit.record("api_token.issue", token, by=by, organization=organization.pk, scopes=chosen)
    return token


@writing
def revoke(*, token: ApiToken, by: User, key: RequestKey | None = None) -> ApiToken:
    """Dead at the next request. Again changes nothing."""
    (token,) = lock(ApiToken, [token.pk])
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        audit.record("api_token.revoke", token, by=by)
    return token


def revoke_all_of(user: User, organization: Organization, *, by: User | None) -> None:
    """Within the caller's transaction: of somebody who leaves. They were dead already; now they say so."""
    for token in ApiToken.objects.filter(user=user, organization=organization, revoked_at=None):
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        audit.record("api_token.revoke", token, by=by)


def find(secret: str) -> ApiToken | None:
    """The live token behind a secret, with its user and organization; None for everything else."""
    token_hash = tokens.hash_of(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else None
    if token_hash is None:
        return None
    live = ApiToken.objects.live(clock.today()).select_related("user", "organization")
    return live.filter(token_hash=token_hash).first()


def note_use(*, token: ApiToken) -> None:
    """Remember, once an hour at most, that it was used; a database too busy for it must not cost the answer."""
    now = clock.now()
    if token.last_used_at is None or now - token.last_used_at >= NOTED_EVERY:
        with suppress(*NOT_NOW):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
