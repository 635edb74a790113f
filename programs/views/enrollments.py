"""Taking part in a program: the list, beginning, one enrollment, and what changes its period."""

from collections.abc import Callable
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs.domain import wording
from programs.forms.base import ServiceForm
from programs.forms.enrollments import EndForm, EnrollForm, ExtendForm, StagesForm
from programs.models import Enrollment
from programs.queries import enrollments as queries
from programs.services import enrollments as services
from programs.views.acting import attempt, request_key
from transition import clock
from transition.htmx import redirect_page, render_page
from transition.models import Organization, Person, User


@require_safe
def enrollment_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request, public_id)
    context = {
        "person": person,
        "tab": "enrollments",
        "lines": queries.lines(person),
        "may_enroll": request.user.has_perm("programs.enroll_person", person),
    }
    return render_page(request, "programs/enrollment_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def enrollment_create(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person, organization = person_of(request, public_id), _organization(request)
    if not request.user.has_perm("programs.enroll_person", person) or not _supports(organization, person):
        raise PermissionDenied
    supporting = cast(Organization, organization)
    choices = queries.choices(person)
    form = EnrollForm(
        request.POST if request.method == "POST" else None,
        person=person,
        organization=supporting,
        programs=[choice.program for choice in choices],
        open_to=[choice.program for choice in choices if not choice.obstacles],
        initial={"lead": request.user.email, "starts_on": clock.today()},  # type: ignore[union-attr]
    )
    if form.is_bound and form.is_valid():
        enrollment = attempt(
            form,
            lambda: services.enroll(
                person=person,
                organization=supporting,
                by=user_of(request),
                key=request_key(request),
                **form.cleaned_data,
            ),
        )
        if enrollment is not None:
            messages.success(request, f"利用を始めました。終了日は{wording.date(enrollment.ends_on)}です。")
            return redirect_page(request, url_of(enrollment))
    context = {
        "person": person,
        "tab": "enrollments",
        "form": form,
        "closed": [choice for choice in choices if choice.obstacles],
        "open": any(not choice.obstacles for choice in choices),
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/enrollment_form.html", context, partials={"form"}, status=status)


@require_safe
def enrollment_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    enrollment = enrollment_of(request, public_id)
    context = {
        "person": enrollment.person,
        "tab": "enrollments",
        "enrollment": enrollment,
        "outcome": getattr(enrollment, "outcome", None),
        "page": queries.page(enrollment, clock.today()),
        "may_change": enrollment.may_change,  # type: ignore[attr-defined]
    }
    return render_page(request, "programs/enrollment_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def enrollment_extend(request: HttpRequest, public_id: UUID) -> HttpResponse:
    enrollment = enrollment_of(request, public_id, to_change=True)
    form = ExtendForm(posted(request), enrollment=enrollment)
    words = {
        "title": "利用期間を延ばす",
        "lead": f"いまの終了日は{wording.date(enrollment.ends_on)}です。"
        f"延ばせるかどうかは、{wording.ASK_MUNICIPALITY}。同意は、前の終了日までです。本人にもう一度聞いて、書いてください。",
        "button": "延ばす",
        "done": "利用期間を延ばしました。",
    }
    return step(
        request,
        enrollment,
        form,
        words,
        lambda: services.extend(
            enrollment=enrollment, by=user_of(request), key=request_key(request), **form.cleaned_data
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def enrollment_end(request: HttpRequest, public_id: UUID) -> HttpResponse:
    enrollment = enrollment_of(request, public_id, to_change=True)
    form = EndForm(posted(request), enrollment=enrollment)
    words = {
        "title": "早く終える",
        "lead": f"いまの終了日は{wording.date(enrollment.ends_on)}です。本人はいつでもやめられます。",
        "button": "この日で終える",
        "done": "利用を早く終えることにしました。振り返りの予定も直しました。",
        "danger": True,
    }
    return step(
        request,
        enrollment,
        form,
        words,
        lambda: services.end_early(
            enrollment=enrollment, by=user_of(request), key=request_key(request), **form.cleaned_data
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def enrollment_stages(request: HttpRequest, public_id: UUID) -> HttpResponse:
    enrollment = enrollment_of(request, public_id, to_change=True)
    form = StagesForm(posted(request), enrollment=enrollment)
    first, last = wording.date(enrollment.starts_on), wording.date(enrollment.ends_on)
    words = {
        "title": "3つの段階の日を決める",
        "lead": f"計画づくり、外出支援、振り返りの順です。利用期間は{first}から{last}までです。",
        "button": "保存する",
        "done": "段階の日を保存しました。",
    }
    return step(
        request,
        enrollment,
        form,
        words,
        lambda: services.set_stages(
            enrollment=enrollment, by=user_of(request), key=request_key(request), **form.cleaned_data
        ),
    )


def step(
    request: HttpRequest, enrollment: Enrollment, form: ServiceForm, words: dict, act: Callable[[], object]
) -> HttpResponse:
    """One question about an enrollment and its answer; back to the enrollment when it is done."""
    return ask(request, form, words, act, person=enrollment.person, tab="enrollments", back=url_of(enrollment))


def ask(
    request: HttpRequest,
    form: ServiceForm,
    words: dict,
    act: Callable[[], object],
    *,
    person: Person,
    tab: str,
    back: str,
) -> HttpResponse:
    """A form of its own page that calls one service. `words` are title, lead, button, done and perhaps danger."""
    if form.is_bound and form.is_valid() and attempt(form, act) is not None:
        messages.success(request, words["done"])
        return redirect_page(request, back)
    context = {"person": person, "tab": tab, "form": form, "words": {"danger": False, **words}, "back": back}
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/story_form.html", context, partials={"form"}, status=status)


def enrollment_of(request: HttpRequest, public_id: UUID, *, to_change: bool = False) -> Enrollment:
    enrollment = get_object_or_404(queries.for_reader(user_of(request)), public_id=public_id)
    if to_change and not request.user.has_perm("programs.change_enrollment", enrollment):
        raise PermissionDenied
    return enrollment


def person_of(request: HttpRequest, public_id: UUID) -> Person:
    return get_object_or_404(Person.objects.visible_to(user_of(request)), public_id=public_id)


def posted(request: HttpRequest):
    return request.POST if request.method == "POST" else None


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def url_of(enrollment: Enrollment) -> str:
    return reverse("programs:enrollment-detail", args=[enrollment.public_id])


def _organization(request: HttpRequest) -> Organization | None:
    return request.organization or None  # type: ignore[attr-defined]


def _supports(organization: Organization | None, person: Person) -> bool:
    """The enrollment is this organization's from now on, so it must be one that supports the person."""
    if organization is None:
        return False
    return Person.objects.supported_by(organization).filter(pk=person.pk).exists()
