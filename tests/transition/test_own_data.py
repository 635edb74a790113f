"""開示・訂正: everything held about a person leaves as one file, nothing of anybody else, and who took it is noted.

Taken out once to see these fail: a table of the walk, the secrets, the own rows' filter, the row written before the
file, the rule of who may, each refusal of the services, who one is asked anew (page and API), what is of others.
"""

import datetime as dt
import io
import json
import zipfile

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.personas import member
from tests.programs.pages import client_of, field_error, queries_of, text
from tests.programs.pages import soup as page_of
from tests.transition.signing_in import sign_in
from tests.whole_life import Life, live, mark
from transition import clock, own_data_file
from transition.enums import MembershipRole
from transition.models import AuditEvent, Disclosure, Person, User, ViewLog
from transition.queries import own_data
from transition.services import api_tokens, disclosures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def life() -> Life:
    return live()


def opened(data: own_data.OwnData) -> dict[str, bytes]:
    with own_data_file.write(data) as file, zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def request_of(life: Life, **more) -> Disclosure:
    values = {"person": life.person, "kind": "DISCLOSE", "asked_by": "本人", "by": life.world.coordinator} | more
    return disclosures.ask(**values)


def signed_in(user: User) -> Client:
    """A moment ago, with the password."""
    client = Client()
    sign_in(client, user)
    return client


def done_with(answer) -> None:
    """As the server does; `close()` would close the tests' connection too."""
    for close in answer._resource_closers:
        close()


# The file


def points_to_a_person() -> set[str]:
    """Another walk than the one of the code: from every foreign key forward, until nothing new is found."""
    found, new = {"transition.Person"}, True
    while new:
        new = False
        for model in apps.get_models(include_auto_created=True):
            targets = {field.related_model._meta.label for field in model._meta.concrete_fields if field.remote_field}
            if targets & found and model._meta.label not in found:
                found.add(model._meta.label)
                new = True
    return found


def test_every_table_that_leads_to_a_person_is_in_the_file_or_left_out_for_a_reason():
    assert points_to_a_person() == set(own_data.handed_over()) - {own_data.USER} | set(own_data.LEFT_OUT)
    assert all(own_data.LEFT_OUT.values())


def test_whatever_is_written_about_the_person_is_in_it(life):
    marks = mark(life.person)
    whole = opened(own_data.collect(Person.objects.get(pk=life.person.pk), with_others=True))
    text = whole["data.json"].decode()
    hidden = own_data.SECRETS
    wanted = {
        sign: where
        for sign, where in marks.items()
        if where.rpartition(".")[0] not in own_data.LEFT_OUT and where.rpartition(".")[2] not in hidden
    }
    assert len(wanted) > 50
    assert {where for sign, where in wanted.items() if sign not in text} == set()
    page = whole["index.html"].decode()
    assert {where for sign, where in wanted.items() if sign not in page} == set()
    assert {where for sign, where in marks.items() if sign in text and sign not in wanted} == set()


def test_what_is_about_others_stays_out_unless_decided_otherwise(life):
    marks = mark(life.person)
    whole = b"".join(opened(own_data.collect(Person.objects.get(pk=life.person.pk))).values()).decode()
    of_others = {f"{label}.{name}" for label, names in own_data.OF_OTHERS.items() for name in names}
    assert {where for sign, where in marks.items() if where in of_others and sign in whole} == set()
    assert {where for where in marks.values() if where in of_others} == of_others
    # That something is held is told, with what it is.
    assert own_data.HIDDEN in whole
    assert "入れていません" in whole


def test_nobody_elses_row_is_in_it(life):
    other = live(life.world, factories.PersonFactory(municipality=life.world.municipality))
    factories.DisclosureFactory(person=other.person)
    marks = mark(other.person)
    whole = b"".join(opened(own_data.collect(life.person, with_others=True)).values()).decode()
    assert {where for sign, where in marks.items() if sign in whole} == set()
    assert str(other.person.public_id) not in whole


