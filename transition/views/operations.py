"""The administrator's page: what the software does by itself, what failed, and how to have it done again."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from transition.htmx import render_page
from transition.queries import operations as page
from transition.services import jobs, unsettled
from transition.views.sending import request_key
from transition.views.staff_mode import administrators_only


@require_safe
@administrators_only
def operations(request: HttpRequest) -> HttpResponse:
    return render_page(request, "transition/operations.html", {"page": page.read()}, partials={"figures"})


@require_POST
@administrators_only
def failure_retry(request: HttpRequest, task_id: str) -> HttpResponse:
    try:
        done = jobs.retry(task_id=task_id, by=request.user)  # type: ignore[arg-type]
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("transition:operations")
    if done is None:
        raise Http404
    messages.success(request, "もう一度、仕事の列に入れました。")
    return redirect("transition:operations")


@require_POST
@administrators_only
def notification_settle(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A mail that did not go out, or of which nobody knows: out again, or good as it is."""
    notification = get_object_or_404(page.unsettled(), public_id=public_id)
    act = {"resend": unsettled.resend, "let-be": unsettled.let_be}.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    act(notification=notification, by=request.user, key=request_key(request))  # type: ignore[arg-type]
    messages.success(request, "もう一度送ります。" if act is unsettled.resend else "そのままにしました。")
    return redirect("transition:operations")
