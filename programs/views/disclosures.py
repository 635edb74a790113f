"""開示・訂正: what a person asks of whoever keeps records, what was answered, and everything that is held as a file."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from programs.forms.disclosures import AnswerForm, AskForm, FileForm
from programs.queries import disclosures as queries
from programs.views.acting import attempt, request_key
from programs.views.enrollments import ask, person_of, posted, user_of
from transition import own_data_file
from transition.enums import DisclosureAnswer
from transition.htmx import render_page
from transition.models import Disclosure, Person
from transition.queries import own_data
from transition.services import disclosures as services
from transition.views import step_up

SHOWN = 50
TAB = "disclosures"


@require_safe
def disclosure_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = person_of(request, public_id)
    context = {
        "person": person,
        "disclosures": list(queries.of_person(person)),
        "may_keep": request.user.has_perm("programs.keep_disclosures", person),
    }
    return render_page(request, "programs/disclosure_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def disclosure_create(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    form = AskForm(posted(request))
    words = {
        "title": "請求を書く",
        "lead": "本人や代理人から、記録を見たい、直してほしい、使うのをやめてほしいと頼まれたときに書きます。",
        "button": "保存する",
        "done": "請求を保存しました。",
    }
    return ask(
        request,
        form,
        words,
        lambda: services.ask(person=person, by=user_of(request), key=request_key(request), **form.cleaned_data),
        person=person,
        tab=TAB,
        back=_list(person),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def disclosure_answer(request: HttpRequest, public_id: UUID, disclosure_id: UUID) -> HttpResponse:
    person = _person(request, public_id)
    disclosure = _disclosure(person, disclosure_id)
    form = AnswerForm(posted(request), disclosure=disclosure)
    words = {
        "title": "答えを書く",
        "lead": f"「{disclosure.get_kind_display()}」の請求に、どう答えたかを残します。あとから変えられません。",
        "button": "保存する",
        "done": "答えを保存しました。",
    }
    return ask(
        request,
        form,
        words,
        lambda: services.answer(
            disclosure=disclosure, by=user_of(request), key=request_key(request), **form.cleaned_data
        ),
        person=person,
        tab=TAB,
        back=_list(person),
    )


@require_safe
def disclosure_file(request: HttpRequest, public_id: UUID, disclosure_id: UUID) -> HttpResponse:
    """What was chosen before showing anew who one is comes back with the address."""
    person = _person(request, public_id)
    chosen = {name: request.GET[name] for name in FileForm.base_fields if name in request.GET}
    return _file_page(request, _disclosure(person, disclosure_id), FileForm(initial=chosen))


@require_POST
def disclosure_take(request: HttpRequest, public_id: UUID, disclosure_id: UUID) -> HttpResponseBase:
    """Everything that is held about the person; that it left, for what and by whom, is written down first."""
    person = _person(request, public_id)
    disclosure = _disclosure(person, disclosure_id)
    form = FileForm(request.POST)
    if form.is_valid():
        if not step_up.is_fresh(request):
            return step_up.ask(request, _file_address(disclosure, form))
        by, key = user_of(request), request_key(request)
        noted = attempt(form, lambda: services.hand_over(disclosure=disclosure, by=by, key=key, **form.cleaned_data))
        if noted is not None:
            return own_data_file.response(own_data.collect(person, with_others=form.cleaned_data["with_others"]))
    return _file_page(request, disclosure, form)


def _file_address(disclosure: Disclosure, form: FileForm) -> str:
    chosen = {name: "on" if value is True else value for name, value in form.cleaned_data.items() if value}
    address = reverse("programs:disclosure-file", args=[disclosure.person.public_id, disclosure.public_id])
    return f"{address}?{urlencode(chosen)}"


def _file_page(request: HttpRequest, disclosure: Disclosure, form: FileForm) -> HttpResponse:
    person = disclosure.person
    context = {
        "person": person,
        "disclosure": disclosure,
        "form": form,
        "back": _list(person),
        "is_fresh": step_up.is_fresh(request),
    }
    return render_page(request, "programs/disclosure_file.html", context, status=422 if form.is_bound else 200)


@require_safe
def disclosure_overview(request: HttpRequest) -> HttpResponse:
    """Of the whole municipality, for those who decide there."""
    user = user_of(request)
    if not queries.coordinated_by(user).exists():
        raise PermissionDenied
    found = queries.kept_by(user)
    waiting = request.GET.get("answer") == DisclosureAnswer.WAITING
    if waiting:
        found = found.filter(answer=DisclosureAnswer.WAITING)
    page = Paginator(found, SHOWN).get_page(request.GET.get("page", 1))
    return render_page(request, "programs/disclosure_overview.html", {"page": page, "waiting": waiting})


def _person(request: HttpRequest, public_id: UUID) -> Person:
    person = person_of(request, public_id)
    if not request.user.has_perm("programs.keep_disclosures", person):
        raise PermissionDenied
    return person


def _disclosure(person: Person, disclosure_id: UUID) -> Disclosure:
    return get_object_or_404(queries.of_person(person).select_related("person"), public_id=disclosure_id)


def _list(person: Person) -> str:
    return reverse("programs:disclosure-list", args=[person.public_id])
