"""Photos of a session: taken in, shown, taken out. Every look asks again whether the person agrees today."""

from dataclasses import replace
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from programs.domain.photos import MAX_BYTES
from programs.domain.problems import Problem, Refused
from programs.forms.photos import PhotosForm
from programs.models import Photo, Session
from programs.queries.disclosure import is_named
from programs.queries.records import photo_consent
from programs.queries.session_page import for_reader
from programs.services import photos as services
from programs.views.acting import STALE, request_key
from programs.views.records import recorded_session
from transition import clock
from transition.htmx import redirect_page, render_page
from transition.models import User
from transition.services.transactions import KeyReused, RequestKey

HEADERS = {
    "Content-Disposition": "inline",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


@require_safe
def photo(request: HttpRequest, public_id: UUID, size: str) -> HttpResponse:
    """The picture itself. Missing, foreign, no longer agreed to: all the same 404."""
    found = _photo(request, public_id)
    name = {"large": found.large, "small": found.small}.get(size)
    if name is None:
        raise Http404
    return picture(name)


def picture(name: str) -> HttpResponse:
    """A stored JPEG as a browser may show it, and nothing else with it."""
    try:
        with default_storage.open(name) as file:
            content = file.read()
    except FileNotFoundError:
        raise Http404 from None
    return HttpResponse(content, content_type="image/jpeg", headers=HEADERS)


@require_http_methods(["GET", "HEAD", "POST"])
def photo_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    session = recorded_session(request, public_id)
    form = PhotosForm(request.POST, request.FILES) if request.method == "POST" else PhotosForm()
    refused: list[tuple[str, str]] = []
    if form.is_bound and form.is_valid():
        taken, refused = _take(request, session, form.cleaned_data["photos"])
        if taken:
            messages.success(request, f"写真を{taken}枚入れました。")
        if not refused:
            return redirect_page(request, f"{reverse('programs:session-detail', args=[session.public_id])}#h-photos")
    # Asked again: what was just sent may have met a withdrawal.
    agreed = photo_consent(session.person)
    context = {
        "session": session,
        "form": form,
        "refused": refused,
        "photos": list(session.photos.order_by("pk")) if agreed else [],
        "photo_consent": agreed,
        "limit": services.MAX_PER_SESSION,
        "name": session.person.name,
    }
    return render_page(request, "programs/photos.html", context, status=422 if form.is_bound else 200)


@require_POST
def photo_remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _photo(request, public_id)
    session = recorded_session(request, found.session.public_id)
    services.remove(photo=found, by=cast(User, request.user))
    messages.success(request, "写真を1枚消しました。")
    return redirect_page(request, reverse("programs:photo-list", args=[session.public_id]))


def _take(request: HttpRequest, session: Session, files: list[UploadedFile]) -> tuple[int, list[tuple[str, str]]]:
    """One after the other, each whole or not at all: how many were taken, and (name, why not) of the others."""
    taken, refused, key = 0, [], request_key(request)
    for number, file in enumerate(files):
        try:
            services.add(session=session, data=_read(file), by=cast(User, request.user), key=_key_of(key, number))
            taken += 1
        except Refused as refusal:
            refused.append((file.name or f"{number + 1}枚目", _sentence(refusal.problems)))
        except KeyReused:
            refused.append((file.name or f"{number + 1}枚目", STALE))
    return taken, refused


def _read(file: UploadedFile) -> bytes:
    """One byte more than a photo may have tells that it is too large."""
    return file.read(MAX_BYTES + 1)


def _sentence(problems: list[Problem]) -> str:
    return problems[0].message


def _key_of(key: RequestKey | None, number: int) -> RequestKey | None:
    return replace(key, key=f"{key.key[:60]}:{number}") if key else None


def _photo(request: HttpRequest, public_id: UUID) -> Photo:
    user = cast(User, request.user)
    found = get_object_or_404(Photo.objects.select_related("session"), public_id=public_id)
    session = for_reader(user).filter(pk=found.session_id).first()
    if session is None or not (session.sees_person or is_named(session, clock.today())):
        raise Http404
    if not session.agrees_to_photos:
        raise Http404
    return found
