"""Planning one outing: a form for the whole, smaller ones for moving, copying and repeating. All of them show clashes
and limits before anything is saved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from programs import rules
from programs.domain import session_flow
from programs.domain.problems import Refused, needing_reason, refusing
from programs.enums import Enforcement, Step
from programs.forms.outings import CopyForm, OutingForm, ReasonForm, RepeatForm, TimeForm
from programs.models import Enrollment, Session
from programs.queries import outings as queries
from programs.queries.limits import LimitBook
from programs.queries.planner import for_change
from programs.queries.session_page import for_reader
from programs.services import outings as services
from programs.views.acting import STALE, request_key
from transition import clock
from transition.htmx import redirect_page, render_page, say
from transition.models import Organization, Person, User
from transition.services.transactions import KeyReused, RequestKey

OUTLOOK = "outlook"


@dataclass(frozen=True, slots=True)
class Task:
    """One form, what it would mean, and the service it calls. `wanted` is None while the form cannot be read."""

    template: str
    form: ReasonForm
    person: Person
    wanted: Callable[[], queries.Wanted | None]
    act: Callable[[RequestKey | None], Session]
    done: str
    back: str
    context: dict[str, Any]


@require_http_methods(["GET", "HEAD", "POST"])
def outing_create(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user = _user(request)
    rows = Enrollment.objects.visible_to(user).select_related("person", "program")
    enrollment = get_object_or_404(rows, public_id=public_id)
    if not user.has_perm("programs.plan_outing", enrollment):
        raise PermissionDenied
    organization = _organization(request)
    initial = {"on": request.GET.get("on", ""), "starts": "10:00", "ends": "12:00", "step": Step.OUTING}
    form = OutingForm(
        _posted(request), initial=initial, is_new=True, **_choices(enrollment, enrollment.person, organization)
    )

    def act(key: RequestKey | None) -> Session:
        starts_at, ends_at = cast("tuple[Any, Any]", form.span())
        return services.plan(
            enrollment=enrollment,
            starts_at=starts_at,
            ends_at=ends_at,
            organization=organization,
            by=user,
            confirm=form.cleaned_data["confirm"],
            key=key,
            **form.content(),
        )

    context = {"enrollment": enrollment, "session": None, "title": "おでかけを入れる", "button": "計画に入れる"}
    task = Task(
        template="programs/outing_form.html",
        form=form,
        person=enrollment.person,
        wanted=lambda: _wanted(form, enrollment.person, enrollment),
        act=act,
        done="おでかけを計画に入れました。",
        back=_plan_url(enrollment),
        context=context,
    )
    return _answer(request, task)


@require_http_methods(["GET", "HEAD", "POST"])
def session_update(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user, session = _user(request), _session(request, public_id)
    if refused := _begun(request, session):
        return refused
    choices = _choices(session.enrollment, session.person, session.organization)
    # Who goes along already stays among the choices, whatever became of their membership.
    choices["escorts"] |= User.objects.filter(pk__in=session.escorts.values("user"))
    form = OutingForm(_posted(request), initial=OutingForm.initial_of(session), is_new=False, **choices)

    def act(key: RequestKey | None) -> Session:
        starts_at, ends_at = cast("tuple[Any, Any]", form.span())
        return services.change(
            session=session, starts_at=starts_at, ends_at=ends_at, by=user, key=key, **form.content()
        )

    context = {"title": "おでかけの内容を変える", "button": "保存する"}
    return _answer(
        request, _task(session, form, "programs/outing_form.html", act, "おでかけの内容を変えました。", context)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def session_move(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user, session = _user(request), _session(request, public_id)
    if refused := _begun(request, session):
        return refused
    form = TimeForm(_posted(request), initial=TimeForm.initial_of(session))

    def act(key: RequestKey | None) -> Session:
        starts_at, ends_at = cast("tuple[Any, Any]", form.span())
        reason = form.cleaned_data["reason"]
        return services.move(session=session, starts_at=starts_at, ends_at=ends_at, by=user, reason=reason, key=key)

    context = {"title": "おでかけの日時を変える", "button": "この日時に変える"}
    return _answer(
        request, _task(session, form, "programs/outing_time.html", act, "おでかけの日時を変えました。", context)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def session_copy(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user, session, organization = _user(request), _session(request, public_id), _organization(request)
    start = session.starts_at.astimezone(clock.TOKYO)
    form = CopyForm(_posted(request), initial={"on": start.date() + services.WEEK, "starts": start.time()})

    def act(key: RequestKey | None) -> Session:
        return services.copy(
            session=session,
            starts_at=cast(Any, form.begins()),
            organization=organization,
            by=user,
            reason=form.cleaned_data["reason"],
            key=key,
        )

    context = {"title": "おでかけをコピーする", "button": "この日時にコピーする"}
    return _answer(
        request, _task(session, form, "programs/outing_time.html", act, "おでかけをコピーしました。", context)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def session_repeat(request: HttpRequest, public_id: UUID) -> HttpResponse:
    user, session, organization = _user(request), _session(request, public_id), _organization(request)
    form = RepeatForm(_posted(request), initial={"times": 3})

    def act(key: RequestKey | None) -> Session:
        return services.repeat_weekly(
            session=session,
            times=form.cleaned_data["times"],
            until=form.cleaned_data["until"],
            organization=organization,
            by=user,
            reason=form.cleaned_data["reason"],
            key=key,
        )

    context = {"title": "毎週くりかえす", "button": "くりかえして入れる"}
    done = "毎週のおでかけを計画に入れました。"
    return _answer(request, _task(session, form, "programs/outing_time.html", act, done, context))


def _answer(request: HttpRequest, task: Task) -> HttpResponse:
    """Save and go back; or the form with what it would mean. `outlook` is that part alone, while someone types."""
    form, live = task.form, request.htmx.target == OUTLOOK  # type: ignore[attr-defined]
    checking = live or "check" in request.POST
    wanted = task.wanted() if form.is_bound else None
    if form.is_bound and not checking and form.is_valid() and _attempt(request, task):
        return redirect_page(request, task.back)
    outlook = _outlook(request, task, wanted)
    context = {**task.context, **outlook, "form": form, "person": task.person, "back": task.back, "tab": "enrollments"}
    status = 422 if form.errors and not live else 200
    response = render_page(request, task.template, context, partials={OUTLOOK, "outing-form"}, status=status)
    return say(response, _summary(outlook)) if live else response


def _attempt(request: HttpRequest, task: Task) -> bool:
    try:
        task.act(request_key(request))
    except Refused as refused:
        task.form.refuse(refused.problems)
        return False
    except KeyReused:
        task.form.add_error(None, STALE)
        return False
    messages.success(request, task.done)
    return True


def _outlook(request: HttpRequest, task: Task, wanted: queries.Wanted | None) -> dict[str, Any]:
    """Clashes and limits of what the form says, as far as it can be read; what the service said comes first."""
    preview = queries.preview(wanted, LimitBook([task.person])) if wanted else None
    problems = task.form.problems or (preview.problems if preview else [])
    refuses = any(problem.enforcement == Enforcement.REFUSE for problem in problems)
    coordinator = refuses and rules.coordinates(_user(request), task.person)
    return {
        "preview": preview,
        "problems": problems,
        "needs_reason": bool(needing_reason(problems, coordinator=coordinator)),
        "is_stopped": bool(refusing(problems, coordinator=coordinator)),
    }


def _summary(outlook: dict[str, Any]) -> str:
    """For the live region, while someone types."""
    if outlook["preview"] is None:
        return ""
    return f"確かめることが{len(outlook['problems'])}件あります" if outlook["problems"] else "問題はありません"


def _task(
    session: Session,
    form: ReasonForm,
    template: str,
    act: Callable[[RequestKey | None], Session],
    done: str,
    context: dict[str, Any],
) -> Task:
    back = _plan_url(session.enrollment) if session.enrollment else _session_url(session)
    context = {**context, "session": session, "enrollment": session.enrollment}
    wanted = lambda: _wanted(form, session.person, session.enrollment, session)  # noqa: E731 - said where it is used
    return Task(template, form, session.person, wanted, act, done, back, context)


def _wanted(
    form: ReasonForm, person: Person, enrollment: Enrollment | None, session: Session | None = None
) -> queries.Wanted | None:
    """What the form asks for. A copy and a repetition stand beside the session, all else takes its place."""
    span, changed = None, session
    if isinstance(form, TimeForm):
        span = form.span()
    elif isinstance(form, CopyForm) and session is not None and (begins := form.begins()):
        span, changed = (begins, begins + (session.ends_at - session.starts_at)), None
    elif isinstance(form, RepeatForm) and session is not None and form.is_bound:
        # The first of them stands for all; the service judges each.
        span, changed = (session.starts_at + services.WEEK, session.ends_at + services.WEEK), None
    if span is None:
        return None
    values = form.cleaned_data if isinstance(form, OutingForm) else {}
    going = values.get("escorts") if values else (queries.escorts_of(session) if session else ())
    return queries.Wanted(
        person=person,
        program=enrollment.program if enrollment else cast(Session, session).program,
        enrollment=enrollment,
        step=values.get("step", session.step if session else Step.OUTING),
        starts_at=span[0],
        ends_at=span[1],
        escorts=tuple(going or ()),
        session=changed,
    )


def _choices(enrollment: Enrollment | None, person: Person, organization: Organization) -> dict[str, Any]:
    return {
        "escorts": queries.companions(person, enrollment, organization),
        "wishes": queries.wishes_for(person, organization),
        "goals": queries.goals_for(person),
    }


def _begun(request: HttpRequest, session: Session) -> HttpResponse | None:
    """The answer for an outing that has begun or ended: its time and content are history."""
    if session.state in session_flow.CHANGEABLE_STATES:
        return None
    messages.info(request, f"この体験は、いま「{session.state_word}」なので、変えられません。")
    return redirect_page(request, _session_url(session))


def _session(request: HttpRequest, public_id: UUID) -> Session:
    user = _user(request)
    session = get_object_or_404(for_change(for_reader(user)), public_id=public_id)
    if not user.has_perm("programs.change_outing", session):
        raise PermissionDenied
    return session


def _organization(request: HttpRequest) -> Organization:
    organization: Organization | None = request.organization or None  # type: ignore[attr-defined]
    if organization is None:
        raise PermissionDenied
    return organization


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _plan_url(enrollment: Enrollment) -> str:
    return reverse("programs:planner", args=[enrollment.public_id])


def _session_url(session: Session) -> str:
    return reverse("programs:session-detail", args=[session.public_id])


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
