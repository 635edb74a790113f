"""Who is told: at the time of writing, and whether a reader may still know it when it is told."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Q

from programs.enums import SessionKind
from programs.models import Enrollment, Escort, Session
from transition import clock
from transition.enums import COORDINATING_KINDS, SUPPORTING_KINDS
from transition.models import Membership, Notification, Organization, Person, SupportLink

Members = list[Membership]


def working(organizations: Iterable[int], users: Iterable[int] = ()) -> Members:
    """Who works in these organizations now, and where these users do; one query."""
    wanted = Q(organization__in=set(organizations)) | Q(user__in=set(users))
    found = Membership.objects.current().filter(wanted, user__is_active=True)
    return list(found.select_related("user", "organization").order_by("pk"))


def staff(organizations: Iterable[int]) -> dict[int, Members]:
    """Who works there now, by organization; one query."""
    found: dict[int, Members] = defaultdict(list)
    for member in working(organizations):
        found[member.organization_id].append(member)
    return found


class Circle:
    """Who supports some people: the leads of their support links, else everybody in the organizations that support
    them. Two queries for any number of people."""

    def __init__(self, people: Iterable[int], today: dt.date, *, organizations: Iterable[int] = ()) -> None:
        links = SupportLink.objects.on(today).filter(person__in=set(people), organization__kind__in=SUPPORTING_KINDS)
        self._links: dict[int, list[tuple[int, int | None]]] = defaultdict(list)
        for person_id, organization_id, lead_id in links.order_by("pk").values_list("person", "organization", "lead"):
            self._links[person_id].append((organization_id, lead_id))
        supporting = {organization_id for rows in self._links.values() for organization_id, _ in rows}
        self._read(supporting | set(organizations))

    def of_person(self, person_id: int) -> Members:
        links = self._links[person_id]
        leads = [self._at.get((organization_id, lead_id)) for organization_id, lead_id in links if lead_id]
        return [lead for lead in leads if lead] or [
            member for organization_id, _ in links for member in self.staff[organization_id]
        ]

    def member(self, organization_id: int, user_id: int | None) -> Membership | None:
        """The user, while working there."""
        return self._at.get((organization_id, user_id or 0))

    def _read(self, organizations: Iterable[int], users: Iterable[int] = ()) -> None:
        self.staff: dict[int, Members] = defaultdict(list)
        self._at: dict[tuple[int, int], Membership] = {}
        self._by_user: dict[int, Membership] = {}
        for member in working(organizations, users):
            self.staff[member.organization_id].append(member)
            self._at[member.organization_id, member.user_id] = member
            self._by_user.setdefault(member.user_id, member)


class Around(Circle):
    """Who is around some sessions, which come with their room and home. Three queries for any number."""

    def __init__(self, sessions: Sequence[Session], today: dt.date) -> None:
        self._escorts: dict[int, list[int]] = defaultdict(list)
        outings = [session.pk for session in sessions if session.kind != SessionKind.STAY]
        if outings:
            rows = Escort.objects.filter(session__in=outings).order_by("pk").values_list("session", "user")
            for session_id, user_id in rows:
                self._escorts[session_id].append(user_id)
        organizations = {session.organization_id for session in sessions}
        organizations |= {session.room.home.organization_id for session in sessions if session.room}
        super().__init__((session.person_id for session in sessions), today, organizations=organizations)

    def supporters(self, session: Session) -> Members:
        """Of the person; for somebody whom no organization supports, those who have asked for the session."""
        return self.of_person(session.person_id) or self.staff[session.organization_id]

    def asking(self, session: Session) -> Members:
        """Who has asked for it, and the supporters."""
        requester = self.member(session.organization_id, session.requested_by_id)
        return [*([requester] if requester else []), *self.supporters(session)]

    def going(self, session: Session) -> Members:
        """The supporters, and who goes along."""
        escorts = [self._by_user.get(user_id) for user_id in self._escorts[session.pk]]
        return [*self.supporters(session), *(member for member in escorts if member)]

    def home(self, session: Session) -> Members:
        return self.staff[session.room.home.organization_id] if session.room else []

    def _read(self, organizations: Iterable[int], users: Iterable[int] = ()) -> None:
        super()._read(organizations, {user_id for rows in self._escorts.values() for user_id in rows})


class Readers:
    """What the readers of some notifications may know today: as `visible_to`, for many at once. Two queries."""

    def __init__(self, rows: Sequence[Notification]) -> None:
        users, people = {row.user_id for row in rows}, {row.person_id for row in rows if row.person_id}
        members = Membership.objects.current().filter(user__in=users, user__is_active=True)
        self._organizations: dict[int, dict[int, Organization]] = defaultdict(dict)
        for member in members.select_related("organization"):
            self._organizations[member.user_id][member.organization_id] = member.organization
        self._supported: dict[int, set[int]] = defaultdict(set)
        if people:
            links = SupportLink.objects.on(clock.today()).filter(
                person__in=people, organization__kind__in=SUPPORTING_KINDS
            )
            for person_id, organization_id in links.values_list("person", "organization"):
                self._supported[person_id].add(organization_id)

    def works_for(self, user_id: int, organization_id: int) -> bool:
        return organization_id in self._organizations[user_id]

    def works_somewhere(self, user_id: int) -> bool:
        return bool(self._organizations[user_id])

    def sees(self, user_id: int, person: Person) -> bool:
        """The same as `Person.objects.visible_to`."""
        mine = self._organizations[user_id]
        return not self._supported[person.pk].isdisjoint(mine) or self._coordinates(user_id, person)

    def keeps(self, user_id: int, enrollment: Enrollment) -> bool:
        """Sees the person, and the same as `rules.enrollments_kept_by`."""
        if self.works_for(user_id, enrollment.organization_id):
            return self.sees(user_id, enrollment.person)
        return self._coordinates(user_id, enrollment.person)

    def _coordinates(self, user_id: int, person: Person) -> bool:
        return any(
            person.municipality_id in (organization.pk, organization.municipality_id)
            for organization in self._organizations[user_id].values()
            if organization.kind in COORDINATING_KINDS
        )
