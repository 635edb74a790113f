"""Plays the outing program's stories of `data/demo_story.yaml`, each act at the moment it would have happened."""

import calendar
import datetime as dt
import functools
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from PIL import Image, ImageDraw

from programs.models import Enrollment, EscortDay, Program, Review, Session
from programs.services import enrollments, escorts, outcomes, outings, photos, ratings, records, reviews
from programs.services.demo_keys import Step, demo_key, done_before
from transition import clock
from transition.enums import Expression, GoalState
from transition.models import Goal, Organization, Person, User, WishItem
from transition.services import consents, goals, intentions, wishes

DATA = Path(__file__).resolve().parent.parent / "data" / "demo_story.yaml"
PROGRAM = "outing"
ESCORT_DAYS = 180
SATURDAY = 5
LEVELS = ("level_minus_2", "level_minus_1", "level_0", "level_plus_1", "level_plus_2")


class Stories:
    """Told on top of the people, offices and staff that the demo's first part has made."""

    def __init__(
        self, people: dict[str, Person], organizations: dict[str, Organization], staff: dict[str, User]
    ) -> None:
        self.people, self.organizations, self.staff = people, organizations, staff
        self.today = clock.today()
        self.data: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))

    def steps(self) -> Iterator[Step]:
        for story in self.data["stories"]:
            yield functools.partial(self.begin, story)
            yield functools.partial(self.keep_days, story)
            for asked in story["wishes"]:
                yield functools.partial(self.ask, story, asked)
            for outing in story["outings"]:
                yield functools.partial(self.outing, story, outing)
            for review in story.get("reviews", []):
                yield functools.partial(self.review, story, review)
            yield functools.partial(self.end, story)
        for asked in self.data["intentions"]:
            yield functools.partial(self.intention, asked)

    def begin(self, story: dict[str, Any]) -> None:
        """Consent, enrollment, stages and goals."""
        person, by, name = self.people[story["person"]], self.by(story), story["person"]
        office = self.organizations[story["office"]]
        with clock.pretend(self.moment(story["starts"])):
            enrollment = enrollments.enroll(
                person=person,
                program=Program.objects.get(code=PROGRAM, municipality=None),
                organization=office,
                facility=self.organizations[story["facility"]],
                lead=by,
                starts_on=self.day(story["starts"]),
                purpose=story["purpose"],
                consent_means=story["means"],
                consent_note="写真を使って、事業の内容を説明した。",
                by=by,
                key=demo_key(by, "enroll", name),
            )
            enrollments.set_stages(
                enrollment=enrollment,
                support_from=self.day(story["support_from"]),
                review_on=self.day(story["review_on"]) if "review_on" in story else None,
                by=by,
                key=demo_key(by, "stages", name),
            )
            if story.get("photo"):
                consents.give(
                    person=person,
                    kind="PHOTO",
                    means=story["means"],
                    note="撮った写真を見せて説明した。",
                    by=by,
                    key=demo_key(by, "photo", name),
                )
        made: dict[str, Goal] = {}
        for item in story["goals"]:
            with clock.pretend(self.moment(item["at"])):
                made[item["ref"]] = goals.add(
                    person=person,
                    words=item["words"],
                    wording=item["wording"],
                    area=item["area"],
                    horizon=item["horizon"],
                    parent=made.get(item.get("parent", "")),
                    target_on=self.day(item["target"]),
                    by=by,
                    key=demo_key(by, "goal", name, item["ref"]),
                    **dict(zip(LEVELS, item["levels"], strict=True)),
                )

    def keep_days(self, story: dict[str, Any]) -> None:
        """The facility's staff can go along on working days of the coming months; days kept before stay."""
        staff = self.escort(story)
        coming = [self.day(offset) for offset in range(1, ESCORT_DAYS)]
        kept = set(EscortDay.objects.filter(user=staff, date__in=coming).values_list("date", flat=True))
        free = (dt.time(9, 30), dt.time(16, 30))
        days = {day: free for day in coming if day.weekday() < SATURDAY and day not in kept}
        if days:
            escorts.keep_days(days=days, by=staff)

    def ask(self, story: dict[str, Any], asked: dict[str, Any]) -> None:
        person, by = self.people[story["person"]], self.by(story)
        basis = asked.get("basis", "")
        with clock.pretend(self.moment(asked["at"])):
            for code, choice in asked["answers"].items():
                wishes.answer(
                    person=person,
                    item=WishItem.objects.get(code=code, organization=None),
                    answer=wishes.Answer(
                        choice=choice,
                        expression=asked.get("expression", Expression.FACE),
                        inferred=bool(basis),
                        basis=basis,
                        present="施設の職員",
                    ),
                    by=by,
                    key=demo_key(by, "wish", story["person"], asked["at"], code),
                )

    def outing(self, story: dict[str, Any], item: dict[str, Any]) -> None:
        """Planned, and if its day has come held, recorded and rated."""
        by, person = self.by(story), self.people[story["person"]]
        on = self.day(item["at"]) if "at" in item else self.month_day(item["month_day"])
        name = ("outing", story["person"], item.get("at", item.get("month_day")))
        key = demo_key(by, *name)
        if done_before(key):
            return
        held = on < self.today
        enrollment = self.enrollment(story)
        planned_at = clock.at(max(on - dt.timedelta(days=6), enrollment.starts_on), dt.time(9))
        own = {goal.words: goal for goal in Goal.objects.filter(person=person)}
        refs = {goal["ref"]: own[goal["words"]] for goal in story["goals"]}
        pages = WishItem.objects.filter(code__in=item.get("wishes", []), organization=None)
        with clock.pretend(min(planned_at, clock.now())):
            session = outings.plan(
                enrollment=enrollment,
                activity=item["activity"],
                place=item["place"],
                step=item["step"],
                starts_at=clock.at(on, dt.time.fromisoformat(item["from"])),
                ends_at=clock.at(on, dt.time.fromisoformat(item["to"])),
                transport=item["transport"],
                transport_cost=item.get("cost", 0),
                escorts=[self.escort(story)],
                wishes=list(pages),
                goals=[refs[ref] for ref in item.get("goals", {})],
                organization=enrollment.organization,
                by=by,
                reason="デモのため",
                confirm=item.get("state") != "planned",
                key=key,
            )
        if held:
            self.record(session, item, refs, by=by)

    def record(self, session: Session, item: dict[str, Any], refs: dict[str, Goal], *, by: User) -> None:
        with clock.pretend(session.ends_at + dt.timedelta(hours=1)):
            records.save(
                session=session,
                based_on=0,
                actual_starts_at=session.starts_at,
                actual_ends_at=session.ends_at,
                place=session.place,
                companions="施設の職員1人",
                shown=item.get("shown", ""),
                incident=item.get("incident", ""),
                helped=item.get("helped", ""),
                next_step=item.get("next", ""),
                scores={refs[ref]: (score, "") for ref, score in item.get("goals", {}).items()},
                by=by,
            )
            if "photo" in item:
                photos.add(session=session, data=drawn_photo(item["photo"]), by=by)
            if "face" in item:
                ratings.rate(
                    session=session,
                    face=item["face"],
                    word=item.get("word", ""),
                    expression=Expression.FACE,
                    by_person=True,
                    by=by,
                )

    def review(self, story: dict[str, Any], item: dict[str, Any]) -> None:
        by = self.by(story)
        review = Review.objects.filter(enrollment=self.enrollment(story), month=item["month"]).first()
        if review is None or review.held_on is not None:
            return
        with clock.pretend(self.moment(item["at"])):
            reviews.hold(
                review=review,
                held_on=self.day(item["at"]),
                decision=item["decision"],
                present=item["present"],
                person_said=item.get("said", ""),
                wishes=item.get("wishes", ""),
                helped=item.get("helped", ""),
                by=by,
                key=demo_key(by, "review", story["person"], item["month"]),
            )

    def end(self, story: dict[str, Any]) -> None:
        """What came of it, where the story has an end."""
        by, name = self.by(story), story["person"]
        if close := story.get("close"):
            words = next(goal["words"] for goal in story["goals"] if goal["ref"] == close["goal"])
            goal = Goal.objects.get(person=self.people[name], words=words)
            if goal.state == GoalState.ACTIVE:
                with clock.pretend(self.moment(close["at"])):
                    key = demo_key(by, "close", name)
                    goals.close(goal=goal, state=close["state"], reason=close["reason"], by=by, key=key)
        if outcome := story.get("outcome"):
            with clock.pretend(self.moment(outcome["at"])):
                outcomes.decide(
                    enrollment=self.enrollment(story),
                    code=outcome["code"],
                    decided_on=self.day(outcome["at"]),
                    next_service=outcome.get("next_service", ""),
                    note=outcome["note"],
                    by=by,
                    key=demo_key(by, "outcome", name),
                )

    def intention(self, item: dict[str, Any]) -> None:
        by = self.staff["facility"]
        with clock.pretend(self.moment(item["at"])):
            intentions.record(
                person=self.people[item["person"]],
                organization=self.organizations["facility"],
                asked_on=self.day(item["at"]),
                asker=by.name,
                method=item["method"],
                answer=item["answer"],
                wants=item["wants"],
                expression=item["expression"],
                inferred=item.get("inferred", False),
                basis=item.get("basis", ""),
                present=item["present"],
                by=by,
                key=demo_key(by, "intention", item["person"]),
            )

    def enrollment(self, story: dict[str, Any]) -> Enrollment:
        return Enrollment.objects.get(person=self.people[story["person"]], program__code=PROGRAM)

    def escort(self, story: dict[str, Any]) -> User:
        """Days of the month and days from today may meet, so one story has somebody of its own."""
        return User.objects.get(email=story["escort"]) if "escort" in story else self.staff[story["facility"]]

    def by(self, story: dict[str, Any]) -> User:
        return self.staff[story["office"]]

    def day(self, offset: int) -> dt.date:
        return self.today + dt.timedelta(days=offset)

    def month_day(self, number: int) -> dt.date:
        last = calendar.monthrange(self.today.year, self.today.month)[1]
        return self.today.replace(day=min(number, last))

    def moment(self, offset: int) -> dt.datetime:
        return clock.at(self.day(offset), dt.time(9))


def drawn_photo(colors: list[str]) -> bytes:
    """A picture of nowhere, nobody in it: sky, ground, a house and a tree in the colors given."""
    sky, ground, wall = colors
    image = Image.new("RGB", (1200, 900), sky)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 600, 1200, 900), fill=ground)
    draw.rectangle((250, 380, 600, 640), fill=wall, outline="#333333", width=6)
    draw.polygon([(220, 390), (425, 230), (630, 390)], fill="#7a4a3a", outline="#333333")
    draw.rectangle((390, 500, 470, 640), fill="#ffffff", outline="#333333", width=4)
    draw.rectangle((860, 480, 900, 650), fill="#6b4a2f")
    draw.ellipse((770, 300, 990, 520), fill="#3f8f4f", outline="#2b5f35", width=6)
    data = BytesIO()
    image.save(data, "JPEG", quality=90)
    return data.getvalue()
