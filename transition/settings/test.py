"""The test suite: nearly development, with fast passwords."""

from .dev import *  # noqa: F403
from .dev import BASE_DIR, database, env

DEBUG = False
DATABASES = {"default": database(env("DATABASE_URL", default=f"sqlite:///{BASE_DIR}/.data/tests.sqlite3"))}
if not DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A world that many tests share stands in one open transaction, also while a slow machine does something else.
    options = DATABASES["default"]["OPTIONS"]["options"]
    DATABASES["default"]["OPTIONS"]["options"] = f"{options} -c idle_in_transaction_session_timeout=300s"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Django's own loggers, so that pytest hears them; what production writes: tests/test_logs.py
globals().pop("LOGGING", None)
