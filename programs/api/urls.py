"""Addresses of this app below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from programs.api import escort_days, own_sessions, proposals, sessions, voices

router = SimpleRouter(use_regex_path=False)
router.register("sessions", sessions.Sessions, basename="session")
router.register("stop-requests", voices.StopRequests, basename="stop-request")
router.register("remarks", voices.FamilyRemarks, basename="remark")
router.register("me/sessions", own_sessions.OwnSessions, basename="own-session")
router.register("enrollments", proposals.Proposals, basename="proposal")

# One of each: no list, no id of its own.
singles = [
    path("escort-days/", escort_days.EscortDays.as_view({"get": "list", "put": "keep"})),
]

urlpatterns = [*singles, *router.urls]
