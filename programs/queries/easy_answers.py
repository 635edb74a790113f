"""What a person has said themselves, and the pictures of their own pages."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from programs.models import Escort, HomePhoto, Portrait, Rating, StopRequest
from programs.queries.easy import Picture, of_person, picture_of_item, plans
from programs.queries.wishes import pages_for
from transition import clock
from transition.enums import IntentionAnswer, WishChoice
from transition.models import IntentionCheck, Person, Wish

FACES = {WishChoice.WANT: "GOOD", WishChoice.NOT_NOW: "BAD", WishChoice.UNKNOWN: "SO_SO"}
_LIVING = {
    IntentionAnswer.GROUP_HOME: ("グループホームで くらしたい", "wishes/group-home.svg"),
    IntentionAnswer.ALONE: ("ひとりで くらしたい", "easy/home.svg"),
    IntentionAnswer.FAMILY: ("かぞくと くらしたい", "easy/people.svg"),
    IntentionAnswer.STAY: ("いまの ところが いい", "easy/home.svg"),
    IntentionAnswer.OTHER: ("ほかの くらしが いい", "wishes/other.svg"),
    IntentionAnswer.UNKNOWN: ("くらす ところは わからない", "wishes/face-so-so.svg"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing the person chose. `about` is what somebody typed, `said` our own words; `word` is the person's."""

    at: dt.datetime
    about: str
    said: str
    picture: Picture
    face: str = ""
    word: str = ""
    by_person: bool = True


def choices(person: Person) -> list[Choice]:
    """The latest first, also what was refused and what is not known. Bounded: the sources, and the sessions."""
    found = [*_wishes(person), *_sessions(person), *_living(person)]
    return sorted(found, key=lambda choice: choice.at, reverse=True)


def picture_file(person: Person, kind: str, public_id: UUID, size: str) -> str | None:
    """The stored name of a picture on the person's own pages: their homes, who goes along, their wish book."""
    if kind == "wish":
        items = (item for item in pages_for(person) if item.public_id == public_id and item.photo)
        own = next(items, None)
        if own is None:
            followed = of_person(person).filter(session_wishes__item__public_id=public_id)
            row = followed.values_list("session_wishes__item__photo", flat=True).first()
            return row or None
        return str(own.photo.name)
    photo: HomePhoto | Portrait | None = None
    if kind == "home":
        homes = of_person(person).values("room__home")
        photo = HomePhoto.objects.filter(public_id=public_id, home__in=homes).first()
    elif kind == "staff":
        escorts = Escort.objects.filter(session__in=of_person(person)).values("user")
        photo = Portrait.objects.filter(public_id=public_id, user__in=escorts).first()
    if photo is None:
        return None
    return {"large": photo.large, "small": photo.small}.get(size)


def _wishes(person: Person) -> Iterator[Choice]:
    for wish in Wish.objects.filter(person=person).select_related("item"):
        yield Choice(
            at=wish.at,
            about=wish.item.name,
            said=WishChoice(wish.choice).label,
            picture=picture_of_item(wish.item),
            face=FACES[WishChoice(wish.choice)],
            by_person=not wish.inferred,
        )


def _sessions(person: Person) -> Iterator[Choice]:
    known = {plan.session.pk: plan for plan in plans(of_person(person))}
    latest: set[int] = set()
    for rating in Rating.objects.filter(session__person=person):
        plan = known.get(rating.session_id)
        if plan is None or rating.session_id in latest:
            continue
        latest.add(rating.session_id)
        yield Choice(
            at=rating.at,
            about=plan.title_typed or plan.place,
            said=rating.get_face_display(),
            picture=plan.picture,
            face=rating.face,
            word=rating.word,
            by_person=rating.by_person,
        )
    for stop in StopRequest.objects.filter(session__person=person):
        if (plan := known.get(stop.session_id)) is not None:
            yield Choice(
                at=stop.at,
                about=plan.title_typed or plan.place,
                said="やめたいと つたえた",
                picture=Picture(drawing="easy/stop.svg"),
            )


def _living(person: Person) -> Iterator[Choice]:
    asked = IntentionCheck.objects.filter(person=person).exclude(answer=IntentionAnswer.NO_ANSWER)
    for check in asked:
        said, drawing = _LIVING[IntentionAnswer(check.answer)]
        yield Choice(
            at=clock.at(check.asked_on, dt.time(12)),
            about="",
            said=said,
            picture=Picture(drawing=drawing),
            by_person=not check.inferred,
        )
