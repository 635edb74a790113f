"""Production: https only, PostgreSQL, every secret from the environment or no start at all."""

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403
from .base import database, env

NEEDED = ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "CALENDAR_UID_HOST", "MEDIA_ROOT", "EMAIL_URL")
if missing := [name for name in NEEDED if not env(name, default="")]:
    raise ImproperlyConfigured(f"環境変数がありません: {'、'.join(missing)}")

DEBUG = False
SECRET_KEY = env("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATABASES = {"default": database(env("DATABASE_URL"))}
CALENDAR_UID_HOST = env("CALENDAR_UID_HOST")
# Outside of anything that a web server serves.
MEDIA_ROOT = env("MEDIA_ROOT")

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
EMAIL_CONFIG = env.email("EMAIL_URL")
globals().update(EMAIL_CONFIG)
