from django.apps import AppConfig


class TransitionConfig(AppConfig):
    name = "transition"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from transition import forms, masking

        masking.install()
        forms.ask_plainly()
