"""Keeps the secret part of addresses out of the logs: whoever reads it there reads the calendar, or is the person."""

import logging
import re

# Loggers that write addresses; a logger's filter sees only what is logged through that very logger.
LOGGERS = ("django.request", "django.server", "django.security.csrf", "gunicorn.access", "gunicorn.error")
# A secret address and what stands for it, also where the path is written in another way, as with %69cal:
# then what follows the secret, or its length, tells.
_SECRETS = (
    (re.compile(r"/ical/[^/\s\"'?#]+|/[^/\s\"'?#]+(?=/yotei\.ics)", re.IGNORECASE), "/ical/***"),
    (re.compile(r"/me/enter/[^/\s\"'?#]+", re.IGNORECASE), "/me/enter/***"),
    (re.compile(r"/account/forgotten/[^/\s\"'?#]+/[^/\s\"'?#]+", re.IGNORECASE), "/account/forgotten/***"),
    (re.compile(r"/[A-Za-z0-9_-]{43}(?![A-Za-z0-9_.-])"), "/***"),
)


def masked(text: str) -> str:
    for secret, mask in _SECRETS:
        text = secret.sub(mask, text)
    return text


class MaskTokens(logging.Filter):
    """Rewrites the finished message; drops nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if (safe := masked(message)) != message:
            record.msg, record.args = safe, ()
        return True


def install() -> None:
    """Add the filter to every logger that writes addresses, once."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(existing, MaskTokens) for existing in logger.filters):
            logger.addFilter(MaskTokens())
