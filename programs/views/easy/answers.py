"""What the person says: a face, a wish, やめたい; and what they have said so far."""

from typing import cast
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs.domain import easy_words
from programs.domain.problems import Problem, Refused
from programs.enums import Face
from programs.forms.easy import ChosenWishForm, FaceForm, WordForm
from programs.models import Rating
from programs.queries import easy as queries
from programs.queries import easy_answers
from programs.queries import wishes as wish_queries
from programs.services import ratings, voices
from programs.views.acting import attempt, request_key
from programs.views.easy.access import acting_user, easy_view
from programs.views.easy.screens import own_plan
from transition.enums import Expression, WishChoice
from transition.htmx import redirect_page, render_page
from transition.models import Person
from transition.services import wishes as wish_services
from transition.services.transactions import KeyReused
from transition.services.wishes import Answer

CHOICES_PER_PAGE = 10
FACE_DRAWINGS = {Face.GOOD: "face-good.svg", Face.SO_SO: "face-so-so.svg", Face.BAD: "face-bad.svg"}
TOO_EARLY = Problem("rating.too_early", "はじまってから こたえて ください。")


@require_http_methods(["GET", "HEAD", "POST"])
@easy_view
def stop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """やめたい: asked once, kindly, and then told to the worker."""
    plan = own_plan(request, public_id)
    problems: list[Problem] = []
    if request.method == "POST" and request.POST.get("stop") == "yes":
        try:
            voices.ask_to_stop(session=plan.session, by=acting_user(request), key=request_key(request))
        except Refused as refused:
            problems = refused.problems
        except KeyReused:
            pass  # the page was old; the new one says how it is
        if not problems:
            return redirect_page(request, request.path)
    context = {
        "plan": plan,
        "worker": easy_words.called(queries.worker_of(plan.session).name),
        "is_stopping": plan.session.is_stopping,  # type: ignore[attr-defined]
        "can_stop": voices.can_stop(plan.session) and not plan.is_off,
        "problems": [],
    }
    return render_page(request, "easy/stop.html", context, status=422 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@easy_view
def rating(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """First a face, kept at once; then, for those who like, one word. The latest rating holds."""
    plan = own_plan(request, public_id)
    form = WordForm(request.POST or None)
    if request.method == "POST":
        if "chosen" not in request.POST and "word" not in request.POST:
            return _face_given(request, plan)
        if form.is_valid() and _rated(request, form, plan, form.cleaned_data["face"], form.text()):
            return redirect_page(request, f"{request.path}?finished=1")
        if "face" in form.errors:
            return redirect_page(request, request.path)
        face = form.cleaned_data["face"]
        return _rating_page(request, plan, face=face, form=form, status=422)
    if plan.is_off or not ratings.has_begun(plan.session):
        return _rating_page(request, plan, problems=[TOO_EARLY])
    latest = plan.session.ratings.filter(by_person=True).first()
    if latest and request.GET.get("finished"):
        return _rating_page(request, plan, face=latest.face, finished=latest)
    if latest and request.GET.get("face") == latest.face:
        return _rating_page(request, plan, face=latest.face)
    return _rating_page(request, plan)


@require_safe
@easy_view
def wishes(request: HttpRequest) -> HttpResponse:
    book = wish_queries.book_of(_person(request))
    groups = [
        {
            "code": choice.value,
            "label": choice.label,
            "face": easy_answers.FACES[choice],
            "pages": [
                {"item": page.item, "picture": queries.picture_of_item(page.item)} for page in book.chosen(choice.value)
            ],
        }
        for choice in WishChoice
    ]
    context = {"book": book, "groups": groups, "unanswered": len(book.chosen("")), "way": "wishes"}
    return render_page(request, "easy/wishes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@easy_view
def wish(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """One page of the wish book; after an answer the next page that has none."""
    person = _person(request)
    book = wish_queries.book_of(person)
    page = _page(book, item_id)
    if page is None:
        raise Http404
    form = ChosenWishForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = Answer(choice=WishChoice(form.cleaned_data["choice"]), expression=Expression.GESTURE)
        given = attempt(
            form,
            lambda: wish_services.answer(
                person=person, item=page.item, answer=answer, by=acting_user(request), key=request_key(request)
            ),
        )
        if given is not None:
            return redirect_page(request, _after(book, page))
    said = request.GET.get("said", "")
    context = {
        "page": page,
        "picture": queries.picture_of_item(page.item),
        "form": form,
        "answers": [(choice.value, choice.label, easy_answers.FACES[choice]) for choice in WishChoice],
        "after": book.after(page),
        "before_said": next((one for one in book.pages if str(one.item.public_id) == said and one.latest), None),
    }
    return render_page(request, "easy/wish.html", context, status=422 if form.errors else 200)


@require_safe
@easy_view
def choices(request: HttpRequest) -> HttpResponse:
    found = easy_answers.choices(_person(request))
    page = Paginator(found, CHOICES_PER_PAGE).get_page(request.GET.get("page"))
    return render_page(request, "easy/choices.html", {"page": page, "way": "choices"})


def _face_given(request: HttpRequest, plan: queries.Plan) -> HttpResponse:
    form = FaceForm(request.POST)
    if not form.is_valid():
        return _rating_page(request, plan, status=422)
    face = form.cleaned_data["face"]
    if not _rated(request, form, plan, face, ""):
        return _rating_page(request, plan, problems=[TOO_EARLY], status=422)
    return redirect_page(request, f"{request.path}?face={face}")


def _rated(request: HttpRequest, form: forms.Form, plan: queries.Plan, face: str, word: str) -> bool:
    given = attempt(
        form,
        lambda: ratings.rate(
            session=plan.session,
            face=Face(face),
            word=word,
            expression=Expression.WORD if word else Expression.FACE,
            by_person=True,
            by=acting_user(request),
            key=request_key(request),
        ),
    )
    return given is not None


def _rating_page(
    request: HttpRequest,
    plan: queries.Plan,
    *,
    face: str = "",
    finished: Rating | None = None,
    problems: list[Problem] | None = None,
    form: WordForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "plan": plan,
        "face": face,
        "face_drawing": FACE_DRAWINGS[Face(face)] if face else "",
        "face_word": Face(face).label if face else "",
        "faces": Face.choices,
        "words": easy_words.WORDS,
        "is_finished": finished is not None,
        "word": finished.word if finished else "",
        "problems": problems or [],
        "form": form or WordForm(),
    }
    return render_page(request, "easy/rating.html", context, status=status)


def _page(book: wish_queries.Book, item_id: UUID) -> wish_queries.Page | None:
    return next((page for page in book.pages if page.item.public_id == item_id), None)


def _after(book: wish_queries.Book, page: wish_queries.Page) -> str:
    """The next page without an answer, from here on and then from the front; none left: the overview."""
    place = book.pages.index(page)
    others = [*book.pages[place + 1 :], *book.pages[:place]]
    following = next((other for other in others if not other.answers), None)
    if following is None:
        return reverse("programs:easy-wishes")
    return f"{reverse('programs:easy-wish', args=[following.item.public_id])}?said={page.item.public_id}"


def _person(request: HttpRequest) -> Person:
    return cast(Person, request.person)  # type: ignore[attr-defined]
