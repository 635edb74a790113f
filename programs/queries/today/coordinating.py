"""The day of a municipality or a core center: what stands still among all of its people and homes."""

import datetime as dt
from collections import Counter, defaultdict

from django.db.models import Count, Min, OuterRef, Q, Subquery
from django.urls import reverse

from programs.domain.spans import calendar_month
from programs.enums import SessionKind, SessionState
from programs.models import Home, Session, Slot, StopRequest
from programs.queries import intentions
from programs.queries.today import certificates, remarks, supporting
from programs.queries.today.parts import (
    DAY,
    Action,
    Hint,
    Item,
    Section,
    day_of,
    nights_of,
    place_of,
    session_url,
    when,
)
from programs.queries.today.people import is_unasked
from transition import clock
from transition.domain.wareki import format_short
from transition.models import Grant, Organization, Person

UNKNOWN_FACILITY = "施設が登録されていない方"


def sections(organization: Organization, now: dt.datetime) -> list[Section]:
    """Five queries at most, whatever the number of people."""
    today = clock.local_date(now)
    people = Person.objects.supported_by(organization)
    rows = _sessions(organization, now)
    lost = [row for row in rows if row.state in supporting.NOES and _is_this_month(row, today)]
    lost.sort(key=lambda row: (row.changed_at, row.pk), reverse=True)
    grants = Grant.objects.filter(person__in=people.values("pk"), ends_on__gte=today - certificates.ENDED_DAYS * DAY)
    return [
        supporting.stops(rows, today),
        remarks.section((row for row in rows if row.organization_id == organization.pk), today, supporting.name_of),
        Section("requests", "ホームの返事を待っている申込", [_request(row, now) for row in rows if _waits(row)]),
        Section("lost", "今月、まとまらなかった申込", [_lost(row, today) for row in lost], lead=reasons(lost)),
        _residents(organization, today),
        Section(
            "homes",
            "空きを確かめていないホーム",
            [_home(home, today) for home in _stale_homes(organization, now)],
            lead="30日よりながく、空きを確かめていない枠があります。電話などで聞いてみてください。",
        ),
        Section(
            "certificates",
            "もうすぐ終わる支給決定",
            certificates.items(certificates.by_person(grants.select_related("person")), today),
        ),
    ]


def hint(organization: Organization, today: dt.date) -> Hint:
    if not Person.objects.supported_by(organization).exists():
        text = "援護している方を登録すると、申込や支給決定のようすが、ここに出ます。"
        return Hint(text, Action("本人を登録する", reverse("programs:person-create")))
    text = "体験事業の上限が、いまの要綱どおりかを見ておくと安心です。"
    return Hint(text, Action("事業と上限", reverse("programs:program-list")))


def reasons(lost: list[Session]) -> str:
    """お断り 3件（夜間の体制がとれない 2件、本人と合わない 1件）・期限切れ 1件."""
    declined = Counter(row.get_decline_reason_display() for row in lost if row.state == SessionState.DECLINED)
    expired = sum(row.state == SessionState.EXPIRED for row in lost)
    said = []
    if declined:
        each = "、".join(f"{reason} {count}件" for reason, count in declined.most_common())
        said.append(f"お断り {declined.total()}件（{each}）")
    if expired:
        said.append(f"期限切れ {expired}件")
    return "・".join(said)


def _sessions(organization: Organization, now: dt.datetime) -> list[Session]:
    """Waiting requests, those of this month that came to nothing, and whoever wants to stop. One query."""
    open_stops = StopRequest.objects.open().filter(session=OuterRef("pk"))
    month = clock.at(clock.local_date(now).replace(day=1), dt.time())
    theirs = Session.objects.filter(person__in=Person.objects.supported_by(organization).values("pk"))
    rows = remarks.with_remark(theirs, at_home=False).annotate(
        stop_at=Subquery(open_stops.values("at")[:1]), stop_id=Subquery(open_stops.values("public_id")[:1])
    )
    rows = rows.filter(
        Q(stop_at__isnull=False)
        | Q(remark_at__isnull=False, organization=organization)
        | Q(kind=SessionKind.STAY, state=SessionState.REQUESTED)
        | Q(kind=SessionKind.STAY, state__in=supporting.NOES, changed_at__gte=month)
    )
    rows = rows.select_related("person", "program", "room__home", "organization")
    return list(rows.order_by("expires_at", "pk"))


