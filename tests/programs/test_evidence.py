"""Who looked at a person, and the evidence of a municipality with its filters and its file."""

import csv
import io
import re

import pytest
from django.urls import reverse

from programs.models import Photo
from programs.services import photos
from tests import factories
from tests.personas import make_world, member
from tests.programs.pages import HTMX, client_of, queries_of, request, soup
from tests.whole_life import live
from transition import clock
from transition.domain.retention import plan
from transition.enums import MembershipRole, OrganizationKind
from transition.models import AuditEvent, ViewLog
from transition.queries.retention import rows_of
from transition.services import audit, contacts, people

pytestmark = pytest.mark.django_db
URL = "/audit/"


@pytest.fixture
def world():
    return make_world()


def url(person, name="person-views"):
    return reverse(f"programs:{name}", args=[person.public_id])


def lines(response) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in soup(response).select("tbody tr")]


def test_who_looked_at_a_person(world):
    client_of(world.coordinator).get(url(world.person, "person-detail"))
    client_of(world.worker).get(url(world.person, "consent-list"))
    client_of(world.worker).get(reverse("programs:people"))
    found = lines(client_of(world.worker).get(url(world.person)))
    assert len(found) == 2
    assert all(words in found[0] for words in (world.worker.name, "相談室みほん", "同意"))
    assert all(words in found[1] for words in (world.coordinator.name, "本人の画面", "ふだんの支援の外から"))
    assert "ふだんの支援の外から" not in found[0]


def test_the_looks_at_others_are_not_there(world):
    ViewLog.objects.create(actor=world.worker.pk, person=world.person.pk + 1, what="card")
    assert "まだだれも見ていません" in client_of(world.worker).get(url(world.person)).content.decode()


def test_what_was_done_and_by_whom(world):
    contacts.add(person=world.person, by=world.worker, name="見本 花江", relation="母")
    people.update(person=world.person, by=world.worker, called="はな")
    elsewhere = factories.PersonFactory()
    people.update(person=elsewhere, by=world.stranger, called="よそ")
    response = client_of(world.coordinator).get(URL)
    found = lines(response)
    assert len(found) == 2
    assert all(words in found[0] for words in ("本人の情報を直した", world.person.name))
    assert all(words in found[1] for words in ("連絡先を加えた", world.worker.name))
    assert "見本 花江" not in response.content.decode()


@pytest.mark.parametrize("label", [label for label, owner in plan().people.items() if not owner.only])
def test_what_is_done_to_any_row_of_a_person_names_the_person(media, label):
    """Also when the row is gone before anybody asks."""
    person = live().person
    row = rows_of(label, [person.pk])[0]
    assert audit.record("x.try", row, by=None).data == {"person": person.pk}


def test_a_photo_that_is_gone_still_has_its_person(media):
    world = make_world()
    person = factories.PersonFactory(municipality=world.municipality, family_name="写真田")
    people.update(person=person, by=world.worker, family_kana="しゃしんだ")
    live(world, person)
    photos.remove(photo=Photo.objects.get(session__person=person), by=world.worker)
    assert not Photo.objects.exists()
    for query in ("?what=photo.remove", "?what=photo.remove&person=しゃしんだ"):
        (line,) = lines(client_of(world.coordinator).get(URL + query))
        assert "写真田" in line, query
    assert lines(client_of(world.coordinator).get(URL + "?what=photo.remove&person=よそ")) == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("?who=@nobody", 0),
        ("?what=contact.add", 1),
        ("?until=2026-11-22", 2),
        ("?since=令和8年11月23日", 1),
        ("?since=2026-11-23&until=2026-11-23", 1),
        ("?office=みほん", 2),
        ("?office=架空", 1),
        ("?office=よその", 0),
        ("?kind=views", 1),
        ("?kind=views&office=みほん", 1),
        ("?kind=views&office=架空", 0),
        ("?kind=views&what=person", 1),
        ("?kind=views&what=card", 0),
        ("?kind=views&until=2026-11-22", 0),
    ],
)
def test_filters(world, frozen_time, query, count):
    contacts.add(person=world.person, by=world.worker, name="見本 花江", relation="母")
    people.update(person=world.person, by=world.coordinator, called="はな")
    frozen_time.shift(24 * 60 * 60)
    people.update(person=world.person, by=world.worker, called="はなさん")
    client_of(world.worker).get(url(world.person, "person-detail"))
    assert len(lines(client_of(world.coordinator).get(URL + query))) == count


def test_by_who_and_by_person(world):
    other = factories.PersonFactory(municipality=world.municipality, family_kana="べつぷ")
    people.update(person=other, by=world.coordinator, called="べっちゃん")
    people.update(person=world.person, by=world.worker, called="はな")
    factories.ConsentFactory(person=world.person)
    client = client_of(world.coordinator)
    for kind in ("", "&kind=views"):
        client.get(url(world.person, "person-detail"))
        client.get(url(other, "person-detail"))
        assert len(lines(client.get(f"{URL}?person=べつぷ{kind}"))) == 1, kind
        assert lines(client.get(f"{URL}?person=だれもいない{kind}")) == []
    assert len(lines(client.get(f"{URL}?who={world.worker.email}"))) == 1
    assert len(lines(client.get(f"{URL}?who={world.worker.name}"))) == 1


