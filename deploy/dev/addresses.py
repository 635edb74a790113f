"""Every page there is, with arguments that lead somewhere: what bench/pages.py measures and screens.py looks at.

The pages are the named addresses themselves, so a new one is there without a line here. Its first argument is found by
the first word of the path (`people/<uuid>/…` is a person), the others by their names. Django must be set up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

SESSIONS_TRIED = ("REQUESTED", "CONFIRMED", "IN_PROGRESS", "COMPLETED")


@dataclass
class Subjects:
    """What one user may look at: by the first word of a path the ids to try, the busiest first."""

    ids: dict[str, list[Any]]
    # By the name of a further argument, and the id of the first.
    more: dict[str, Any] = field(default_factory=dict)


def subjects_of(user) -> Subjects:
    from django.db.models import Count

    from programs.models import Enrollment, Home, Room, Session, Slot
    from transition import clock
    from transition.models import Consent, Goal, Person, WishItem

    def ids(rows, most: int = 1) -> list[Any]:
        return [row.public_id for row in rows[:most]]

    today = clock.today()
    people = Person.objects.visible_to(user).annotate(busy=Count("sessions")).order_by("-busy", "pk")
    sessions = Session.objects.visible_to(user)
    tried = []
    for kind in ("OUTING", "STAY"):
        for state in SESSIONS_TRIED:
            tried += ids(sessions.filter(kind=kind, state=state).order_by("-starts_at"))
    enrollments = Enrollment.objects.visible_to(user)
    enrollments = enrollments.filter(starts_on__lte=today).annotate(busy=Count("sessions"))
    rooms = Room.objects.run_by(user).annotate(busy=Count("occupied_nights")).order_by("-busy", "pk")
    slots = Slot.objects.filter(room__in=rooms, ends_on__gt=today).annotate(busy=Count("sessions")).order_by("-busy")
    homes = Home.objects.run_by(user).annotate(busy=Count("rooms__sessions")).order_by("-busy", "pk")
    found = Subjects(
        {
            "people": ids(people),
            "sessions": tried,
            "enrollments": ids(enrollments.order_by("-ends_on", "-busy")) + ids(enrollments.order_by("-busy")),
            "rooms": ids(rooms),
            "slots": ids(slots),
            "homes": ids(homes) or ids(Home.objects.order_by("pk")),
            "goals": ids(Goal.objects.filter(person__in=people)),
        }
    )
    free = Slot.objects.open().filter(room__use="TRIAL", starts_on__gt=today).order_by("pk").first()
    consent = Consent.objects.filter(person__public_id__in=found.ids["people"]).first()
    contact = people.first() and people.first().contacts.first()
    found.more = {
        "slot_id": free and free.public_id,
        "item_id": WishItem.objects.order_by("pk").values_list("public_id", flat=True).first(),
        "consent_id": consent and consent.public_id,
        "contact_id": contact and contact.public_id,
        "month": f"{today:%Y-%m}",
        "version": 1,
        "kind": "VISIT_30_DAYS",
        "slug": "worker",
        "about": "card",
    }
    return found


def subjects_of_person(person) -> Subjects:
    """For the easy view: the person's own sessions, those to come first."""
    from transition.models import WishItem

    sessions = list(person.sessions.order_by("starts_at"))
    coming = [one for one in sessions if one.state in ("CONFIRMED", "IN_PROGRESS")]
    past = [one for one in sessions if one.state in ("COMPLETED", "CUT_SHORT")][::-1]
    item = WishItem.objects.order_by("pk").first()
    return Subjects({"me": [one.public_id for one in (*coming[:2], *past[:2])]}, {"item_id": item and item.public_id})


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """(name, pattern) of every named address."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield f"{prefix}{pattern.name}", pattern
        else:
            yield from patterns(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)


def candidates(name: str, pattern: URLPattern, subjects: Subjects) -> list[str]:
    """Addresses of one page, for each thing that may be worth trying; none where there is nothing to show."""
    converters = list(pattern.pattern.converters)
    if not converters:
        return [reverse(name)]
    first_word = str(pattern.pattern).partition("/")[0]
    if (first_word == "me") is not ("me" in subjects.ids):
        return []
    firsts = subjects.ids.get(first_word, []) if converters[0] == "public_id" else [subjects.more.get(converters[0])]
    found = []
    for first in firsts:
        rest = {
            key: 1 if (first_word, key) == ("enrollments", "month") else subjects.more.get(key)
            for key in converters[1:]
        }
        if first is None or None in rest.values():
            continue
        try:
            found.append(reverse(name, kwargs={converters[0]: first} | rest))
        except NoReverseMatch:
            continue
    return found
