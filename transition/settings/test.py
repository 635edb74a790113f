"""The test suite: nearly development, with fast passwords."""

from .dev import *  # noqa: F403
from .dev import BASE_DIR, database, env

DEBUG = False
DATABASES = {
    "default": database(env("DATABASE_URL", default=f"sqlite:///{BASE_DIR}/.data/tests.sqlite3"))
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
