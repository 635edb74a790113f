"""外の予定表: where a home or a worker gives the address of their own calendar, and sees how reading it goes."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from programs.domain.problems import Refused
from programs.forms.external import ExternalCalendarForm
from programs.models import ExternalCalendar, Home
from programs.queries import external as queries
from programs.services import external as services
from programs.views.acting import attempt, request_key
from transition.htmx import redirect_page, render_page
from transition.models import User

FORM_ID = "external-form"


@sensitive_post_parameters("url")
@require_http_methods(["GET", "HEAD", "POST"])
def external_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Of a home."""
    home = get_object_or_404(Home.objects.run_by(_user(request)), public_id=public_id)
    if not _user(request).has_perm("programs.manage_home", home):
        raise PermissionDenied
    return _list_page(request, home)


@sensitive_post_parameters("url")
@require_http_methods(["GET", "HEAD", "POST"])
def own_external_list(request: HttpRequest) -> HttpResponse:
    if not request.organization:  # type: ignore[attr-defined]
        raise PermissionDenied
    return _list_page(request, None)


@require_POST
def external_read(request: HttpRequest, public_id: UUID) -> HttpResponse:
    calendar = _calendar(request, public_id)
    try:
        calendar = services.read_now(calendar=calendar, by=_user(request))
    except Refused as refused:
        messages.warning(request, refused.problems[0].message)
    else:
        _tell(request, calendar)
    return redirect_page(request, queries.page_of(calendar))


@require_http_methods(["GET", "HEAD", "POST"])
def external_remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    calendar = _calendar(request, public_id)
    back = queries.page_of(calendar)
    if request.method != "POST":
        return render_page(request, "programs/external_remove.html", {"calendar": calendar, "back": back})
    services.remove(calendar=calendar, by=_user(request))
    messages.success(request, f"「{calendar.label}」を外しました。")
    return redirect_page(request, back)


@sensitive_variables("form", "context")
def _list_page(request: HttpRequest, home: Home | None) -> HttpResponse:
    user = _user(request)
    form = ExternalCalendarForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        key = request_key(request)
        calendar = attempt(form, lambda: services.add(home=home, by=user, key=key, **form.cleaned_data))
        if calendar is not None:
            _tell(request, calendar)
            return redirect_page(request, request.path)
    own = ExternalCalendar.objects.current()
    context = {
        "home": home,
        "lines": queries.lines(own.filter(home=home) if home else own.filter(user=user)),
        "most": services.MOST,
        "form": form,
        "back": reverse("programs:board") if home else reverse("calendars:my-calendar"),
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/external_list.html", context, partials={FORM_ID}, status=status)


def _tell(request: HttpRequest, calendar: ExternalCalendar) -> None:
    if calendar.problem:
        told = f"「{calendar.label}」を読めませんでした：{calendar.get_problem_display()}。"
        messages.warning(request, told)
    else:
        messages.success(request, f"「{calendar.label}」を読みました。")


def _calendar(request: HttpRequest, public_id: UUID) -> ExternalCalendar:
    mine = ExternalCalendar.objects.current().visible_to(_user(request)).select_related("home")
    calendar = get_object_or_404(mine, public_id=public_id)
    if calendar.home is not None and not _user(request).has_perm("programs.manage_home", calendar.home):
        raise PermissionDenied
    return calendar


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
