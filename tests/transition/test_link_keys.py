"""What a person does through their own link: no user stands behind it, and a double press has one effect."""

import pytest
from django.core.exceptions import ValidationError

from programs.enums import Face, SessionState
from programs.models import Rating
from programs.services import ratings
from tests import factories
from tests.programs.easy import link_of
from transition.enums import Expression, WishChoice
from transition.models import AuditEvent, Wish, WishItem
from transition.services import people, wishes
from transition.services.transactions import KeyReused, RequestKey
from transition.services.wishes import Answer

pytestmark = pytest.mark.django_db


def key(link, content="a") -> RequestKey:
    return RequestKey.of(None, "k", {"content": content}, link.pk)


def test_a_face_chosen_through_a_link_has_no_user_and_comes_once():
    session = factories.SessionFactory(state=SessionState.COMPLETED)
    link = link_of(session.person)
    given = {"session": session, "face": Face.GOOD, "expression": Expression.FACE, "by_person": True, "by": None}
    assert ratings.rate(**given, key=key(link)) == ratings.rate(**given, key=key(link))
    assert Rating.objects.get().by is None
    assert AuditEvent.objects.get(action="rating.give").actor is None


def test_a_wish_said_through_a_link_has_no_user_and_comes_once():
    person, item = factories.PersonFactory(), WishItem.objects.create(code="fictional", name="りょうり")
    link = link_of(person)
    said = {"person": person, "item": item, "answer": Answer(WishChoice.WANT), "by": None}
    assert wishes.answer(**said, key=key(link)) == wishes.answer(**said, key=key(link))
    assert Wish.objects.get().by is None


def test_the_same_key_with_another_content_is_refused():
    session = factories.SessionFactory(state=SessionState.COMPLETED)
    link = link_of(session.person)
    given = {"session": session, "expression": Expression.FACE, "by_person": True, "by": None}
    ratings.rate(**given, face=Face.GOOD, key=key(link))
    with pytest.raises(KeyReused):
        ratings.rate(**given, face=Face.BAD, key=key(link, "b"))


def test_a_person_gets_one_sign_in_of_their_own():
    person = factories.PersonFactory()
    user = people.let_sign_in(person=person, email="Hana@Example.invalid", by=None, password=factories.PASSWORD)
    assert (user.email, user.name, user.check_password(factories.PASSWORD)) == (
        "hana@example.invalid",
        person.name,
        True,
    )
    assert not user.memberships.exists()
    assert people.let_sign_in(person=person, email="other@example.invalid", by=None) == user
    assert AuditEvent.objects.filter(action="person.let_sign_in").count() == 1


@pytest.mark.parametrize(("email", "password"), [("x@example.invalid", "short"), ("nobody", None)])
def test_a_sign_in_of_a_person_is_as_good_as_any(email, password):
    person = factories.PersonFactory()
    with pytest.raises(ValidationError):
        people.let_sign_in(person=person, email=email, password=password, by=None)
    person.refresh_from_db()
    assert person.user is None


def test_the_address_of_somebody_elses_sign_in_is_refused():
    taken = factories.UserFactory()
    with pytest.raises(ValidationError):
        people.let_sign_in(person=factories.PersonFactory(), email=taken.email, by=None)
