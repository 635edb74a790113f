"""The root of all addresses; names the higher apps by string only."""

from django.urls import include, path

urlpatterns = [
    # First, because calendar programs ask there all day, and addresses are tried in order.
    path("", include("calendars.urls")),
    path("", include(("transition.routes", "transition"))),
    path("", include("programs.urls")),
]
