"""The addresses of this app, under the namespace `transition`."""

from django.urls import path

from transition.views import accounts, csp_reports, guide, health, notifications, operations, styleguide, tokens

urlpatterns = [
    path("", accounts.start, name="start"),
    path("sign-in/", accounts.sign_in, name="sign-in"),
    path("sign-out/", accounts.sign_out, name="sign-out"),
    path("switch-organization/", accounts.switch_organization, name="switch-organization"),
    path("csp-reports/", csp_reports.csp_report, name="csp-report"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("operations/", operations.operations, name="operations"),
    path(
        "operations/notifications/<uuid:public_id>/settle/",
        operations.notification_settle,
        name="notification-settle",
    ),
    path("operations/failures/<str:task_id>/retry/", operations.failure_retry, name="failure-retry"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("notifications/", notifications.notification_list, name="notification-list"),
    path("notifications/bell/", notifications.bell, name="bell"),
    path("notifications/choices/", notifications.notification_choices, name="notification-choices"),
    path("notifications/read/", notifications.notification_read_all, name="notification-read-all"),
    path("notifications/<uuid:public_id>/open/", notifications.notification_open, name="notification-open"),
    path("tokens/", tokens.token_list, name="token-list"),
    path("tokens/issue/", tokens.token_issue, name="token-issue"),
    path("tokens/<uuid:public_id>/revoke/", tokens.token_revoke, name="token-revoke"),
    path("guide/", guide.guide, name="guide"),
    path("guide/<slug:slug>/", guide.guide_page, name="guide-page"),
]
