from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "calendars"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from calendars import checks, notifications, receivers  # noqa: F401

        notifications.register()
        from calendars.queries import figures as own
        from transition import figures

        figures.registry.register("予定表の配信", own.feeds)
        from calendars.queries.invariants import INVARIANTS
        from transition.nightly import registry as nightly

        nightly.hold(*INVARIANTS)
