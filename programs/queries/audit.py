"""Which evidence somebody may read: one's own acts; who answers for a municipality, also what was done to the rows of
its people and of its organizations."""

from typing import Any

from django.db.models import BigIntegerField, Func, Model, Q, QuerySet, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from programs.models import Home, Limit, Program, Room, Slot, Webhook
from programs.models.external import ExternalCalendar
from transition.enums import MembershipRole, OrganizationKind
from transition.models import ApiToken, AuditEvent, Invitation, Membership, Organization, Person, User

# How rows lead to their organization; what is done to a row of a person names the person itself (services/audit.py).
OF_ORGANIZATIONS: tuple[tuple[type[Model], str], ...] = (
    (Organization, "pk"),
    (Membership, "organization"),
    (Invitation, "organization"),
    (ApiToken, "organization"),
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


_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


def visible_to(user: User) -> QuerySet[AuditEvent]:
    """With the person (of_person) and the organization (of_organization) that each event names."""
    rows = AuditEvent.objects.annotate(
        of_person=Cast(KT("data__person"), BigIntegerField()),
        of_organization=Cast(KT("data__organization"), BigIntegerField()),
    )
    own = Q(actor=user.pk)
    overseen = overseen_by(user)
    if not overseen:
        return rows.filter(own)
    people = Person.objects.filter(municipality__in=overseen).order_by().values("pk")
    organizations = Organization.objects.filter(Q(pk__in=overseen) | Q(municipality__in=overseen))
    offices = organizations.order_by().values("pk")
    seen = own | Q(of_person__in=people) | Q(of_organization__in=offices)
    for model, path in OF_ORGANIZATIONS:
        seen |= _rows_of(model, path, offices)
    return rows.filter(seen)


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
