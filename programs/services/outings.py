"""Planning outings and day visits: sessions without a room, whose minutes run against the program's limits.

Locks go person → those who go along, by id. Every verb raises `Refused` with all problems at once and changes
nothing then; `reason` passes what may be passed, as in `sessions`. Confirming, calling off, leaving and coming back
are the verbs of `sessions`, for every kind of session.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError

from programs.domain import session_flow, wording
from programs.domain.problems import Problem, Refused
from programs.enums import SessionAction, SessionState, Step
from programs.models import Enrollment, Escort, Session, SessionGoal, SessionWish
from programs.queries import outings as queries
from programs.queries import standing
from programs.services import settling
from transition import clock
from transition.models import Goal, Organization, Person, User, WishItem
from transition.services.transactions import RequestKey, lock, writing

MOST_REPEATS = 30
WEEK = dt.timedelta(weeks=1)


@writing
def plan(
    *,
    enrollment: Enrollment,
    activity: str,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    organization: Organization,
    by: User,
    place: str = "",
    step: str = Step.OUTING,
    transport: str = "",
    transport_cost: int = 0,
    escorts: Sequence[User] = (),
    wishes: Sequence[WishItem] = (),
    goals: Sequence[Goal] = (),
    note: str = "",
    reason: str = "",
    confirm: bool = False,
    key: RequestKey | None = None,
) -> Session:
    """Put an outing into the plan; `confirm` when it is certain already. Until then it lapses at its start."""
    enrollment, escorts = _locked(enrollment, escorts)
    session = Session(
        person=enrollment.person,
        program=enrollment.program,
        enrollment=enrollment,
        organization=organization,
        requested_by=by,
        activity=activity,
        place=place,
        step=step,
        transport=transport,
        transport_cost=transport_cost,
        starts_at=starts_at,
        ends_at=ends_at,
        note=note,
    )
    found = [*_shape_problems(session), *_company_problems(session, escorts, wishes, goals)]
    found += queries.problems(_wanted(session, escorts))
    overcome = settling.settle(found, person=session.person, by=by, reason=reason)
    _save(session, escorts, wishes, goals)
    _begin(session, overcome, by=by, reason=reason)
    if confirm:
        settling.change(session, SessionState.CONFIRMED, SessionAction.CONFIRM, by=by)
    return session


@writing
def change(
    *,
    session: Session,
    activity: str,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    by: User,
    place: str = "",
    step: str = Step.OUTING,
    transport: str = "",
    transport_cost: int = 0,
    escorts: Sequence[User] = (),
    wishes: Sequence[WishItem] = (),
    goals: Sequence[Goal] = (),
    note: str = "",
    reason: str = "",
    key: RequestKey | None = None,
) -> Session:
    """Write the plan of one outing anew, its time included. What was judged stays judged while the time stays."""
    session, escorts = _locked_session(session, escorts)
    before = (session.starts_at, session.ends_at)
    kept = {row.user_id for row in session.escorts.all()}
    session.activity, session.place, session.step, session.note = activity, place, step, note
    session.transport, session.transport_cost = transport, transport_cost
    session.starts_at, session.ends_at = starts_at, ends_at
    found = [*_shape_problems(session), *_company_problems(session, escorts, wishes, goals, kept=kept)]
    found += _problems_of_change(session, escorts, before)
    overcome = settling.settle(found, person=session.person, by=by, reason=reason)
    _save(session, escorts, wishes, goals)
    _tell_change(session, before, overcome, by=by, reason=reason)
    return session


@writing
def move(
    *,
    session: Session,
    starts_at: dt.datetime,
    ends_at: dt.datetime | None = None,
    by: User,
    reason: str = "",
    key: RequestKey | None = None,
) -> Session:
    """The same outing at another time; without `ends_at` of the same length. A confirmed one stays confirmed."""
    session, escorts = _locked_session(session, None)
    before = (session.starts_at, session.ends_at)
    session.starts_at = starts_at
    session.ends_at = ends_at or starts_at + (before[1] - before[0])
    found = _problems_of_change(session, escorts, before)
    overcome = settling.settle(found, person=session.person, by=by, reason=reason)
    if before != (session.starts_at, session.ends_at):
        _save(session, None, None, None)
        _tell_change(session, before, overcome, by=by, reason=reason)
    return session


@writing
def copy(
    *,
    session: Session,
    starts_at: dt.datetime,
    organization: Organization,
    by: User,
    reason: str = "",
    key: RequestKey | None = None,
) -> Session:
    """The same outing once more at another time, with the same company; to be confirmed by itself."""
    session, escorts = _locked_session(session, None, to_change=False)
    twin = _twin(session, starts_at, organization=organization, by=by)
    found = _company_problems(twin, escorts, (), ()) + queries.problems(_wanted(twin, escorts))
    overcome = settling.settle(found, person=session.person, by=by, reason=reason)
    _save_twin(twin, session, escorts)
    _begin(twin, overcome, by=by, reason=reason)
    return twin


@writing
def repeat_weekly(
    *,
    session: Session,
    organization: Organization,
    by: User,
    times: int | None = None,
    until: dt.date | None = None,
    reason: str = "",
    key: RequestKey | None = None,
) -> Session:
    """Copies for the following weeks, all or none: `times` of them, or as many as begin by `until`. Returns the
    one repeated."""
    session, escorts = _locked_session(session, None, to_change=False)
    if times is None:
        times = (until - clock.local_date(session.starts_at)).days // 7 if until else 0
    if not 1 <= times <= MOST_REPEATS:
        message = f"くりかえす回数は、1回から{MOST_REPEATS}回までにしてください。"
        raise Refused([Problem("outing.times", message, field="until" if until else "times")])
    twins: list[tuple[Session, list[Problem]]] = []
    for week in range(1, times + 1):
        # Saved one by one, so that each is judged with those before it; a refusal takes all of them back.
        twin = _twin(session, session.starts_at + week * WEEK, organization=organization, by=by)
        found = _company_problems(twin, escorts, (), ()) + queries.problems(_wanted(twin, escorts))
        twins.append((twin, [_dated(problem, twin) for problem in found]))
        _save_twin(twin, session, escorts)
    everything = [problem for _, found in twins for problem in found]
    overcome = settling.settle(everything, person=session.person, by=by, reason=reason)
    for twin, found in twins:
        _begin(twin, [problem for problem in found if problem in overcome], by=by, reason=reason)
    return session


def _locked(enrollment: Enrollment, escorts: Iterable[User]) -> tuple[Enrollment, list[User]]:
    lock(Person, [enrollment.person_id])
    found = lock(User, [user.pk for user in escorts])
    return Enrollment.objects.select_related("person", "program").get(pk=enrollment.pk), found


def _locked_session(
    session: Session, escorts: Iterable[User] | None, *, to_change: bool = True
) -> tuple[Session, list[User]]:
    """The session fresh, with those who shall go along; None: those who do already. The person's lock comes first,
    so nobody joins or leaves between reading and locking."""
    lock(Person, [session.person_id])
    session = Session.objects.select_related("person", "program", "enrollment").get(pk=session.pk)
    if session.room_id is not None:
        raise Refused([Problem("outing.stay", "お泊まりは、ここでは変えられません。")])
    if to_change and session.state not in session_flow.CHANGEABLE_STATES:
        message = f"この体験はいま「{session.state_word}」なので、変えられません。"
        raise Refused([Problem("session.state", message)])
    going = escorts if escorts is not None else queries.escorts_of(session)
    return session, lock(User, [user.pk for user in going])


def _wanted(session: Session, escorts: Iterable[User], *, changed: Session | None = None) -> queries.Wanted:
    return queries.Wanted(
        person=session.person,
        program=session.program,
        enrollment=session.enrollment,
        step=session.step,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        escorts=tuple(escorts),
        session=changed,
    )


def _problems_of_change(
    session: Session, escorts: Iterable[User], before: tuple[dt.datetime, dt.datetime]
) -> list[Problem]:
    """Everything is judged again; while the time stays, what was passed with a reason stays passed."""
    saved = Session.objects.get(pk=session.pk)
    found = queries.problems(_wanted(session, escorts, changed=saved))
    if before == (session.starts_at, session.ends_at):
        covered = standing.covered(session)
        found = [problem for problem in found if (problem.code, problem.limit_id) not in covered]
    return found


def _shape_problems(session: Session) -> list[Problem]:
    """What the fields themselves refuse, beside each field."""
    session.kind = queries.kind_of(session.step)
    session.expires_at = session.starts_at
    problems = []
    if not session.activity.strip():
        problems.append(Problem("outing.activity", "何をするかを書いてください。", field="activity"))
    try:
        session.clean_fields()
    except ValidationError as error:
        problems += [
            Problem("outing.field", message, field=name)
            for name, messages in error.message_dict.items()
            for message in messages
        ]
    return problems


def _company_problems(
    session: Session,
    escorts: Sequence[User],
    wishes: Sequence[WishItem],
    goals: Sequence[Goal],
    *,
    kept: Iterable[int] = (),
) -> list[Problem]:
    """Only those around the person go along, and goals and wishes are the person's own."""
    problems = []
    around = queries.companions(session.person, session.enrollment, session.organization)
    circle = {*around.values_list("pk", flat=True), *kept}
    if strangers := [user for user in escorts if user.pk not in circle]:
        names = "、".join(f"{user.name}さん" for user in strangers)
        message = f"{names}は、本人を支援する組織の職員ではありません。"
        problems.append(Problem("escort.unknown", message, field="escorts"))
    if any(goal.person_id != session.person_id for goal in goals):
        problems.append(Problem("goal.foreign", "ほかの方の目標が入っています。", field="goals"))
    return problems


