"""A development machine whose mails go to the sink of the fault runs.

What differs from real life is only time: a task that was lost comes back after 75 seconds instead of 300, which the
formula of transition/checks.py allows for tasks of 12 seconds.
"""

from transition.settings.dev import *  # noqa: F403
from transition.settings.dev import INSTALLED_APPS, Q_CLUSTER, env

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.told"]
Q_CLUSTER = {**Q_CLUSTER, "timeout": 12, "retry": 75, "max_attempts": 5}
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = env.int("FAULT_MAIL_PORT")
SITE_ADDRESS = "http://taiken.invalid"
