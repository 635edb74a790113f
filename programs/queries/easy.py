"""What a person sees of their own: today, what comes, one session. Words are marked with readings where needed.

Only what is certain is shown: a plan that may still change frightens (`domain.md` 8.3). What was certain and has been
called off is shown as such until its day has passed.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from django.db.models import Exists, OuterRef, Prefetch, Q

from programs.domain import easy_words
from programs.enums import HELD_STATES, HomePhotoKind, SessionAction, SessionKind, SessionState
from programs.models import DoneMark, Escort, HomePhoto, Rating, Session, SessionEvent, SessionWish, StopRequest
from programs.models.guides import Picture as StoredPicture
from programs.models.sessions import SessionQuerySet
from transition import clock
from transition.models import Person, SupportLink, User, WishItem

DAY = dt.timedelta(days=1)
# How long after a session the person is asked how it was.
ASK_DAYS = 14
CARD_DAYS = 14
_AHEAD = (SessionState.CONFIRMED, SessionState.IN_PROGRESS)

Kind = Literal["OUT", "ARRIVE", "STAY", "LEAVE"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo when `id` is there, else a drawing below static/transition/."""

    drawing: str = ""
    kind: str = ""
    id: str = ""
    width: int = 96
    height: int = 96
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who goes along, as the person knows them."""

    name: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class Plan:
    """One session in the person's words. `title` is marked; `title_typed` is what somebody typed and wins over it."""

    session: Session
    title: str
    title_typed: str
    place: str
    picture: Picture
    helpers: list[Helper] = field(default_factory=list)
    photos: list[Picture] = field(default_factory=list)
    staff: list[Picture] = field(default_factory=list)

    @property
    def is_stay(self) -> bool:
        return self.session.kind == SessionKind.STAY

    @property
    def is_off(self) -> bool:
        return self.session.state == SessionState.CANCELLED

    @property
    def first_day(self) -> dt.date:
        return self.session.check_in or clock.local_date(self.session.starts_at)

    @property
    def last_day(self) -> dt.date:
        return self.session.check_out or clock.local_date(self.session.ends_at)

    @property
    def days(self) -> list[dt.date]:
        """Every day on which it is something to do."""
        return days_of(self.session)


@dataclass(frozen=True, slots=True)
class Moment:
    """What a session is on one day. `nights`: how often the person sleeps until then."""

    plan: Plan
    date: dt.date
    kind: Kind
    title: str
    title_typed: str
    picture: Picture
    starts: dt.datetime | None
    ends: dt.datetime | None
    done: bool
    nights: int

    @property
    def can_mark(self) -> bool:
        """The person's own mark can be set and taken back."""
        return self.nights == 0 and self.plan.session.state in _AHEAD

    @property
    def moons(self) -> range:
        """One for each night, as many as can be counted at a glance."""
        return range(self.nights if self.nights <= 7 else 0)


@dataclass(frozen=True, slots=True)
class Today:
    first: Moment | None
    following: Moment | None
    done: list[Moment]
    called_off: list[Plan]
    unrated: Plan | None


def of_person(person: Person) -> SessionQuerySet:
    """The sessions a person sees: certain ones, held ones, and those called off after they were certain."""
    was_certain = SessionEvent.objects.filter(session=OuterRef("pk"), action=SessionAction.CONFIRM)
    shown = Q(state__in=(*_AHEAD, *HELD_STATES)) | Q(Exists(was_certain), state=SessionState.CANCELLED)
    return Session.objects.filter(shown, person=person)


def today(person: Person) -> Today:
    """The day as まず → つぎ: what is not done yet, then what comes after it."""
    day = clock.today()
    known = plans(of_person(person).filter(_coming() | _to_rate()).order_by("starts_at", "pk"))
    ahead = [plan for plan in known if plan.last_day >= day]
    moments = moments_of([plan for plan in ahead if not plan.is_off], day)
    todays = [moment for moment in moments if moment.date == day]
    waiting = [moment for moment in todays if not moment.done]
    later = [moment for moment in moments if moment.date > day and moment.kind != "STAY"]
    return Today(
        first=waiting[0] if waiting else None,
        following=next(iter([*waiting[1:], *later]), None),
        done=[moment for moment in todays if moment.done],
        called_off=[plan for plan in ahead if plan.is_off],
        unrated=next((plan for plan in reversed(known) if _wants_rating(plan)), None),
    )


