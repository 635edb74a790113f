"""連絡先 around a person: the list, adding, changing, and no longer using one."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs.forms.base import ServiceForm
from programs.forms.cards import ContactForm
from programs.views.acting import request_key
from programs.views.enrollments import ask, person_of, posted, user_of
from transition.htmx import render_page
from transition.models import Contact, Person
from transition.services import contacts as services


@require_safe
def contact_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request, public_id)
    context = {
        "person": person,
        "tab": "contacts",
        "contacts": list(Contact.objects.current().filter(person=person)),
        "may_change": request.user.has_perm("programs.change_person", person),
    }
    return render_page(request, "programs/contact_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def contact_create(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    form = ContactForm(posted(request))
    words = {
        "title": "連絡先を足す",
        "lead": "家族、後見人、かかりつけ医など、何かあったときに電話する人です。",
        "button": "保存する",
        "done": "連絡先を保存しました。",
    }
    return ask(
        request,
        form,
        words,
        lambda: services.add(person=person, by=user_of(request), key=request_key(request), **form.cleaned_data),
        person=person,
        tab="contacts",
        back=_list(person),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def contact_update(request: HttpRequest, public_id: UUID, contact_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    contact = _contact(person, contact_id)
    initial = {name: getattr(contact, name) for name in ContactForm.base_fields}
    form = ContactForm(posted(request), initial=initial)
    words = {
        "title": "連絡先を直す",
        "lead": "直すと、事前情報シートにもすぐに出ます。",
        "button": "変更を保存する",
        "done": "連絡先を直しました。",
    }
    return ask(
        request,
        form,
        words,
        lambda: services.change(contact=contact, by=user_of(request), key=request_key(request), **form.cleaned_data),
        person=person,
        tab="contacts",
        back=_list(person),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def contact_retire(request: HttpRequest, public_id: UUID, contact_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    contact = _contact(person, contact_id)
    words = {
        "title": "連絡先を使わないことにする",
        "lead": f"{contact.name}（{contact.relation}）は、一覧からも事前情報シートからも、すぐに消えます。",
        "button": "使わないことにする",
        "done": "連絡先を使わないことにしました。",
        "danger": True,
    }
    return ask(
        request,
        ServiceForm(posted(request)),
        words,
        lambda: services.retire(contact=contact, by=user_of(request), key=request_key(request)),
        person=person,
        tab="contacts",
        back=_list(person),
    )


def _person(request: HttpRequest, public_id: UUID) -> Person:
    person = person_of(request, public_id)
    if not request.user.has_perm("programs.change_person", person):
        raise PermissionDenied
    return person


def _contact(person: Person, contact_id: UUID) -> Contact:
    return get_object_or_404(Contact.objects.current(), person=person, public_id=contact_id)


def _list(person: Person) -> str:
    return reverse("programs:contact-list", args=[person.public_id])
