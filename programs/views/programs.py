"""Programs and their limits: looking, and for coordinators changing what holds in their municipality."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from programs.domain.problems import Refused
from programs.forms.programs import LimitForm
from programs.models import Limit, Program
from programs.queries import programs as queries
from programs.services import programs as services
from programs.views.acting import attempt
from transition import clock
from transition.enums import OrganizationKind
from transition.htmx import redirect_page, render_page
from transition.models import Organization, User


@require_safe
def program_list(request: HttpRequest) -> HttpResponse:
    municipality = _municipality(request)
    context = {
        "municipality": municipality,
        "cards": queries.program_cards(municipality),
        "may_change": municipality is not None and request.user.has_perm("programs.manage_programs", municipality),
    }
    return render_page(request, "programs/program_list.html", context)


@require_POST
def program_adopt(request: HttpRequest, public_id: UUID) -> HttpResponse:
    municipality = _municipality(request)
    program = get_object_or_404(Program.objects.filter(queries.within_reach(municipality)), public_id=public_id)
    managed = _managed(request, municipality)
    try:
        own = services.adopt(program=program, municipality=managed, by=_user(request))
    except Refused as refused:
        for problem in refused.problems:
            messages.error(request, problem.message)
        return redirect_page(request, reverse("programs:program-list"))
    messages.success(request, f"「{own.name}」を{managed.name}用に写しました。上限を変えられます。")
    return redirect_page(request, f"{reverse('programs:program-list')}#program-{own.code}")


@require_http_methods(["GET", "HEAD", "POST"])
def limit_change(request: HttpRequest, pk: int) -> HttpResponse:
    municipality = _municipality(request)
    programs = Program.objects.filter(queries.within_reach(municipality))
    limit = get_object_or_404(Limit.objects.select_related("program").filter(program__in=programs), pk=pk)
    _managed(request, municipality)
    data = request.POST if request.method == "POST" else None
    form = LimitForm(data, limit=limit, today=clock.today())
    if data is not None and form.is_valid():
        changed = attempt(form, lambda: services.change_limit(limit=limit, by=_user(request), **form.values()))
        if changed is not None:
            messages.success(request, f"「{limit.program.name}」の上限を変えました：{queries.limit_words(changed)}")
            return redirect_page(request, f"{reverse('programs:program-list')}#program-{limit.program.code}")
    context = {"limit": limit, "words": queries.limit_words(limit), "form": form}
    status = 422 if data is not None else 200
    return render_page(request, "programs/limit_form.html", context, partials={"form"}, status=status)


def _managed(request: HttpRequest, municipality: Organization | None) -> Organization:
    """The municipality, for those who may change what holds in it."""
    if municipality is None or not request.user.has_perm("programs.manage_programs", municipality):
        raise PermissionDenied
    return municipality


def _municipality(request: HttpRequest) -> Organization | None:
    """The municipality for which the user works, or in which the office lies."""
    organization = request.organization or None  # type: ignore[attr-defined]
    if organization is None or organization.kind == OrganizationKind.MUNICIPALITY:
        return organization
    return organization.municipality


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