def coming(person: Person) -> list[Plan]:
    """Everything from today on, in order, also what is over since this morning. Five queries."""
    return plans(of_person(person).filter(_coming()).order_by("starts_at", "pk"))


def find(person: Person, public_id: object) -> Plan | None:
    """One session of the person's own."""
    return next(iter(plans(of_person(person).filter(public_id=public_id))), None)


def plans(sessions: SessionQuerySet) -> list[Plan]:
    """Sessions with their pictures and people; a bounded number of queries whatever their number."""
    escorts = Escort.objects.select_related("user__portrait").order_by("pk")
    waiting = StopRequest.objects.open().filter(session=OuterRef("pk"))
    rated = Rating.objects.filter(session=OuterRef("pk"))
    rows = sessions.annotate(is_stopping=Exists(waiting), is_rated=Exists(rated)).select_related(
        "person", "room__home__guide", "slot", "enrollment__lead", "requested_by", "organization"
    )
    rows = rows.prefetch_related(
        Prefetch("escorts", escorts),
        Prefetch("session_wishes", SessionWish.objects.select_related("item").order_by("pk")),
        Prefetch("room__home__photos", HomePhoto.objects.order_by("order", "pk")),
        Prefetch("done_marks", DoneMark.objects.order_by("date")),
    )
    return [_plan(session) for session in rows]


def moments_of(plans: Iterable[Plan], today: dt.date) -> list[Moment]:
    """Every day of every session from today on, in the order in which they come."""
    found = [moment for plan in plans for moment in _moments(plan, today)]
    return sorted(found, key=lambda moment: (moment.date, moment.starts or clock.at(moment.date, dt.time.min)))


def firsts(plans: Iterable[Plan], today: dt.date) -> list[Moment]:
    """One moment for each plan: its first day, or today when it is under way."""
    found = []
    for plan in plans:
        day = plan.first_day if plan.is_off else max(plan.first_day, today)
        found += [moment for moment in _moments(plan, min(day, today)) if moment.date == day][:1]
    return found


def cards(person: Person) -> list[Moment]:
    """The coming two weeks, one card a day and session."""
    day = clock.today()
    until = day + CARD_DAYS * DAY
    certain = [plan for plan in coming(person) if plan.session.state in _AHEAD]
    return [moment for moment in moments_of(certain, day) if moment.date <= until]


def days_of(session: Session) -> list[dt.date]:
    """The days on which a session takes place; a stay's last morning is one of them."""
    first = session.check_in or clock.local_date(session.starts_at)
    last = session.check_out or clock.local_date(session.ends_at)
    return [first + number * DAY for number in range((last - first).days + 1)]


def worker_of(session: Session) -> User:
    """Who listens: the lead of the enrollment, of the office that asked for it, or who asked. At most one query."""
    if session.enrollment and session.enrollment.lead:
        return session.enrollment.lead
    link = (
        SupportLink.objects.on(clock.today())
        .filter(person=session.person_id, organization=session.organization_id, lead__isnull=False)
        .select_related("lead")
        .first()
    )
    return link.lead if link and link.lead else session.requested_by


def picture_of_item(item: WishItem) -> Picture:
    if item.photo:
        return Picture(kind="wish", id=str(item.public_id))
    return Picture(drawing=f"wishes/{item.drawing}")


def _coming() -> Q:
    start = clock.at(clock.today(), dt.time.min)
    held_today = Q(state__in=HELD_STATES, actual_ends_at__gte=start, starts_at__lt=start + DAY)
    return held_today | Q(state__in=(*_AHEAD, SessionState.CANCELLED), ends_at__gte=start)


def _to_rate() -> Q:
    return Q(state__in=HELD_STATES, ends_at__gte=clock.now() - ASK_DAYS * DAY)


