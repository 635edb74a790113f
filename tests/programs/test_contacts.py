"""連絡先: telephone numbers in one form, at most four on the card, and no longer used ones gone at once."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from tests import factories
from tests.personas import make_world
from tests.programs.pages import HTMX, client_of, field_error, part, queries_of, soup, text
from transition.models import AuditEvent, Contact
from transition.services import contacts

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return client_of(world.worker)


def url(person, name="contact-list", *more):
    return reverse(f"programs:{name}", args=[person.public_id, *more])


def typed(**changed):
    return {
        "name": "見本 花江",
        "relation": "母",
        "phone": "０００ー００００ー００００",
        "hours": "夜",
        "note": "",
        "idempotency_key": str(uuid.uuid4()),
        **changed,
    }


def test_adds_with_the_number_in_its_one_form(world, worker):
    response = worker.post(url(world.person, "contact-create"), typed(on_card="on"))
    assert (response.status_code, response["Location"]) == (302, url(world.person))
    contact = Contact.objects.get()
    assert (contact.person, contact.phone, contact.on_card) == (world.person, "000-0000-0000", True)
    page = soup(worker.get(url(world.person)))
    assert page.select_one("main a[href^='tel:']")["href"] == "tel:000-0000-0000"
    event = AuditEvent.objects.get(action="contact.add")
    assert event.data == {"person": world.person.pk, "on_card": True}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("phone", "家にいます", "電話番号は、数字とハイフンで入力してください（例：000-0000-0000）。"),
        ("phone", "", "事前情報シートに載せるときは、電話番号を入れてください。"),
        ("name", "", "入力してください。"),
        ("name", "あ" * 21, "20文字以内で入力してください（いま21文字）。"),
        ("relation", "\u200b", "入力してください。"),
    ],
)
def test_says_beside_the_field_what_is_wrong_and_keeps_it(world, worker, name, value, message):
    response = worker.post(url(world.person, "contact-create"), typed(on_card="on", **{name: value}))
    assert response.status_code == 422
    assert field_error(response, name) == message
    assert soup(response).find(attrs={"name": name})["value" if value else "name"] == (value or name)
    assert not Contact.objects.exists()


def test_a_double_click_adds_one(world, worker):
    sent = typed()
    assert [worker.post(url(world.person, "contact-create"), sent).status_code for _ in range(2)] == [302, 302]
    assert Contact.objects.count() == 1


def test_the_part_equals_the_page(world, worker):
    sent = typed(name="")
    address = url(world.person, "contact-create")
    partial = worker.post(address, sent, headers=HTMX | {"HX-Target": "form"})
    assert part(partial, "form") == part(worker.post(address, sent), "form")


def test_at_most_four_stand_on_the_card(world, worker):
    for _ in range(4):
        last = factories.ContactFactory(person=world.person)
    factories.ContactFactory()
    response = worker.post(url(world.person, "contact-create"), typed(on_card="on"))
    assert field_error(response, "on_card") == "事前情報シートに載せられるのは4人までです。"
    # One that stands there already may be changed, and gives its place when it is retired.
    assert worker.post(url(world.person, "contact-update", last.public_id), typed(on_card="on")).status_code == 302
    contacts.retire(contact=last, by=world.worker)
    assert worker.post(url(world.person, "contact-create"), typed(on_card="on")).status_code == 302


def test_changes_begin_with_what_is_known_and_tell_only_the_fields(world, worker):
    contact = factories.ContactFactory(person=world.person, phone="000-0000-0001", hours="夜")
    address = url(world.person, "contact-update", contact.public_id)
    assert soup(worker.get(address)).find(attrs={"name": "phone"})["value"] == "000-0000-0001"
    worker.post(address, typed(phone="000-0000-0002", on_card="on"))
    contact.refresh_from_db()
    assert contact.phone == "000-0000-0002"
    assert AuditEvent.objects.get(action="contact.change").data == {"person": world.person.pk, "fields": ["phone"]}
    worker.post(address, typed(phone="０００-0000-0002", on_card="on"))
    assert AuditEvent.objects.filter(action="contact.change").count() == 1


def test_retired_it_is_gone_and_stays_in_the_books(world, worker):
    contact = factories.ContactFactory(person=world.person)
    address = url(world.person, "contact-retire", contact.public_id)
    assert "見本 花江" in text(soup(worker.get(address)).main)
    assert worker.post(address, {"idempotency_key": str(uuid.uuid4())}).status_code == 302
    assert Contact.objects.get().retired_at is not None
    assert "見本 花江" not in text(soup(worker.get(url(world.person))).main)
    for name in ("contact-update", "contact-retire"):
        assert worker.get(url(world.person, name, contact.public_id)).status_code == 404
    with pytest.raises(ValidationError):
        contacts.change(contact=contact, name="x", by=world.worker)


def test_another_person_s_contact_is_not_found(world, worker):
    other = factories.ContactFactory()
    for name in ("contact-update", "contact-retire"):
        assert worker.get(url(world.person, name, other.public_id)).status_code == 404
        assert worker.post(url(world.person, name, other.public_id), typed()).status_code == 404


def test_strangers_and_homes_find_nothing(world):
    for user in (world.stranger, world.home_staff):
        client = client_of(user)
        assert client.get(url(world.person)).status_code == 404
        assert client.post(url(world.person, "contact-create"), typed()).status_code == 404


def test_an_empty_list_says_what_to_do(worker, world):
    page = soup(worker.get(url(world.person)))
    assert page.select_one(".empty a")["href"] == url(world.person, "contact-create")


def test_queries_do_not_grow(world, worker):
    factories.ContactFactory(person=world.person)
    few = queries_of(worker, url(world.person))
    for _ in range(2):
        factories.ContactFactory(person=world.person)
    assert queries_of(worker, url(world.person)) == few <= 12
