"""All that the application keeps, as something to compare: did anything happen?"""

from collections import Counter

from django.apps import apps

OURS = ("transition", "programs", "calendars")
# Kept of the sending itself, or of the look that came with it.
ASIDE = {"IdempotencyKey", "RateCount", "ViewLog", "UserSession", "Pulse"}


def everything() -> dict[str, Counter]:
    """Each table's rows, whatever their order."""
    found = {}
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            if model.__name__ not in ASIDE and model._meta.managed:
                rows = model._default_manager.order_by().values_list(*columns(model))
                found[model.__name__] = Counter(map(repr, rows))
    return found


def columns(model) -> list[str]:
    # When a token or an address was last used is no effect of what was sent.
    aside = {"last_used_at", "last_login", "last_seen_at"}
    return [field.attname for field in model._meta.concrete_fields if field.name not in aside]


def changed(before: dict[str, Counter], after: dict[str, Counter]) -> set[str]:
    """The tables that are not as they were."""
    return {name for name in after if before[name] != after[name]}
