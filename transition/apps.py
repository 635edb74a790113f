from django.apps import AppConfig


class TransitionConfig(AppConfig):
    name = "transition"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from transition import figures, forms, masking
        from transition.queries import health

        masking.install()
        forms.ask_plainly()
        figures.registry.register("仕事の列", health.queue)
        figures.registry.register("お知らせとAPI", health.notifications)
