"""A person takes part in a program, from–to. Locks the person; the planned sessions go with the period.

Every verb raises `Refused` with all problems at once and changes nothing then.
"""

import datetime as dt

from django.db import models

from programs.domain import session_flow, wording
from programs.domain.enrollment_dates import review_dates, reviews_after_change
from programs.domain.problems import Problem, Refused
from programs.domain.spans import DAY, midnight, period_end
from programs.enums import HELD_STATES, EnrollmentEnd, SessionAction
from programs.models import Enrollment, EnrollmentChange, Program, Review, Room, RoomNight, Session
from programs.services import settling
from transition import clock
from transition.enums import ConsentKind, ConsentMeans, OrganizationKind, Residence
from transition.models import Organization, Person, User
from transition.services import audit, consents
from transition.services.transactions import RequestKey, lock, writing

# A period without an end is a typing mistake.
LONGEST = 366 * 3 * DAY


@writing
def enroll(
    *,
    person: Person,
    program: Program,
    organization: Organization,
    starts_on: dt.date,
    ends_on: dt.date | None = None,
    lead: User | None = None,
    facility: Organization | None = None,
    purpose: str = "",
    consent_means: str,
    consent_note: str = "",
    consent_on: dt.date | None = None,
    by: User,
    key: RequestKey | None = None,
) -> Enrollment:
    """Let a person take part; the reviews of months 1, 3 and 6 are planned with it.

    A program of so many months sets the last day itself; `ends_on` is for programs without. The consent to take part
    is recorded with it.
    """
    [person] = lock(Person, [person.pk])
    problems = residence_problems(person, program)
    if program.municipality_id not in (None, person.municipality_id):
        problems.append(Problem("enrollment.program", "ほかの市町村の事業です。", field="program"))
    if program.months is not None:
        ends_on = period_end(starts_on, program.months)
    if ends_on is None:
        message = "この事業には決まった長さがありません。終了日を入力してください。"
        problems.append(Problem("enrollment.end_missing", message, field="ends_on"))
    else:
        problems += _span_problems(starts_on, ends_on)
        problems += _overlap_problems(person, program, starts_on, ends_on, field="starts_on")
    if facility is not None and facility.kind not in (OrganizationKind.FACILITY, OrganizationKind.HOSPITAL):
        problems.append(Problem("enrollment.facility", "施設か病院を選んでください。", field="facility"))
    problems += _consent_problems(consent_means, consent_on)
    if problems or ends_on is None:
        raise Refused(problems)
    consent = consents.record_given(
        person=person,
        kind=ConsentKind.PROGRAM,
        means=consent_means,
        given_on=consent_on,
        # Said about this time; for more of it the person is asked again.
        ends_on=max(ends_on, consent_on or clock.today()),
        note=consent_note,
        by=by,
    )
    enrollment = Enrollment(
        person=person,
        program=program,
        organization=organization,
        facility=facility,
        lead=lead,
        consent=consent,
        purpose=purpose,
        starts_on=starts_on,
        ends_on=ends_on,
        created_at=clock.now(),
    )
    _save(enrollment)
    for month, due_on in review_dates(starts_on, ends_on).items():
        Review.objects.create(enrollment=enrollment, month=month, due_on=due_on)
    audit.record(
        "enrollment.enroll",
        enrollment,
        by=by,
        program=program.pk,
        starts_on=str(starts_on),
        ends_on=str(ends_on),
    )
    return enrollment


@writing
def extend(
    *, enrollment: Enrollment, ends_on: dt.date, reason: str, by: User, key: RequestKey | None = None
) -> EnrollmentChange:
    """Let it go on until a later day, for a reason."""
    enrollment = _locked(enrollment)
    problems = _reason_problems(reason)
    if ends_on <= enrollment.ends_on:
        message = f"いまの終了日（{wording.date(enrollment.ends_on)}）よりあとの日にしてください。"
        problems.append(Problem("enrollment.not_later", message, field="ends_on"))
    else:
        problems += _span_problems(enrollment.starts_on, ends_on)
        problems += _overlap_problems(
            enrollment.person, enrollment.program, enrollment.starts_on, ends_on, own=enrollment, field="ends_on"
        )
    if problems:
        raise Refused(problems)
    return _move_end(enrollment, ends_on, end="", reason=reason, by=by)


