"""Writing down what happened: made for a phone, kept while typing, shared by several writers."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from programs.domain.problems import Problem, Refused
from programs.domain.records import Content
from programs.forms.records import RecordForm
from programs.models import Session
from programs.queries import records as queries
from programs.queries.disclosure import is_named
from programs.queries.limits import LimitBook
from programs.queries.session_page import for_reader
from programs.services import records as services
from programs.views.acting import attempt, request_key
from transition import clock
from transition.htmx import redirect_page, render_page
from transition.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def record_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    session = recorded_session(request, public_id)
    if problem := services.not_recordable(session):
        messages.info(request, problem.message)
        return redirect_page(request, _url(session))
    opened = _opened(request, session)
    if request.method != "POST":
        return _form_page(request, opened, *_begin(opened))
    form = RecordForm(request.POST, goals=opened.goals, wishes=opened.wishes)
    if form.is_valid():
        record = attempt(
            form,
            lambda: services.save(
                session=session,
                based_on=form.cleaned_data["based_on"],
                actual_starts_at=form.started_at(),
                actual_ends_at=form.ended_at(),
                wishes=form.followed(),
                scores=form.scores(),
                by=_user(request),
                key=request_key(request),
                **{name: form.cleaned_data[name] for name in TEXTS},
            ),
        )
        if record is not None:
            _say_saved(request, record.session)
            return redirect_page(request, _url(session))
        if any(problem.code == services.OUTDATED for problem in getattr(form, "problems", [])):
            opened = _opened(request, recorded_session(request, public_id))
            based_on = form.cleaned_data["based_on"]
            return _form_page(request, opened, *_together(opened, form.content(), based_on), status=409)
    return _form_page(request, opened, form, {}, status=422)


TEXTS = ("place", "companions", "shown", "incident", "helped", "family_note", "next_step", "next_note")


@require_POST
def record_draft(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Keeps what is typed so far, every few seconds by htmx or by its button; 「discard」 forgets it."""
    session = recorded_session(request, public_id)
    here = reverse("programs:record-edit", args=[session.public_id])
    if "discard" in request.POST:
        services.discard_draft(session=session, by=_user(request))
        messages.success(request, "下書きを消しました。")
        return redirect_page(request, here)
    opened = _opened(request, session)
    form = RecordForm(request.POST, goals=opened.goals, wishes=opened.wishes)
    problem: Problem | None = None
    try:
        services.save_draft(session=session, content=form.typed(), based_on=form.typed_version(), by=_user(request))
    except Refused as refused:
        problem = refused.problems[0]
    if request.htmx:  # type: ignore[attr-defined]
        context = {"problem": problem, "saved_at": clock.now()}
        return render_page(request, "programs/record_draft.html", context, status=422 if problem else 200)
    if problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, "下書きを保存しました。記録にするには「保存する」を押してください。")
    return redirect_page(request, here)


def recorded_session(request: HttpRequest, public_id: UUID) -> Session:
    """The session, for whoever may write what happened in it: supporters, and the home while it knows its guest."""
    user = _user(request)
    session = get_object_or_404(for_reader(user), public_id=public_id)
    known = session.sees_person or is_named(session, clock.today())
    if not known or not user.has_perm("programs.record_session", session):
        raise PermissionDenied
    return session


@require_safe
def record_hours(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the session leaves of its program's hours; a part of its own, so that the form opens without waiting."""
    session = recorded_session(request, public_id)
    context = {"session": session, "meters": [], "over": []}
    if session.sees_person:  # type: ignore[attr-defined]
        book = LimitBook([session.person])
        context |= {"meters": queries.minute_meters(session, book), "over": queries.over_cap(session, book)}
    return render_page(request, "programs/record_hours.html", context, partials={"hours"})


def _opened(request: HttpRequest, session: Session) -> queries.Opened:
    return queries.opened(session, _user(request), sees_person=session.sees_person)  # type: ignore[attr-defined]


def _begin(opened: queries.Opened) -> tuple[RecordForm, dict]:
    """The form as it opens: one's own draft if there is one, else what is saved, else the plan."""
    if opened.draft is None:
        return _form(opened, opened.saved), {}
    form, context = _together(opened, opened.draft.content, opened.draft.based_on)
    same = all(form.initial.get(name) == value for name, value in opened.saved.items())
    return form, {} if same else {**context, "draft": opened.draft}


def _together(opened: queries.Opened, mine: Content, based_on: int) -> tuple[RecordForm, dict]:
    """The form with what was typed and what others saved since, and what differs."""
    content, found = queries.merged(opened, mine, based_on)
    form = _form(opened, content)
    differences = [
        {
            "id": form[found_one.field].auto_id if found_one.field in form.fields else "",
            "label": queries.label(opened, found_one.field),
            "theirs": queries.shown_value(opened, found_one.field, found_one.theirs),
            "mine": queries.shown_value(opened, found_one.field, found_one.mine),
            "kept": found_one.kept,
        }
        for found_one in found
    ]
    return form, {"differences": differences, "outdated": based_on != opened.version}


def _form(opened: queries.Opened, content: Content) -> RecordForm:
    initial = {**content, "based_on": opened.version}
    return RecordForm(initial=initial, goals=opened.goals, wishes=opened.wishes)


def _form_page(
    request: HttpRequest, opened: queries.Opened, form: RecordForm, context: dict, *, status: int = 200
) -> HttpResponse:
    context = {
        "session": opened.session,
        "opened": opened,
        "form": form,
        **context,
    }
    return render_page(request, "programs/record_edit.html", context, partials={"record"}, status=status)


def _say_saved(request: HttpRequest, session: Session) -> None:
    minutes = queries.minutes_of(session)
    messages.success(request, f"記録を保存しました（{queries.time_words(minutes)}）。")
    for problem in queries.over_cap(session):
        messages.warning(request, f"記録はそのまま残ります。{problem.message}")


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _url(session: Session) -> str:
    return reverse("programs:session-detail", args=[session.public_id])
