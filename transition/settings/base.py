"""What every environment shares. Secrets and addresses come from the environment only."""

from pathlib import Path

import environ
from csp.constants import NONE, SELF

from transition.headers import CSP_REPORTS

from .accounts import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

INSTALLED_APPS = [
    "transition",
    "programs",
    "calendars",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "template_partials",
    "rules.apps.AutodiscoverRulesConfig",
    "csp",
    "django_q",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
]

MIDDLEWARE = [
    # Outermost, so that its time is what the caller waits.
    "transition.metrics.CountRequests",
    "transition.logs.LogRequests",
    # Only set headers: first, so that refusals and static files carry them as well.
    "csp.middleware.CSPMiddleware",
    "transition.headers.SafeHeaders",
    "django.middleware.security.SecurityMiddleware",
    "transition.middleware.RefuseControlCharacters",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "transition.middleware.CompressedPages",
    "transition.outage_sessions.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "transition.accounts.signed_in.Expiry",
    "transition.middleware.LoginRequired",
    "transition.middleware.CurrentOrganization",
    "transition.accounts.signed_in.SecondFactorRequired",
    "transition.viewing.NoteViews",
    "transition.stale_forms.SayWhatIsStale",
    "transition.middleware.PrivatePages",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "transition.urls"
WSGI_APPLICATION = "transition.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "transition.navigation.header",
            ],
            "builtins": [
                "django_htmx.templatetags.django_htmx",
                "transition.templatetags.words",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"


def database(url: str) -> dict:
    """Connection settings for a database address; SQLite gets what makes it good for many writers.

    SQLite: WAL, every transaction IMMEDIATE (the transaction is the lock), 20 s of patience,
    synchronous=FULL so that nothing confirmed is lost at power failure.
    """
    config = dict(env.db_url_config(url))
    # A connection costs more than a small query.
    config["CONN_MAX_AGE"] = 60
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # 32 MB of cache, so that a thousand stored events are read once.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000;"
            ),
        }
    else:
        config["CONN_HEALTH_CHECKS"] = True
        # What the address says itself, such as sslmode, stays.
        config["OPTIONS"] = config.get("OPTIONS", {}) | {
            "options": "-c lock_timeout=5s -c statement_timeout=10s -c idle_in_transaction_session_timeout=15s",
        }
    return config


AUTH_USER_MODEL = "transition.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "transition.accounts.passwords.KnownPasswordValidator"},
]
LOGIN_URL = "transition:sign-in"
LOGIN_REDIRECT_URL = "transition:start"
LOGOUT_REDIRECT_URL = "transition:sign-in"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "ja"
TIME_ZONE = "Asia/Tokyo"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Photos: private files, only this process's user reads them; no address leads to them but the view that asks first.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
FILE_UPLOAD_HANDLERS = [
    "transition.uploads.StopAtLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 20

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
        # Older browsers know the address, newer ones the name (transition/headers.py).
        "report-uri": [CSP_REPORTS],
        "report-to": ["csp"],
    },
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Scripts send the token of the page; none reads the cookie.
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
# What a page says after an act names people: it stays in the database and never lies readable in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

Q_CLUSTER = {
    # retry > (timeout + 3) × (1 + ceil((queue_limit + bulk) / workers)) + 10
    "name": "taiken",
    "orm": "default",
    "workers": 2,
    "queue_limit": 2,
    "bulk": 1,
    "timeout": 60,
    "retry": 300,
    "max_attempts": 5,
    "ack_failures": False,
    "catch_up": False,
    "poll": 1,
    "recycle": 500,
    "save_limit": 250,
    # The canary sings every few seconds; only what is wrong is worth a line.
    "log_level": "WARNING",
    "label": "仕事の列",
}
# Tasks in Redis instead of the database: less work for it, but no receipts (docs/operations.md).
if redis_url := env("Q_REDIS_URL", default=""):
    Q_CLUSTER["redis"] = redis_url
    del Q_CLUSTER["orm"]
# Mail: from whom, and how long a mail server may take for one answer.
DEFAULT_FROM_EMAIL = env("MAIL_FROM", default="taiken@localhost")
EMAIL_TIMEOUT = 10

