"""The addresses of this app, under the namespace `transition`."""

from django.urls import path

from transition.views import accounts, guide, health, styleguide

urlpatterns = [
    path("", accounts.start, name="start"),
    path("sign-in/", accounts.sign_in, name="sign-in"),
    path("sign-out/", accounts.sign_out, name="sign-out"),
    path("switch-organization/", accounts.switch_organization, name="switch-organization"),
    path("livez", health.livez, name="livez"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("guide/", guide.guide, name="guide"),
    path("guide/<slug:slug>/", guide.guide_page, name="guide-page"),
]
