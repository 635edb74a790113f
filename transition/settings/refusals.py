"""Why production does not start: what is missing in the environment, and what must not be there."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from transition.enums import OrganizationKind

NEEDED = (
    "SECRET_KEY",
    "AUDIT_KEY",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "CALENDAR_UID_HOST",
    "MEDIA_ROOT",
    "EMAIL_URL",
    "MAIL_FROM",
    "SITE_ADDRESS",
)
# Each is a secret of its own: whoever learns one learns nothing about another.
SECRETS = ("SECRET_KEY", "AUDIT_KEY", "BACKUP_KEY", "METRICS_TOKEN")
SHORTEST = {"SECRET_KEY": 50, "AUDIT_KEY": 32, "BACKUP_KEY": 32, "METRICS_TOKEN": 20}
FEWEST_SIGNS = 10
# What examples, documentation and generators of projects put there.
DEFAULTS = ("development", "django-insecure", "change", "secret", "example", "password", "xxxx", "dev-", "test")
_OFF = {"", "0", "false", "no", "off", "f", "n"}


def missing(env: Mapping[str, str]) -> list[str]:
    return [name for name in NEEDED if not env.get(name, "").strip()]


def problems(env: Mapping[str, str]) -> Iterator[str]:
    """Everything at once, in sentences; no value is ever shown."""
    for name in SECRETS:
        if secret := env.get(name, ""):
            yield from _of_secret(name, secret)
    given = [(name, env[name]) for name in SECRETS if env.get(name)]
    given += [(name, word) for name in ("DATABASE_URL", "EMAIL_URL") if (word := _password(env.get(name, "")))]
    for index, (name, secret) in enumerate(given):
        for other, same in given[index + 1 :]:
            if secret == same:
                yield f"{name} と {other} が同じです。別のものにしてください。"
    if env.get("DEBUG", "").strip().lower() not in _OFF:
        yield "DEBUG は本番では使えません。"
    hosts = [host.strip() for host in env.get("ALLOWED_HOSTS", "").split(",") if host.strip()]
    if any("*" in host or host.startswith(".") for host in hosts):
        yield "ALLOWED_HOSTS には、ホスト名をそのまま並べてください（* と先頭の . は使えません）。"
    yield from _of_address(env.get("SITE_ADDRESS", ""), hosts)
    # Misspelled, it would ask nobody for a second factor and say nothing.
    if not kinds(env.get("SECOND_FACTOR_KINDS", "")) <= set(OrganizationKind.values):
        yield f"SECOND_FACTOR_KINDS に書けるのは、{'、'.join(OrganizationKind.values)} です（コンマで区切ります）。"
    if (sender := env.get("MAIL_FROM", "")) and ("@" not in sender or sender.rstrip("> ").endswith("@localhost")):
        yield "MAIL_FROM は、返事の届くメールアドレスにしてください。"


def kinds(written: str) -> set[str]:
    return {kind.strip() for kind in written.split(",") if kind.strip()}


def _of_secret(name: str, secret: str) -> Iterator[str]:
    if len(secret) < SHORTEST[name]:
        yield f"{name} が短すぎます（{SHORTEST[name]}文字以上）。"
    if len(set(secret)) < FEWEST_SIGNS or secret.lower().startswith(DEFAULTS):
        yield f"{name} が推測できる値です。新しく作ってください。"


def _of_address(address: str, hosts: list[str]) -> Iterator[str]:
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        yield "SITE_ADDRESS は https:// で始めてください。"
    elif parts.path or parts.query or parts.fragment or parts.username:
        yield "SITE_ADDRESS は https://ホスト名 だけにしてください（最後の / もつけません）。"
    elif parts.hostname not in hosts:
        yield "SITE_ADDRESS のホストが ALLOWED_HOSTS にありません。"


def _password(url: str) -> str:
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""