def _save(
    session: Session,
    escorts: Sequence[User] | None,
    wishes: Sequence[WishItem] | None,
    goals: Sequence[Goal] | None,
) -> None:
    """The row and what hangs on it; None leaves a list as it is."""
    session.expires_at = session.starts_at
    session.changed_at = clock.now()
    session.save()
    if escorts is not None:
        going = {user.pk for user in escorts}
        present = set(session.escorts.values_list("user", flat=True))
        session.escorts.exclude(user__in=going).delete()
        Escort.objects.bulk_create(Escort(session=session, user_id=user) for user in sorted(going - present))
    if wishes is not None:
        session.session_wishes.all().delete()
        SessionWish.objects.bulk_create(SessionWish(session=session, item=item) for item in dict.fromkeys(wishes))
    if goals is not None:
        session.session_goals.all().delete()
        SessionGoal.objects.bulk_create(SessionGoal(session=session, goal=goal) for goal in dict.fromkeys(goals))


def _twin(session: Session, starts_at: dt.datetime, *, organization: Organization, by: User) -> Session:
    return Session(
        kind=session.kind,
        person=session.person,
        program=session.program,
        enrollment=session.enrollment,
        organization=organization,
        requested_by=by,
        activity=session.activity,
        place=session.place,
        step=session.step,
        transport=session.transport,
        transport_cost=session.transport_cost,
        note=session.note,
        starts_at=starts_at,
        ends_at=starts_at + (session.ends_at - session.starts_at),
    )