def _wants_rating(plan: Plan) -> bool:
    """Over, by the record or by the person's own mark, and without a face yet."""
    session = plan.session
    marked = any(mark.date == plan.last_day for mark in session.done_marks.all())
    over = session.state in HELD_STATES or (marked and session.state in _AHEAD and session.starts_at <= clock.now())
    return over and not session.is_rated  # type: ignore[attr-defined]


def _moments(plan: Plan, today: dt.date) -> list[Moment]:
    session = plan.session
    over = session.state in HELD_STATES
    marked = {mark.date for mark in session.done_marks.all()}
    if over and clock.local_date(session.actual_ends_at or session.ends_at) != today:
        return []
    days = [today] if over else [day for day in plan.days if day >= today]
    found = []
    for day in days:
        kind = _kind(plan, day, over=over)
        title, typed, picture = _shown(plan, kind)
        found.append(
            Moment(
                plan=plan,
                date=day,
                kind=kind,
                title=title,
                title_typed=typed,
                picture=picture,
                starts={"OUT": session.starts_at, "ARRIVE": session.starts_at, "LEAVE": session.ends_at}.get(kind)
                if day in (plan.first_day, plan.last_day)
                else None,
                ends=session.ends_at if kind == "OUT" and day == plan.last_day else None,
                done=over or day in marked,
                nights=(day - today).days,
            )
        )
    return found


def _kind(plan: Plan, day: dt.date, *, over: bool) -> Kind:
    if not plan.is_stay:
        return "OUT"
    if over or day == plan.last_day:
        return "LEAVE"
    return "ARRIVE" if day == plan.first_day else "STAY"


def _shown(plan: Plan, kind: Kind) -> tuple[str, str, Picture]:
    """Marked words, typed words that win over them, and the picture."""
    if kind == "LEAVE":
        drawing = Picture(drawing=easy_words.LEAVING_DRAWING)
        return easy_words.leaving(plan.session.person.residence), "", drawing
    if kind == "STAY":
        return "ホームで すごす", "", plan.picture
    if kind == "ARRIVE":
        return "ホームに とまる", "", plan.picture
    return plan.title, plan.title_typed, plan.picture


def _plan(session: Session) -> Plan:
    if session.room is not None:
        return _stay(session)
    words, drawing = easy_words.step(session.step)
    followed = [row.item for row in session.session_wishes.all()]
    picture = Picture(drawing=drawing)
    if followed:
        picture = picture_of_item(followed[0])
    return Plan(
        session=session,
        title=words,
        title_typed=session.activity or (followed[0].name if followed else ""),
        place=session.place,
        picture=picture,
        helpers=[_helper(row.user) for row in session.escorts.all()],
    )


def _stay(session: Session) -> Plan:
    assert session.room is not None  # noqa: S101 - for the type checker; a constraint holds it
    home = session.room.home
    guide = getattr(home, "guide", None)
    by_kind: dict[str, list[Picture]] = {kind: [] for kind in HomePhotoKind.values}
    for photo in home.photos.all():
        if photo.kind != HomePhotoKind.ROOM or photo.room_id in (None, session.room_id):
            by_kind[photo.kind].append(_stored(photo, "home", photo.caption))
    house, room = by_kind[HomePhotoKind.HOUSE], by_kind[HomePhotoKind.ROOM]
    return Plan(
        session=session,
        title="ホームに とまる",
        title_typed="",
        place=(guide.easy_name if guide else "") or home.name,
        picture=(house or [Picture(drawing=easy_words.HOME_DRAWING)])[0],
        photos=[*house[:1], *room[:2], *by_kind[HomePhotoKind.MEAL][:1]],
        staff=by_kind[HomePhotoKind.STAFF][:3],
    )


def _helper(user: User) -> Helper:
    portrait = getattr(user, "portrait", None)
    picture = _stored(portrait, "staff") if portrait else Picture(drawing="easy/person.svg")
    return Helper(easy_words.called(user.name), picture)


def _stored(photo: StoredPicture, kind: str, caption: str = "") -> Picture:
    return Picture(kind=kind, id=str(photo.public_id), width=photo.width, height=photo.height, caption=caption)
