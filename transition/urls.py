"""The root of all addresses; names the higher apps by string only."""

from django.urls import include, path

from transition.api.viewsets import nothing_here
from transition.views import api_docs

api = [
    path("schema/", api_docs.schema, name="schema"),
    path("docs/", api_docs.overview, name="docs"),
    path("docs/<str:name>/", api_docs.noun, name="docs-noun"),
    path("v1/", include("transition.api.urls")),
    path("v1/", include("programs.api.urls")),
    path("v1/", include("calendars.api.urls")),
    path("<path:rest>", nothing_here, name="nothing-here"),
]

urlpatterns = [
    # First, because calendar programs ask there all day, and addresses are tried in order.
    path("", include("calendars.urls")),
    path("", include(("transition.routes", "transition"))),
    path("", include("transition.accounts.urls")),
    path("", include("programs.urls")),
    path("api/", include((api, "api"))),
]

handler500 = "transition.views.outages.server_error"
