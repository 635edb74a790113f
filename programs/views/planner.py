"""The six-month planner of an enrollment, and the days on which a worker can go along."""

import calendar
import datetime as dt
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs.forms.escorts import EscortDaysForm
from programs.models import Enrollment, EscortDay
from programs.queries import planner as queries
from programs.services import escorts as services
from programs.views.acting import attempt, request_key
from transition import clock
from transition.enums import SUPPORTING_KINDS, OrganizationKind
from transition.htmx import redirect_page, render_page
from transition.models import User

# How far ahead and back a worker's own days can be looked at.
FAR = 24


@require_safe
def planner(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user = cast(User, request.user)
    rows = Enrollment.objects.visible_to(user).select_related("person", "program", "lead")
    enrollment = get_object_or_404(rows, public_id=public_id)
    organization = request.organization or None  # type: ignore[attr-defined]
    kinds = (*SUPPORTING_KINDS, OrganizationKind.MUNICIPALITY)
    context = {
        "page": queries.planner(enrollment),
        "enrollment": enrollment,
        "person": enrollment.person,
        "tab": "enrollments",
        # What the page offers; the right itself is asked for when it is used.
        "may_plan": organization is not None and organization.kind in kinds,
    }
    return render_page(request, "programs/planner.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def escort_days(request: HttpRequest) -> HttpResponse:
    """付き添える日: the reader's own, a month at a time."""
    user = cast(User, request.user)
    month = _month(request.GET.get("month", ""))
    kept = {row.date: row for row in EscortDay.objects.filter(user=user, date__range=(month[0], month[-1]))}
    form = EscortDaysForm(request.POST if request.method == "POST" else None, dates=month, kept=kept)
    if request.method == "POST" and form.is_valid():
        key = request_key(request)
        if attempt(form, lambda: services.keep_days(days=form.days(), by=user, key=key)):
            messages.success(request, "付き添える日を保存しました。")
            return redirect_page(request, f"{reverse('programs:escort-days')}?month={month[0]:%Y-%m}")
    context = {
        "form": form,
        "first": month[0],
        "earlier": month[0] - dt.timedelta(days=1),
        "later": month[-1] + dt.timedelta(days=1),
        "kept": len(kept),
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/escort_days.html", context, partials={"escort-days"}, status=status)


def _month(text: str) -> list[dt.date]:
    """The days of the month in the address (2026-12); this one when it names none that is near."""
    today = clock.today()
    try:
        first = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        first = today.replace(day=1)
    if abs((first.year - today.year) * 12 + first.month - today.month) > FAR:
        first = today.replace(day=1)
    length = calendar.monthrange(first.year, first.month)[1]
    return [first.replace(day=day) for day in range(1, length + 1)]
