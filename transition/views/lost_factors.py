"""Somebody has lost telephone, passkey and recovery codes: an administrator lets them begin anew."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from transition.accounts.forms import ResetSecondFactorForm
from transition.htmx import redirect_page, render_page
from transition.models import User
from transition.services import second_factors
from transition.views import step_up
from transition.views.sending import attempt, request_key
from transition.views.staff_mode import administrators_only


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def second_factor_reset(request: HttpRequest) -> HttpResponse:
    here = reverse("transition:second-factor-reset")
    if not step_up.is_fresh(request):
        return step_up.ask(request, here)
    form = ResetSecondFactorForm(request.POST or None)
    if form.is_valid():
        by, key = cast(User, request.user), request_key(request)
        if attempt(form, lambda: second_factors.reset(user=form.user, by=by, key=key)) is not None:
            said = f"{form.user}さんの2つめの確認を消しました。次にサインインしたときに、登録し直してもらってください。"
            messages.success(request, said)
            return redirect_page(request, here)
    status = 422 if request.method == "POST" else 200
    return render_page(request, "transition/second_factor_reset.html", {"form": form}, status=status)
