"""Addresses of this app below /api/v1/."""

from rest_framework.routers import SimpleRouter

from transition.api import organizations, tokens

router = SimpleRouter(use_regex_path=False)
router.register("organizations", organizations.Organizations, basename="organization")
router.register("tokens", tokens.Tokens, basename="token")

urlpatterns = router.urls