def test_what_cannot_be_looked_for_says_why(world):
    client = client_of(world.coordinator)
    for query in ("?what=x.y", "?since=x", "?since=2026-11-23&until=2026-11-22", "?kind=x"):
        assert client.get(URL + query).status_code == 422, query


def test_who_may_not(world):
    center = factories.OrganizationFactory(kind=OrganizationKind.CORE_CENTER, municipality=world.municipality)
    left = factories.MembershipFactory(
        organization=world.municipality, role=MembershipRole.MANAGER, ended_at=clock.now()
    ).user
    others = (world.worker, world.home_staff, member(world.municipality), world.stranger, left)
    for user in (*others, member(center, MembershipRole.MANAGER), member(world.office, MembershipRole.MANAGER)):
        assert client_of(user).get(URL).status_code == 403
    assert client_of(member(world.municipality, MembershipRole.MANAGER)).get(URL).status_code == 200


def test_the_file_is_harmless_and_leaves_its_trace(world):
    world.worker.name = "=HYPERLINK(1)"
    world.worker.save()
    people.update(person=world.person, by=world.worker, called="はな")
    client = client_of(world.coordinator)
    response = client.get(f"{URL}?format=csv")
    header, row = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert (header[0], row[1], row[3], row[4]) == ("日時", "'=HYPERLINK(1)", "本人の情報を直した", world.person.name)
    event = AuditEvent.objects.get(action="export.audit.csv")
    assert (event.actor, event.data, event.subject_id) == (
        world.coordinator.pk,
        {"rows": 1},
        str(world.municipality.public_id),
    )
    client.get(url(world.person, "person-detail"))
    views = client.get(f"{URL}?format=csv&kind=views").content.decode("utf-8-sig")
    assert "本人の画面" in views
    assert AuditEvent.objects.get(action="export.views.csv").data["rows"] >= 1


def test_pages_and_queries(world):
    client = client_of(world.coordinator)
    request(world, "2026-12-05", "2026-12-07")
    ViewLog.objects.create(actor=world.worker.pk, organization=world.office.pk, person=world.person.pk, what="card")
    addresses = (URL, f"{URL}?kind=views", url(world.person))
    assert max(queries_of(client, address) for address in addresses) <= 12
    for _ in range(60):
        person = factories.PersonFactory(municipality=world.municipality)
        user = member(world.office)
        people.update(person=person, by=user, called="x")
        ViewLog.objects.create(actor=user.pk, person=person.pk, what="card")
        ViewLog.objects.create(actor=user.pk, person=world.person.pk, what="card")
    assert max(queries_of(client, address) for address in addresses) <= 12
    assert "<html" not in client.get(URL, headers={**HTMX, "HX-Target": "found"}).content.decode()


def turned(client, address: str, rel: str) -> tuple[list[str], str]:
    """What was read in the lines there, and where the link of this kind leads, "" when there is none."""
    response = client.get(address)
    link = soup(response).select_one(f".pager a[rel={rel}]")
    found = re.findall(r"x\d{3}", " ".join(lines(response)))
    return found, f"{address.partition('?')[0]}{link['href']}" if link else ""


@pytest.mark.parametrize("count", [49, 50, 51, 100, 101])
def test_turning_the_pages_shows_each_row_once(world, count):
    ViewLog.objects.bulk_create(
        ViewLog(actor=world.worker.pk, person=world.person.pk, what=f"x{number:03}") for number in range(count)
    )
    expected = [f"x{number:03}" for number in reversed(range(count))]
    client = client_of(world.coordinator)
    for first in (f"{URL}?kind=views&who={world.worker.email}", url(world.person)):
        there, address, last = [], first, first
        while address:
            last = address
            found, address = turned(client, address, "next")
            there += found
            # What is written meanwhile moves nothing.
            ViewLog.objects.create(actor=world.worker.pk, person=world.person.pk, what="later")
        assert there == expected
        if count <= 50:
            continue
        back, address = [], last
        while address:
            found, address = turned(client, address, "prev")
            back = found + back
        assert back == expected


@pytest.mark.parametrize("place", ["x", "-1", "９", "9" * 30, "1.5", ""])
def test_a_place_that_somebody_made_up_is_the_beginning_or_nothing(world, place):
    ViewLog.objects.create(actor=world.worker.pk, person=world.person.pk, what="card")
    client = client_of(world.coordinator)
    for name in ("before", "after"):
        assert lines(client.get(url(world.person), {name: place})) != []
    assert client.get(url(world.person), {"before": "1" * 18, "after": "1" * 18}).status_code == 200


def test_ten_thousand_rows_are_not_counted_further(world):
    ViewLog.objects.bulk_create(
        ViewLog(actor=world.worker.pk, person=world.person.pk, what="card", data={}) for _ in range(10_005)
    )
    client = client_of(world.coordinator)
    for address in (f"{URL}?kind=views", url(world.person)):
        response = client.get(address)
        assert "10,000件より多い" in response.content.decode()
        assert response.context["page"].count == 10_001
        assert queries_of(client, address) <= 12
    assert len(client.get(f"{URL}?kind=views&format=csv").content.splitlines()) == 10_001
