"""Enrollments through the API: begun, looked at, extended, ended, their stages."""

import pytest

from programs.models import Enrollment, EnrollmentChange
from tests import factories
from tests.api.story import NOBODYS, ROOT, codes, fields, ids, is_as_missing, keyed, queries_of
from tests.personas import member
from tests.programs.stories import day, enrolled, outing, outing_program, outing_world, resident
from transition.enums import OrganizationKind
from transition.models import AuditEvent

pytestmark = pytest.mark.django_db

ENROLLMENTS = f"{ROOT}enrollments/"


@pytest.fixture
def world(db):
    return outing_world()


@pytest.fixture
def client(world, caller):
    return caller(world.worker)


def body(world, **changes):
    values = {
        "person": str(world.person.public_id),
        "program": str(world.program.public_id),
        "starts_on": "2026-11-01",
        "consent_means": "GESTURE",
        "consent_note": "写真を見てうなずいた",
    }
    return values | changes


def enroll(client, world, key="", **changes):
    return client.post(ENROLLMENTS, body(world, **changes), format="json", **(keyed(key) if key else {}))


def url(enrollment, action=""):
    return f"{ENROLLMENTS}{enrollment.public_id}/" + (f"{action}/" if action else "")


def test_a_whole_life_through_the_api_alone(world, client):
    colleague = member(world.office)
    answer = enroll(client, world, lead=str(colleague.public_id), purpose="楽しむ")
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["ends_on"], made["lead"]["name"], made["outcome"]) == ("2027-04-30", colleague.name, None)
    assert made["consent"] == {"given_on": "2026-11-22", "means": "GESTURE", "note": "写真を見てうなずいた"}
    here = f"{ENROLLMENTS}{made['id']}/"
    stages = client.post(f"{here}stages/", {"support_from": "2026-12-01", "review_on": None}, format="json")
    assert (stages.status_code, stages.json()["support_from"]) == (200, "2026-12-01")
    longer = client.post(f"{here}extend/", {"ends_on": "2027-06-30", "reason": "市が認めた"}, format="json")
    assert longer.json()["ends_on"] == "2027-06-30"
    early = {"ends_on": "2027-03-31", "end": "WISH", "reason": "本人の希望"}
    ended = client.post(f"{here}end/", early, format="json")
    assert [(one["end"], one["ends_on"]) for one in ended.json()["changes"]] == [
        ("", "2027-06-30"),
        ("WISH", "2027-03-31"),
    ]
    assert client.get(here).json() == ended.json()
    assert list(AuditEvent.objects.filter(action__startswith="enrollment.").values_list("action", flat=True)) == [
        "enrollment.enroll",
        "enrollment.stages",
        "enrollment.extend",
        "enrollment.end_early",
    ]
    reviews = client.get(f"{ROOT}reviews/?enrollment={made['id']}").json()["results"]
    assert [one["month"] for one in reviews] == [1, 3, 6]
    assert {one["due_on"] for one in reviews} <= {"2026-11-30", "2027-01-31", "2027-03-31"}


def test_what_can_be_chosen(world, client):
    outing_program(code="fictional-flat", residences=["ALONE"])
    facility = factories.OrganizationFactory(kind=OrganizationKind.FACILITY)
    answer = client.get(f"{ENROLLMENTS}choices/?person={world.person.public_id}").json()
    assert [(one["code"], len(one["obstacles"])) for one in answer["programs"]] == [
        ("outing", 0),
        ("fictional-flat", 1),
    ]
    assert [one["id"] for one in answer["leads"]] == [str(world.worker.public_id)]
    assert [one["id"] for one in answer["facilities"]] == [str(facility.public_id)]
    assert fields(client.get(f"{ENROLLMENTS}choices/")) == ["person"]
    assert client.get(f"{ENROLLMENTS}choices/?person={factories.PersonFactory().public_id}").status_code == 400


def test_nobody_else_finds_it(world, client, caller):
    foreign = factories.EnrollmentFactory()
    mine = enrolled(world)
    assert ids(client.get(ENROLLMENTS)) == [str(mine.public_id)]
    assert is_as_missing(client, url(foreign), foreign.public_id)
    for action in ("extend", "end", "stages"):
        assert is_as_missing(client, url(foreign, action), foreign.public_id, "post")
    for user in (world.home_staff, world.stranger, world.other_home_staff):
        assert caller(user).get(ENROLLMENTS).json()["results"] == []
        assert caller(user).get(url(mine)).status_code == 404
    assert ids(caller(world.coordinator).get(ENROLLMENTS)) == [str(mine.public_id)]


def test_who_may_look_may_not_change(world, caller):
    enrollment = enrolled(world)
    other = factories.OrganizationFactory()
    factories.SupportLinkFactory(person=world.person, organization=other)
    client = caller(member(other))
    assert client.get(url(enrollment)).status_code == 200
    for action in ("extend", "end", "stages"):
        assert client.post(url(enrollment, action), {}, format="json").status_code == 403


def test_only_an_organization_that_supports_the_person_enrolls(world, caller):
    elsewhere = factories.OrganizationFactory()
    factories.MembershipFactory(user=world.worker, organization=elsewhere)
    client = caller(world.worker, elsewhere)
    assert enroll(client, world).status_code == 403
    assert client.get(f"{ENROLLMENTS}choices/?person={world.person.public_id}").status_code == 403
    assert not Enrollment.objects.exists()


