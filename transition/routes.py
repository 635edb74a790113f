"""The addresses of this app, under the namespace `transition`."""

from django.urls import path

from transition.views import accounts, guide, health, operations, styleguide

urlpatterns = [
    path("", accounts.start, name="start"),
    path("sign-in/", accounts.sign_in, name="sign-in"),
    path("sign-out/", accounts.sign_out, name="sign-out"),
    path("switch-organization/", accounts.switch_organization, name="switch-organization"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("operations/", operations.operations, name="operations"),
    path("operations/failures/<str:task_id>/retry/", operations.failure_retry, name="failure-retry"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("guide/", guide.guide, name="guide"),
    path("guide/<slug:slug>/", guide.guide_page, name="guide-page"),
]
