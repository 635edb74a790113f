from transition.models.audit import AuditEvent, AuditSeal, IdempotencyKey, ViewLog
from transition.models.cards import Contact, PersonCard
from transition.models.consents import Consent
from transition.models.disclosures import Disclosure
from transition.models.goals import Goal
from transition.models.intentions import IntentionCheck
from transition.models.invitations import Invitation
from transition.models.jobs import JobRun, Pulse, RateCount
from transition.models.links import PersonLink
from transition.models.notifications import Notification, NotificationChoice
from transition.models.organizations import Membership, Organization
from transition.models.people import Grant, Person, SupportLink
from transition.models.tokens import ApiToken
from transition.models.users import User
from transition.models.wishes import Wish, WishItem

__all__ = [
    "ApiToken",
    "AuditEvent",
    "AuditSeal",
    "Consent",
    "Contact",
    "Disclosure",
    "Goal",
    "Grant",
    "IdempotencyKey",
    "IntentionCheck",
    "Invitation",
    "JobRun",
    "Membership",
    "Notification",
    "NotificationChoice",
    "Organization",
    "Person",
    "PersonCard",
    "PersonLink",
    "Pulse",
    "RateCount",
    "SupportLink",
    "User",
    "ViewLog",
    "Wish",
    "WishItem",
]
