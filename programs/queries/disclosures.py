"""開示等の請求 as lists: of one person, and of a whole municipality."""

from django.db.models import Case, QuerySet, Value, When

from programs.rules import MANAGING_ROLES
from transition.enums import COORDINATING_KINDS, DisclosureAnswer
from transition.models import Disclosure, Membership, Person, User


def of_person(person: Person) -> QuerySet[Disclosure]:
    return Disclosure.objects.filter(person=person).select_related("by", "answered_by")


def kept_by(user: User) -> QuerySet[Disclosure]:
    """Of all people of the municipalities for which the user decides; those that wait come first."""
    places = coordinated_by(user).values_list("organization", "organization__municipality")
    cities = {pk for row in places for pk in row if pk}
    found = Disclosure.objects.visible_to(user).filter(person__municipality__in=cities)
    waits = Case(When(answer=DisclosureAnswer.WAITING, then=Value(0)), default=Value(1))
    return found.select_related("person", "by", "answered_by").order_by(waits, "-asked_on", "-pk")


def coordinated_by(user: User) -> QuerySet[Membership]:
    return Membership.objects.current().filter(
        user=user, role__in=MANAGING_ROLES, organization__kind__in=COORDINATING_KINDS
    )
