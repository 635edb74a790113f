"""What a person agreed to: the list, giving, withdrawing."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs.domain import wording
from programs.domain.consent_words import Words, words
from programs.forms.base import ServiceForm
from programs.forms.consents import CARD_MONTHS, ConsentForm
from programs.queries.disclosure import DAYS_AFTER
from programs.views.acting import attempt, request_key
from programs.views.enrollments import ask, person_of, posted, user_of
from transition import clock
from transition.domain.months import months_later
from transition.enums import ConsentKind
from transition.htmx import redirect_page, render_page
from transition.models import Consent, Person
from transition.services import consents as services

LOST = {
    ConsentKind.PHOTO: "写真は、すぐに見られなくなり、消えます。もとにもどせません。",
    ConsentKind.CARD: "ホームの人は、すぐに事前情報シートを見られなくなります。渡した紙は、返してもらってください。",
    ConsentKind.PROGRAM: "利用はそのまま残ります。続けるかどうかを、本人と話し合ってください。",
}


@require_safe
def consent_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request, public_id)
    rows = Consent.objects.filter(person=person).select_related("by", "withdrawn_by")
    context = {
        "person": person,
        "tab": "consents",
        "consents": list(rows),
        "today": clock.today(),
        "may_change": request.user.has_perm("programs.keep_consents", person),
    }
    return render_page(request, "programs/consent_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def consent_create(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    kind = request.GET.get("kind", "")
    form = ConsentForm(posted(request), kind=kind if kind in ConsentKind.values else "")
    if form.is_bound and form.is_valid():
        given = attempt(
            form,
            lambda: services.give(person=person, by=user_of(request), key=request_key(request), **form.cleaned_data),
        )
        if given is not None:
            messages.success(request, "同意を書きました。")
            return redirect_page(request, _list(person))
    context = {"person": person, "tab": "consents", "form": form, "easy_words": [_words(kind) for kind in ConsentKind]}
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/consent_form.html", context, partials={"form"}, status=status)


@require_safe
def consent_easy(request: HttpRequest, public_id: UUID, about: str) -> HttpResponse:
    """What the person is told, with pictures, on one sheet of paper."""
    person = person_of(request, public_id)
    kind = about.upper()
    if about != about.lower() or kind not in ConsentKind.values:
        raise Http404
    context = {
        "person": person,
        "words": _words(ConsentKind(kind)),
        "may_change": request.user.has_perm("programs.keep_consents", person),
    }
    return render_page(request, "programs/consent_easy.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def consent_withdraw(request: HttpRequest, public_id: UUID, consent_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    consent = get_object_or_404(Consent, person=person, public_id=consent_id)
    said = {
        "title": "同意をやめる",
        "lead": f"「{consent.get_kind_display()}」（{wording.date(consent.given_on)}の同意）をやめます。"
        + LOST[ConsentKind(consent.kind)],
        "button": "同意をやめる",
        "done": "同意をやめました。",
        "danger": True,
    }
    return ask(
        request,
        ServiceForm(posted(request)),
        said,
        lambda: services.withdraw(consent=consent, by=user_of(request), key=request_key(request)),
        person=person,
        tab="consents",
        back=_list(person),
    )


def _person(request: HttpRequest, public_id: UUID) -> Person:
    person = person_of(request, public_id)
    if not request.user.has_perm("programs.keep_consents", person):
        raise PermissionDenied
    return person


def _words(kind: ConsentKind) -> Words:
    return words(str(kind), str(kind.label), until=months_later(clock.today(), CARD_MONTHS), days=DAYS_AFTER)


def _list(person: Person) -> str:
    return reverse("programs:consent-list", args=[person.public_id])
