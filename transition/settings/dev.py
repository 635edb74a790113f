"""A developer's machine and `make demo`: local only, plain http, demo data allowed."""

from pathlib import Path

from transition import logs

from .base import *  # noqa: F403
from .base import BASE_DIR, database, env

DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / ".data")))
DATA_DIR.mkdir(parents=True, exist_ok=True)
DEBUG = env.bool("DEBUG", default=False)
DEMO = True
DEMO_PASSWORD = "taiken-no-demo"
SECRET_KEY = env("SECRET_KEY", default="development-only-" + "x" * 40)
# Only here it may come from the other secret: production names one of its own.
AUDIT_KEY = env("AUDIT_KEY", default=f"audit-{SECRET_KEY}")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
DATABASES = {"default": database(env("DATABASE_URL", default=f"sqlite:///{DATA_DIR}/db.sqlite3"))}
# Static files come straight from the apps; nothing is collected, so there is no folder to warn about.
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None  # type: ignore[assignment]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "media"
# A passkey of this machine, whose pages come without https.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
# Mails go into files; without a folder into the terminal.
EMAIL_FILE_PATH = env("MAIL_DIR", default="")
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if EMAIL_FILE_PATH else 'console'}.EmailBackend"
# With DEBUG the developer reads Django's own lines; the demo says what production says, without a line a request.
if not DEBUG:
    LOGGING = logs.config()
