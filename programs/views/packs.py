"""Documents that leave the application: the pack of an enrollment and a month's sheet, on screen, as PDF and as CSV."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from programs.models import Enrollment, Photo
from programs.queries import month_sheet as sheets
from programs.queries import pack as packs
from transition import clock
from transition.exports import csv_response, file_response
from transition.models import Person, User
from transition.pdf import NoPdfError, pdf_of
from transition.services import exports

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


@require_safe
def pack(request: HttpRequest, public_id: UUID) -> HttpResponse:
    enrollments = Enrollment.objects.visible_to(cast(User, request.user)).select_related(
        "person__municipality", "program", "organization", "facility", "lead", "consent", "outcome"
    )
    enrollment = get_object_or_404(enrollments.prefetch_related("changes", "reviews"), public_id=public_id)
    document = packs.pack(enrollment)
    name = f"{enrollment.person.name}_{enrollment.program.name}_{enrollment.starts_on:%Y%m%d}"
    if request.GET.get("format") == "csv":
        rows = packs.csv_rows(document.outings)
        return _csv(request, "pack.csv", enrollment, name, packs.CSV_HEADER, rows)
    supports = request.user.has_perm("programs.change_person", enrollment.person)
    context = {"pack": document, "supports": supports}
    return render_document(request, "programs/pack.html", context, document.photos, "pack.pdf", enrollment, name)


@require_safe
def month_sheet(request: HttpRequest, public_id: UUID, month: str) -> HttpResponse:
    people = Person.objects.visible_to(cast(User, request.user)).select_related("municipality")
    person = get_object_or_404(people, public_id=public_id)
    found = _MONTH.fullmatch(month)
    if found is None:
        raise Http404
    sheet = sheets.sheet(person, dt.date(int(found[1]), int(found[2]), 1))
    name = f"{person.name}_{sheet.code}"
    if request.GET.get("format") == "csv":
        return _csv(request, "month_sheet.csv", person, name, packs.CSV_HEADER, packs.csv_rows(sheet.outings))
    context = {"sheet": sheet}
    return render_document(request, "programs/month_sheet.html", context, sheet.photos, "month_sheet.pdf", person, name)


def _csv(
    request: HttpRequest, what: str, subject: models.Model, name: str, header: Iterable[str], rows: list[Any]
) -> HttpResponse:
    exports.record(what=what, subject=subject, rows=len(rows), by=cast(User, request.user))
    return csv_response(f"{name}.csv", list(header), rows)


def render_document(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    photos: list[Photo],
    what: str,
    subject: models.Model,
    name: str,
) -> HttpResponse:
    """The page, or the same page as a file; photos are read from the storage, never over the network."""
    as_pdf = request.GET.get("format") == "pdf"
    stored = {}
    for photo in photos:
        photo.address = _address(photo)  # type: ignore[attr-defined]
        stored[photo.address] = photo.large if as_pdf else photo.small  # type: ignore[attr-defined]
    context |= {"as_pdf": as_pdf, "printed_on": clock.today()}
    if not as_pdf:
        return render(request, template, context)
    try:
        content = pdf_of(render_to_string(template, context, request), stored)
    except NoPdfError:
        return render(request, "programs/no_pdf.html", {"document": request.path}, status=503)
    exports.record(what=what, subject=subject, rows=1, by=cast(User, request.user))
    return file_response(f"{name}.pdf", content, "application/pdf")


def _address(photo: Photo) -> str:
    """Where the photo's own checked view stands."""
    return reverse("programs:photo", args=[photo.public_id, "small"])
