"""Every address that answers with a CSV: whatever somebody typed, no cell of it becomes a formula.

Which addresses those are is read from the source and from the description of the API; one that is not asked here fails.
"""

import ast
import csv
import io
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import time_machine
import yaml
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, models, transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from programs.enums import Face, SessionState
from programs.models import Rating, SessionRecord
from tests.access import BY_NAME, undone
from tests.api.matrix import ROUTES
from tests.api.test_access import token
from tests.api.world import intention_of
from tests.conftest import NOW
from tests.programs.stories import outing
from tests.test_lint import modules, name_of, tree
from transition import append_only
from transition.enums import Expression, Residence

pytestmark = pytest.mark.django_db

STARTS = (
    *("=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "　＝", "\u200b=", "\ufeff+"),
    *("＝", "＋", "－", "＠", "−", "﹦"),
)
SPOILT = "kn1+1"
# What holds a code, an address or the name of a file: nobody typed it.
NOT_TYPED = (
    *("code", "token", "hash", "key", "url", "path", "large", "small", "email", "password", "month", "state"),
    *("digest", "secret", "scope", "etag", "kind", "method", "agent", "browser", "_id"),
)
EVIDENCE = ("AuditEvent", "AuditSeal", "ViewLog")
# Where each turn begins in STARTS, so that a cell meets several of them.
TURNS = (0, 6, 12)
# Every address that answers CSV, and one of each kind of those who may: one table holds what all of them get.
PAGES = {
    "programs:intention-list": ("coordinator", "facility"),
    "programs:pack": ("coordinator", "worker", "facility"),
    "programs:month-sheet": ("coordinator", "worker", "facility"),
    "programs:evidence": ("coordinator",),
}
API = {
    "api:intentions-csv": ("coordinator", "facility"),
    "api:pack-csv": ("coordinator", "worker", "facility"),
    "api:month-sheet-csv": ("coordinator", "worker", "facility"),
}
COMMANDS = {"breach_report": ("--csv", "--since", "2026-11-01", "--user")}
# A page with more than one table, and what asks for the other one.
MORE = {"programs:evidence": ("kind=views",)}
TODAY = {*PAGES, *API, *COMMANDS}


def is_formula(cell: str) -> bool:
    """A judge of its own: how Excel, LibreOffice and Google know a formula, in any width, behind any blank."""
    seen = cell.lstrip("\t\r\n \u00a0\u200b\u3000\ufeff")
    return cell.startswith(("\t", "\r", "\n")) or unicodedata.normalize("NFKC", seen[:1]) in {*"=+-@−"}


# What the files hold


def spoil_everything(turn: int) -> int:
    """Every text that somebody typed begins as a formula does; how many texts."""
    spoilt = 0
    for model in apps.get_models():
        if model._meta.app_label not in ("calendars", "programs", "transition") or model.__name__ in EVIDENCE:
            continue
        fields = [
            field
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and not field.choices
            and not isinstance(field, models.URLField | models.EmailField)
            and not any(part in field.attname for part in NOT_TYPED)
        ]
        for row in model._base_manager.all() if fields else ():
            for field in fields:
                text = f"{STARTS[(spoilt + turn) % len(STARTS)]}{SPOILT}"
                if not isinstance(value := getattr(row, field.attname), str) or not value:
                    continue
                if len(text) > (field.max_length or 99):
                    continue
                try:
                    with transaction.atomic():
                        model._base_manager.filter(pk=row.pk).update(**{field.attname: text})
                except IntegrityError:
                    continue
                spoilt += 1
    return spoilt


def write_down(place) -> None:
    """A resident who was asked what she wants, an outing with everything that is told of one, and one who looked."""
    place.world.person.residence = Residence.FACILITY
    place.world.person.save()
    by, more = place.world.worker, {"program": place.outing.program, "enrollment": place.enrollment}
    been = outing(place.world, "2026-11-10", state=SessionState.COMPLETED, activity="買い物", place="店", **more)
    texts = dict.fromkeys(("place", "companions", "shown", "incident", "helped", "next_note"), "メモ")
    SessionRecord.objects.create(session=been, by=by, **texts)
    noted = {"by_person": False, "basis": "ようす", "expression": Expression.FACE}
    Rating.objects.create(session=been, face=Face.values[0], word="ことば", by=by, **noted)
    intention_of(place)
    seen = place.client("worker").get(reverse("programs:person-sessions", args=[place.world.person.public_id]))
    assert seen.status_code == 200


def asked(place) -> Iterator[tuple[str, Any]]:
    """What was asked for by whom, and the answer."""
    routes = {f"api:{route.name}": route for route in ROUTES}
    for name, personas in PAGES.items():
        url = reverse(name, args=BY_NAME[name].of(place))
        for persona in personas:
            for query in ("", *MORE.get(name, ())):
                yield f"{name} {persona} {query}", place.client(persona).get(f"{url}?format=csv&{query}")
    for name, personas in API.items():
        for persona in personas:
            yield f"{name} {persona}", token(place, persona).get(routes[name].url(place))


def read(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""), strict=True))


def tables_of(place) -> Iterator[tuple[str, list[list[str]]]]:
    for name, answer in asked(place):
        assert answer.status_code == 200, name
        assert answer["Content-Type"] == "text/csv; charset=utf-8", name
        yield name, read(answer.content.decode())
    for name, (*options, who) in COMMANDS.items():
        out = io.StringIO(newline="")
        call_command(name, *options, who, place.world.worker.email, stdout=out)
        yield name, read(out.getvalue())


