"""The face of whoever goes along: put in by themselves, seen by colleagues and by the people they go along with."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs.domain.photos import MAX_BYTES
from programs.forms.portraits import PortraitForm
from programs.models import Portrait
from programs.queries import portraits as queries
from programs.services import portraits as services
from programs.views.acting import attempt, request_key
from programs.views.easy.access import who
from programs.views.photos import picture
from transition.htmx import redirect_page, render_page
from transition.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def portrait_edit(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = PortraitForm(*(request.POST, request.FILES) if request.method == "POST" else ())
    if form.is_bound and "remove" in request.POST:
        services.remove(by=user)
        messages.success(request, "顔写真を消しました。")
        return redirect_page(request, reverse("programs:portrait-edit"))
    if form.is_bound and form.is_valid():
        data, key = form.cleaned_data["photos"].read(MAX_BYTES + 1), request_key(request)
        if attempt(form, lambda: services.put(data=data, by=user, key=key)):
            messages.success(request, "顔写真を入れました。")
            return redirect_page(request, reverse("programs:portrait-edit"))
    context = {"form": form, "portrait": Portrait.objects.filter(user=user).first()}
    return render_page(request, "programs/portrait.html", context, status=422 if form.is_bound else 200)


@login_not_required
@require_safe
def portrait(request: HttpRequest, public_id: UUID, size: str) -> HttpResponse:
    """The picture itself. Missing, foreign, of somebody who does not come: all the same 404."""
    found = _portrait(request, public_id)
    name = {"large": found.large, "small": found.small}.get(size) if found else None
    if name is None:
        raise Http404
    return picture(name)


def _portrait(request: HttpRequest, public_id: UUID) -> Portrait | None:
    if request.user.is_authenticated and (found := queries.for_user(request.user, public_id)):
        return found
    person, _ = who(request)
    return queries.for_person(person, public_id) if person else None
