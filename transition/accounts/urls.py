"""Addresses that django-allauth knows by its own names; no sign-up and no addresses of one's own are among them."""

from django.urls import path

from transition.views import accounts
from transition.views import second_factors as views

urlpatterns = [
    path("sign-in/", accounts.sign_in, name="account_login"),
    path("sign-in/code/", views.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", views.by_passkey, name="mfa_login_webauthn"),
    path("account/password/", views.PasswordChange.as_view(), name="account_change_password"),
    path("account/forgotten/", views.password_reset, name="account_reset_password"),
    path("account/forgotten/sent/", views.password_reset_done, name="account_reset_password_done"),
    path("account/forgotten/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path(
        "account/forgotten/<slug:uidb36>/<slug:key>/",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("account/again/", views.Reauthenticate.as_view(), name="account_reauthenticate"),
    path("account/again/code/", views.ReauthenticateByCode.as_view(), name="mfa_reauthenticate"),
    path("account/again/passkey/", views.ReauthenticateByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("account/second-factors/", views.Index.as_view(), name="mfa_index"),
    path("account/second-factors/app/", views.ActivateTOTP.as_view(), name="mfa_activate_totp"),
    path("account/second-factors/app/remove/", views.DeactivateTOTP.as_view(), name="mfa_deactivate_totp"),
    path("account/second-factors/passkeys/add/", views.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("account/second-factors/passkeys/<int:pk>/remove/", views.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("account/second-factors/recovery-codes/", views.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path(
        "account/second-factors/recovery-codes/renew/",
        views.RenewRecoveryCodes.as_view(),
        name="mfa_generate_recovery_codes",
    ),
]
