"""As production stands behind nginx, on the database of the tests: https by the proxy's header, a line a request."""

from transition import logs
from transition.settings.dev import *  # noqa: F403

ALLOWED_HOSTS = ["taiken.example.jp", "127.0.0.1"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
LOGGING = logs.config(requests=True)
