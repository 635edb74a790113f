"""What the logs say: one line of JSON each, about routes, classes and numbers, never about people.

Texts that came from somewhere (arguments of a message, the text of an error, an address) may name somebody and are left
out; what happened is told by the message's own template, the class of the error and where in the code it was.
"""

import json
import logging
import re
import secrets
import time
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from transition.masking import masked

REQUESTS = "transition.requests"
# Loggers whose messages were read: processes, figures and classes only (tests/test_lint.py reads ours again).
_OWN = ("transition", "programs", "calendars")
_READ = ("django-q", "gunicorn")
# Of those, what is put together from results, errors and addresses.
_TELLS_TOO_MUCH = ("Failed '", "return hook", "Invalid request")
_LONGEST = 300
_FRAMES = 15
_HIDDEN = "…"
# What nginx calls $request_id; anything else that comes with a request is not taken over.
_GIVEN = re.compile(r"[0-9a-f]{32}")
_request_id: ContextVar[str] = ContextVar("_request_id", default="")

GetResponse = Callable[[Any], Any]


def config(*, level: str = "WARNING", requests: bool = False) -> dict[str, Any]:
    """Settings for logging: everything to stdout through the one formatter. `requests`: a line for each of them.

    Django's own handlers go: the one for administrators mails the local variables of a fault.
    """
    through = {"handlers": [], "level": "NOTSET", "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "transition.logs.JSONLines"}},
        "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            "django": through,
            # Refusals have a line of their own with the route; only faults say more.
            "django.request": through | {"level": "ERROR"},
            "django.server": through | {"level": "ERROR"},
            "django-q": through,
            REQUESTS: through | {"level": "INFO" if requests else "WARNING"},
        },
    }


class JSONLines(logging.Formatter):
    """One line of JSON for each record."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if request_id := _request_id.get():
            line["request"] = request_id
        line |= getattr(record, "about", {})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = list(_errors(record.exc_info[1]))
        if record.levelno >= logging.WARNING:
            line["at"] = f"{record.module}:{record.lineno}"
        return json.dumps(line, ensure_ascii=False)


class LogRequests:
    """Names every request, and says how it ended: who (ids), the route's name, status, time. Never the path."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.logger = logging.getLogger(REQUESTS)

    def __call__(self, request: Any) -> Any:
        given = request.headers.get("X-Request-Id", "")
        name = given if _GIVEN.fullmatch(given) else secrets.token_hex(16)
        token, began = _request_id.set(name), time.perf_counter()
        try:
            response = self.get_response(request)
            if self.logger.isEnabledFor(logging.INFO):
                took = round((time.perf_counter() - began) * 1000, 1)
                self.logger.info("request", extra={"about": _about(request, response.status_code, took)})
        finally:
            _request_id.reset(token)
        return response


def _about(request: Any, status: int, took: float) -> dict[str, Any]:
    match = request.resolver_match
    about = {
        "route": (match.view_name if match else "") or "none",
        "method": request.method if request.method in _METHODS else "other",
        "status": status,
        "ms": took,
    }
    # Only whom somebody has asked for already: asking would open the session of an answer that has none.
    if user := getattr(_found(request.__dict__.get("user")), "pk", None):
        about["user"] = user
    if organization := getattr(_found(request.__dict__.get("organization")), "pk", None):
        about["organization"] = organization
    return about


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _found(lazy: Any) -> Any:
    """What a lazy object holds; None while nobody has looked."""
    if lazy is None or "_wrapped" not in getattr(lazy, "__dict__", {}):
        return lazy
    held = lazy.__dict__["_wrapped"]
    return None if type(held) is object else held


def _message(record: logging.LogRecord) -> str:
    source = record.name.partition(".")[0]
    text = record.msg
    if not isinstance(text, str) or text.startswith(_TELLS_TOO_MUCH):
        return _HIDDEN
    if source in _OWN:
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):
            text = record.msg
    elif source not in _READ and not record.args:
        # Finished by somebody else: nobody knows out of what.
        return _HIDDEN
    # An address in a message of ours is a mistake; its secret stays out even so.
    return masked(text.partition("\n")[0][:_LONGEST])


def _errors(error: BaseException) -> Iterator[dict[str, Any]]:
    """The classes of an error and of what led to it, and where in the code; never what they say."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)[-_FRAMES:]
        where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
        yield {"class": type(current).__name__, "where": where}
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
