"""The screens of django-allauth, as this house answers: 422 for what is refused, and every change in one transaction
with its evidence. What they say stands in templates/account and templates/mfa.
"""

from typing import Any, cast

import segno
from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_safe

from transition.htmx import render_page
from transition.models import User
from transition.services import second_factors


class House:
    """`post` and `get` only; a refused form comes back with 422; what is done is done in one transaction."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        # Before anything else: Django's own forms take a PUT as well.
        return require_http_methods(["GET", "HEAD", "POST"])(super().as_view(**initkwargs))  # type: ignore[misc]

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)  # type: ignore[attr-defined]

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            return super().form_valid(form)  # type: ignore[misc]


class PasswordChange(House, account.PasswordChangeView):
    success_url = reverse_lazy("transition:account")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not cast(User, request.user).has_usable_password():
            return HttpResponseRedirect(reverse("account_reset_password"))
        return super().dispatch(request, *args, **kwargs)

    def get_default_success_url(self) -> str:
        return reverse("transition:account")


class PasswordReset(House, account.PasswordResetView):
    pass


class PasswordResetDone(House, account.PasswordResetDoneView):
    pass


class PasswordResetFromKey(House, account.PasswordResetFromKeyView):
    pass


class PasswordResetFromKeyDone(House, account.PasswordResetFromKeyDoneView):
    pass


class Reauthenticate(House, account.ReauthenticateView):
    pass


class ReauthenticateByCode(House, mfa.ReauthenticateView):
    pass


class ReauthenticateByPasskey(House, webauthn.ReauthenticateWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("mfa_reauthenticate_webauthn"))


class Authenticate(House, mfa.AuthenticateView):
    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(), status=422)

    def form_valid(self, form: Any) -> HttpResponse:
        # Ends in signing in, which is several things that need no common transaction.
        return mfa.AuthenticateView.form_valid(self, form)


class ByPasskey(House, webauthn.LoginWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        return webauthn.LoginWebAuthnView.form_invalid(self, form)

    def form_valid(self, form: Any) -> HttpResponse:
        return webauthn.LoginWebAuthnView.form_valid(self, form)


class Index(House, mfa.IndexView):
    pass


class ActivateTOTP(House, totp.ActivateTOTPView):
    def get_context_data(self, **kwargs: Any) -> Any:
        found = super().get_context_data(**kwargs)
        code = segno.make_qr(found["totp_url"], error="m")
        drawing = code.svg_inline(border=4, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None)
        return found | {"qr": mark_safe(drawing)}  # noqa: S308 - drawn squares, no text of anybody

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        user: Any = self.request.user
        second_factors.remember_step(user=user, code=form.cleaned_data["code"], by=user)
        return response


class DeactivateTOTP(House, totp.DeactivateTOTPView):
    pass


class RecoveryCodes(House, recovery_codes.ViewRecoveryCodesView):
    pass


class RenewRecoveryCodes(House, recovery_codes.GenerateRecoveryCodesView):
    pass


class AddPasskey(House, webauthn.AddWebAuthnView):
    def get_context_data(self, **kwargs: Any) -> Any:
        found = super().get_context_data(**kwargs)
        # allauth's own leaves the refused form out and asks anew.
        return found | kwargs


class RemovePasskey(House, webauthn.RemoveWebAuthnView):
    success_url = reverse_lazy("mfa_index")


@require_safe
def needed(request: HttpRequest) -> HttpResponse:
    """Whoever needs a second factor sees this until there is one."""
    return render_page(request, "transition/second_factor_needed.html")


# These ask for no sign-in, and say so in a way that the middleware sees.
password_reset = login_not_required(PasswordReset.as_view())
password_reset_done = login_not_required(PasswordResetDone.as_view())
password_reset_from_key = login_not_required(PasswordResetFromKey.as_view())
password_reset_from_key_done = login_not_required(PasswordResetFromKeyDone.as_view())
authenticate = login_not_required(Authenticate.as_view())
by_passkey = login_not_required(ByPasskey.as_view())
