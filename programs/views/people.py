"""A worker's people: who they are, what they can still use, and entering both."""

from collections.abc import Callable
from typing import TypeVar, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs.forms.people import ConstraintsBeside, GrantForm, PersonForm, SearchWords
from programs.queries import people as queries
from programs.views.acting import STALE, request_key
from transition.enums import SUPPORTING_KINDS, OrganizationKind
from transition.htmx import redirect_page, render_page, say
from transition.models import Organization, Person, User
from transition.services import people as services
from transition.services.transactions import ConstraintBroken, KeyReused

R = TypeVar("R")


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    organization = _organization(request)
    words = SearchWords(request.GET).words()
    page = queries.people_page(organization, words, request.GET.get("page", 1))
    context = {"page": page, "words": words, "may_register": _supports(organization)}
    response = render_page(request, "programs/people.html", context, partials={"results"})
    if not request.htmx:  # type: ignore[attr-defined]
        return response
    found = page.paginator.count
    return say(response, f"{found}人みつかりました" if found else "あてはまる方がいません")


@require_http_methods(["GET", "HEAD", "POST"])
def person_create(request: HttpRequest) -> HttpResponse:
    organization = _organization(request)
    if organization is None or not request.user.has_perm("programs.register_person", organization):
        raise PermissionDenied
    form = PersonForm(_posted(request), organization=organization)
    if request.method == "POST" and form.is_valid():
        person = _attempt(
            form,
            lambda: services.register(
                organization=organization, by=_user(request), key=request_key(request), **form.cleaned_data
            ),
        )
        if person is not None:
            messages.success(request, f"{person.name}さんを登録しました。次に、受給者証の支給決定を登録してください。")
            return redirect_page(request, _url(person))
    return _form_page(request, "programs/person_form.html", form, {"person": None})


@require_safe
def person_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    context = {"page": queries.person_page(person), "person": person, "supports": _supports(_organization(request))}
    return render_page(request, "programs/person_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def person_update(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id, to_change=True)
    organization = _organization(request) or person.municipality
    form = PersonForm(_posted(request), organization=organization, person=person)
    if request.method == "POST" and form.is_valid():
        changed = _attempt(form, lambda: services.update(person=person, by=_user(request), **form.cleaned_data))
        if changed is not None:
            messages.success(request, "変更を保存しました。")
            return redirect_page(request, _url(changed))
    return _form_page(request, "programs/person_form.html", form, {"person": person})


@require_http_methods(["GET", "HEAD", "POST"])
def grant_create(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id, to_change=True)
    form = GrantForm(_posted(request))
    if request.method == "POST" and form.is_valid():
        grant = _attempt(
            form,
            lambda: services.add_grant(person=person, by=_user(request), key=request_key(request), **form.cleaned_data),
        )
        if grant is not None:
            messages.success(request, f"「{grant.get_service_display()}」の支給決定を登録しました。")
            return redirect_page(request, _url(person))
    return _form_page(request, "programs/grant_form.html", form, {"person": person})


def _form_page(request: HttpRequest, template: str, form: ConstraintsBeside, context: dict) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render_page(request, template, {**context, "form": form}, partials={"form"}, status=status)


def _attempt(form: ConstraintsBeside, act: Callable[[], R]) -> R | None:
    """Call a service of transition; what its constraints forbid stands beside the fields. None when refused."""
    try:
        return act()
    except ValidationError as error:
        form.refuse(error)
    except ConstraintBroken as broken:
        form.refuse_constraint(broken.name)
    except KeyReused:
        form.add_error(None, STALE)
    return None


def _person(request: HttpRequest, public_id: UUID, *, to_change: bool = False) -> Person:
    people = Person.objects.visible_to(_user(request)).select_related("municipality")
    person = get_object_or_404(people, public_id=public_id)
    if to_change and not request.user.has_perm("programs.change_person", person):
        raise PermissionDenied
    return person


def _supports(organization: Organization | None) -> bool:
    """What the page offers; the right itself is asked for when it is used."""
    kinds = (*SUPPORTING_KINDS, OrganizationKind.MUNICIPALITY)
    return organization is not None and organization.kind in kinds


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _organization(request: HttpRequest) -> Organization | None:
    """Where the user works now; plainly None where there is none."""
    return request.organization or None  # type: ignore[attr-defined]


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _url(person: Person) -> str:
    return reverse("programs:person-detail", args=[person.public_id])
