from programs.models.enrollments import Enrollment, EnrollmentChange, FollowUp, Outcome, Review
from programs.models.external import BusyTime, ExternalCalendar
from programs.models.guides import HomeGuide, HomePhoto, Portrait
from programs.models.homes import Home, Room, Slot
from programs.models.outings import Escort, EscortDay, SessionGoal, SessionWish
from programs.models.programs import Limit, Program
from programs.models.records import GoalScore, Photo, Rating, RecordDraft, RecordVersion, SessionRecord
from programs.models.sessions import Override, RoomNight, Session, SessionEvent
from programs.models.voices import DoneMark, FamilyRemark, StopRequest
from programs.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "BusyTime",
    "DoneMark",
    "Enrollment",
    "EnrollmentChange",
    "Escort",
    "EscortDay",
    "ExternalCalendar",
    "FamilyRemark",
    "FollowUp",
    "GoalScore",
    "Home",
    "HomeGuide",
    "HomePhoto",
    "Limit",
    "Outcome",
    "Override",
    "Photo",
    "Portrait",
    "Program",
    "Rating",
    "RecordDraft",
    "RecordVersion",
    "Review",
    "Room",
    "RoomNight",
    "Session",
    "SessionEvent",
    "SessionGoal",
    "SessionRecord",
    "SessionWish",
    "Slot",
    "StopRequest",
    "Webhook",
    "WebhookDelivery",
]
