"""Midnight and the borders of months and years, a microsecond before, at, and after, in whatever zone the machine is:
every rule that asks for the time answers by Japan's calendar.

63 moments, each against every rule; what is expected is told by plain arithmetic on the Japanese date.
"""

import ast
import datetime as dt
import os
import re
import time
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from programs.domain.limit_rules import LimitRule, ProgramRules
from programs.domain.limits import Account, Use
from programs.domain.spans import Context, GrantPeriod, Period, minutes_by_day
from programs.models import Session
from programs.services import sessions
from programs.services.slots import Offer, publish
from tests import factories
from tests.personas import make_world
from tests.programs.pages import request
from transition import clock
from transition.enums import ConsentKind
from transition.models import Consent, Grant, PersonLink, SupportLink
from transition.services import api_tokens, links

UTC = dt.UTC
DAY = dt.timedelta(days=1)
TICK = dt.timedelta(microseconds=1)
# The first day behind each border.
BORDERS = {
    "plain day": dt.date(2026, 11, 18),
    "month end": dt.date(2026, 12, 1),
    "into the leap day": dt.date(2028, 2, 29),
    "out of February": dt.date(2027, 3, 1),
    "fiscal year": dt.date(2027, 4, 1),
    "calendar year": dt.date(2027, 1, 1),
    "end of the leap day": dt.date(2028, 3, 1),
}
OFFSETS = {"before": -TICK, "at": dt.timedelta(), "after": TICK}
ZONES = ("UTC", "Asia/Tokyo", "America/New_York")


@pytest.fixture(params=ZONES)
def zone(request):
    """The zone of the machine, which no rule may ask for."""
    known = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ") if known is None else os.environ.update(TZ=known)
    time.tzset()


@pytest.fixture(params=[(border, offset) for border in BORDERS for offset in OFFSETS], ids="-".join)
def moment(request, zone):
    """(now, the Japanese date it is): Japan is nine hours ahead of UTC, always."""
    border, offset = request.param
    first = BORDERS[border]
    now = dt.datetime(first.year, first.month, first.day, tzinfo=UTC) - dt.timedelta(hours=9) + OFFSETS[offset]
    with time_machine.travel(now, tick=False):
        yield now, first - DAY if offset == "before" else first


def rule(unit: str, amount: int, window: str) -> LimitRule:
    return LimitRule(1, "cap", "上限", unit, amount, window, "REFUSE", "VERIFIED")


def account(limit: LimitRule, uses: list[Use], grant: GrantPeriod | None = None) -> Account:
    return Account(ProgramRules((limit,)), uses, Context(grant=grant))


def outing(start: dt.datetime, minutes: int, key: int) -> Use:
    return Use("OUTING", start, start + dt.timedelta(minutes=minutes), key=key)


def stay(first: dt.date, nights: int, key: int) -> Use:
    last = first + nights * DAY
    return Use("STAY", clock.at(first, dt.time(15)), clock.at(last, dt.time(10)), first, last, key)


def month_of(day: dt.date) -> tuple[int, int]:
    return day.year, day.month


def test_today_is_japans_date(moment):
    now, today = moment
    assert (clock.now(), clock.today()) == (now, today)


def test_a_month_of_24_hours(moment):
    """An hour that begins now counts in the months of its minutes; 24 hours of the day before are in its own month."""
    now, today = moment
    yesterday = today - DAY
    full = outing(clock.at(yesterday, dt.time()), 24 * 60, 1)
    now = now.replace(microsecond=0) if now.microsecond == 1 else now + TICK if now.microsecond else now
    day = clock.local_date(now)
    wanted = outing(now, 60, 2)
    found = account(rule("MINUTES", 24 * 60, "CALENDAR_MONTH"), [full]).check(wanted, today)
    same = month_of(day) == month_of(yesterday)
    assert [(problem.over_by, problem.used) for problem in found] == ([(60, 1440)] if same else [])


def test_minutes_fall_on_their_days(moment):
    """Half an hour on either side of midnight, however the second is broken."""
    now, _ = moment
    parts = minutes_by_day(now - dt.timedelta(minutes=30), now + dt.timedelta(minutes=30))
    assert sum(parts.values()) == 60
    assert len(parts) == 2
    assert all(part in {29, 30, 31} for part in parts.values())


def test_fifty_nights_of_a_fiscal_year_and_thirty_in_a_row(moment):
    _, today = moment
    before = [stay(today - 60 * DAY, 50, 1)]
    fiscal = account(rule("NIGHTS", 50, "FISCAL_YEAR"), before).check(stay(today, 1, 2), today)
    year = today.year - (today.month < 4)
    used = sum((today - 60 * DAY + n * DAY) >= dt.date(year, 4, 1) for n in range(50))
    assert [problem.over_by for problem in fiscal] == ([1] if used == 50 else [])
    row = [stay(today - 29 * DAY, 28, 1)]
    assert account(rule("DAYS", 30, "STAY"), row).check(stay(today, 1, 2), today)[0].over_by == 1
    apart = [stay(today - 30 * DAY, 28, 1)]
    assert account(rule("DAYS", 30, "STAY"), apart).check(stay(today, 1, 2), today) == []


