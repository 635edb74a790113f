"""Test data by name. Nothing random that a test could lean on; every value is fictional."""

import datetime as dt

import factory
from factory.django import DjangoModelFactory

from programs.enums import (
    Certainty,
    Counting,
    Enforcement,
    FollowUpKind,
    HomePhotoKind,
    OutcomeCode,
    ProgramKind,
    SessionKind,
    SessionState,
    Unit,
    WebhookEvent,
    Window,
)
from programs.models import (
    Enrollment,
    FamilyRemark,
    FollowUp,
    Home,
    HomePhoto,
    Limit,
    Outcome,
    Program,
    Review,
    Room,
    Session,
    Slot,
    Webhook,
    WebhookDelivery,
)
from programs.models.external import ExternalCalendar
from transition import clock
from transition.enums import (
    ConsentKind,
    ConsentMeans,
    DisclosureKind,
    GoalArea,
    GrantService,
    MembershipRole,
    NotificationKind,
    OrganizationKind,
    Residence,
    Sex,
    TokenScope,
)
from transition.models import (
    ApiToken,
    Consent,
    Contact,
    Disclosure,
    Goal,
    Grant,
    Invitation,
    Membership,
    Notification,
    Organization,
    Person,
    PersonCard,
    SupportLink,
    User,
)

PASSWORD = "fictional-password"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@example.invalid")
    name = factory.Sequence(lambda n: f"職員 {n}")
    password = factory.django.Password(PASSWORD)


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    kind = OrganizationKind.CONSULTATION
    name = factory.Sequence(lambda n: f"架空組織{n}")

    class Params:
        in_municipality = factory.Trait(municipality=factory.SubFactory("tests.factories.MunicipalityFactory"))


class MunicipalityFactory(OrganizationFactory):
    kind = OrganizationKind.MUNICIPALITY
    name = factory.Sequence(lambda n: f"架空市{n}")


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organization = factory.SubFactory(OrganizationFactory)
    role = MembershipRole.STAFF


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    family_name = "見本"
    given_name = factory.Sequence(lambda n: f"花子{n}")
    family_kana = "みほん"
    given_kana = "はなこ"
    called = "はなさん"
    sex = Sex.FEMALE
    support_level = 4
    disability_kinds = ["INTELLECTUAL"]
    residence = Residence.FAMILY
    municipality = factory.SubFactory(MunicipalityFactory)


class SupportLinkFactory(DjangoModelFactory):
    class Meta:
        model = SupportLink

    person = factory.SubFactory(PersonFactory)
    organization = factory.SubFactory(OrganizationFactory)


class GrantFactory(DjangoModelFactory):
    """A group-home trial grant from April 2026 to March 2027, 50 days."""

    class Meta:
        model = Grant

    person = factory.SubFactory(PersonFactory)
    service = GrantService.GROUP_HOME_TRIAL
    starts_on = dt.date(2026, 4, 1)
    ends_on = dt.date(2027, 3, 31)
    days = 50


class ProgramFactory(DjangoModelFactory):
    """The group-home trial, without limits unless asked for."""

    class Meta:
        model = Program

    code = factory.Sequence(lambda n: f"program-{n}")
    name = "グループホームの体験"
    kind = ProgramKind.GROUP_HOME_TRIAL


class LimitFactory(DjangoModelFactory):
    """Fifty days a fiscal year, asked about when passed."""

    class Meta:
        model = Limit

    program = factory.SubFactory(ProgramFactory)
    code = factory.Sequence(lambda n: f"limit-{n}")
    name = "年間の日数"
    unit = Unit.DAYS
    amount = 50
    window = Window.FISCAL_YEAR
    counting = Counting.INCLUSIVE
    enforcement = Enforcement.ASK
    certainty = Certainty.VERIFIED
    source = "試験用"


class EnrollmentFactory(DjangoModelFactory):
    class Meta:
        model = Enrollment

    person = factory.SubFactory(PersonFactory)
    program = factory.SubFactory(ProgramFactory, months=6)
    organization = factory.SubFactory(OrganizationFactory)
    starts_on = dt.date(2026, 10, 1)
    ends_on = dt.date(2027, 3, 31)


class HomeFactory(DjangoModelFactory):
    class Meta:
        model = Home

    organization = factory.SubFactory(OrganizationFactory, kind=OrganizationKind.GROUP_HOME)
    name = factory.Sequence(lambda n: f"ホームみほん{n}")
    area = "架空市"


class HomePhotoFactory(DjangoModelFactory):
    """A photo's row; its files are named, not there."""

    class Meta:
        model = HomePhoto

    home = factory.SubFactory(HomeFactory)
    kind = HomePhotoKind.HOUSE
    large = "none.jpg"
    small = "none.jpg"
    width = 1600
    height = 1200
    caption = "建物の外"
    by = factory.SubFactory(UserFactory)


class ExternalCalendarFactory(DjangoModelFactory):
    """Of a home, at an address that is never asked: it leads to this machine."""

    class Meta:
        model = ExternalCalendar

    home = factory.SubFactory(HomeFactory)
    label = "事務所の予定表"
    url = "https://127.0.0.1/fictional-secret.ics"
    created_by = factory.SubFactory(UserFactory)


class RoomFactory(DjangoModelFactory):
    class Meta:
        model = Room

    home = factory.SubFactory(HomeFactory)
    name = factory.Sequence(lambda n: f"{101 + n}号室")


