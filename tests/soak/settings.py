"""As a developer's machine, but for three things: programs may ask as often as they can, mails go nowhere, and a bug
may be put in. Only this module reads SOAK_BUG."""

from transition.settings.dev import *  # noqa: F403
from transition.settings.dev import INSTALLED_APPS, env

API_REQUESTS_A_MINUTE = 10**9
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
SITE_ADDRESS = "http://taiken.invalid"
INSTALLED_APPS = [*INSTALLED_APPS, "tests.soak.apps.Soak"]
SOAK_BUG = env("SOAK_BUG", default="")
