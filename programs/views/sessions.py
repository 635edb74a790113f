"""A session from both sides: the home that hosts it and those who support the person."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from programs import rules
from programs.domain import session_flow
from programs.domain.problems import refusing
from programs.enums import Enforcement, SessionAction, SessionKind
from programs.forms.photos import PhotosForm
from programs.forms.sessions import (
    CancelForm,
    CutShortForm,
    DeclineForm,
    MomentForm,
    NoShowForm,
    OverrideForm,
    StepForm,
)
from programs.models import Session
from programs.queries import cards as card_queries
from programs.queries import records as record_queries
from programs.queries import session_page as queries
from programs.queries import standing
from programs.queries.disclosure import guest_of
from programs.services import sessions as services
from programs.views.acting import attempt, request_key
from transition import clock
from transition.htmx import redirect_page, render_page
from transition.models import User
from transition.services.transactions import RequestKey

# Somebody else was faster, or the deadline was: there is nothing to correct in the form.
LOST = {"session.state", "session.expired"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that can be done with a session: its words, its form and its service."""

    action: SessionAction
    title: str
    lead: str
    button: str
    done: str
    form: type[StepForm]
    act: Callable[[Session, StepForm, User, RequestKey | None], Session]
    danger: bool = False


CONFIRM = Step(
    SessionAction.CONFIRM,
    "確定する",
    "",
    "確定する",
    "体験を確定しました。",
    StepForm,
    lambda session, form, by, key: services.confirm(session=session, by=by, key=key),
)
DECLINE = Step(
    SessionAction.DECLINE,
    "申込を断る",
    "断ると、おさえていた夜は空きにもどります。",
    "お断りする",
    "お断りの返事をしました。",
    DeclineForm,
    lambda session, form, by, key: services.decline(
        session=session,
        decline_reason=form.cleaned_data["decline_reason"],
        note=form.cleaned_data["note"],
        by=by,
        key=key,
    ),
    danger=True,
)
CANCEL = Step(
    SessionAction.CANCEL,
    "体験を取り消す",
    "取り消すと、おさえていた夜は空きにもどります。",
    "取り消す",
    "体験を取り消しました。",
    CancelForm,
    lambda session, form, by, key: services.cancel(session=session, reason=form.cleaned_data["reason"], by=by, key=key),
    danger=True,
)
CHECK_IN = Step(
    SessionAction.CHECK_IN,
    "チェックインを記録する",
    "本人が着いた時刻を記録します。",
    "チェックイン",
    "チェックインを記録しました。",
    MomentForm,
    lambda session, form, by, key: services.check_in(
        session=session, at=cast(MomentForm, form).moment(), by=by, key=key
    ),
)
CHECK_OUT = Step(
    SessionAction.CHECK_OUT,
    "チェックアウトを記録する",
    "本人が出た時刻を記録します。",
    "チェックアウト",
    "チェックアウトを記録しました。おつかれさまでした。",
    MomentForm,
    lambda session, form, by, key: services.check_out(
        session=session, at=cast(MomentForm, form).moment(), by=by, key=key
    ),
)
CUT_SHORT = Step(
    SessionAction.CUT_SHORT,
    "途中で終わりにする",
    "本人はいつでもやめられます。泊まらなかった夜は空きにもどります。",
    "途中で終わりにする",
    "途中で終わったことを記録しました。",
    CutShortForm,
    lambda session, form, by, key: services.cut_short(
        session=session,
        at=cast(MomentForm, form).moment(),
        reason=form.cleaned_data["reason"],
        by=by,
        key=key,
    ),
)
NO_SHOW = Step(
    SessionAction.NO_SHOW,
    "来られなかったと記録する",
    "おさえていた夜は空きにもどります。連絡がつかないときは、申し込んだ組織に知らせてください。",
    "来られなかった",
    "来られなかったことを記録しました。",
    NoShowForm,
    lambda session, form, by, key: services.no_show(
        session=session, reason=form.cleaned_data["reason"], by=by, key=key
    ),
)

# What an outing has other words for: nobody holds a room for it.
AS_OUTING = {
    SessionAction.CONFIRM: replace(CONFIRM, done="おでかけを確定しました。"),
    SessionAction.CANCEL: replace(
        CANCEL,
        title="おでかけを取り消す",
        lead="取り消すと、使うはずだった時間はもどります。",
        done="おでかけを取り消しました。",
    ),
    SessionAction.CHECK_IN: replace(
        CHECK_IN,
        title="出発を記録する",
        lead="本人が出かけた時刻を記録します。",
        button="出発",
        done="出発を記録しました。いってらっしゃい。",
    ),
    SessionAction.CHECK_OUT: replace(
        CHECK_OUT,
        title="帰着を記録する",
        lead="本人が帰った時刻を記録します。",
        button="帰着",
        done="帰着を記録しました。おつかれさまでした。",
    ),
    SessionAction.CUT_SHORT: replace(CUT_SHORT, lead="本人はいつでもやめられます。残りの時間はもどります。"),
    SessionAction.NO_SHOW: replace(NO_SHOW, lead="行かなかった時間は、上限に数えません。"),
}