@writing
def end_early(
    *,
    enrollment: Enrollment,
    ends_on: dt.date,
    end: str,
    reason: str,
    cancel_sessions: bool = False,
    by: User,
    key: RequestKey | None = None,
) -> EnrollmentChange:
    """Stop before the period is over; nothing punishes that. `end` is one of EnrollmentEnd.

    Sessions planned after the new last day are cancelled together with it when `cancel_sessions`, else they are
    problems that stand in the way.
    """
    enrollment = _locked(enrollment)
    problems = _reason_problems(reason)
    if end not in EnrollmentEnd.values:
        problems.append(Problem("enrollment.end", "早く終わる理由を選んでください。", field="end"))
    if not enrollment.starts_on <= ends_on < enrollment.ends_on:
        first, last = wording.date(enrollment.starts_on), wording.date(enrollment.ends_on - DAY)
        message = f"{first}から{last}までの日にしてください。"
        problems.append(Problem("enrollment.not_earlier", message, field="ends_on"))
        raise Refused(problems)
    problems += _held_problems(enrollment, ends_on)
    beyond = list(planned_beyond(enrollment, ends_on))
    if beyond and not cancel_sessions:
        problems += [_planned_problem(session) for session in beyond]
    else:
        problems += [_running_problem(session) for session in beyond if not _can_be_cancelled(session)]
    if problems:
        raise Refused(problems)
    _call_off(beyond, reason=f"利用を早く終えるため：{reason}", by=by)
    return _move_end(enrollment, ends_on, end=end, reason=reason, by=by)


@writing
def set_stages(
    *,
    enrollment: Enrollment,
    support_from: dt.date | None,
    review_on: dt.date | None,
    by: User,
    key: RequestKey | None = None,
) -> Enrollment:
    """When the support begins, and when the effort is looked back on. Empty: not fixed yet."""
    enrollment = _locked(enrollment)
    inside = f"利用期間（{wording.date(enrollment.starts_on)}から{wording.date(enrollment.ends_on)}まで）の日"
    problems = [
        Problem("enrollment.stage", f"{inside}にしてください。", field=name)
        for name, date in (("support_from", support_from), ("review_on", review_on))
        if date is not None and not enrollment.starts_on <= date <= enrollment.ends_on
    ]
    if support_from and review_on and review_on < support_from:
        message = "振り返りは、外出支援が始まる日か、そのあとにしてください。"
        problems.append(Problem("enrollment.stage_order", message, field="review_on"))
    if problems:
        raise Refused(problems)
    if (enrollment.support_from, enrollment.review_on) != (support_from, review_on):
        enrollment.support_from, enrollment.review_on = support_from, review_on
        enrollment.save(update_fields=["support_from", "review_on"])
        dates = {"support_from": support_from and str(support_from), "review_on": review_on and str(review_on)}
        audit.record("enrollment.stages", enrollment, by=by, **dates)
    return enrollment


def residence_problems(person: Person, program: Program) -> list[Problem]:
    """Why somebody who lives where the person lives cannot take part. Screens ask it before the form."""
    if not program.residences or person.residence in program.residences:
        return []
    meant = "・".join(Residence(residence).label for residence in program.residences)
    message = (
        f"「{program.name}」を利用できるのは、いまの住まいが「{meant}」の方だけです"
        f"（本人は「{person.get_residence_display()}」）。住まいの登録がちがうときは、先に直してください。"
        f"例外にあたるかどうかは、{wording.ASK_MUNICIPALITY}"
    )
    return [Problem("enrollment.residence", message, field="program", source=program.source)]


def planned_beyond(enrollment: Enrollment, ends_on: dt.date) -> models.QuerySet[Session]:
    """Planned sessions of the program that reach past a last day, the earliest first."""
    found = Session.objects.planned().filter(person=enrollment.person_id, program__code=enrollment.program.code)
    found = found.filter(starts_at__lt=midnight(enrollment.ends_on + DAY), ends_at__gt=midnight(ends_on + DAY))
    return found.select_related("person", "program", "slot", "room__home").order_by("starts_at", "pk")


def _move_end(enrollment: Enrollment, ends_on: dt.date, *, end: str, reason: str, by: User) -> EnrollmentChange:
    """The new last day with everything that hangs on it: stages, reviews, the history."""
    change = EnrollmentChange.objects.create(
        enrollment=enrollment,
        ended_on=enrollment.ends_on,
        ends_on=ends_on,
        end=end,
        reason=reason,
        by=by,
        at=clock.now(),
    )
    enrollment.ends_on = ends_on
    # A stage that would begin after the end: support never began, the review takes place on the last day.
    if enrollment.support_from is not None and enrollment.support_from > ends_on:
        enrollment.support_from = None
    if enrollment.review_on is not None:
        enrollment.review_on = min(enrollment.review_on, ends_on)
    _save(enrollment)
    _move_reviews(enrollment)
    audit.record(
        "enrollment.end_early" if end else "enrollment.extend",
        enrollment,
        by=by,
        ended_on=str(change.ended_on),
        ends_on=str(ends_on),
    )
    return change


