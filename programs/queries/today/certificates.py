"""Certificates that end: soon enough that somebody has to renew them, or lately without a new one."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from programs.domain import wording
from programs.queries.people import WARN_DAYS
from programs.queries.today.parts import Action, Item, person_url
from transition.models import Grant, Person

# One that ran out is shown this long; after that nobody seems to want it.
ENDED_DAYS = 30


def ending(grants: Iterable[Grant], today: dt.date) -> list[Grant]:
    """The last one of each service, where it ends within WARN_DAYS days or ended lately; the first to end first."""
    last: dict[str, Grant] = {}
    for grant in grants:
        before = last.get(grant.service)
        if before is None or (grant.ends_on, grant.pk) > (before.ends_on, before.pk):
            last[grant.service] = grant
    return [grant for grant in last.values() if -ENDED_DAYS <= (grant.ends_on - today).days <= WARN_DAYS]


def items(people: Iterable[tuple[Person, list[Grant]]], today: dt.date) -> list[Item]:
    """One for each certificate that ends, the nearest end first."""
    found = [(grant.ends_on, person, grant) for person, grants in people for grant in ending(grants, today)]
    return [_item(person, grant, today) for _, person, grant in sorted(found, key=lambda row: (row[0], row[2].pk))]


def by_person(grants: Iterable[Grant]) -> list[tuple[Person, list[Grant]]]:
    """Grants that come with their person, together."""
    together: dict[Person, list[Grant]] = defaultdict(list)
    for grant in grants:
        together[grant.person].append(grant)
    return list(together.items())


def _item(person: Person, grant: Grant, today: dt.date) -> Item:
    left = (grant.ends_on - today).days
    says = f"あと{left}日" if left > 0 else "きょうまで" if left == 0 else ""
    return Item(
        title=f"{person.name}さん「{grant.get_service_display()}」",
        meta=f"{wording.date(grant.ends_on)}まで{f'・{says}' if says else ''}",
        url=person_url(person),
        late=f"{-left}日前に切れました" if left < 0 else "",
        actions=(Action("新しい支給決定を登録する", person_url(person, "grant-create")),),
    )