@require_safe
def session_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user = cast(User, request.user)
    session, now = _session(request, public_id), clock.now()
    actions = queries.actions(session, user, now)
    page = queries.page(session, clock.local_date(now))
    context = {
        "page": page,
        "part": record_queries.part(session),
        "door": card_queries.door(session, clock.local_date(now)),
        "photo_form": PhotosForm(),
        "session": session,
        "actions": [action.value for action in actions],
        "can_change": queries.can_change(session, actions),
        "can_override": queries.can_override(session, user),
        "is_late": session.expires_at is not None and session.expires_at <= now,
    }
    return render_page(request, "programs/session_detail.html", context)


def session_confirm(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _take(request, public_id, CONFIRM)


def session_decline(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _take(request, public_id, DECLINE)


def session_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _take(request, public_id, CANCEL)


def session_check_in(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _take(request, public_id, CHECK_IN)


def session_check_out(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _take(request, public_id, CHECK_OUT)


def session_cut_short(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _take(request, public_id, CUT_SHORT)


def session_no_show(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _take(request, public_id, NO_SHOW)


@require_http_methods(["GET", "HEAD", "POST"])
def session_override(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user = cast(User, request.user)
    session = _session(request, public_id)
    if not user.has_perm("programs.override_session", session):
        raise PermissionDenied
    form = OverrideForm(request.POST if request.method == "POST" else None, session=session)
    if form.is_valid():
        reason, key = form.cleaned_data["reason"], request_key(request)
        if attempt(form, lambda: services.override(session=session, reason=reason, by=user, key=key)):
            waits = "ホームの返事を待ちます。" if session.kind == SessionKind.STAY else ""
            messages.success(request, f"判断と理由を記録しました。{waits}")
            return redirect_page(request, _url(session))
    if session_flow.next_state(session.state, SessionAction.CONFIRM) is None:
        return _already(request, session)
    problems = standing.open_problems(session)
    context = {
        "form": form,
        "session": session,
        "standing": problems,
        "stopped": bool(refusing(problems, coordinator=rules.coordinates(user, session.person))),
        "guest": guest_of(session, clock.today(), named=True),
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/session_override.html", context, partials={"session-form"}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def _take(request: HttpRequest, public_id: UUID, step: Step) -> HttpResponse:
    """Show the step's form, or take the step. A step without a form is one tap; its address only takes a POST."""
    user = cast(User, request.user)
    session = _session(request, public_id)
    if session.kind != SessionKind.STAY:
        step = AS_OUTING.get(step.action, step)
    if not user.has_perm(queries.permission_for(step.action, session) or "", session):
        raise PermissionDenied
    form = step.form(request.POST if request.method == "POST" else None, session=session)
    if form.is_valid():
        key = request_key(request)
        if attempt(form, lambda: step.act(session, form, user, key)):
            messages.success(request, step.done)
            return redirect_page(request, _url(session, request.POST.get("next", "")))
        if refused := _refused(request, session, step, form):
            return refused
    elif not form.is_bound and not form.fields:
        return redirect_page(request, _url(session))
    elif not form.is_bound and session_flow.next_state(session.state, step.action) is None:
        return _already(request, session)
    context = {"form": form, "step": step, "session": session, "page": queries.page(session, clock.today())}
    status = 422 if form.is_bound else 200
    return render_page(request, "programs/session_form.html", context, partials={"session-form"}, status=status)


def _refused(request: HttpRequest, session: Session, step: Step, form: StepForm) -> HttpResponse | None:
    """The answer when no other input would help: done already, lost to someone else, or against the rules."""
    problems = getattr(form, "problems", [])
    lost = bool(LOST.intersection(problem.code for problem in problems)) or bool(form.non_field_errors())
    if not lost and form.fields:
        return None
    session = _session(request, session.public_id)
    if lost and session.state == queries.reached_by(step.action):
        return _already(request, session)
    context = {
        "form": form,
        "session": session,
        "problems": problems,
        "step": step,
        "needs_reason": any(problem.enforcement in (Enforcement.ASK, Enforcement.REFUSE) for problem in problems),
    }
    status = 409 if lost else 422
    return render_page(request, "programs/session_refused.html", context, partials={"session-form"}, status=status)


def _already(request: HttpRequest, session: Session) -> HttpResponse:
    messages.info(request, f"この体験は、いま「{session.state_word}」です。")
    return redirect_page(request, _url(session))


def _session(request: HttpRequest, public_id: UUID) -> Session:
    return get_object_or_404(queries.for_reader(cast(User, request.user)), public_id=public_id)


def _url(session: Session, following: str = "") -> str:
    if following in ("inbox", "today"):
        return reverse(f"programs:{following}")
    return reverse("programs:session-detail", args=[session.public_id])
