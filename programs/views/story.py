"""あゆみ: the story of one person."""

from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from programs.queries import story as queries
from transition.htmx import render_page
from transition.models import Person, User


@require_safe
def story(request: HttpRequest, public_id: UUID) -> HttpResponse:
    people = Person.objects.visible_to(cast(User, request.user))
    person = get_object_or_404(people, public_id=public_id)
    context = {"person": person, "tab": "story", "story": queries.story(person, request.GET.get("page", 1))}
    return render_page(request, "programs/story.html", context)
