"""The root of all addresses; names the higher apps by string only."""

from django.urls import include, path

urlpatterns = [
    path("", include(("transition.routes", "transition"))),
    path("", include("programs.urls")),
    path("", include("calendars.urls")),
]