def test_fifteen_days_of_a_grant(moment):
    """The grant's first day is its own, the day before is not."""
    _, today = moment
    grant = GrantPeriod(today, today + 40 * DAY, 15)
    cap = rule("DAYS", 15, "GRANT")
    full = stay(today, 14, 1)
    over = account(cap, [full], grant).check(stay(today + 20 * DAY, 1, 2), today)
    assert [problem.over_by for problem in over] == [2]
    early = account(cap, [], grant).check(stay(today - DAY, 15, 2), today)
    assert [(problem.code, problem.numbers) for problem in early] == [("grant.period", {"outside_days": 1})]
    assert Period(today, today).days == 1


@pytest.mark.django_db
class TestWithRows:
    def test_slots_begin_today_at_the_earliest(self, moment):
        _, today = moment
        room, staff = factories.RoomFactory(), factories.UserFactory()
        dates = {"room": room, "offer": Offer(), "by": staff}
        with pytest.raises(Exception, match=r"slot\.past"):
            publish(starts_on=today - DAY, ends_on=today, **dates)
        assert publish(starts_on=today, ends_on=today + DAY, **dates).starts_on == today

    def test_what_is_dated_ends_with_its_last_day(self, moment):
        """Certificates, supporting organizations and consents hold on their last day, and not on the next."""
        _, today = moment
        person = factories.PersonFactory()
        for ends_on in (today - DAY, today, None):
            factories.SupportLinkFactory(
                person=person,
                organization=factories.OrganizationFactory(),
                starts_on=dt.date(2026, 1, 1),
                ends_on=ends_on,
            )
            factories.ConsentFactory(
                person=person, kind=ConsentKind.PHOTO, given_on=dt.date(2026, 1, 1), ends_on=ends_on
            )
        assert SupportLink.objects.on(clock.today()).count() == 2
        assert Consent.objects.given(ConsentKind.PHOTO, clock.today()).count() == 2
        factories.GrantFactory(person=person, starts_on=today, ends_on=today)
        assert Grant.objects.filter(starts_on__lte=clock.today(), ends_on__gte=clock.today()).count() == 1

    def test_tokens_and_links_run_out(self, moment):
        """With the last moment of their last day in Japan, and not a microsecond before."""
        member = factories.MembershipFactory()
        organization = member.organization
        token = api_tokens.issue(organization=organization, label="架空", scopes=["HOMES_READ"], by=member.user)
        link = links.issue(person=factories.PersonFactory(), label="へや", by=member.user)
        headers = {"Authorization": f"Bearer {token.token}"}
        asked, live = [], []
        for by in (-TICK, dt.timedelta(), TICK):
            with time_machine.travel(clock.at(token.expires_on + DAY, dt.time()) + by, tick=False):
                asked.append(Client().get("/api/v1/rooms/", headers=headers).status_code)
            with time_machine.travel(clock.at(link.expires_on + DAY, dt.time()) + by, tick=False):
                live.append(PersonLink.objects.get(pk=link.pk).is_live(clock.today()))
        assert asked == [200, 401, 401]
        assert live == [True, False, False]

    def test_a_request_expires_in_its_instant(self, moment):
        _, today = moment
        world = make_world(starts_on=today, ends_on=today + 60 * DAY)
        first = today + 20 * DAY
        session = request(world, str(first), str(first + DAY))
        for by, left in ((-TICK, 0), (dt.timedelta(), 1)):
            with time_machine.travel(session.expires_at + by, tick=False):
                assert sessions.expire_requests() == left
        assert Session.objects.get().state == "EXPIRED"


# No rule asks the database's clock

DATABASE_CLOCK = re.compile(
    r"\b(?:CURRENT_DATE|CURRENT_TIMESTAMP|CURRENT_TIME|LOCALTIMESTAMP)\b|\bNOW\(\)|\bstrftime\(\s*'|\bclock_timestamp\(",
    re.IGNORECASE,
)
TRUNCATING = {"TruncDate", "TruncDay", "TruncMonth", "TruncYear", "TruncWeek", "TruncHour", "Trunc", "Now"}
EXTRACTING = {"ExtractYear", "ExtractMonth", "ExtractDay", "ExtractHour", "ExtractWeekDay", "Extract"}


# Cut dates, which have no zone.
OF_DATES = {("transition/services/anonymization.py", "TruncYear"): "of a date of birth"}


def modules() -> list[Path]:
    root = Path(settings.BASE_DIR)
    return [path for app in ("transition", "programs", "calendars") for path in sorted((root / app).rglob("*.py"))]


def test_no_sql_asks_the_databases_clock():
    """It is UTC there, or anything, and goes on while ours stands still."""
    wrong, known = [], set()
    for path in modules():
        module = path.relative_to(settings.BASE_DIR).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and DATABASE_CLOCK.search(node.value):
                wrong.append(f"{path}:{node.lineno} {node.value[:60]}")
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                given = {word.arg for word in node.keywords}
                if (module, name) in OF_DATES:
                    known.add((module, name))
                elif name == "Now" or (name in TRUNCATING | EXTRACTING and "tzinfo" not in given):
                    wrong.append(f"{path}:{node.lineno} {name} without tzinfo")
            if (
                isinstance(node, ast.keyword)
                and node.arg
                and re.search(r"_at__(?:date|year|month|day|hour)\b", node.arg)
            ):
                wrong.append(f"{path}:{node.lineno} {node.arg} is cut in the connection's zone")
    assert wrong == []
    assert known == OF_DATES.keys()


def test_the_lint_sees_what_it_looks_for():
    seen = ("SELECT CURRENT_DATE", "where at < now()", "default CURRENT_TIMESTAMP")
    assert all(DATABASE_CLOCK.search(text) for text in seen)
    assert not DATABASE_CLOCK.search("clock.now")
