"""The demo's home pages: their words, and pictures drawn here, so that nobody takes them for a real house."""

import functools
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from PIL import Image, ImageDraw

from programs.models import Home
from programs.services import home_guides
from programs.services.demo_keys import Step, demo_key, done_before
from transition.models import User

DATA = Path(__file__).resolve().parent.parent / "data" / "demo_homes.yaml"
WORDS = ("easy_name", "introduction", "day", "bring", "provided", "rules", "access", "night_contact")
SIZE = (1200, 900)
INK = "#333333"


class HomePages:
    """Told on top of the homes that the demo's first part has made."""

    def __init__(self, host: Callable[[Home], User]) -> None:
        self.host = host
        self.data: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))

    def steps(self) -> Iterator[Step]:
        for item in self.data["homes"]:
            yield functools.partial(self.page, item)

    def page(self, item: dict[str, Any]) -> None:
        home = Home.objects.select_related("organization").get(name=item["home"])
        by = self.host(home)
        words = {name: item.get(name, "") for name in WORDS}
        home_guides.write(home=home, by=by, key=demo_key(by, "guide", home.name), **words)
        for number, photo in enumerate(item["photos"]):
            key = demo_key(by, "home-photo", home.name, number)
            if done_before(key):
                continue
            home_guides.add_photo(
                home=home,
                data=drawn(photo["kind"], photo["colors"]),
                kind=photo["kind"],
                caption=photo["caption"],
                room=home.rooms.get(name=photo["room"]) if "room" in photo else None,
                by=by,
                key=key,
            )


def drawn(kind: str, colors: Sequence[str]) -> bytes:
    """A house, a room, a meal or somebody at work: flat shapes in the three colors given."""
    image = Image.new("RGB", SIZE, colors[0])
    {"HOUSE": _house, "ROOM": _room, "MEAL": _meal, "STAFF": _staff}[kind](ImageDraw.Draw(image), *colors[1:])
    data = BytesIO()
    image.save(data, "JPEG", quality=90)
    return data.getvalue()


def _house(draw: ImageDraw.ImageDraw, ground: str, wall: str) -> None:
    draw.rectangle((0, 680, 1200, 900), fill=ground)
    draw.rectangle((280, 360, 860, 720), fill=wall, outline=INK, width=6)
    draw.polygon([(230, 370), (570, 180), (910, 370)], fill="#7a4a3a", outline=INK)
    for left in (350, 690):
        draw.rectangle((left, 440, left + 110, 540), fill="#d9ecf7", outline=INK, width=6)
    draw.rectangle((520, 540, 620, 720), fill="#9a6b45", outline=INK, width=6)
    draw.rectangle((1000, 520, 1030, 700), fill="#6b4a2f")
    draw.ellipse((920, 330, 1110, 560), fill="#4f8f58", outline="#2b5f35", width=6)


def _room(draw: ImageDraw.ImageDraw, wood: str, cloth: str) -> None:
    draw.rectangle((0, 640, 1200, 900), fill=wood)
    draw.rectangle((720, 140, 1040, 420), fill="#cfe8f7", outline=INK, width=8)
    draw.line((880, 140, 880, 420), fill=INK, width=6)
    draw.rectangle((140, 520, 740, 700), fill=cloth, outline=INK, width=6)
    draw.rectangle((110, 420, 150, 760), fill="#8a6543", outline=INK, width=6)
    draw.rounded_rectangle((160, 460, 320, 540), 30, fill="#ffffff", outline=INK, width=6)
    draw.rectangle((860, 560, 1060, 760), fill="#a57c52", outline=INK, width=6)
    draw.rectangle((930, 470, 990, 560), fill="#f3d27a", outline=INK, width=6)


def _meal(draw: ImageDraw.ImageDraw, dish: str, food: str) -> None:
    for (left, top, right, bottom), inside in (
        ((120, 360, 460, 660), "#f8f5ea"),
        ((480, 440, 720, 660), "#a9713f"),
        ((740, 300, 1100, 600), food),
        ((520, 160, 720, 320), "#6ea35a"),
    ):
        draw.ellipse((left, top, right, bottom), fill=dish, outline=INK, width=6)
        draw.ellipse((left + 50, top + 40, right - 50, bottom - 50), fill=inside, outline=INK, width=3)
    draw.line((200, 780, 980, 750), fill="#6b4a2f", width=12)
    draw.line((200, 810, 980, 790), fill="#6b4a2f", width=12)


def _staff(draw: ImageDraw.ImageDraw, apron: str, skin: str) -> None:
    draw.rounded_rectangle((400, 430, 800, 980), 120, fill="#f5f5f0", outline=INK, width=6)
    draw.rounded_rectangle((470, 540, 730, 980), 40, fill=apron, outline=INK, width=6)
    draw.ellipse((470, 150, 730, 450), fill=skin, outline=INK, width=6)
    draw.pieslice((460, 120, 740, 420), 180, 360, fill="#5a4634", outline=INK)
    for left in (540, 640):
        draw.ellipse((left, 300, left + 22, 322), fill=INK)
    draw.arc((550, 320, 650, 400), 20, 160, fill=INK, width=6)