class SlotFactory(DjangoModelFactory):
    """Open from 1 December 2026 to the morning of 1 February 2027, stays of one to seven nights."""

    class Meta:
        model = Slot

    room = factory.SubFactory(RoomFactory)
    starts_on = dt.date(2026, 12, 1)
    ends_on = dt.date(2027, 2, 1)
    published_by = factory.SubFactory(UserFactory)


class SessionFactory(DjangoModelFactory):
    """An outing of two hours; its row only. Stays are made through services, which keep the night ledger."""

    class Meta:
        model = Session

    kind = SessionKind.OUTING
    person = factory.SubFactory(PersonFactory)
    program = factory.SubFactory(ProgramFactory)
    organization = factory.SubFactory(OrganizationFactory)
    requested_by = factory.SubFactory(UserFactory)
    state = SessionState.CONFIRMED
    starts_at = factory.LazyFunction(lambda: clock.at(dt.date(2026, 12, 5), dt.time(10)))
    ends_at = factory.LazyAttribute(lambda session: session.starts_at + dt.timedelta(hours=2))


class FamilyRemarkFactory(DjangoModelFactory):
    class Meta:
        model = FamilyRemark

    session = factory.SubFactory(SessionFactory)
    who = "母"
    text = "よるが心配です。"


class ConsentFactory(DjangoModelFactory):
    class Meta:
        model = Consent

    person = factory.SubFactory(PersonFactory)
    kind = ConsentKind.PROGRAM
    means = ConsentMeans.WORD
    given_on = dt.date(2026, 10, 1)
    by = factory.SubFactory(UserFactory)


class PersonCardFactory(DjangoModelFactory):
    class Meta:
        model = PersonCard

    person = factory.SubFactory(PersonFactory)
    version = 1
    content = {"voice": "よるは でんきを つけて", "yes_no": "「はい」は手を上げる", "allergy": "たまご"}
    by = factory.SubFactory(UserFactory)


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    person = factory.SubFactory(PersonFactory)
    name = "見本 花江"
    relation = "母"
    phone = "000-0000-0000"
    on_card = True


class GoalFactory(DjangoModelFactory):
    """Enjoying an outing, with its five levels."""

    class Meta:
        model = Goal

    person = factory.SubFactory(PersonFactory)
    words = "そとで ごはんが たべたい"
    area = GoalArea.ENJOY
    level_minus_2 = "出かけるのをいやがる"
    level_minus_1 = "出かけるが、すぐ帰りたがる"
    level_0 = "おわりまで楽しむ"
    level_plus_1 = "次も行きたいという"
    level_plus_2 = "行き先を自分で決める"
    target_on = dt.date(2027, 1, 31)
    created_by = factory.SubFactory(UserFactory)


class ReviewFactory(DjangoModelFactory):
    class Meta:
        model = Review

    enrollment = factory.SubFactory(EnrollmentFactory)
    month = 1
    due_on = dt.date(2026, 10, 31)


class OutcomeFactory(DjangoModelFactory):
    class Meta:
        model = Outcome

    enrollment = factory.SubFactory(EnrollmentFactory)
    code = OutcomeCode.NEW_WISH
    decided_on = dt.date(2026, 11, 20)
    by = factory.SubFactory(UserFactory)


class FollowUpFactory(DjangoModelFactory):
    class Meta:
        model = FollowUp

    outcome = factory.SubFactory(OutcomeFactory, code=OutcomeCode.MOVED_FLAT, moved_on=dt.date(2026, 11, 1))
    kind = FollowUpKind.VISIT_30_DAYS
    due_on = dt.date(2026, 12, 1)


class ApiTokenFactory(DjangoModelFactory):
    """Without a usable secret; `transition.services.api_tokens.issue` makes one with it."""

    class Meta:
        model = ApiToken

    user = factory.SelfAttribute("membership.user")
    organization = factory.SelfAttribute("membership.organization")
    label = "町の予約ソフト"
    scopes = factory.LazyFunction(lambda: list(TokenScope.values))
    token_hash = factory.Sequence(lambda n: f"{n:064d}")

    class Params:
        membership = factory.SubFactory(MembershipFactory)


class NotificationFactory(DjangoModelFactory):
    class Meta:
        model = Notification

    kind = NotificationKind.CONSISTENCY
    reason_key = factory.Sequence(lambda n: f"consistency:{n}")
    user = factory.SubFactory(UserFactory)


class WebhookFactory(DjangoModelFactory):
    class Meta:
        model = Webhook

    organization = factory.SubFactory(OrganizationFactory)
    label = "市のホームページ"
    url = "https://hook.example.invalid/taiken"
    events = factory.LazyFunction(lambda: [WebhookEvent.SESSION_CHANGED, WebhookEvent.SLOT_PUBLISHED])
    created_by = factory.SubFactory(UserFactory)


class WebhookDeliveryFactory(DjangoModelFactory):
    class Meta:
        model = WebhookDelivery

    webhook = factory.SubFactory(WebhookFactory)
    event = WebhookEvent.SLOT_PUBLISHED
    payload = factory.LazyFunction(dict)


class InvitationFactory(DjangoModelFactory):
    """Without a usable secret."""

    class Meta:
        model = Invitation

    email = factory.Sequence(lambda n: f"invited-{n}@example.invalid")
    name = "新しい職員"
    organization = factory.SubFactory(OrganizationFactory)
    token_hash = factory.Sequence(lambda n: f"{n:064d}")


class DisclosureFactory(DjangoModelFactory):
    class Meta:
        model = Disclosure

    person = factory.SubFactory(PersonFactory)
    kind = DisclosureKind.DISCLOSE
    asked_by = "本人"
    by = factory.SubFactory(UserFactory)