def test_it_is_readable(life):
    """Japanese names of things, choices in words, staff by name, photos as files."""
    life.world.worker.name = "記録 太郎"
    life.world.worker.save()
    whole = opened(own_data.collect(life.person))
    content = json.loads(whole["data.json"])
    tables = {table["model"]: table for table in content["tables"]}
    person = tables["transition.Person"]
    assert (person["label"], person["fields"]["family_name"], person["rows"][0]["sex"]) == ("本人", "姓", "女性")
    assert person["rows"][0]["disability_kinds"] == ["知的"]
    assert tables["programs.SessionRecord"]["rows"][0]["by"] == "記録 太郎"
    assert tables["programs.RecordVersion"]["rows"][0]["content"] == {"場所": "店"}
    assert "アレルギー" in tables["transition.PersonCard"]["rows"][0]["content"]
    assert content["files"] == ["photos/001.jpg"]
    assert whole["photos/001.jpg"] == b"x"
    page = page_of(type("Page", (), {"content": whole["index.html"]})())
    assert "アレルギー" in text(page)
    assert page.find_all(["script", "style"]) == []


def test_who_looked_is_in_it(life):
    ViewLog.objects.create(
        actor=life.world.worker.pk, organization=life.world.office.pk, person=life.person.pk, what="card"
    )
    ViewLog.objects.create(actor=life.world.worker.pk, person=life.person.pk + 1, what="card")
    [row] = next(t.rows for t in own_data.collect(life.person).tables if t.model == "transition.ViewLog")
    assert (row["actor"], row["organization"], row["what"]) == (
        life.world.worker.name,
        "相談室みほん",
        "事前情報シート",
    )


def test_a_photo_without_its_file_is_named(life, settings):
    from django.core.files.storage import default_storage

    default_storage.delete(life.files[0])
    content = json.loads(opened(own_data.collect(life.person))["data.json"])
    assert (content["files"], content["missing_files"]) == ([], ["photos/001.jpg"])


def test_as_many_questions_for_a_long_life_as_for_a_short_one(life, django_assert_max_num_queries):
    with django_assert_max_num_queries(60) as asked:
        own_data.collect(life.person)
    for _ in range(3):
        factories.SessionFactory(person=life.person)
        factories.ContactFactory(person=life.person)
    with django_assert_max_num_queries(len(asked)):
        own_data.collect(life.person)


# The log


def test_a_request_and_its_answer(life):
    asked = request_of(life, kind="CORRECT", content="生年月日がちがう")
    done = disclosures.answer(disclosure=asked, answer="DONE", reason="生年月日を直した", by=life.world.coordinator)
    assert (done.answered_on, done.answered_by, done.reason) == (
        clock.today(),
        life.world.coordinator,
        "生年月日を直した",
    )
    events = AuditEvent.objects.filter(subject_type="disclosure").order_by("pk")
    assert [(one.action, one.data["person"], one.data["kind"]) for one in events] == [
        ("disclosure.ask", life.person.pk, "CORRECT"),
        ("disclosure.answer", life.person.pk, "CORRECT"),
    ]
    assert not any("生年" in json.dumps(one.data, ensure_ascii=False) for one in events)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "CORRECT"}, "content"),
        ({"kind": "STOP", "content": "　"}, "content"),
        ({"asked_on": dt.date(2026, 11, 23)}, "asked_on"),
        ({"kind": "NONE"}, "content"),
        ({"kind": "COMPLAINT"}, "content"),
        ({"asked_by": ""}, "asked_by"),
    ],
)
def test_what_is_no_request(life, values, field):
    with pytest.raises(ValidationError) as refused:
        request_of(life, **values)
    assert field in refused.value.message_dict


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("DISCLOSE", {"answer": "WAITING"}, "answer"),
        ("DISCLOSE", {"answer": "NONE"}, "answer"),
        ("DISCLOSE", {"answer": "REFUSED"}, "reason"),
        ("DISCLOSE", {"answer": "PARTLY", "reason": " "}, "reason"),
        ("CORRECT", {"answer": "DONE"}, "reason"),
        ("DISCLOSE", {"answer": "DONE", "answered_on": dt.date(2026, 11, 21)}, "answered_on"),
        ("DISCLOSE", {"answer": "DONE", "answered_on": dt.date(2026, 11, 23)}, "answered_on"),
    ],
)
def test_what_is_no_answer(life, kind, values, field):
    asked = request_of(life, kind=kind, content="内容")
    with pytest.raises(ValidationError) as refused:
        disclosures.answer(disclosure=asked, by=life.world.coordinator, **values)
    assert field in refused.value.message_dict
    assert Disclosure.objects.get(pk=asked.pk).answer == "WAITING"


