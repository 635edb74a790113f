"""What the tests of records share: an outing that was agreed, and how its record is written."""

import datetime as dt

from django.urls import reverse

from programs.models import Session
from programs.services import records
from tests import factories
from tests.personas import World
from tests.programs.pages import at, soup
from transition.models import Goal, WishItem


def outing(world: World, day="2026-11-21", start="10:00", end="12:00", **details) -> Session:
    """An outing that was agreed; the clock stands at 2026-11-22 10:00."""
    values = {
        "person": world.person,
        "program": world.program,
        "organization": world.office,
        "requested_by": world.worker,
        "starts_at": at(day, start),
        "ends_at": at(day, end),
        "place": "架空モール",
        "activity": "買い物",
    }
    return factories.SessionFactory(**(values | details))


def goal_of(world: World, words="外出を楽しむ") -> Goal:
    levels = {f"level_{name}": f"{words} {name}" for name in ("minus_2", "minus_1", "0", "plus_1", "plus_2")}
    return Goal.objects.create(
        person=world.person,
        words=words,
        area="ENJOY",
        target_on=dt.date(2027, 3, 31),
        created_by=world.worker,
        **levels,
    )


def wish_item(name: str, order=0) -> WishItem:
    return WishItem.objects.create(code=f"item-{name.encode().hex()}"[:40], name=name, order=order)


def url(session: Session, name="record-edit") -> str:
    return reverse(f"programs:{name}", args=[session.public_id])


def page_of(session: Session) -> str:
    return url(session, "session-detail")


def filled(response) -> dict:
    """What a browser would send when its user touches nothing."""
    found: dict = {}
    form = soup(response).find(id="record-form")
    for control in form.select("input, textarea"):
        name, kind = control["name"], control.get("type", "")
        if kind in ("radio", "checkbox") and not control.has_attr("checked"):
            continue
        value = control.get("value", "") if control.name == "input" else control.text.removeprefix("\n")
        if kind == "checkbox":
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    del found["csrfmiddlewaretoken"]
    return found


def save(session: Session, world: World, **changes):
    values = {
        "session": session,
        "based_on": 0,
        "actual_starts_at": at("2026-11-21", "10:00"),
        "actual_ends_at": at("2026-11-21", "12:00"),
        "by": world.worker,
    }
    return records.save(**(values | changes))
