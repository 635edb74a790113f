"""The wish book and the faces: what the person says, written down with how it was said."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs.domain.photos import MAX_BYTES
from programs.forms.wishes import RatingForm, WishForm, WishPhotoForm
from programs.models import Session
from programs.queries import wishes as queries
from programs.services import ratings, wish_photos
from programs.views.acting import attempt, request_key
from programs.views.photos import picture
from transition.htmx import redirect_page, render_page
from transition.models import Person, User, WishItem
from transition.services import wishes as services


@require_safe
def wishes(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = get_object_or_404(Person.objects.visible_to(_user(request)), public_id=public_id)
    context = {"person": person, "book": queries.book_of(person), "tab": "wishes"}
    return render_page(request, "programs/wishes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def wish_page(request: HttpRequest, public_id: UUID, item_id: UUID) -> HttpResponse:
    person = get_object_or_404(Person.objects.visible_to(_user(request)), public_id=public_id)
    book = queries.book_of(person)
    page = next((page for page in book.pages if page.item.public_id == item_id), None)
    if page is None:
        raise Http404
    form = WishForm(None if "send_photo" in request.POST else request.POST or None)
    photo_form = WishPhotoForm(request.POST, request.FILES) if "send_photo" in request.POST else WishPhotoForm()
    if photo_form.is_bound:
        own = _photographed(request, photo_form, person, page)
        if own is not None:
            messages.success(request, "絵のかわりに、写真を入れました。")
            return redirect_page(request, reverse("programs:wish-page", args=[person.public_id, own.public_id]))
    elif request.method == "POST":
        if not request.user.has_perm("programs.change_person", person):
            raise PermissionDenied
        if form.is_valid() and _answered(request, form, person, page):
            following = book.after(page)
            messages.success(request, f"「{page.item.name}」の答えを書きました。")
            if following is None:
                return redirect_page(request, reverse("programs:wishes", args=[person.public_id]))
            return redirect_page(request, _url(person, following))
    context = {
        "person": person,
        "page": page,
        "form": form,
        "number": book.pages.index(page) + 1,
        "count": len(book.pages),
        "before": book.before(page),
        "after": book.after(page),
        "photo_form": photo_form,
        "tab": "wishes",
    }
    refused = form.errors or photo_form.errors
    return render_page(request, "programs/wish_page.html", context, status=422 if refused else 200)


@require_safe
def wish_photo(request: HttpRequest, public_id: UUID, item_id: UUID) -> HttpResponse:
    """The photo on a page of the person's book; missing and foreign alike 404."""
    person = get_object_or_404(Person.objects.visible_to(_user(request)), public_id=public_id)
    item = next((item for item in queries.pages_for(person) if item.public_id == item_id and item.photo), None)
    if item is None:
        raise Http404
    return picture(str(item.photo.name))


@require_http_methods(["GET", "HEAD", "POST"])
def rating(request: HttpRequest, public_id: UUID) -> HttpResponse:
    sessions = Session.objects.visible_to(_user(request)).select_related("person", "room__home")
    session = get_object_or_404(sessions, public_id=public_id)
    if not request.user.has_perm("programs.run_session", session):
        raise PermissionDenied
    form = RatingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = attempt(
            form,
            lambda: ratings.rate(session=session, by=_user(request), key=request_key(request), **form.cleaned_data),
        )
        if given is not None:
            messages.success(request, "きもちを書きました。")
            return redirect_page(request, reverse("programs:session-detail", args=[session.public_id]))
    context = {"session": session, "form": form, "ratings": session.ratings.select_related("by")}
    refused = form.errors or getattr(form, "problems", None)
    return render_page(request, "programs/rating.html", context, status=422 if refused else 200)


def _answered(request: HttpRequest, form: WishForm, person: Person, page: queries.Page) -> bool:
    wish = attempt(
        form,
        lambda: services.answer(
            person=person, item=page.item, answer=form.answer(), by=_user(request), key=request_key(request)
        ),
    )
    return wish is not None


def _photographed(request: HttpRequest, form: WishPhotoForm, person: Person, page: queries.Page) -> WishItem | None:
    """The office's own page with the photo, or None with the reasons beside the field."""
    if not request.user.has_perm("programs.change_person", person):
        raise PermissionDenied
    if not form.is_valid():
        return None
    data = form.cleaned_data["photos"].read(MAX_BYTES + 1)
    return attempt(
        form,
        lambda: wish_photos.show(
            item=page.item,
            data=data,
            organization=request.organization,  # type: ignore[attr-defined]
            by=_user(request),
            key=request_key(request),
        ),
    )


def _url(person: Person, page: queries.Page) -> str:
    return reverse("programs:wish-page", args=[person.public_id, page.item.public_id])


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