@pytest.fixture(scope="module")
def tables(place) -> list[tuple[str, list[list[str]]]]:
    """Who asked for what, and its rows, once for each turn. This is made before the clock of a test stands still."""
    found = []
    with time_machine.travel(NOW, tick=False), undone():
        write_down(place)
        for turn in TURNS:
            with undone():
                append_only.release()
                try:
                    assert spoil_everything(turn) > 80
                finally:
                    append_only.protect()
                found += tables_of(place)
    return found


def test_every_file_holds_what_was_typed(tables):
    """A header alone proves nothing."""
    assert {name.split(" ")[0] for name, _ in tables} == TODAY
    empty = [name for name, rows in tables if not any(SPOILT in cell for row in rows for cell in row)]
    assert empty == []


def test_no_cell_of_any_file_begins_as_a_formula(tables):
    assert {(name, cell) for name, rows in tables for row in rows for cell in row if is_formula(cell)} == set()


@pytest.mark.parametrize("start", STARTS)
def test_the_judge_hears(start):
    assert is_formula(f"{start}1+1")
    assert not is_formula(f"'{start}1+1")


# Which files there are

WRITERS = {"transition.exports.csv_response", "transition.exports.csv_text"}


def module_of(path: Path) -> str:
    return name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(module: ast.Module) -> dict[str, str]:
    """What a name of this module stands for in another one."""
    found = {}
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Import):
            found |= {one.asname: one.name for one in node.names if one.asname}
    return found


def functions(module: ast.Module) -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """Every function with its class, or without one."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            yield "", node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((node.name, one.name, one) for one in node.body if isinstance(one, ast.FunctionDef))


def mentioned(node: ast.AST, inside: str, names: dict[str, str]) -> set[str]:
    """Whatever a function names, in full: called, or handed on to be called."""
    found = set()
    for one in ast.walk(node):
        first, rest = one, []
        while isinstance(first, ast.Attribute):
            rest.insert(0, first.attr)
            first = first.value
        if isinstance(first, ast.Name):
            found.add(".".join([inside if first.id == "self" else names.get(first.id, first.id), *rest]))
    return found


@cache
def writing() -> frozenset[str]:
    """Every function that comes to a table in the end, however many others stand between."""
    mentions: dict[str, set[str]] = {}
    for path in modules():
        # They import nothing that answers anybody.
        if {"domain", "migrations"} & {*path.parts}:
            continue
        here, module = module_of(path), tree(path)
        own = {one.name: f"{here}.{one.name}" for one in module.body if isinstance(one, ast.FunctionDef)}
        names = imported(module) | own
        for kind, name, node in functions(module):
            inside = f"{here}.{kind}".rstrip(".")
            mentions[f"{inside}.{name}"] = mentioned(node, inside, names)
    found: set[str] = set(WRITERS)
    while more := {name for name, others in mentions.items() if others & found} - found:
        found |= more
    return frozenset(found)


def patterns(of: list[URLPattern | URLResolver], space: str = "") -> Iterator[tuple[str, Any]]:
    for one in of:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, f"{one.namespace}:" if one.namespace else space)
        else:
            yield f"{space}{one.name}", one.callback


def full(function: Any) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def described(route: Any, method: str) -> set[str]:
    """The types of the answers that the description names."""
    told = description()["paths"][f"/{route.path}"][method]["responses"].values()
    return {kind for answer in told for kind in answer.get("content", ())}


@cache
def description() -> dict[str, Any]:
    return yaml.load((settings.BASE_DIR / "docs/api/openapi.yaml").read_text("utf-8"), yaml.CSafeLoader)


def test_every_page_that_writes_a_table_is_asked():
    found = {name for name, callback in patterns(get_resolver().url_patterns) if full(callback) in writing()}
    assert found == {*PAGES}


def test_every_action_that_writes_a_table_is_asked():
    """By its code, where it is not said to be a PDF of the same page; and by what the description says of it."""
    found = set()
    for route in ROUTES:
        for method, action in route.actions:
            kinds = described(route, method)
            by_code = full(getattr(route.view, action)) in writing() and "application/pdf" not in kinds
            if by_code or any("csv" in kind for kind in kinds):
                found.add(f"api:{route.name}")
    assert found == {*API}
    told = {path for path, methods in description()["paths"].items() if "text/csv" in str(methods)}
    assert told == {f"/{route.path}" for route in ROUTES if f"api:{route.name}" in API}


def test_every_command_that_writes_a_table_is_asked():
    handling = {name for name in writing() if ".management.commands." in name and name.endswith(".Command.handle")}
    assert {name.split(".")[3] for name in handling} == {*COMMANDS}


def test_no_table_is_left_without_a_door():
    """Nothing else comes to a table: no task of the night, no mail, no base of a view that is not followed above."""
    assert {name.rpartition(".")[0] for name in writing() - WRITERS} == {
        *("programs.views.evidence", "programs.views.intentions", "programs.views.packs"),
        *(f"programs.api.documents.{kind}" for kind in ("Packs", "MonthSheets", "IntentionFiles")),
        *("calendars.management.commands.breach_report", "calendars.management.commands.breach_report.Command"),
    }
