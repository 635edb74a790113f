"""The coming two weeks as cards to cut out: for the person, and for those who support them and have a printer."""

from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from programs.queries import easy as queries
from programs.queries import easy_answers as answers
from programs.views.easy.access import easy_view
from programs.views.photos import picture as picture_response
from transition.htmx import render_page
from transition.models import Person, User


@require_safe
@easy_view
def own_cards(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.person)  # type: ignore[attr-defined]
    context = {"moments": queries.cards(person), "of": None, "way": ""}
    return render_page(request, "easy/cards.html", context)


@require_safe
def person_cards(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _supported(request, public_id)
    return render_page(request, "easy/cards.html", {"moments": queries.cards(person), "of": person, "way": ""})


@require_safe
def person_picture(request: HttpRequest, public_id: UUID, kind: str, picture_id: UUID, size: str) -> HttpResponse:
    """A picture on the cards, for those who print them."""
    name = answers.picture_file(_supported(request, public_id), kind, picture_id, size)
    if name is None:
        raise Http404
    return picture_response(name)


def _supported(request: HttpRequest, public_id: UUID) -> Person:
    return get_object_or_404(Person.objects.visible_to(cast(User, request.user)), public_id=public_id)
