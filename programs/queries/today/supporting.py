"""The day of those who support people: a consultation office, a facility, a hospital."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.http import urlencode

from programs.domain import wording
from programs.enums import HELD_STATES, PLANNED_STATES, SessionKind, SessionState
from programs.models import Session, StopRequest
from programs.queries import intentions
from programs.queries.limits import LimitBook
from programs.queries.today import certificates, lapsing, remarks, stays
from programs.queries.today.parts import (
    DAY,
    Action,
    Hint,
    Item,
    Section,
    day_of,
    nights_of,
    person_url,
    place_of,
    session_url,
    time_of,
    what_of,
    when,
)
from programs.queries.today.people import due_items, unasked_items
from transition import clock
from transition.enums import OrganizationKind
from transition.models import Organization, Person
from transition.models.people import PersonQuerySet

# A no is shown until another stay is planned, but not for ever; a yes for a few days.
NO_DAYS, YES_DAYS = 30, 3
NOES = (SessionState.DECLINED, SessionState.EXPIRED)


def sections(organization: Organization, now: dt.datetime) -> list[Section]:
    """Eight queries. A facility finds its residents before the papers: asking them is its duty."""
    today = clock.local_date(now)
    everyone = Person.objects.supported_by(organization)
    people = list(intentions.with_latest(everyone, organization))
    book = LimitBook(people)
    grants = [(person, book.grants(person)) for person in people]
    rows = sessions_of(everyone, now)
    residents = Section(
        "residents",
        "意向確認がまだの方",
        unasked_items(people, today),
        lead="これからどこでくらしたいか、聞いたことがないか、聞く日がすぎています。",
        link=Action("意向確認の一覧", reverse("programs:intention-list"))
        if organization.kind == OrganizationKind.FACILITY
        else None,
    )
    papers = [
        Section("records", "記録がまだの体験", record_items(rows, today, now)),
        Section(
            "lapsing",
            "使わないと消える分",
            lapsing.items(grants, book, today),
            lead="計画に入っている分は、引いてあります。",
        ),
        Section("certificates", "もうすぐ終わる支給決定", certificates.items(grants, today)),
    ]
    is_facility = organization.kind == OrganizationKind.FACILITY
    return [
        stops(rows, today),
        remarks.section(rows, today, name_of),
        Section("answers", "ホームからの返事", answer_items(rows, today, now)),
        Section("stays", "行く人・帰る人", stays.move_items(rows, today, name_of, hosted=False)),
        Section("outings", "きょうのおでかけ", outing_items(rows, today, now)),
        *([residents, *papers] if is_facility else [*papers, residents]),
        Section("due", "振り返りと、その後の確認", due_items(organization, today)),
    ]


def hint(organization: Organization, today: dt.date) -> Hint:
    if not Person.objects.supported_by(organization).exists():
        text = "支援している方を登録すると、予定や、使える残りが、ここに出ます。"
        return Hint(text, Action("本人を登録する", reverse("programs:person-create")))
    return Hint("次の体験を考えるときは、本人の一覧からどうぞ。", Action("本人の一覧", reverse("programs:people")))


def sessions_of(people: PersonQuerySet, now: dt.datetime) -> list[Session]:
    """Every session of these people that waits for something, with `stop_at` and the names of `company`. One query.

    An outing comes once for each who goes along, and is put together here.
    """
    today = clock.local_date(now)
    open_stops = StopRequest.objects.open().filter(session=OuterRef("pk"))
    planned = Session.objects.filter(person=OuterRef("person"), kind=SessionKind.STAY).filter(
        Q(state__in=PLANNED_STATES) | Q(created_at__gt=OuterRef("changed_at"))
    )
    rows = (
        remarks.with_remark(Session.objects.filter(person__in=people.values("pk")), at_home=False)
        .annotate(
            stop_at=Subquery(open_stops.values("at")[:1]),
            stop_id=Subquery(open_stops.values("public_id")[:1]),
            is_followed=Exists(planned),
            escort_name=F("escorts__user__name"),
        )
        .filter(
            Q(stop_at__isnull=False)
            | Q(remark_at__isnull=False)
            | _answered(today, now)
            | stays.moving(today)
            | _outings(today, now)
            | _unrecorded(now)
        )
        .select_related("person", "program", "room__home", "record")
        .order_by("starts_at", "pk", "escort_name")
    )
    found: dict[int, Session] = {}
    company: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        found.setdefault(row.pk, row)
        if row.escort_name:
            company[row.pk].append(row.escort_name)
    for session in found.values():
        session.company = company[session.pk]  # type: ignore[attr-defined]
    return list(found.values())


def stops(rows: Iterable[Session], today: dt.date) -> Section:
    """やめたい comes first: a person waits for an answer."""
    waiting = sorted((row for row in rows if row.stop_at), key=lambda row: row.stop_at)  # type: ignore[attr-defined]
    items = [_stop(row, today) for row in waiting]
    return Section("stops", "「やめたい」と伝えた方", items, lead="まず、話を聞いてください。")


def answer_items(rows: Iterable[Session], today: dt.date, now: dt.datetime) -> list[Item]:
    """Noes without another plan, the latest first; then yeses of the last days to stays that do not begin yet."""
    answered = sorted(rows, key=lambda row: (row.state not in NOES, -row.changed_at.timestamp()))
    return [_answer(row, today) for row in answered if _is_answer(row, today, now)]


def outing_items(rows: Iterable[Session], today: dt.date, now: dt.datetime) -> list[Item]:
    return [
        _outing(row, today)
        for row in rows
        if row.kind != SessionKind.STAY
        and row.state in PLANNED_STATES
        and row.ends_at > now
        and clock.local_date(row.starts_at) <= today
    ]


def record_items(rows: Iterable[Session], today: dt.date, now: dt.datetime) -> list[Item]:
    """Held and not written down; what is freshest in memory first."""
    missing = [row for row in reversed(list(rows)) if is_unrecorded(row, now)]
    return [
        Item(
            title=f"{name_of(row)} {what_of(row) if row.kind != SessionKind.STAY else place_of(row)}",
            meta=nights_of(row) or when(row.starts_at, today),
            url=session_url(row),
            actions=(Action("記録を書く", session_url(row, "record-edit")),),
        )
        for row in missing
    ]


def is_unrecorded(session: Session, now: dt.datetime) -> bool:
    if getattr(session, "record", None) is not None:
        return False
    over = session.kind != SessionKind.STAY and session.ends_at <= now
    return session.state in HELD_STATES or (
        over and session.state in (SessionState.CONFIRMED, SessionState.IN_PROGRESS)
    )


def name_of(session: Session) -> str:
    return f"{session.person.name}さん"


def _answered(today: dt.date, now: dt.datetime) -> Q:
    no = Q(state__in=NOES, changed_at__gt=now - NO_DAYS * DAY, is_followed=False)
    yes = Q(state=SessionState.CONFIRMED, changed_at__gt=now - YES_DAYS * DAY, check_in__gt=today + DAY)
    return Q(kind=SessionKind.STAY) & (no | yes)


def _is_answer(session: Session, today: dt.date, now: dt.datetime) -> bool:
    if session.check_in is None:
        return False
    if session.state in NOES:
        return session.changed_at > now - NO_DAYS * DAY and not session.is_followed  # type: ignore[attr-defined]
    is_fresh = session.state == SessionState.CONFIRMED and session.changed_at > now - YES_DAYS * DAY
    return is_fresh and session.check_in > today + DAY


def _outings(today: dt.date, now: dt.datetime) -> Q:
    tomorrow = clock.at(today + DAY, dt.time())
    return ~Q(kind=SessionKind.STAY) & Q(state__in=PLANNED_STATES, starts_at__lt=tomorrow, ends_at__gt=now)


def _unrecorded(now: dt.datetime) -> Q:
    over = ~Q(kind=SessionKind.STAY) & Q(state__in=(SessionState.CONFIRMED, SessionState.IN_PROGRESS), ends_at__lte=now)
    return Q(record__isnull=True) & (Q(state__in=HELD_STATES) | over)


def _stop(session: Session, today: dt.date) -> Item:
    what = place_of(session) if session.kind == SessionKind.STAY else what_of(session)
    span = nights_of(session) or when(session.starts_at, today)
    said = when(session.stop_at, today)  # type: ignore[attr-defined]
    return Item(
        title=f"{name_of(session)} {what}",
        meta=f"{span}・{said}に伝えました",
        url=session_url(session),
        actions=(Action("話を聞いて書く", reverse("programs:stop-request-answer", args=[session.stop_id])),),  # type: ignore[attr-defined]
    )


def _answer(session: Session, today: dt.date) -> Item:
    span, said = nights_of(session), day_of(clock.local_date(session.changed_at), today)
    if session.state == SessionState.CONFIRMED:
        return Item(
            title=f"{name_of(session)} {place_of(session)} 確定しました",
            meta=f"{span}・{said}に返事",
            url=session_url(session),
            actions=(Action("くわしく見る", session_url(session)),),
        )
    is_declined = session.state == SessionState.DECLINED
    why = f"お断り（{session.get_decline_reason_display()}）" if is_declined else "返事がないまま期限が切れました"
    query = urlencode({"program": session.program.code})
    return Item(
        title=f"{name_of(session)} {place_of(session)}",
        meta=f"{span}・{said}・{why}",
        url=session_url(session),
        actions=(Action("別の部屋をさがす", f"{person_url(session.person, 'slot-search')}?{query}"),),
    )


def _outing(session: Session, today: dt.date) -> Item:
    company = "、".join(session.company)  # type: ignore[attr-defined]
    began = clock.local_date(session.starts_at)
    span = f"{time_of(session.starts_at)}〜{time_of(session.ends_at)}"
    if began != today:
        span = f"{day_of(began, today)} {span}"
    state = "" if session.state == SessionState.CONFIRMED else f"・{wording.state(session.kind, session.state)}"
    step = Action("出発を書く", session_url(session, "session-check-in"))
    if session.state == SessionState.REQUESTED:
        step = Action("くわしく見る", session_url(session))
    elif session.state == SessionState.IN_PROGRESS:
        step = Action("帰着を書く", session_url(session, "session-check-out"))
    return Item(
        title=f"{span} {name_of(session)} {what_of(session)}",
        meta=f"付き添い：{company or 'まだ決まっていません'}{state}",
        url=session_url(session),
        actions=(step,),
    )
