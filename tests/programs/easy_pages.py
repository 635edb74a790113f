"""Sessions as the person meets them, and every page of the easy view in every state it can be in."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.test import Client
from django.urls import reverse

from programs.enums import HomePhotoKind, SessionAction, SessionKind, SessionState, Step
from programs.models import DoneMark, Escort, HomeGuide, HomePhoto, Portrait, Session, SessionEvent, SessionWish
from programs.services import done_marks, ratings, voices
from tests import factories
from tests.personas import World, make_world, member
from tests.programs.easy import client_of_person
from tests.programs.pages import client_of
from transition import clock
from transition.enums import Expression, WishChoice
from transition.models import Wish, WishItem

BRING = "きがえ\nパジャマ\n歯ブラシ\nいつもの薬\n受給者証"


@dataclass
class Easy:
    """The world with the person's own browser."""

    world: World
    client: Client

    def get(self, name: str, *arguments: object, query: str = ""):
        return self.client.get(reverse(f"programs:easy-{name}", args=arguments) + query)

    def post(self, name: str, *arguments: object, **data: object):
        return self.client.post(reverse(f"programs:easy-{name}", args=arguments), data)


def make_easy() -> Easy:
    world = make_world()
    return Easy(world, client_of_person(world.person))


def day(offset: int) -> dt.date:
    return clock.today() + dt.timedelta(days=offset)


def outing(world: World, offset: int, start: int = 13, hours: int = 3, **details) -> Session:
    starts_at = clock.at(day(offset), dt.time(start, 30))
    values = {
        "person": world.person,
        "organization": world.office,
        "requested_by": world.worker,
        "step": Step.OUTING,
        "activity": "電車に乗って映画を見る",
        "place": "れいだいモール",
        "starts_at": starts_at,
        "ends_at": starts_at + dt.timedelta(hours=hours),
    } | details
    return factories.SessionFactory(**values)


def stay(world: World, offset: int, nights: int = 2, **details) -> Session:
    first, last = day(offset), day(offset + nights)
    values = {
        "kind": SessionKind.STAY,
        "person": world.person,
        "organization": world.office,
        "requested_by": world.worker,
        "room": world.room,
        "slot": world.slot,
        "check_in": first,
        "check_out": last,
        "starts_at": clock.at(first, dt.time(15)),
        "ends_at": clock.at(last, dt.time(10)),
    } | details
    return factories.SessionFactory(**values)


def called_off(session: Session, by) -> Session:
    """It had been certain."""
    SessionEvent.objects.create(session=session, action=SessionAction.CONFIRM, state=SessionState.CONFIRMED, by=by)
    Session.objects.filter(pk=session.pk).update(state=SessionState.CANCELLED)
    return session


def held(session: Session) -> Session:
    Session.objects.filter(pk=session.pk).update(
        state=SessionState.COMPLETED, actual_starts_at=session.starts_at, actual_ends_at=session.ends_at
    )
    session.refresh_from_db()
    return session


def item(code: str, name: str, **details) -> WishItem:
    return WishItem.objects.create(code=code, name=name, drawing="cafe.svg", **details)


def wish(world: World, page: WishItem, choice: str = WishChoice.WANT, **details) -> Wish:
    values = {"person": world.person, "item": page, "choice": choice, "expression": Expression.GESTURE}
    return Wish.objects.create(**values | details)


def guide(world: World) -> HomeGuide:
    return HomeGuide.objects.create(
        home=world.room.home, easy_name="かくう｜東《ひがし》", bring=BRING, changed_by=world.home_staff
    )


def home_photo(world: World, kind: str = HomePhotoKind.HOUSE, **details) -> HomePhoto:
    values = {"home": world.room.home, "kind": kind, "caption": "白い 建物", "large": "large.jpg", "small": "small.jpg"}
    return HomePhoto.objects.create(width=800, height=600, by=world.home_staff, **values | details)


def escort(session: Session, name: str = "相談 しえん", *, portrait: bool = True) -> Escort:
    user = member(session.organization)
    user.name = name
    user.save()
    if portrait:
        Portrait.objects.create(user=user, large="l.jpg", small="s.jpg", width=300, height=300, by=user)
    return Escort.objects.create(session=session, user=user)


