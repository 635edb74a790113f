from django.apps import AppConfig
from django.conf import settings


class Soak(AppConfig):
    name = "tests.soak"

    def ready(self) -> None:
        from tests.soak import bugs

        if settings.SOAK_BUG:
            bugs.BUGS[settings.SOAK_BUG]()
