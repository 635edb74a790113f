"""やめたい: the worker writes what was heard. What follows, calling off or cutting short, has its own pages.
家族の声: supporters and the home note that they have read it.
"""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from programs.enums import SessionAction
from programs.forms.voices import StopAnswerForm
from programs.queries import session_page
from programs.queries.voices import remarks_for, stops_for
from programs.services import voices as services
from programs.views.acting import attempt, request_key
from transition import clock
from transition.htmx import redirect_page, render_page
from transition.models import User

ENDING = (SessionAction.CANCEL, SessionAction.CUT_SHORT)


@require_http_methods(["GET", "HEAD", "POST"])
def stop_request_answer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user = cast(User, request.user)
    stop = get_object_or_404(stops_for(user), public_id=public_id)
    if not user.has_perm("programs.answer_stop", stop):
        raise PermissionDenied
    form = StopAnswerForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        key = request_key(request)
        answered = attempt(form, lambda: services.answer_stop(stop=stop, by=user, key=key, **form.cleaned_data))
        if answered is not None:
            messages.success(request, "聞いたことを書きました。体験は、いまのままです。")
            return redirect_page(request, reverse("programs:session-detail", args=[stop.session.public_id]))
    session = get_object_or_404(session_page.for_reader(user), pk=stop.session_id)
    possible = session_page.actions(session, user, clock.now())
    context = {
        "stop": stop,
        "session": session,
        "form": form,
        "actions": [action for action in ENDING if action in possible],
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/stop_request.html", context, partials={"form"}, status=status)


@require_POST
def remark_seen(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One tap; back to where it was pressed."""
    user = cast(User, request.user)
    remark = get_object_or_404(remarks_for(user), public_id=public_id)
    if not user.has_perm("programs.see_remark", remark):
        raise PermissionDenied
    services.see_remark(remark=remark, by=user, key=request_key(request))
    messages.success(request, "家族からの声を読んだことにしました。")
    if request.POST.get("next") == "today":
        return redirect_page(request, reverse("programs:today"))
    return redirect_page(request, reverse("programs:session-detail", args=[remark.session.public_id]))
