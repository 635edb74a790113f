"""Where a worker hands out the person's own links, as a card with a QR code, and stops them.

Like every page of a signed-in user these stay in no cache (PrivatePages), so Back does not show an address again.
"""

from typing import cast
from uuid import UUID

import segno
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from programs.forms.voices import LinkForm
from programs.queries import links as queries
from programs.views.acting import attempt, request_key
from transition import clock
from transition.htmx import redirect_page, render_page
from transition.models import Person, PersonLink, User
from transition.models.links import LINK_DAYS
from transition.services import links

FORM_ID = "link-form"


@require_safe
def person_link_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    return _list_page(request, person, LinkForm())


@require_POST
def person_link_issue(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _list_page(request, person, form, status=422)
    by, key = _user(request), request_key(request)
    link = attempt(form, lambda: links.issue(person=person, by=by, key=key, **form.cleaned_data))
    if link is None:
        return _list_page(request, person, form, status=409)
    return _issued_page(request, link)


@require_http_methods(["GET", "HEAD", "POST"])
def person_link_revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    mine = PersonLink.objects.visible_to(_user(request)).filter(revoked_at=None)
    link = get_object_or_404(mine.select_related("person", "created_by"), public_id=public_id)
    person = _checked(request, link.person)
    if request.method == "POST":
        links.revoke(link=link, by=_user(request))
        messages.success(request, "リンクを止めました。もう開けません。")
        return redirect_page(request, reverse("programs:person-link-list", args=[person.public_id]))
    return render_page(request, "programs/person_link_revoke.html", {"link": link, "person": person})


def _person(request: HttpRequest, public_id: UUID) -> Person:
    return _checked(request, get_object_or_404(Person.objects.visible_to(_user(request)), public_id=public_id))


def _checked(request: HttpRequest, person: Person) -> Person:
    if not _user(request).has_perm("programs.change_person", person):
        raise PermissionDenied
    return person


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _list_page(request: HttpRequest, person: Person, form: LinkForm, status: int = 200) -> HttpResponse:
    context = {
        "person": person,
        "links": queries.link_rows(person),
        "form": form,
        "today": clock.today(),
        "days": LINK_DAYS,
    }
    return render_page(request, "programs/person_links.html", context, partials={FORM_ID}, status=status)


def _issued_page(request: HttpRequest, link: PersonLink) -> HttpResponse:
    """The only page that ever shows the address; without one when the same form was sent before."""
    address = ""
    if link.token:
        address = request.build_absolute_uri(reverse("programs:easy-enter", args=[link.token]))
    context = {"person": link.person, "link": link, "address": address, "qr": drawn(address) if address else ""}
    return render_page(request, "programs/person_link_issued.html", context)


def drawn(address: str) -> SafeString:
    """The QR code as SVG; dark on white also in dark mode, or cameras do not read it."""
    code = segno.make_qr(address, error="m")
    drawing = code.svg_inline(border=4, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None)
    return mark_safe(drawing)  # noqa: S308 - our own address, percent-encoded by reverse
