from transition.models.audit import AuditEvent, IdempotencyKey
from transition.models.organizations import Membership, Organization
from transition.models.people import Grant, Person, SupportLink
from transition.models.users import User

__all__ = [
    "AuditEvent",
    "Grant",
    "IdempotencyKey",
    "Membership",
    "Organization",
    "Person",
    "SupportLink",
    "User",
]
