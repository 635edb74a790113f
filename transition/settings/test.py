"""The test suite: nearly development, with fast passwords."""

import os

from .dev import *  # noqa: F403
from .dev import BASE_DIR, database, env

DEBUG = False
DATABASES = {"default": database(env("DATABASE_URL", default=f"sqlite:///{BASE_DIR}/.data/tests.sqlite3"))}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in real life: an in-memory database locks in another way. One for each run of the suite.
    DATABASES["default"]["TEST"] = {"NAME": str(BASE_DIR / ".data" / f"tests-{os.getpid()}.sqlite3")}
else:
    # A world that many tests share stands in one open transaction, also while a slow machine does something else.
    options = DATABASES["default"]["OPTIONS"]["options"]
    DATABASES["default"]["OPTIONS"]["options"] = f"{options} -c idle_in_transaction_session_timeout=300s"
MEDIA_ROOT = BASE_DIR / ".data" / "tests-media"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Django's own loggers, so that pytest hears them; what production writes: tests/test_logs.py
globals().pop("LOGGING", None)