def _save_twin(twin: Session, session: Session, escorts: Sequence[User]) -> None:
    wishes = [row.item for row in session.session_wishes.select_related("item")]
    goals = [row.goal for row in session.session_goals.select_related("goal")]
    _save(twin, escorts, wishes, goals)


def _begin(session: Session, overcome: list[Problem], *, by: User, reason: str) -> None:
    settling.write_overrides(session, overcome, reason=reason, by=by)
    settling.tell(session, SessionAction.REQUEST, by=by, reason=reason if overcome else "")


def _tell_change(
    session: Session, before: tuple[dt.datetime, dt.datetime], overcome: list[Problem], *, by: User, reason: str
) -> None:
    """The event comes before its overrides: only those from the last move on still hold."""
    moved = before != (session.starts_at, session.ends_at)
    text = reason if overcome else ""
    if moved:
        way = f"{queries.span_text(*before)} → {queries.span_text(session.starts_at, session.ends_at)}"
        text = f"{way}\n{text}" if text else way
    settling.tell(session, SessionAction.MOVE if moved else SessionAction.CHANGE, by=by, reason=text)
    settling.write_overrides(session, overcome, reason=reason, by=by)


def _dated(problem: Problem, session: Session) -> Problem:
    """The problem with the date of the copy it speaks of; no field of the form is to blame."""
    day = wording.date(clock.local_date(session.starts_at), clock.today())
    return dataclasses.replace(problem, message=f"{day}：{problem.message}", field="")
