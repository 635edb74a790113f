"""Sessions while nothing can be written: a page that only reads is shown all the same."""

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from transition import outages

READING = ("GET", "HEAD")


class Sessions(SessionMiddleware):
    """Django takes any error of the database at the end of a request for a session that was deleted meanwhile, and
    answers 400. When the disk is full or only reads, what the session wanted to note (such as when it was last used)
    is given up for whoever reads; to whoever writes it is said."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except (SessionInterrupted, DatabaseError) as error:
            behind = _behind(error)
            if outages.of(behind) is None:
                raise
            if request.method in READING:
                return response
            raise behind from error


def _behind(error: Exception) -> Exception:
    """What the database said, under what Django made of it."""
    current: BaseException | None = error
    while isinstance(current, SessionInterrupted | UpdateError):
        current = current.__context__
    return current if isinstance(current, DatabaseError) else error
