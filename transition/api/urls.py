"""Addresses of this app below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from transition.api import members, notifications, organizations, tokens

router = SimpleRouter(use_regex_path=False)
router.register("invitations", members.Invitations, basename="invitation")
router.register("notifications", notifications.Notifications, basename="notification")
router.register("organizations", organizations.Organizations, basename="organization")
router.register("tokens", tokens.Tokens, basename="token")

# Of the caller: no list, no id of their own.
singles = [
    path(
        "notification-choices/",
        notifications.NotificationChoices.as_view({"get": "retrieve", "put": "update"}),
        name="notification-choices",
    ),
    path(
        "notification-choices/<slug:kind>/",
        notifications.NotificationChoices.as_view({"put": "choose"}),
        name="notification-choice",
    ),
]

urlpatterns = [*singles, *router.urls]
