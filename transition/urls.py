"""The root of all addresses; names the higher apps by string only."""

from django.urls import include, path

from transition.api.viewsets import nothing_here

api = [
    path("v1/", include("transition.api.urls")),
    path("v1/", include("programs.api.urls")),
    path("v1/", include("calendars.api.urls")),
    path("<path:rest>", nothing_here),
]

urlpatterns = [
    # First, because calendar programs ask there all day, and addresses are tried in order.
    path("", include("calendars.urls")),
    path("", include(("transition.routes", "transition"))),
    path("", include("programs.urls")),
    path("api/", include((api, "api"))),
]