def every_state() -> Iterator[tuple[str, object]]:
    """(what it shows, the answer) of every page in every state."""
    easy = make_easy()
    world = easy.world
    yield "nobody", Client().get(reverse("programs:easy-today"))
    yield "dead link", Client().get(reverse("programs:easy-enter", args=["x"]))
    yield "nothing at all", easy.get("today")
    yield "nothing comes", easy.get("next")
    yield "no book", easy.get("wishes")
    yield "nothing chosen", easy.get("choices")
    yield "no cards", easy.get("cards")

    trip = outing(world, 0, transport_cost=420)
    escort(trip)
    escort(trip, "見本 花子", portrait=False)
    page = item("cinema", "映画を 見る")
    SessionWish.objects.create(session=trip, item=page)
    yield "outing today", easy.get("today")
    yield "outing ahead", easy.get("session", trip.public_id)
    yield "stop asked", easy.get("stop", trip.public_id)
    yield "rating too early", easy.get("rating", trip.public_id)
    yield "rating too early, sent", easy.post("rating", trip.public_id, face="GOOD")
    night = stay(world, 2)
    yield "stay without a guide", easy.get("session", night.public_id)
    guide(world)
    for kind in HomePhotoKind:
        home_photo(world, kind)
    home_photo(world, HomePhotoKind.STAFF, caption="")
    yield "first and next", easy.get("today")
    yield "stay", easy.get("session", night.public_id)
    for number in range(3, 12):
        outing(world, number, 9 + number, activity="" if number % 2 else "動物園", step=list(Step)[number % 4])
    yield "many ahead", easy.get("next")
    yield "more ahead", easy.get("next", query="?page=2")
    yield "cards", easy.get("cards")
    yield (
        "cards of a supporter",
        client_of(world.worker).get(reverse("programs:person-cards", args=[world.person.public_id])),
    )
    off = called_off(outing(world, 1, 11), world.worker)
    yield "called off", easy.get("today")
    yield "called off ahead", easy.get("next")
    yield "called off itself", easy.get("session", off.public_id)
    yield "stop of what is off", easy.get("stop", off.public_id)
    done_marks.mark(session=trip, date=day(0), by=None)
    yield "done", easy.get("today")
    yield "mark of no day", easy.post("done", night.public_id, done="yes")
    voices.ask_to_stop(session=night, by=None)
    yield "stop told", easy.get("stop", night.public_id)
    yield "session with a stop", easy.get("session", night.public_id)

    Session.objects.filter(person=world.person, starts_at__gt=clock.at(day(1), dt.time.min)).update(
        state=SessionState.EXPIRED
    )
    yield "all done", easy.get("today")
    DoneMark.objects.all().delete()
    under_way = stay(world, -1, state=SessionState.IN_PROGRESS)
    yield "in the middle of a stay", easy.get("today")
    yield "stay under way", easy.get("session", under_way.public_id)
    leaving = stay(world, -2, state=SessionState.IN_PROGRESS)
    yield "leaving today", easy.get("today")
    yield "face", easy.get("rating", leaving.public_id)
    yield "no face", easy.post("rating", leaving.public_id)
    ratings.rate(session=leaving, face="GOOD", expression=Expression.FACE, by_person=True, by=None)
    yield "word", easy.get("rating", leaving.public_id, query="?face=GOOD")
    yield "word too long", easy.post("rating", leaving.public_id, face="GOOD", word="あ" * 300)
    yield "rated", easy.get("rating", leaving.public_id, query="?finished=1")
    word = "たのしかった"
    ratings.rate(session=leaving, face="BAD", word=word, expression=Expression.WORD, by_person=True, by=None)
    yield "rated with a word", easy.get("rating", leaving.public_id, query="?finished=1")
    over = held(outing(world, -3, activity="", step=Step.MEAL))
    yield "over", easy.get("session", over.public_id)
    yield "stop of what is over", easy.get("stop", over.public_id)
    yield "asks how it was", easy.get("today")

    others = [item("cafe", "お茶を のむ"), item("bath", "大きな おふろ")]
    yield "a book", easy.get("wishes")
    yield "a page", easy.get("wish", page.public_id)
    yield "a page, nothing chosen", easy.post("wish", page.public_id, choice="x")
    wish(world, page)
    yield "some pages", easy.get("wishes")
    yield "the page after", easy.get("wish", others[0].public_id, query=f"?said={page.public_id}")
    wish(world, others[0], WishChoice.NOT_NOW)
    wish(world, others[1], WishChoice.UNKNOWN, inferred=True, basis="写真を見た", by=world.worker)
    yield "all pages", easy.get("wishes")
    yield "an answered page", easy.get("wish", page.public_id)
    for _ in range(10):
        wish(world, page)
    yield "choices", easy.get("choices")
    yield "older choices", easy.get("choices", query="?page=2")
