"""Notes after each page, answer of the API and file which people it showed, by the table in domain/looks.py."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from transition import seen
from transition.domain import looks
from transition.enums import ViewedBy
from transition.exports import FILE_TYPES
from transition.models import ApiToken
from transition.services import views

# What shows something: a page or an answer, also one that refuses what was typed.
SHOWING = frozenset({200, 409, 422})
# A page of one person may name one or two others; more of them are a list.
MOST_ALONE = 5


class NoteViews:
    """Before the answer leaves: what could not be noted is in the log (services/views.py), nothing else is missed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with seen.watching() as people:
            response = self.get_response(request)
        match = request.resolver_match
        what = looks.OF_ADDRESS.get(match.view_name) if match and people else None
        if what is None or response.status_code not in SHOWING:
            return response
        user: Any = request.user
        if user.is_authenticated:
            token = getattr(request, "auth", None)
            views.note(
                people=people,
                what=what,
                by=user.pk,
                organization=getattr(request, "organization", None) or None,
                door=_door(request, response),
                token=token.pk if isinstance(token, ApiToken) else None,
                as_list=looks.THINGS[what].is_list or len(people) > MOST_ALONE,
            )
        return response


def _door(request: HttpRequest, response: HttpResponseBase) -> ViewedBy:
    if response.headers.get("Content-Type", "").startswith(FILE_TYPES):
        return ViewedBy.FILE
    return ViewedBy.API if request.path.startswith("/api/") else ViewedBy.SCREEN