# The part of a calendar UID behind the @; never change it once calendars are subscribed.
CALENDAR_UID_HOST = env("CALENDAR_UID_HOST", default="taiken.invalid")
# Where this application is reached, such as https://taiken.example.jp, without a slash at its end: events of staff
# calendars lead there. Empty: they lead nowhere.
SITE_ADDRESS = env("SITE_ADDRESS", default="")
# The weekday on which weeks of the calendars begin, by its English name: SUNDAY or MONDAY.
CALENDAR_WEEK_STARTS = env("CALENDAR_WEEK_STARTS", default="SUNDAY")
# Residents of a facility are asked at least this often where and how they want to live (意向確認).
INTENTION_MONTHS = env.int("INTENTION_MONTHS", default=6)
# Records of a person are kept so many years after the support has ended: what the law wants, or more. Municipalities
# whose own rules want more have theirs, by municipality number: RETENTION_YEARS_OF=271004=10,431001=7
RETENTION_YEARS = env.int("RETENTION_YEARS", default=5)
RETENTION_YEARS_OF: dict[str, int] = env.dict("RETENTION_YEARS_OF", cast={"value": int}, default={})
# What the application itself may read from the network is public and on port 443 (transition/fetch.py). Tests name
# their own server here, (address, port), and who signed its certificate; neither is ever read from the environment.
FETCH_EXCEPTIONS: frozenset[tuple[str, int]] = frozenset()
FETCH_CA_FILE = ""
# Which release this is; what deploys it says so, such as a tag or a commit.
VERSION = env("VERSION", default="dev")
# Whoever sends this as a bearer token reads /metrics; empty: nobody does.
METRICS_TOKEN = env("METRICS_TOKEN", default="")
# Encrypts backups: age1… only writes them, AGE-SECRET-KEY-1… reads them too; empty: none can be made.
BACKUP_KEY = env("BACKUP_KEY", default="")
# A copy of the web server's certificate (PEM), public as it is: the operations page counts its days. Empty: unknown.
CERTIFICATE_FILE = env("CERTIFICATE_FILE", default="")
# The API. Whoever has more to ask waits for the next minute.
API_REQUESTS_A_MINUTE = env.int("API_REQUESTS_A_MINUTE", default=300)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "transition.api.authentication.TokenAuthentication",
        "transition.api.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["transition.api.permissions.IsSignedIn", "transition.api.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["transition.api.throttling.PerCaller"],
    "DEFAULT_PARSER_CLASSES": ["transition.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "transition.api.pagination.ByCursor",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "transition.api.schema.Schema",
    "EXCEPTION_HANDLER": "programs.api.errors.handle",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "たいけんスケジューラー API",
    "DESCRIPTION": "画面でできることは、すべてここからもできます。使い方は docs/api/ にあります。",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "transition.api.schema.nothing_required_where_fields_may_be_left_out",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "DISABLE_DOCSTRING_DESCRIPTIONS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": True,
    "WEBHOOKS": [
        "programs.api.webhooks.session_changed",
        "programs.api.webhooks.slot_published",
        "programs.api.webhooks.test",
    ],
    # Fields of the same name whose choices differ.
    "ENUM_NAME_OVERRIDES": {
        "ConsentMeansEnum": "transition.enums.ConsentMeans",
        "DeliveryEnum": "transition.enums.Delivery",
        "DeliveryStateEnum": "programs.enums.DeliveryState",
        "WebhookEventEnum": "programs.enums.WebhookEvent",
        "ConsentKindEnum": "transition.enums.ConsentKind",
        "GoalStateEnum": "transition.enums.GoalState",
        "HomePhotoKindEnum": "programs.enums.HomePhotoKind",
        "IntentionAnswerEnum": "transition.enums.IntentionAnswer",
        "NotificationKindEnum": "transition.enums.NotificationKind",
        "OrganizationKindEnum": "transition.enums.OrganizationKind",
        "ProgramKindEnum": "programs.enums.ProgramKind",
        "ClosedForEnum": "programs.api.rooms.CLOSING",
        "GrantServiceEnum": "transition.enums.GrantService",
        "NightUseEnum": "programs.enums.NightUse",
        "ResidenceEnum": "transition.enums.Residence",
        "RoomUseEnum": "programs.enums.RoomUse",
        "SexEnum": "transition.enums.Sex",
        "SexPolicyEnum": "programs.enums.SexPolicy",
        "SupportLevelEnum": "transition.enums.SupportLevel",
        "ResidentStateEnum": "programs.queries.intentions.STATES",
        "SessionActionEnum": "programs.enums.SessionAction",
        "SessionKindEnum": "programs.enums.SessionKind",
        "SessionStateEnum": "programs.enums.SessionState",
    },
}
SITE_NAME = "たいけんスケジューラー"
DEMO = False
