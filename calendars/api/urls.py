"""Addresses of this app below /api/v1/."""

from rest_framework.routers import SimpleRouter

from calendars.api import feeds

router = SimpleRouter(use_regex_path=False)
router.register("feeds", feeds.Feeds, basename="feed")

urlpatterns = router.urls
