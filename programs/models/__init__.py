from programs.models.homes import Home, Room, Slot
from programs.models.programs import Enrollment, Limit, Program
from programs.models.sessions import Override, RoomNight, Session, SessionEvent

__all__ = [
    "Enrollment",
    "Home",
    "Limit",
    "Override",
    "Program",
    "Room",
    "RoomNight",
    "Session",
    "SessionEvent",
    "Slot",
]
