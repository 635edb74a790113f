"""What a home publishes of itself: its page, its guide, its photos; and lists of homes."""

import re
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from programs.domain.photos import MAX_BYTES
from programs.domain.problems import Refused
from programs.forms.homes import HomeGuideForm, HomePhotoForm, HomesForm, StayForm, initial_of
from programs.models import Home, HomePhoto
from programs.queries import board as boards
from programs.queries import home_page as queries
from programs.services import home_guides as services
from programs.views.acting import STALE, attempt, request_key
from programs.views.easy.access import who
from programs.views.photos import picture
from transition.enums import HOSTING_KINDS
from transition.htmx import redirect_page, render_page, say
from transition.models import Person, User
from transition.services.transactions import KeyReused

_CODE = re.compile(r"[a-z0-9-]{1,60}")
# A home's own pictures hold nobody's secret, and a phone should not fetch them again on every page.
KEPT = "private, max-age=3600"


@require_safe
def home_list(request: HttpRequest) -> HttpResponse:
    organization = request.organization  # type: ignore[attr-defined]
    if not organization:
        raise PermissionDenied
    number = request.GET.get("page", 1)
    if organization.kind in HOSTING_KINDS:
        page = queries.own_homes(boards.homes_of(_user(request), organization), number)
        return render_page(request, "programs/home_list.html", {"page": page, "form": None, "narrowed": False})
    form = HomesForm(request.GET, areas=queries.areas_of_homes())
    valid = form.is_valid()
    words = form.cleaned_data.get("q", "")
    area = form.cleaned_data.get("area", "")
    page = queries.all_homes(words, area, number)
    context = {"page": page, "form": form, "narrowed": bool(words or area)}
    status = 200 if valid else 422
    response = render_page(request, "programs/home_list.html", context, partials={"results"}, status=status)
    return say(response, f"{page.paginator.count}件") if request.htmx else response  # type: ignore[attr-defined]


@require_safe
def home_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user = _user(request)
    homes = queries.published_to(user).select_related("organization", "guide")
    home = get_object_or_404(homes, public_id=public_id)
    person = _person(request)
    form = StayForm(request.GET)
    page = queries.home_page(home, user, form.asked())
    context = {
        "page": page,
        "home": home,
        "guide": page.guide,
        "form": form,
        "person": person,
        "program": _program(request),
    }
    status = 422 if form.errors else 200
    response = render_page(request, "programs/home_detail.html", context, partials={"stays"}, status=status)
    if not request.htmx or form.errors:  # type: ignore[attr-defined]
        return response
    return say(response, f"{page.asked.nights}泊{page.asked.days}日の費用と、空いている日です")


@require_http_methods(["GET", "HEAD", "POST"])
def home_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    home = _own(request, public_id)
    form = HomeGuideForm(_data(request), initial=initial_of(queries.guide_of(home)))
    if form.is_valid():
        written = attempt(
            form,
            lambda: services.write(home=home, by=_user(request), key=request_key(request), **form.cleaned_data),
        )
        if written:
            messages.success(request, "ホームの案内を保存しました。")
            return redirect_page(request, reverse("programs:home-detail", args=[home.public_id]))
    context = {"form": form, "home": home}
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/home_form.html", context, partials={"guide-form"}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def home_photo_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    home = _own(request, public_id)
    posted = request.method == "POST"
    form = HomePhotoForm(request.POST, request.FILES, home=home) if posted else HomePhotoForm(home=home)
    if form.is_bound and form.is_valid() and _take(request, home, form):
        messages.success(request, "写真を1枚入れました。")
        return redirect_page(request, request.path)
    context = {
        "form": form,
        "home": home,
        "photos": list(home.photos.select_related("room")),
        "limit": services.MAX_PHOTOS,
    }
    return render_page(request, "programs/home_photos.html", context, status=422 if form.is_bound else 200)


@require_POST
def home_photo_remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    own = Home.objects.run_by(_user(request))
    photo = get_object_or_404(HomePhoto.objects.filter(home__in=own).select_related("home"), public_id=public_id)
    _allow(request, photo.home)
    services.remove_photo(photo=photo, by=_user(request))
    messages.success(request, "写真を1枚消しました。")
    return redirect_page(request, reverse("programs:home-photo-list", args=[photo.home.public_id]))


@login_not_required
def home_photo(request: HttpRequest, public_id: UUID, size: str) -> HttpResponse:
    """The picture itself, for everybody who works anywhere, and in the easy view for who stays in the home."""
    if request.user.is_authenticated or who(request)[0]:
        return _picture(request, public_id, size)
    return redirect_to_login(request.get_full_path())


@require_safe
def _picture(request: HttpRequest, public_id: UUID, size: str) -> HttpResponse:
    photos = queries.photos_seen_by(_user(request)) if request.user.is_authenticated else HomePhoto.objects.none()
    photo = photos.filter(public_id=public_id).first()
    if photo is None:
        person, _ = who(request)
        shown = queries.person_photos(person) if person else HomePhoto.objects.none()
        photo = get_object_or_404(shown, public_id=public_id)
    name = {"large": photo.large, "small": photo.small}.get(size)
    if name is None:
        raise Http404
    response = picture(name)
    response.headers["Cache-Control"] = KEPT
    return response


def _take(request: HttpRequest, home: Home, form: HomePhotoForm) -> bool:
    data = form.cleaned_data
    try:
        services.add_photo(
            home=home,
            data=data["photos"][0].read(MAX_BYTES + 1),
            kind=data["kind"],
            caption=data["caption"],
            room=form.rooms.get(data["room"]),
            by=_user(request),
            key=request_key(request),
        )
    except Refused as refused:
        form.refuse(refused.problems)
    except KeyReused:
        form.add_error(None, STALE)
    return not form.errors


def _own(request: HttpRequest, public_id: UUID) -> Home:
    homes = Home.objects.run_by(_user(request)).select_related("organization", "guide")
    home = get_object_or_404(homes, public_id=public_id)
    _allow(request, home)
    return home


def _allow(request: HttpRequest, home: Home) -> None:
    if not _user(request).has_perm("programs.manage_home", home):
        raise PermissionDenied


def _person(request: HttpRequest) -> Person | None:
    """For whom the reader looks, when the address says so."""
    asked = request.GET.get("person", "")
    if not asked:
        return None
    try:
        public_id = UUID(asked)
    except ValueError:
        raise Http404 from None
    return get_object_or_404(Person.objects.visible_to(_user(request)), public_id=public_id)


def _program(request: HttpRequest) -> str:
    """Carried along to the request page, which checks it."""
    code = request.GET.get("program", "")
    return code if _CODE.fullmatch(code) else ""


def _data(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
