"""Addresses of this app below /api/v1/."""

from rest_framework.routers import SimpleRouter

from programs.api import sessions

router = SimpleRouter(use_regex_path=False)
router.register("sessions", sessions.Sessions, basename="session")

urlpatterns = router.urls
