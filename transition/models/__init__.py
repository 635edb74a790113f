from transition.models.audit import AuditEvent, IdempotencyKey
from transition.models.consents import Consent
from transition.models.goals import Goal
from transition.models.intentions import IntentionCheck
from transition.models.organizations import Membership, Organization
from transition.models.people import Grant, Person, SupportLink
from transition.models.users import User
from transition.models.wishes import Wish, WishItem

__all__ = [
    "AuditEvent",
    "Consent",
    "Goal",
    "Grant",
    "IdempotencyKey",
    "IntentionCheck",
    "Membership",
    "Organization",
    "Person",
    "SupportLink",
    "User",
    "Wish",
    "WishItem",
]