def test_a_token_needs_the_scope(world, caller):
    reader = caller(world.worker, scopes=["SESSIONS_READ"])
    assert reader.get(ENROLLMENTS).status_code == 200
    assert enroll(reader, world).json()["code"] == "scope_missing"
    assert caller(world.worker, scopes=["PEOPLE_WRITE"]).get(ENROLLMENTS).json()["code"] == "scope_missing"


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": str(NOBODYS)},
        {"program": str(NOBODYS)},
        {"facility": str(NOBODYS)},
        {"lead": str(NOBODYS)},
        {"starts_on": "きょう"},
        {"starts_on": "0001-01-01"},
        {"consent_means": "MAYBE"},
        {"purpose": "あ" * 1001},
        {"more": 1},
    ],
)
def test_what_makes_no_sense_is_named(world, client, wrong):
    answer = enroll(client, world, **wrong)
    assert (answer.status_code, fields(answer)) == (400, list(wrong))


def test_foreign_ids_are_as_unknown_as_missing_ones(world, client):
    foreign = {
        "person": factories.PersonFactory(),
        "program": outing_program(code="theirs", municipality=factories.MunicipalityFactory()),
        "lead": world.stranger,
        "facility": world.office,
    }
    for name, row in foreign.items():
        answer = enroll(client, world, **{name: str(row.public_id)})
        assert (answer.status_code, answer.content) == (
            400,
            enroll(client, world, **{name: str(NOBODYS)}).content,
        ), name


def test_a_rule_refuses_with_its_reasons(world, client):
    enrolled(world)
    answer = enroll(client, world, consent_on="2027-01-01")
    assert (answer.status_code, answer.json()["code"]) == (409, "refused")
    assert codes(answer) == ["enrollment.overlap", "enrollment.consent_on"]
    assert fields(answer) == ["starts_on", "consent_on"]


def test_sessions_after_the_end_stand_in_the_way_or_go_with_it(world, client):
    enrollment = enrolled(world)
    planned = outing(world, "2027-01-10", enrollment=enrollment)
    early = {"ends_on": "2026-12-20", "end": "ILLNESS", "reason": "体調"}
    assert codes(client.post(url(enrollment, "end"), early, format="json")) == ["enrollment.planned"]
    done = client.post(url(enrollment, "end"), early | {"cancel_sessions": True}, format="json")
    planned.refresh_from_db()
    assert (done.status_code, planned.state) == (200, "CANCELLED")


def test_sent_again_it_is_done_once(world, client):
    first, again = (enroll(client, world, "k1") for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    assert Enrollment.objects.count() == 1
    assert enroll(client, world, "k1", purpose="別").json()["code"] == "key_reused"
    here = f"{ENROLLMENTS}{first.json()['id']}/extend/"
    longer = {"ends_on": "2027-06-30", "reason": "市が認めた"}
    twice = [client.post(here, longer, format="json", **keyed("k2")) for _ in range(2)]
    assert (twice[0].status_code, twice[1].content) == (200, twice[0].content)
    assert EnrollmentChange.objects.count() == 1


@pytest.mark.parametrize(
    ("action", "sent"),
    [
        ("extend", {"ends_on": "2027-06-30", "reason": "市が認めた"}),
        ("end", {"ends_on": "2026-12-20", "end": "WISH", "reason": "希望"}),
        ("stages", {"support_from": "2026-12-01", "review_on": None}),
    ],
)
def test_a_lost_update_is_refused(world, client, action, sent):
    enrollment = enrolled(world)
    fresh = client.get(url(enrollment))["ETag"]
    stale = client.post(url(enrollment, action), sent, format="json", headers={"If-Match": '"older"'})
    assert stale.status_code == 412
    assert client.get(url(enrollment))["ETag"] == fresh
    assert client.post(url(enrollment, action), sent, format="json", headers={"If-Match": fresh}).status_code == 200


def test_hours_left_this_month(world, client):
    enrollment = enrolled(world)
    outing(world, "2026-11-20", state="COMPLETED", enrollment=enrollment)
    outing(world, "2026-11-28", hours=3, enrollment=enrollment)
    [meter] = client.get(url(enrollment, "hours")).json()["meters"]
    assert (meter["unit"], meter["cap"], meter["held"], meter["confirmed"]) == ("MINUTES", 1440, 120, 180)
    assert (meter["remaining"], meter["starts_on"], meter["ends_on"]) == (1140, "2026-11-01", "2026-11-30")
    later = enrolled(world, person=resident(world), starts_on=day("2026-12-01"))
    assert client.get(url(later, "hours")).json() == {"enrollment": str(later.public_id), "meters": []}
    foreign = factories.EnrollmentFactory()
    assert is_as_missing(client, url(foreign, "hours"), foreign.public_id)


def test_filters_and_order(world, client):
    first = enrolled(world)
    second = enrolled(world, person=resident(world), starts_on=day("2026-11-10"))
    assert ids(client.get(f"{ENROLLMENTS}?person={second.person.public_id}")) == [str(second.public_id)]
    assert ids(client.get(f"{ENROLLMENTS}?on=2026-11-05")) == [str(first.public_id)]
    assert ids(client.get(f"{ENROLLMENTS}?ordering=-starts_on")) == [str(second.public_id), str(first.public_id)]
    assert fields(client.get(f"{ENROLLMENTS}?person=x")) == ["person"]
    assert fields(client.get(f"{ENROLLMENTS}?ordering=lead")) == ["ordering"]


def test_a_longer_list_asks_no_more(world, client):
    def extended(enrollment):
        client.post(url(enrollment, "extend"), {"ends_on": "2027-06-30", "reason": "市"}, format="json")

    extended(enrolled(world))
    one = queries_of(client, ENROLLMENTS)
    for _ in range(2):
        extended(enrolled(world, person=resident(world), lead=world.worker))
    assert queries_of(client, ENROLLMENTS) == one
