"""Looking at the easy view as the person does: through their own link."""

from django.test import Client
from django.urls import reverse

from tests import factories
from transition.models import Person, PersonLink, User
from transition.services import links


def link_of(person: Person, by: User | None = None, label: str = "へや") -> PersonLink:
    return links.issue(person=person, label=label, by=by or factories.UserFactory())


def enter(client: Client, link: PersonLink) -> Client:
    """The same client after its browser has opened the address."""
    answer = client.get(reverse("programs:easy-enter", args=[link.token]))
    assert answer.status_code == 302
    return client


def client_of_person(person: Person) -> Client:
    """A browser that has read the person's QR code."""
    return enter(Client(), link_of(person))
