"""Which evidence somebody may read: one's own acts; who answers for a municipality, also what was done to the rows of
its people and of its organizations."""

from typing import Any

from django.db.models import BigIntegerField, Func, Model, Q, QuerySet, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from programs.models import (
    Enrollment,
    FollowUp,
    Home,
    Limit,
    Outcome,
    Photo,
    Program,
    Review,
    Room,
    Session,
    Slot,
    Webhook,
)
from programs.models.external import ExternalCalendar
from transition.enums import MembershipRole, OrganizationKind
from transition.models import (
    AuditEvent,
    Consent,
    Contact,
    Goal,
    Grant,
    IntentionCheck,
    Membership,
    Organization,
    Person,
    PersonLink,
    User,
    Wish,
)

# How each row leads to its person, or to its organization.
OF_PEOPLE: tuple[tuple[type[Model], str], ...] = (
    (Person, "pk"),
    (Grant, "person"),
    (Consent, "person"),
    (Contact, "person"),
    (Goal, "person"),
    (Wish, "person"),
    (IntentionCheck, "person"),
    (PersonLink, "person"),
    (Enrollment, "person"),
    (Session, "person"),
    (Photo, "session__person"),
    (Review, "enrollment__person"),
    (Outcome, "enrollment__person"),
    (FollowUp, "outcome__enrollment__person"),
)
OF_ORGANIZATIONS: tuple[tuple[type[Model], str], ...] = (
    (Organization, "pk"),
    (Membership, "organization"),
    (Home, "organization"),
    (Room, "home__organization"),
    (Slot, "room__home__organization"),
    (ExternalCalendar, "home__organization"),
    (Webhook, "organization"),
    (Program, "municipality"),
    (Limit, "program__municipality"),
)


class AsText(Func):
    """An id as evidence spells it: SQLite keeps a UUID without its dashes."""

    output_field = TextField()
    template = "CAST(%(expressions)s AS TEXT)"

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        x = "%(expressions)s"
        parts = "||'-'||".join(f"substr({x},{start},{length})" for start, length in _PARTS)
        return self.as_sql(compiler, connection, template=parts, **more)


# For rows that may not have them yet.
OWNERS = {
    "of_person": Cast(KT("data__person"), BigIntegerField()),
    "of_organization": Cast(KT("data__organization"), BigIntegerField()),
}
_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


def visible_to(user: User) -> QuerySet[AuditEvent]:
    own = Q(actor=user.pk)
    overseen = overseen_by(user)
    if not overseen:
        return AuditEvent.objects.filter(own)
    people = Person.objects.filter(municipality__in=overseen).order_by().values("pk")
    organizations = Organization.objects.filter(Q(pk__in=overseen) | Q(municipality__in=overseen))
    offices = organizations.order_by().values("pk")
    seen = own | about(people) | Q(of_organization__in=offices)
    for model, path in OF_ORGANIZATIONS:
        seen |= _rows_of(model, path, offices)
    return with_owners().filter(seen)


def with_owners() -> QuerySet[AuditEvent]:
    """Every event, with the person and the organization that it names."""
    return AuditEvent.objects.annotate(**OWNERS)


def about(people: QuerySet[Any]) -> Q:
    """What was done to these people, or to a row of theirs. `people` gives ids; for `with_owners()`."""
    found = Q(of_person__in=people)
    for model, path in OF_PEOPLE:
        found |= _rows_of(model, path, people)
    return found


def _rows_of(model: type[Model], path: str, owners: QuerySet[Any]) -> Q:
    ids = _ids(model, model._default_manager.filter(**{f"{path}__in": owners}))
    return Q(subject_type=model._meta.model_name, subject_id__in=ids)


def overseen_by(user: User) -> list[int]:
    """The municipalities, by those who are in charge there. Their core center coordinates; it does not oversee."""
    memberships = Membership.objects.current().filter(
        user=user,
        role__in=[MembershipRole.COORDINATOR, MembershipRole.MANAGER],
        organization__kind=OrganizationKind.MUNICIPALITY,
    )
    return sorted(set(memberships.values_list("organization", flat=True)))


def _ids(model: type[Model], rows: QuerySet[Any]) -> QuerySet[Any]:
    """As `audit.record` writes them: the public id where there is one."""
    rows = rows.order_by()
    if any(field.name == "public_id" for field in model._meta.concrete_fields):
        return rows.values(spelled=AsText("public_id"))
    return rows.values(spelled=Cast("pk", TextField()))
