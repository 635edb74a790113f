"""What hangs on one person: below /people/{person}/. Whoever may not find the person finds nothing of it."""

from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from transition.api.viewsets import Resource
from transition.models import Person


class OfPerson(Resource):
    area = "PEOPLE"

    @cached_property
    def person(self) -> Person:
        """Raises Http404 for a stranger."""
        people = Person.objects.visible_to(self.user).select_related("municipality")
        return get_object_or_404(people, public_id=self.kwargs["person"])
