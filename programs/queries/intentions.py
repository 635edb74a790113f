"""The 意向確認 register: every resident with the latest asking, and who has not been asked."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, Q, Subquery

from transition import clock
from transition.domain.months import months_later
from transition.enums import IntentionAnswer, IntentionWish, OrganizationKind, Residence
from transition.exports import Cell
from transition.models import IntentionCheck, Organization, Person, SupportLink
from transition.models.people import PersonQuerySet

PER_PAGE = 50
# How long before the day the list says もうすぐ.
SOON_DAYS = 30

NEVER, OVERDUE, SOON, ASKED = "NEVER", "OVERDUE", "SOON", "ASKED"
WORDS = {NEVER: "まだ聞いていない", OVERDUE: "期限がすぎた", SOON: "もうすぐ", ASKED: "聞いた"}
STATES = list(WORDS.items())
SHOWN = {"": "全員", "unasked": "この期間に聞いていない", "due": "期限がすぎた・もうすぐ"}

CSV_HEADER = (
    "氏名",
    "ふりがな",
    "施設",
    "状態",
    "聞いた日",
    "聞いた人",
    "聞いた組織",
    "聞きかた",
    "答え",
    "やってみたいこと",
    "表しかた",
    "本人の表明か、支援者の読み取りか",
    "何から読み取ったか",
    "いっしょにいた人",
    "次に聞く日",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One asking in words."""

    check: IntentionCheck

    @property
    def wants(self) -> str:
        return "・".join(str(IntentionWish(code).label) for code in self.check.wants if code in IntentionWish.values)

    @property
    def voice(self) -> str:
        """Whether the person said so or a supporter read it; nothing where there is no answer."""
        if self.check.answer == IntentionAnswer.NO_ANSWER:
            return ""
        return "支援者が読み取った" if self.check.inferred else "本人が表した"


@dataclass(frozen=True, slots=True)
class Line:
    person: Person
    facility: str
    asked: Asked | None
    state: str

    @property
    def word(self) -> str:
        return WORDS[self.state]


@dataclass(frozen=True, slots=True)
class Register:
    """A page of Lines with the figures an inspection asks for first."""

    page: Page
    show: str
    residents: int
    asked: int
    since: dt.date
    today: dt.date

    @property
    def unasked(self) -> int:
        return self.residents - self.asked


def register(organization: Organization, show: str, number: str | int) -> Register:
    """One page of the organization's residents. Five queries, however many."""
    today = clock.today()
    since = period_start(today)
    everyone = residents(organization)
    counted = everyone.aggregate(residents=Count("pk"), asked=Count("pk", filter=Q(last_asked_on__gte=since)))
    show = show if show in SHOWN else ""
    page = Paginator(shown(everyone, show, today), PER_PAGE).get_page(number)
    page.object_list = lines(page.object_list, today)
    return Register(page, show, counted["residents"], counted["asked"], since, today)


def csv_rows(organization: Organization, show: str) -> list[list[Cell]]:
    """Every resident that `show` shows, in three queries."""
    today = clock.today()
    found = shown(residents(organization), show, today)
    return [_row(line) for line in lines(found, today)]


def period_start(today: dt.date) -> dt.date:
    """Who was asked on this day or later was asked in this period."""
    return months_later(today, -settings.INTENTION_MONTHS)


def residents(organization: Organization) -> PersonQuerySet:
    """Who lives in a facility among the people of this one, or of this municipality, with the latest asking.

    For a facility only its own askings count, as it is the one that has to ask; a coordinator sees everybody's.
    """
    return with_latest(Person.objects.supported_by(organization).filter(residence=Residence.FACILITY), organization)


def with_latest(people: PersonQuerySet, organization: Organization) -> PersonQuerySet:
    """People with their latest asking, of a facility its own only."""
    checks = IntentionCheck.objects.filter(person=OuterRef("pk")).order_by("-asked_on", "-pk")
    if organization.kind == OrganizationKind.FACILITY:
        checks = checks.filter(organization=organization)
    return people.annotate(
        last_check=Subquery(checks.values("pk")[:1]),
        last_asked_on=Subquery(checks.values("asked_on")[:1]),
        last_next_on=Subquery(checks.values("next_on")[:1]),
    )


def lines(people: Iterable[Person], today: dt.date) -> list[Line]:
    """Annotated residents with their facility and latest asking: two queries."""
    people = list(people)
    ids = [person.last_check for person in people if person.last_check]  # type: ignore[attr-defined]
    checks = {check.pk: check for check in IntentionCheck.objects.filter(pk__in=ids).select_related("organization")}
    of = facilities(people, today)
    found = []
    for person in people:
        check = checks.get(person.last_check)  # type: ignore[attr-defined]
        asked = Asked(check) if check else None
        found.append(Line(person, of.get(person.pk, ""), asked, state_of(check, today)))
    return found


def state_of(check: IntentionCheck | None, today: dt.date) -> str:
    if check is None:
        return NEVER
    if check.next_on < today:
        return OVERDUE
    return SOON if (check.next_on - today).days <= SOON_DAYS else ASKED


def history(person: Person) -> list[Asked]:
    """Every asking of one person by anybody, latest first; one query."""
    return [Asked(check) for check in person.intention_checks.select_related("organization", "by")]


def shown(people: PersonQuerySet, show: str, today: dt.date) -> PersonQuerySet:
    """Of `residents`, those whom `show` (a key of SHOWN) asks for."""
    if show == "unasked":
        return people.filter(Q(last_asked_on=None) | Q(last_asked_on__lt=period_start(today)))
    if show == "due":
        return people.filter(Q(last_next_on=None) | Q(last_next_on__lte=today + dt.timedelta(days=SOON_DAYS)))
    return people


def facilities(people: list[Person], today: dt.date) -> dict[int, str]:
    """The facility that supports each, by person. One query."""
    links = SupportLink.objects.on(today).filter(
        person__in=[person.pk for person in people], organization__kind=OrganizationKind.FACILITY
    )
    return {link.person_id: link.organization.name for link in links.select_related("organization").order_by("-pk")}


def _row(line: Line) -> list[Cell]:
    return [line.person.name, line.person.kana, line.facility, line.word, *_answer(line.asked)]


def _answer(asked: Asked | None) -> Iterator[Cell]:
    if asked is None:
        yield from [None] * 11
        return
    check = asked.check
    yield from (check.asked_on, check.asker, check.organization.name, check.method, check.get_answer_display())
    yield from (asked.wants, check.get_expression_display(), asked.voice, check.basis, check.present, check.next_on)
