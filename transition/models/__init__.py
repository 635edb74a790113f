from transition.models.audit import AuditEvent, IdempotencyKey
from transition.models.cards import Contact, PersonCard
from transition.models.consents import Consent
from transition.models.goals import Goal
from transition.models.intentions import IntentionCheck
from transition.models.links import PersonLink
from transition.models.organizations import Membership, Organization
from transition.models.people import Grant, Person, SupportLink
from transition.models.users import User
from transition.models.wishes import Wish, WishItem

__all__ = [
    "AuditEvent",
    "Consent",
    "Contact",
    "Goal",
    "Grant",
    "IdempotencyKey",
    "IntentionCheck",
    "Membership",
    "Organization",
    "Person",
    "PersonCard",
    "PersonLink",
    "SupportLink",
    "User",
    "Wish",
    "WishItem",
]
