from django.apps import AppConfig


class TransitionConfig(AppConfig):
    name = "transition"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from transition import checks, figures, forms, masking, notifications, receivers  # noqa: F401
        from transition.nightly import registry as nightly
        from transition.queries import health
        from transition.services import consistency, retention

        masking.install()
        forms.ask_plainly()
        nightly.run("retention", retention.purge)
        nightly.run("consistency", consistency.check)
        notifications.registry.register(consistency.NOTICE)
        figures.registry.register("仕事の列", health.queue)
        figures.registry.register("お知らせとAPI", health.notifications)
