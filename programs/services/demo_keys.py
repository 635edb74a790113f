"""How the demo's steps stay the same on every day, so that seeding again answers with what is there."""

from collections.abc import Callable

from transition.models import IdempotencyKey, User
from transition.services.transactions import RequestKey

Step = Callable[[], object]


def demo_key(by: User, *name: object) -> RequestKey:
    return RequestKey(by.pk, ":".join(["demo", *map(str, name)]), "demo")


def done_before(key: RequestKey) -> bool:
    """The step was taken in an earlier seeding."""
    return IdempotencyKey.objects.filter(user=key.user_id, key=key.key).exists()
