"""Signing in and out, and for which organization one is working."""

from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from transition import navigation
from transition.forms import SignInForm
from transition.htmx import redirect_page, render_page
from transition.models import Organization, User
from transition.views import kept_forms

ORGANIZATION_KEY = "organization"


class SignIn(LoginView):
    """Django's own, with our form; it checks `next` against this host itself. With the right password the way goes on
    through django-allauth, which asks for the second factor of whoever has one."""

    template_name = "transition/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.htmx:  # type: ignore[attr-defined]
            # The session ended while a page stood open: sign in on a whole page, then back to that page.
            url = reverse("transition:sign-in")
            path = urlsplit(request.htmx.current_url_abs_path or "").path  # type: ignore[attr-defined]
            return redirect_page(request, f"{url}?{urlencode({'next': path})}" if path else url)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> Any:
        user = form.get_user()
        record_authentication(self.request, user, "password", reauthenticated=True)
        back = kept_forms.url_for(self.request, user) or self.get_success_url()
        return perform_login(self.request, Login(user=user, redirect_url=back))

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        wait = getattr(form, "wait", 0)
        response = self.render_to_response(self.get_context_data(form=form), status=429 if wait else 422)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response


class SignOut(LogoutView):
    def dispatch(self, request: HttpRequest, *args, **kwargs) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        # Shared tablets: nothing of the pages stays behind. Not the cookies: the next form needs its own.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


sign_in = SignIn.as_view()
sign_out = SignOut.as_view()


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    url = navigation.start_url(request.organization, cast(User, request.user))  # type: ignore[attr-defined]
    return redirect_page(request, url) if url else render_page(request, "transition/no_organization.html")


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Everything about one's own account, in one place."""
    return render_page(request, "transition/account.html")


@require_POST
def switch_organization(request: HttpRequest) -> HttpResponse:
    try:
        public_id = UUID(request.POST.get("organization", ""))
    except ValueError:
        raise Http404 from None
    mine = Organization.objects.of(cast(User, request.user))
    organization = get_object_or_404(mine, public_id=public_id)
    request.session[ORGANIZATION_KEY] = organization.pk
    messages.success(request, f"「{organization}」に切り替えました。")
    return redirect_page(request, reverse("transition:start"))
