from django.apps import AppConfig


class ProgramsConfig(AppConfig):
    name = "programs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from programs import receivers  # noqa: F401
        from programs.notifications import kinds, webhooks

        kinds.register()
        webhooks.register()
        # In the night, what is over goes.
        from programs.services import deliveries
        from transition.nightly import registry

        registry.run("webhook deliveries", deliveries.forget_old)
        from programs.services import lapsed_photos

        registry.run("photos without consent", lapsed_photos.run)
        from programs.queries.invariants import INVARIANTS
        from transition import nightly as night

        night.registry.hold(*INVARIANTS)
        from programs.queries import circles

        circles.register()
