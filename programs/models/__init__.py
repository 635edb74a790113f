from programs.models.enrollments import Enrollment, EnrollmentChange, FollowUp, Outcome, Review
from programs.models.homes import Home, Room, Slot
from programs.models.outings import Escort, EscortDay, SessionGoal, SessionWish
from programs.models.programs import Limit, Program
from programs.models.records import GoalScore, Photo, Rating, RecordDraft, RecordVersion, SessionRecord
from programs.models.sessions import Override, RoomNight, Session, SessionEvent

__all__ = [
    "Enrollment",
    "EnrollmentChange",
    "Escort",
    "EscortDay",
    "FollowUp",
    "GoalScore",
    "Home",
    "Limit",
    "Outcome",
    "Override",
    "Photo",
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
]
