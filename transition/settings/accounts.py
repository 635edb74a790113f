"""Accounts: who signs in how, how long, and with what besides a password."""

import environ

from transition.settings import refusals

env = environ.Env()

# No sign-up: an account is made by an invitation only (services/invitations.py).
ACCOUNT_ADAPTER = "transition.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# After a new password one signs in as ever, with the second factor.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
# Whoever changes what protects the account has just shown who they are.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
# Tries are counted once, in the database and for all processes together (services/sign_ins.py), not in each
# process's memory as well.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_FORMS = {
    "change_password": "transition.accounts.forms.ChangePasswordForm",
    "reauthenticate": "transition.accounts.forms.ReauthenticateForm",
    "reset_password": "transition.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "transition.accounts.forms.ResetPasswordKeyForm",
}
# The address in the mail works for an hour, and once.
PASSWORD_RESET_TIMEOUT = 60 * 60

MFA_ADAPTER = "transition.accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# The address has received the invitation, so it is the user's.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# A telephone's clock may be half a minute off, one step to either side.
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = False
MFA_FORMS = {
    "activate_totp": "transition.accounts.forms.ActivateTOTPForm",
    "authenticate": "transition.accounts.forms.AuthenticateForm",
    "reauthenticate": "transition.accounts.forms.ReauthenticateByCodeForm",
    "add_webauthn": "transition.accounts.passkeys.AddPasskeyForm",
    "authenticate_webauthn": "transition.accounts.passkeys.AuthenticateByPasskeyForm",
    "login_webauthn": "transition.accounts.passkeys.SignInByPasskeyForm",
    "reauthenticate_webauthn": "transition.accounts.passkeys.ReauthenticateByPasskeyForm",
}
# Whoever works for one of these, and every administrator, needs a second factor; nobody does in the demo. The
# environment adds kinds of organizations (transition/enums.py) and takes none away, not even when it is left empty.
SECOND_FACTOR_KINDS = [
    "MUNICIPALITY",
    "CORE_CENTER",
    *sorted(refusals.kinds(env.str("SECOND_FACTOR_KINDS", default=""))),
]
# A browser left alone is signed out: shared tablets stand about in homes. In any case after SESSION_COOKIE_AGE.
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=30)
# Former values of SECRET_KEY: what is encrypted with them, the seeds of authenticator apps, is still read.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# How long an administrator's page stays open after showing anew who one is.
STAFF_MODE_MINUTES = 30
