"""Keeps the secret part of feed addresses out of the logs: whoever reads it there reads the calendar."""

import logging
import re

# Loggers that write addresses; a logger's filter sees only what is logged through that very logger.
LOGGERS = ("django.request", "django.server", "gunicorn.access", "gunicorn.error")
MASK = "/ical/***"
# Also where the path is written in another way, as with %69cal.
_SECRET = re.compile(r"/ical/[^/\s\"'?#]+|/[^/\s\"'?#]+(?=/yotei\.ics)", re.IGNORECASE)


def masked(text: str) -> str:
    return _SECRET.sub(MASK, text)


class MaskFeedTokens(logging.Filter):
    """Rewrites the finished message; drops nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if _SECRET.search(message):
            record.msg, record.args = masked(message), ()
        return True


def install() -> None:
    """Add the filter to every logger that writes addresses, once."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(existing, MaskFeedTokens) for existing in logger.filters):
            logger.addFilter(MaskFeedTokens())