def test_an_answer_stands(life):
    asked = request_of(life)
    disclosures.answer(disclosure=asked, answer="DONE", by=life.world.coordinator)
    with pytest.raises(ValidationError):
        disclosures.answer(disclosure=asked, answer="REFUSED", reason="x", by=life.world.coordinator)
    assert Disclosure.objects.get(pk=asked.pk).answer == "DONE"


@pytest.mark.parametrize("kind", ["CORRECT", "STOP"])
def test_only_a_request_for_disclosure_opens_the_file(life, kind):
    asked = request_of(life, kind=kind, content="内容")
    with pytest.raises(ValidationError):
        disclosures.hand_over(disclosure=asked, purpose="PERSON", by=life.world.coordinator)


def test_a_refused_request_opens_nothing(life):
    asked = request_of(life)
    disclosures.answer(disclosure=asked, answer="REFUSED", reason="代理人ではない", by=life.world.coordinator)
    with pytest.raises(ValidationError):
        disclosures.hand_over(disclosure=asked, purpose="AGENT", by=life.world.coordinator)


# Screens


def address(name: str, life: Life, disclosure: Disclosure | None = None) -> str:
    more = [disclosure.public_id] if disclosure else []
    return reverse(f"programs:disclosure-{name}", args=[life.person.public_id, *more])


