"""What a leak may have shown: whose data, which kinds of it, and by what. For a report that is due within days.

It counts what was noted (views, exports, cards, photos) and what somebody could have seen, which is more.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from calendars.enums import OF_A_PERSON
from calendars.models import CalendarFeed
from programs.models import Session
from transition.domain import acts, looks
from transition.models import ApiToken, AuditEvent, Organization, Person, PersonLink, User, ViewLog

EASY_VIEW = (looks.NAME, looks.SESSIONS, looks.PHOTOS, looks.WISHES)
# What a calendar may say at most, by its level of detail.
OF_FEEDS = {
    "BUSY": ("予定があることだけ",),
    "NEUTRAL": ("予定の種類と日時",),
    "PLACE": ("予定の種類と日時", "場所"),
    "NAMES": ("予定の種類と日時", "場所", "呼び名"),
}


@dataclass(slots=True)
class Looks:
    """At one person: how many, at what, from when to when. For telling that person."""

    first: dt.datetime
    last: dt.datetime
    count: int = 0
    whats: set[str] = field(default_factory=set)

    @property
    def kinds(self) -> list[str]:
        return looks.kinds(self.whats)


@dataclass(slots=True)
class Report:
    """`people` were certainly shown, `reachable` could be read in that time; `fetched`: when a secret address was last
    read, as far as that is kept. `views` and `acts` count, by their words."""

    subject: str
    since: dt.datetime
    until: dt.datetime
    people: set[int] = field(default_factory=set)
    reachable: set[int] = field(default_factory=set)
    looks: dict[int, Looks] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    views: dict[str, int] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)
    exports: list[dict[str, Any]] = field(default_factory=list)
    fetched: list[dict[str, Any]] = field(default_factory=list)
    cards: int = 0
    photos: int = 0


def of_user(user: User, since: dt.datetime, until: dt.datetime) -> Report:
    report = Report(f"利用者 {user.email}", since, until)
    _add_views(report, ViewLog.objects.filter(actor=user.pk))
    _add_acts(report, AuditEvent.objects.filter(actor=user.pk))
    report.reachable |= set(Person.objects.visible_to(user).values_list("pk", flat=True))
    _add_feeds(report, CalendarFeed.objects.filter(user=user))
    return _whole(report)


def of_token(token: ApiToken, since: dt.datetime, until: dt.datetime) -> Report:
    report = Report(f"アクセストークン {token.label}（{token.user.email}）", since, until)
    _add_views(report, ViewLog.objects.filter(actor=token.user_id, data__token=token.pk))
    report.fetched = [_fetched("最後に使われた", token.last_used_at)]
    if any(scope.startswith(("PEOPLE", "SESSIONS", "CALENDARS")) for scope in token.scopes):
        report.reachable |= set(Person.objects.visible_to(token.user).values_list("pk", flat=True))
    return _whole(report)


def of_organization(organization: Organization, since: dt.datetime, until: dt.datetime) -> Report:
    report = Report(f"組織 {organization.name}", since, until)
    _add_views(report, ViewLog.objects.filter(organization=organization.pk))
    users = organization.memberships.filter(Q(ended_at=None) | Q(ended_at__gte=since)).values("user")
    _add_acts(report, AuditEvent.objects.filter(actor__in=users))
    report.reachable |= set(Person.objects.supported_by(organization).values_list("pk", flat=True))
    report.reachable |= set(_hosted(home__organization=organization))
    _add_feeds(report, CalendarFeed.objects.filter(Q(organization=organization) | Q(home__organization=organization)))
    return _whole(report)


def of_feed(feed: CalendarFeed, since: dt.datetime, until: dt.datetime) -> Report:
    report = Report(f"予定表の配信 {feed.label}", since, until)
    _add_feeds(report, CalendarFeed.objects.filter(pk=feed.pk))
    return _whole(report)


def of_link(link: PersonLink, since: dt.datetime, until: dt.datetime) -> Report:
    report = Report(f"本人用リンク {link.label}", since, until)
    report.reachable.add(link.person_id)
    report.fetched = [_fetched("最後に開かれた", link.last_used_at)]
    if _since(link.last_used_at, since):
        report.people.add(link.person_id)
    report.kinds = list(EASY_VIEW)
    return _whole(report)


def _add_views(report: Report, rows: QuerySet[ViewLog]) -> None:
    whats: set[str] = set()
    within = rows.filter(at__gte=report.since, at__lt=report.until)
    for at, what, person, data in within.order_by("pk").values_list("at", "what", "person", "data").iterator():
        whats.add(what)
        report.views[looks.label(what)] = report.views.get(looks.label(what), 0) + 1
        shown = [person] if person else data.get("people", [])
        report.people.update(shown)
        for one in shown:
            found = report.looks.setdefault(one, Looks(at, at))
            found.first, found.last = min(found.first, at), max(found.last, at)
            found.count += 1
            found.whats.add(what)
        report.cards += what == "card"
        report.photos += what in {"photo", "photos"}
    report.kinds = sorted({*report.kinds, *looks.kinds(whats)})


def _add_acts(report: Report, rows: QuerySet[AuditEvent]) -> None:
    """What was done, and the files that were taken out with it."""
    for event in rows.filter(at__gte=report.since, at__lt=report.until).order_by("pk").iterator():
        words = acts.label(event.action)
        report.acts[words] = report.acts.get(words, 0) + 1
        if event.action.startswith("export."):
            report.exports.append({"at": event.at, "what": words, "rows": event.data.get("rows", 0)})
        person = event.data.get("person")
        if isinstance(person, int):
            report.people.add(person)


def _add_feeds(report: Report, feeds: QuerySet[CalendarFeed]) -> None:
    """Whoever had the address could read it as often as they liked; only the last time is kept."""
    for feed in feeds.order_by("pk"):
        own = [feed.person_id] if feed.person_id else []
        people = set(own if feed.audience in OF_A_PERSON else _of_feed(feed))
        report.reachable |= people
        report.fetched.append(_fetched(f"予定表「{feed.label}」", feed.last_fetched_at or feed.page_seen_at))
        if _since(feed.last_fetched_at, report.since) or _since(feed.page_seen_at, report.since):
            report.people |= people
            report.kinds = sorted({*report.kinds, *OF_FEEDS.get(feed.detail, (looks.SESSIONS,))})


def _of_feed(feed: CalendarFeed) -> Iterable[int]:
    if feed.home_id:
        return _hosted(home=feed.home_id)
    if feed.organization is None:
        return []
    people = Person.objects.supported_by(feed.organization).values_list("pk", flat=True)
    return [*people, *_hosted(home__organization=feed.organization_id)]


def _hosted(**room: Any) -> Iterable[int]:
    wanted = {f"room__{name}": value for name, value in room.items()}
    return Session.objects.filter(**wanted).order_by().values_list("person", flat=True)


def _since(moment: dt.datetime | None, since: dt.datetime) -> bool:
    """The last of all times: an earlier one may have been within as well, so the end does not count."""
    return moment is not None and moment >= since


def _fetched(what: str, at: dt.datetime | None) -> dict[str, Any]:
    return {"what": what, "at": at}


def _whole(report: Report) -> Report:
    report.reachable |= report.people
    return report
