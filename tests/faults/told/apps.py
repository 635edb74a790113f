from collections.abc import Sequence

from django.apps import AppConfig


class ToldConfig(AppConfig):
    name = "tests.faults.told"

    def ready(self) -> None:
        from transition.domain.quiet import Waits
        from transition.enums import NotificationKind
        from transition.notifications import Notice, Semantics, registry

        registry.planners.clear()
        registry.notices.clear()
        registry.register(
            Notice(NotificationKind.STAY_TOMORROW, tell, semantics=Semantics.ONCE, waits=Waits.NEVER),
            Notice(NotificationKind.RECORD_MISSING, tell, semantics=Semantics.AT_LEAST_ONCE, waits=Waits.NEVER),
        )


def tell(rows: Sequence):
    from transition.notifications import Told

    return {row.pk: Told("あしたはお泊まりです", "あしたはお泊まりの日です。", "/", "見る") for row in rows}