def _move_reviews(enrollment: Enrollment) -> None:
    rows = {review.month: review for review in Review.objects.filter(enrollment=enrollment)}
    held = {month for month, review in rows.items() if review.held_on is not None}
    due = reviews_after_change(enrollment.starts_on, enrollment.ends_on, held)
    for month, review in rows.items():
        if month not in held and month not in due:
            review.delete()
    for month, due_on in due.items():
        Review.objects.update_or_create(enrollment=enrollment, month=month, defaults={"due_on": due_on})


def _locked(enrollment: Enrollment) -> Enrollment:
    lock(Person, [enrollment.person_id])
    return Enrollment.objects.select_related("person", "program", "organization").get(pk=enrollment.pk)


def _save(enrollment: Enrollment) -> None:
    enrollment.full_clean(validate_unique=False, validate_constraints=False)
    enrollment.save()


def _span_problems(starts_on: dt.date, ends_on: dt.date) -> list[Problem]:
    if ends_on < starts_on:
        return [Problem("enrollment.order", "終了日は開始日よりあとにしてください。", field="ends_on")]
    if ends_on - starts_on > LONGEST:
        return [Problem("enrollment.long", "期間が3年をこえています。年を確かめてください。", field="ends_on")]
    return []


def _overlap_problems(
    person: Person,
    program: Program,
    starts_on: dt.date,
    ends_on: dt.date,
    *,
    own: Enrollment | None = None,
    field: str,
) -> list[Problem]:
    """Another time in the same program, whichever municipality's copy it was made under."""
    others = Enrollment.objects.filter(
        person=person, program__code=program.code, starts_on__lte=ends_on, ends_on__gte=starts_on
    )
    if own is not None:
        others = others.exclude(pk=own.pk)
    return [
        Problem(
            "enrollment.overlap",
            f"同じ事業の利用（{wording.date(other.starts_on)}から{wording.date(other.ends_on)}まで）と重なっています。",
            field=field,
        )
        for other in others.order_by("starts_on")
    ]


def _consent_problems(means: str, given_on: dt.date | None) -> list[Problem]:
    problems = []
    if means not in ConsentMeans.values:
        message = "利用には本人の同意が要ります。どうやって同意したかを選んでください。"
        problems.append(Problem("enrollment.consent", message, field="consent_means"))
    if given_on is not None and given_on > clock.today():
        problems.append(Problem("enrollment.consent_on", "今日までの日にしてください。", field="consent_on"))
    return problems


def _reason_problems(reason: str) -> list[Problem]:
    if reason.strip():
        return []
    return [Problem("enrollment.reason", "期間を変える理由を書いてください。", field="reason")]


def _held_problems(enrollment: Enrollment, ends_on: dt.date) -> list[Problem]:
    """What has happened stays inside the period."""
    held = Session.objects.filter(
        person=enrollment.person_id,
        program__code=enrollment.program.code,
        state__in=HELD_STATES,
        starts_at__gte=midnight(ends_on + DAY),
        starts_at__lt=midnight(enrollment.ends_on + DAY),
    )
    last = held.order_by("starts_at").last()
    if last is None:
        return []
    message = (
        f"{wording.date(clock.local_date(last.starts_at))}に体験が行われています。その日か、あとの日にしてください。"
    )
    return [Problem("enrollment.held", message, field="ends_on")]


def _planned_problem(session: Session) -> Problem:
    what = session.activity or session.place or session.get_kind_display()
    message = (
        f"{wording.date(clock.local_date(session.starts_at))}の「{what}」（{session.state_word}）が、"
        "終わる日よりあとに残っています。先に取り消すか、いっしょに取り消してください。"
    )
    return Problem("enrollment.planned", message)


def _running_problem(session: Session) -> Problem:
    message = (
        f"{wording.date(clock.local_date(session.starts_at))}からの体験は、いま「{session.state_word}」です。"
        "先に終わりを記録してください。"
    )
    return Problem("enrollment.running", message)


def _can_be_cancelled(session: Session) -> bool:
    return session_flow.next_state(session.state, SessionAction.CANCEL) is not None


def _call_off(beyond: list[Session], *, reason: str, by: User) -> None:
    """Cancel them within this transaction; rooms are locked in the order that every service keeps."""
    lock(Room, [session.room_id for session in beyond if session.room_id])
    for session in beyond:
        target = session_flow.next_state(session.state, SessionAction.CANCEL)
        if target is not None:
            RoomNight.objects.filter(session=session).delete()
            settling.change(session, target, SessionAction.CANCEL, by=by, reason=reason)
