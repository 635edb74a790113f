"""Every page of the access table, held against what each page owes its reader; and every part against its page.

A new address is looked at as soon as it has its row in tests/access.py, a new partial as soon as its template has it.
"""

import ast
import datetime as dt
import gzip
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from programs.models import Session
from tests import markup
from tests.access import ROWS, Place, Row, undone
from transition import clock

pytestmark = pytest.mark.django_db

MOST_BYTES = 60_000
MOST_ASSETS = 60_000
LOOKERS = ("worker", "home", "coordinator", "center", "staff", "")
# Two addresses that show the same page.
SAME_TITLE = {"programs:card-version": "programs:card", "account_login": "transition:sign-in"}
# Shown while somebody types: the same part as the button that only checks, with another status.
LIVE = {"outlook": {"check": "1"}}
ROOT = Path(settings.BASE_DIR)


@dataclass
class Seen:
    """One page as one persona got it."""

    name: str
    persona: str
    method: str
    status: int
    html: str
    templates: list[str]
    title: str


def look(place: Place, row: Row, persona: str, method: str, **more) -> Seen | None:
    """None for what is no page: a redirect, a file, a refusal."""
    client, url = place.client(persona), reverse(row.name, args=row.of(place))
    with undone():
        response = getattr(client, method)(url, {}, **more)
    if response.status_code not in (200, 422) or not response.headers.get("Content-Type", "").startswith("text/html"):
        return None
    html = response.content.decode()
    title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    names = [template.name for template in response.templates if template.name]
    return Seen(row.name, persona, method, response.status_code, html, names, title[1].strip() if title else "")


def personas(row: Row, method: str) -> Iterator[str]:
    """One of each side that gets in: who supports the person, who runs the home, who coordinates."""
    inside = (row.get if method == "get" else row.post) or ()
    if row.public:
        inside = ("",)
    for persona in LOOKERS:
        if persona in inside and not (persona == "staff" and "worker" in inside):
            yield persona


@pytest.fixture(scope="module")
def pages(place) -> list[Seen]:
    """Every page, whole: as it is opened, and as it comes back when its form was sent empty."""
    found = []
    for row in ROWS:
        for method in ("get", "post"):
            if method == "post" and (row.public or row.post is None):
                continue
            found += [seen for persona in personas(row, method) if (seen := look(place, row, persona, method))]
    return found


@pytest.fixture(scope="module", autouse=True)
def still(django_db_setup, django_db_blocker):
    """The module's pages are made while its time stands still and its database is open."""
    import time_machine

    from tests.conftest import NOW

    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False):
        yield


def test_there_are_pages_of_every_kind(pages):
    assert len({page.name for page in pages}) > 60
    assert len([page for page in pages if page.status == 422]) > 20


def test_every_page_is_whole(pages):
    wrong = {
        f"{page.name} {page.method} {page.persona} {page.status}": found
        for page in pages
        if (found := markup.faults(page.html))
    }
    assert not wrong, "\n".join(f"{name}: {'; '.join(found)}" for name, found in wrong.items())


def test_titles_tell_pages_apart(pages):
    by_title = defaultdict(set)
    for page in pages:
        if page.method == "get":
            by_title[page.title].add(SAME_TITLE.get(page.name, page.name))
    shared = {title: sorted(names) for title, names in by_title.items() if len(names) > 1}
    assert not shared


def test_a_page_that_refuses_says_so_in_its_title(pages):
    assert [page.name for page in pages if page.status == 422 and not page.title.startswith("エラー：")] == []


def test_pages_are_light(pages):
    heavy = {page.name: len(page.html.encode()) for page in pages if len(page.html.encode()) > MOST_BYTES}
    # The styleguide is for those who build, and not there in production.
    heavy.pop("transition:styleguide", None)
    assert not heavy


def test_styles_and_scripts_are_light(pages):
    names = {name for page in pages for name in re.findall(r'(?:src|href)="/static/([^"]+\.(?:css|js))"', page.html)}
    assert "transition/app.css" in names
    total = sum(len(gzip.compress(Path(finders.find(name)).read_bytes(), 6)) for name in names)
    assert total < MOST_ASSETS, f"{total} bytes: {sorted(names)}"


@pytest.mark.parametrize("row", [row for row in ROWS if row.get is not None], ids=lambda row: row.name)
def test_head_answers_like_get(place, row):
    persona = next((name for name in LOOKERS if name in row.get), row.get[0])
    url = reverse(row.name, args=row.of(place))
    with undone():
        got = place.client(persona).get(url)
    with undone():
        head = place.client(persona).head(url)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert head.headers.get("Content-Type") == got.headers.get("Content-Type")