def test_the_file_is_taken_on_the_screen_and_written_down_first(life):
    asked = request_of(life)
    client = signed_in(life.world.coordinator)
    assert client.get(address("file", life, asked)).status_code == 200
    answer = client.post(address("take", life, asked), {"purpose": "PERSON"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert "見本" not in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content)
    done_with(answer)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {"index.html", "data.json"} <= set(archive.namelist())
    [event] = AuditEvent.objects.filter(action="export.own_data.zip")
    assert (event.actor, event.data["person"], event.data["purpose"]) == (
        life.world.coordinator.pk,
        life.person.pk,
        "PERSON",
    )
    assert ViewLog.objects.filter(person=life.person.pk, what="own_data", door="FILE").count() == 1


def test_nothing_is_taken_without_saying_what_for(life):
    asked = request_of(life)
    empty = signed_in(life.world.coordinator).post(address("take", life, asked), {})
    assert (empty.status_code, field_error(empty, "purpose")) == (422, "何のために取り出すかを選んでください。")
    assert not AuditEvent.objects.filter(action="export.own_data.zip").exists()


def test_who_takes_it_shows_anew_who_they_are(life, frozen_time):
    """A screen that somebody left open is not enough; what was chosen is there again afterwards."""
    asked = request_of(life)
    client = signed_in(life.world.coordinator)
    frozen_time.shift(dt.timedelta(minutes=11))
    said = text(page_of(client.get(address("file", life, asked))))
    assert "もう一度確かめます" in said
    sent = client.post(address("take", life, asked), {"purpose": "PERSON", "with_others": "on"})
    assert sent.status_code == 302
    assert sent["Location"].startswith("/account/again/?next=")
    assert not AuditEvent.objects.filter(action="export.own_data.zip").exists()
    back = client.post(sent["Location"], {"password": factories.PASSWORD})
    chosen = page_of(client.get(back["Location"])).select("input[checked]")
    assert [(one["name"], one.get("value", "on")) for one in chosen] == [("purpose", "PERSON"), ("with_others", "on")]
    taken = client.post(address("take", life, asked), {"purpose": "PERSON", "with_others": "on"})
    assert taken["Content-Type"] == "application/zip"
    content = b"".join(taken.streaming_content)
    done_with(taken)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert json.loads(archive.read("data.json"))["with_others"] is True
    assert AuditEvent.objects.get(action="export.own_data.zip").data["with_others"] is True


def test_a_browser_at_the_api_shows_anew_who_it_is_and_a_token_does_not(life, frozen_time):
    asked = request_of(life)
    url = f"/api/v1/people/{life.person.public_id}/disclosures/{asked.public_id}/file/"
    client = signed_in(life.world.coordinator)
    frozen_time.shift(dt.timedelta(minutes=11))
    refused = client.post(url, {"purpose": "PERSON"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_needed")
    token = api_tokens.issue(
        organization=life.world.municipality,
        label="x",
        scopes=["PEOPLE_READ", "PEOPLE_WRITE"],
        by=life.world.coordinator,
    ).token
    headers = {"Authorization": f"Bearer {token}"}
    taken = Client().post(url, {"purpose": "PERSON"}, content_type="application/json", headers=headers)
    done_with(taken)
    assert taken.status_code == 200
    assert AuditEvent.objects.filter(action="export.own_data.zip").count() == 1


def test_from_the_request_to_the_answer_on_the_screen(life):
    client = client_of(life.world.coordinator)
    sent = client.post(address("create", life), {"kind": "CORRECT", "asked_by": "母", "asked_on": "2026-11-20"})
    assert (sent.status_code, field_error(sent, "content")) == (422, "何を直すか、何をやめるかを書いてください。")
    kept = {"kind": "CORRECT", "asked_by": "母", "asked_on": "令和8年11月20日", "content": "住所がちがう"}
    assert client.post(address("create", life), kept).status_code == 302
    asked = Disclosure.objects.get(content="住所がちがう")
    answer = {"answer": "DONE", "answered_on": "2026-11-22", "reason": "山田が住まいを直した"}
    assert client.post(address("answer", life, asked), answer).status_code == 302
    shown = text(page_of(client.get(address("list", life))))
    assert "山田が住まいを直した" in shown
    assert "住所がちがう" in shown


def test_a_manager_of_a_supporting_office_may_and_its_staff_may_not(life):
    manager, staff = member(life.world.office, MembershipRole.MANAGER), life.world.worker
    outside = member(factories.OrganizationFactory(), MembershipRole.MANAGER)
    asked = request_of(life)
    found = {
        who: client_of(user).get(address("file", life, asked)).status_code
        for who, user in {"manager": manager, "staff": staff, "outside": outside}.items()
    }
    assert found == {"manager": 200, "staff": 403, "outside": 404}


def test_another_persons_request_is_not_found(life):
    theirs = factories.DisclosureFactory()
    client = client_of(life.world.coordinator)
    for name in ("answer", "file"):
        assert client.get(address(name, life, theirs)).status_code == 404


def test_the_municipality_sees_its_own_and_what_waits_first(life):
    Disclosure.objects.all().delete()
    done = request_of(life)
    disclosures.answer(disclosure=done, answer="DONE", by=life.world.coordinator)
    waits = request_of(life, asked_on=dt.date(2026, 11, 1), kind="STOP", content="やめる")
    factories.DisclosureFactory()
    client, url = client_of(life.world.coordinator), reverse("programs:disclosure-overview")
    rows = page_of(client.get(url)).select("tbody tr")
    assert ["利用停止" in text(row) for row in rows] == [True, False]
    assert len(page_of(client.get(url, {"answer": "WAITING"})).select("tbody tr")) == 1
    first = queries_of(client, url)
    for _ in range(3):
        request_of(life)
    assert queries_of(client, url) == first <= 12
    assert waits.answer == "WAITING"


def test_a_stranger_at_the_api_takes_nothing(life):
    asked = request_of(life)
    url = f"/api/v1/people/{life.person.public_id}/disclosures/{asked.public_id}/file/"
    world, codes = life.world, {}
    people = {"coordinator": world.coordinator, "worker": world.worker, "stranger": world.stranger}
    for who, user in people.items():
        answer = signed_in(user).post(url, {"purpose": "PERSON"}, content_type="application/json")
        if answer.streaming:
            done_with(answer)
        codes[who] = answer.status_code
    assert codes == {"coordinator": 200, "worker": 403, "stranger": 404}
    assert AuditEvent.objects.filter(action="export.own_data.zip").count() == 1
