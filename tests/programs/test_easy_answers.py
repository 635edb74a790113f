"""What the person says in the easy view: a face, a wish, やめたい; and what they have said so far."""

import pytest
from django.urls import reverse

from programs.enums import Face
from programs.models import Rating, StopRequest
from tests import factories
from tests.nasty import EVERYTHING, MARK
from tests.programs import easy_pages as make
from tests.programs.easy import client_of_person
from tests.programs.pages import client_of, person_of, queries_of, soup
from tests.programs.test_easy_screens import words
from transition.enums import IntentionAnswer, WishChoice
from transition.models import IntentionCheck, Wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def easy():
    return make.make_easy()


def test_stopping_is_asked_once_and_then_told(easy):
    easy.world.worker.name = "相談 しえん"
    easy.world.worker.save()
    trip = make.outing(easy.world, 1)
    asked = easy.get("stop", trip.public_id)
    assert "やめたいですか。" in words(asked)
    assert "やめても だいじょうぶです。 だれも おこりません。" in words(asked)
    assert not StopRequest.objects.exists()
    answer = easy.post("stop", trip.public_id, stop="yes", idempotency_key="a")
    assert answer.status_code == 302
    easy.post("stop", trip.public_id, stop="yes", idempotency_key="a")
    stop = StopRequest.objects.get()
    assert (stop.session, stop.by) == (trip, None)
    assert "つたえました。 相談さんが 話を 聞きます。" in words(easy.client.get(answer["Location"]))
    assert "やめたいと つたえました。" in words(easy.get("session", trip.public_id))


def test_no_is_no(easy):
    trip = make.outing(easy.world, 1)
    assert easy.post("stop", trip.public_id).status_code == 200
    assert not StopRequest.objects.exists()


def test_what_is_over_is_not_stopped(easy):
    trip = make.held(make.outing(easy.world, -1))
    assert easy.post("stop", trip.public_id, stop="yes").status_code == 422
    assert "もう おわって います。" in words(easy.get("stop", trip.public_id))
    assert not StopRequest.objects.exists()


def test_the_lead_listens(easy):
    lead = factories.UserFactory(name="担当 さくら")
    easy.world.person.support_links.update(lead=lead)
    trip = make.outing(easy.world, 1)
    easy.post("stop", trip.public_id, stop="yes")
    assert "担当さんが 話を 聞きます。" in words(easy.get("stop", trip.public_id))


def test_a_face_is_kept_at_once_and_a_word_may_follow(easy):
    trip = make.held(make.outing(easy.world, -1))
    answer = easy.post("rating", trip.public_id, face="GOOD", idempotency_key="a")
    easy.post("rating", trip.public_id, face="GOOD", idempotency_key="a")
    rating = Rating.objects.get()
    assert (rating.face, rating.word, rating.by_person, rating.by, rating.expression) == (
        "GOOD",
        "",
        True,
        None,
        "FACE",
    )
    page = easy.client.get(answer["Location"])
    assert "どんな ことが ありましたか。" in words(page)
    finished = easy.post("rating", trip.public_id, face="GOOD", chosen="FUN", word="", idempotency_key="b")
    easy.post("rating", trip.public_id, face="GOOD", chosen="FUN", word="", idempotency_key="b")
    assert [(row.face, row.word, row.expression) for row in Rating.objects.order_by("pk")] == [
        ("GOOD", "", "FACE"),
        ("GOOD", "たのしかった", "WORD"),
    ]
    assert "「よかった」を えらびました。 「たのしかった」" in words(easy.client.get(finished["Location"]))


def test_ones_own_word(easy):
    trip = make.held(make.outing(easy.world, -1))
    easy.post("rating", trip.public_id, face="BAD", word=" いやだ ")
    assert Rating.objects.get().word == "いやだ"


def test_a_word_that_is_too_long_stays_in_its_field(easy):
    trip = make.held(make.outing(easy.world, -1))
    answer = easy.post("rating", trip.public_id, face="BAD", word="い" * 201)
    assert answer.status_code == 422
    assert soup(answer).find(id="word")["value"] == "い" * 201
    assert soup(answer).find(id="word")["aria-describedby"] == "word-error"
    assert not Rating.objects.exists()


def test_no_string_is_a_fault(easy):
    trip = make.held(make.outing(easy.world, -1))
    for string in EVERYTHING:
        answer = easy.post("rating", trip.public_id, face="GOOD", word=string)
        assert answer.status_code in (302, 400, 422), string
        if answer.status_code == 422:
            assert soup(answer).find(id="word")["value"] == string
        for page in (easy.get("choices"), easy.get("rating", trip.public_id, query="?finished=1")):
            assert not [tag for tag in soup(page).select("script, b, i, svg, img") if MARK in str(tag)], string


@pytest.mark.parametrize(("offset", "status"), [(1, 422), (0, 422)])
def test_before_it_begins_nobody_is_asked(easy, offset, status):
    trip = make.outing(easy.world, offset)
    assert "はじまってから こたえて ください。" in words(easy.get("rating", trip.public_id))
    assert easy.post("rating", trip.public_id, face="GOOD").status_code == status
    assert not Rating.objects.exists()


