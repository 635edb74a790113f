"""Production: https only, PostgreSQL, every secret from the environment or no start at all."""

from django.core.exceptions import ImproperlyConfigured

from transition import logs

from . import refusals
from .base import *  # noqa: F403
from .base import database, env

if missing := refusals.missing(env.ENVIRON):
    raise ImproperlyConfigured(f"環境変数がありません: {'、'.join(missing)}")
if problems := list(refusals.problems(env.ENVIRON)):
    raise ImproperlyConfigured("".join(problems))

DEBUG = False
SECRET_KEY = env("SECRET_KEY")
# Seals the audit trail (transition/services/seals.py); never in the database, never in a backup of it.
AUDIT_KEY = env("AUDIT_KEY")
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
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# __Host-: only over https, only this host, only the whole of it; no neighbor can set or read it.
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
EMAIL_CONFIG = env.email("EMAIL_URL")
globals().update(EMAIL_CONFIG)
SERVER_EMAIL = env("MAIL_FROM")
# A fault is never mailed: its report would hold what people typed. It stands in the log without it.
ADMINS: list[tuple[str, str]] = []
MANAGERS: list[tuple[str, str]] = []
LOGGING = logs.config(requests=True)