# Parts


def partials_of_templates() -> set[tuple[str, str]]:
    """Every (template, part) that is written down somewhere."""
    found = set()
    for path in (ROOT / "templates").rglob("*.html"):
        for name in re.findall(r"{% partialdef ([\w-]+)", path.read_text(encoding="utf-8")):
            found.add((str(path.relative_to(ROOT / "templates")), name))
    return found


def constants_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """`PART = "proposal"`, also as one of several: `TEMPLATE, PART = "…", "proposal"`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            targets, values = [node.targets[0]], [node.value]
            if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
                targets, values = node.targets[0].elts, node.value.elts
            for target, value in zip(targets, values, strict=True):
                if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
                    yield target.id, value.value


def names_in_views() -> set[str]:
    """What the views allow as HX-Target, read from their source: `partials={"results"}`, also by a constant's name."""
    found: set[str] = set()
    for app in ("transition", "programs", "calendars"):
        for path in (ROOT / app / "views").rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            constants = dict(constants_of(tree))
            for node in ast.walk(tree):
                if isinstance(node, ast.keyword) and node.arg == "partials" and isinstance(node.value, ast.Set):
                    for name in node.value.elts:
                        found.add(name.value if isinstance(name, ast.Constant) else constants[name.id])
    return found


def test_views_allow_the_parts_that_templates_have():
    assert names_in_views() == {name for _, name in partials_of_templates()}


@dataclass
class Job:
    """One page to take apart: `data` is the query or the form, `before` what must have happened."""

    name: str
    method: str
    persona: str
    data: dict[str, str] = field(default_factory=dict)
    before: Callable[[Place], object] = lambda place: None


def too_late(place: Place) -> None:
    Session.objects.filter(pk=place.session.pk).update(expires_at=clock.now())


def begun(place: Place) -> None:
    hour = dt.timedelta(hours=1)
    Session.objects.filter(pk=place.outing.pk).update(starts_at=clock.now() - 2 * hour, ends_at=clock.now() - hour)


def record_of_outing(place: Place) -> None:
    begun(place)
    place.session = place.outing


# Parts that no address of the access table shows by itself.
MORE = [
    Job("programs:session-confirm", "post", "home", before=too_late),
    Job("programs:record-edit", "get", "worker", before=record_of_outing),
]
# Reckoned while somebody types, so it is in no page as it was opened; its own test stands there.
ELSEWHERE = {
    ("transition/operations.html", "figures"): "tests/transition/test_operations.py",
    ("programs/slot_form.html", "price-total"): "tests/programs/test_slot_views.py",
}


def test_every_part_is_the_same_as_in_its_page(place, pages):
    """For htmx the view renders one element alone; byte for byte what stands in the fresh page."""
    by_name = {row.name: row for row in ROWS}
    parts = partials_of_templates()
    compared, wrong = set(), []
    sides = {(page.name, page.method, page.persona == "home"): page for page in reversed(pages)}
    jobs = [*(Job(page.name, page.method, page.persona) for page in sides.values()), *MORE]
    for job in jobs:
        own = copy(place)
        method, client = job.method, place.client(job.persona)

        def ask(more: dict[str, str], job: Job = job, own: Place = own, client: Client = client, **headers: str):
            with undone():
                job.before(own)
                url = reverse(job.name, args=by_name[job.name].of(own))
                return getattr(client, job.method)(url, job.data | more, headers=headers)

        fresh = ask({})
        templates = {template.name for template in fresh.templates}
        for template, part in sorted(parts):
            if template not in templates:
                continue
            if method == "post" and part in LIVE:
                fresh = ask(LIVE[part])
            swapped = ask({}, **{"HX-Request": "true", "HX-Target": part})
            alone = markup.same_every_time(swapped.content.decode()).strip()
            if alone.startswith("<!doctype"):
                continue
            inside = markup.element(markup.same_every_time(fresh.content.decode()), part)
            compared.add((template, part))
            if alone != inside or (swapped.status_code != fresh.status_code and part not in LIVE):
                wrong.append(f"{job.name} {method} {job.persona}: {template}#{part}")
    assert not wrong, "\n".join(wrong)
    assert parts - compared == set(ELSEWHERE)
    for (_, part), file in ELSEWHERE.items():
        assert part in (ROOT / file).read_text(encoding="utf-8")