def test_once_its_time_has_come_it_can_be_rated_without_a_record(easy):
    trip = make.outing(easy.world, 0, 9, 2)
    assert easy.post("rating", trip.public_id, face="SO_SO").status_code == 302
    assert Rating.objects.get().face == Face.SO_SO


@pytest.mark.parametrize("face", ["", "x", "GOOD "])
def test_a_face_that_is_none_asks_again(easy, face):
    trip = make.held(make.outing(easy.world, -1))
    assert easy.post("rating", trip.public_id, face=face).status_code == 422
    assert easy.post("rating", trip.public_id, face=face, word="x").status_code == 302
    assert not Rating.objects.exists()


def test_who_was_asked_today_is_not_asked_again(easy):
    trip = make.held(make.outing(easy.world, -1))
    link = reverse("programs:easy-rating", args=[trip.public_id])
    assert soup(easy.get("today")).select(f'a[href="{link}"]')
    easy.post("rating", trip.public_id, face="GOOD")
    assert not soup(easy.get("today")).select(f'a[href="{link}"]')


def test_the_book_goes_from_page_to_page(easy):
    pages = [make.item(code, code, order=order) for order, code in enumerate(["a", "b", "c"])]
    assert "あと 3まい あります。" in words(easy.get("wishes"))
    first = easy.post("wish", pages[0].public_id, choice="WANT", idempotency_key="a")
    easy.post("wish", pages[0].public_id, choice="WANT", idempotency_key="a")
    assert first["Location"] == reverse("programs:easy-wish", args=[pages[1].public_id]) + f"?said={pages[0].public_id}"
    assert "a：やってみたい" in words(easy.client.get(first["Location"]))
    easy.post("wish", pages[2].public_id, choice="NOT_NOW")
    last = easy.post("wish", pages[1].public_id, choice="UNKNOWN")
    assert last["Location"] == reverse("programs:easy-wishes")
    said = Wish.objects.order_by("pk").values_list("item__code", "choice", "by", "expression", "inferred")
    assert list(said) == [
        ("a", "WANT", None, "GESTURE", False),
        ("c", "NOT_NOW", None, "GESTURE", False),
        ("b", "UNKNOWN", None, "GESTURE", False),
    ]
    assert "ぜんぶ 見ました。" in words(easy.get("wishes"))
    assert words(easy.get("wishes")).index("やってみたい") < words(easy.get("wishes")).index("いまは いい")


def test_a_page_of_another_book_is_not_found(easy):
    theirs = make.item("x", "x", organization=factories.OrganizationFactory())
    assert easy.get("wish", theirs.public_id).status_code == 404
    assert easy.post("wish", theirs.public_id, choice="WANT").status_code == 404
    assert easy.post("wish", make.item("y", "y").public_id, choice="x").status_code == 422
    assert not Wish.objects.exists()


def test_a_person_who_signs_in_is_named_as_the_writer(easy):
    user = factories.UserFactory()
    easy.world.person.user = user
    easy.world.person.save()
    page = make.item("a", "a")
    client_of(user).post(reverse("programs:easy-wish", args=[page.public_id]), {"choice": "WANT"})
    assert Wish.objects.get().by == user


def test_everything_chosen_the_latest_first(easy):
    world = easy.world
    make.wish(world, make.item("a", "お茶"), WishChoice.NOT_NOW)
    trip = make.held(make.outing(world, -1, activity="動物園"))
    easy.post("rating", trip.public_id, face="GOOD")
    easy.post("rating", trip.public_id, face="GOOD", chosen="FUN", word="")
    easy.post("stop", make.outing(world, 3, activity="カラオケ").public_id, stop="yes")
    IntentionCheck.objects.create(
        person=world.person,
        organization=world.office,
        asked_on=make.day(-30),
        asker="x",
        method="x",
        answer=IntentionAnswer.GROUP_HOME,
        expression="WORD",
        inferred=True,
        basis="x",
        next_on=make.day(100),
        by=world.worker,
    )
    other = person_of(world)
    make.wish(world, make.item("b", "よその人"), person=other)
    page = words(easy.get("choices"))
    assert [page.count(said) for said in ("いまは いい", "よかった", "やめたいと つたえた", "くらしたい")] == [
        1,
        1,
        1,
        1,
    ]
    assert "「たのしかった」" in page
    assert "よその人" not in page
    assert page.index("動物園") < page.index("グループホームで くらしたい")
    assert "しえんの 人が 書きました。" in page[page.index("くらしたい") :]
    assert "よその人" in words(client_of_person(other).get(reverse("programs:easy-choices")))


def test_queries_of_the_questions(easy):
    trip = make.held(make.outing(easy.world, -1))
    page = make.item("a", "a")
    easy.get("today")
    assert queries_of(easy.client, reverse("programs:easy-rating", args=[trip.public_id])) <= 12
    assert queries_of(easy.client, reverse("programs:easy-wish", args=[page.public_id])) <= 12