def _waits(session: Session) -> bool:
    return session.kind == SessionKind.STAY and session.state == SessionState.REQUESTED


def _is_this_month(session: Session, today: dt.date) -> bool:
    return session.kind == SessionKind.STAY and clock.local_date(session.changed_at) in calendar_month(today)


def _request(session: Session, now: dt.datetime) -> Item:
    today = clock.local_date(now)
    is_late = session.expires_at is not None and session.expires_at <= now
    until = f"返事は{when(session.expires_at, today)}まで" if session.expires_at else ""
    return Item(
        title=f"{session.person.name}さん {place_of(session)}",
        meta=f"{nights_of(session)}・{session.organization.name}・{until}",
        url=session_url(session),
        late="返事の期限がすぎました" if is_late else "",
        actions=(Action("くわしく見る", session_url(session)),),
    )


def _lost(session: Session, today: dt.date) -> Item:
    is_declined = session.state == SessionState.DECLINED
    why = session.get_decline_reason_display() if is_declined else "返事がないまま期限が切れました"
    return Item(
        title=f"{session.person.name}さん {place_of(session)}",
        meta=f"{nights_of(session)}・{day_of(clock.local_date(session.changed_at), today)}・{why}",
        url=session_url(session),
        actions=(Action("くわしく見る", session_url(session)),),
    )


def _residents(organization: Organization, today: dt.date) -> Section:
    """Who has not been asked, counted by facility, most of them first. Two queries."""
    unasked = [person for person in intentions.residents(organization) if is_unasked(person, today)]
    of = intentions.facilities(unasked, today)
    by_facility: dict[str, list[Person]] = defaultdict(list)
    for person in unasked:
        by_facility[of.get(person.pk, UNKNOWN_FACILITY)].append(person)
    url = f"{reverse('programs:intention-list')}?show=due"
    items = [
        Item(
            title=f"{facility} {len(residents)}人",
            meta=f"うち一度も聞いていない方 {sum(row.last_check is None for row in residents)}人",  # type: ignore[attr-defined]
            actions=(Action("一覧を見る", url),),
        )
        for facility, residents in sorted(by_facility.items(), key=lambda row: (-len(row[1]), row[0]))
    ]
    return Section("residents", "意向確認がまだの方（施設ごと）", items, people=len(unasked))


def _stale_homes(organization: Organization, now: dt.datetime) -> list[Home]:
    """Homes of the municipality with slots that nobody confirmed, the longest first."""
    city = organization.municipality_id or organization.pk
    stale = Slot.objects.unconfirmed(now).filter(room__home__organization__municipality=city)
    homes = Home.objects.filter(rooms__slots__in=stale.values("pk")).annotate(
        stale=Count("rooms__slots", distinct=True), since=Min("rooms__slots__confirmed_at")
    )
    return list(homes.select_related("organization").order_by("since", "pk"))


def _home(home: Home, today: dt.date) -> Item:
    phone = home.phone or home.organization.phone
    confirmed = format_short(clock.local_date(home.since))  # type: ignore[attr-defined]
    return Item(
        title=home.name,
        meta=f"枠 {home.stale}件・最後に確かめた日 {confirmed}",  # type: ignore[attr-defined]
        url=reverse("programs:home-detail", args=[home.public_id]),
        actions=(Action(f"電話 {phone}", f"tel:{phone}"),) if phone else (),
    )
