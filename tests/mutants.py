"""Take out one guard at a time and see the matrix fail: `.venv/bin/python -m tests.mutants [PART OF A NAME …]`.

A guard is a scope (`visible_to`, `run_by`, …), a question for a right (`has_perm`, `self.may`), or a rule.
Each is taken out in a forked process whose world stands already, by giving the functions in memory other code; no file
is touched. Ends with 1 when a guard can be missing without being missed.
"""

import ast
import contextlib
import gc
import importlib
import itertools
import multiprocessing
import os
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
APPS = ("transition", "programs", "calendars")
LONGEST = 600
SCOPES = {"visible_to", "run_by", "kept_by", "supported_by", "of"}
FOLDERS = ("views", "api", "queries", "models", "rules.py", "models.py")
# What the matrix cannot see, by name without the number of the line: what sees it, or why nothing can.
SAME_WITHOUT = {
    "transition/models/people.py def supported_by": "whom a list holds: tests/programs/test_people.py",
    "calendars/models.py Home.objects.run_by(user)": "what a list holds: tests/api/test_feeds.py",
    "programs/api/disclosures.py self.may('programs.keep_disclosures', self.person)": "tests/transition/test_own_data.py",  # noqa: E501
    # Asked only for those who coordinate, whose municipality narrows it (programs/queries/disclosures.py).
    "transition/models/disclosures.py def visible_to": "narrowed once more",
    "transition/models/disclosures.py Person.objects.visible_to(user)": "narrowed once more",
    "programs/queries/disclosures.py Disclosure.objects.visible_to(user)": "narrowed once more",
    # What follows narrows it to the one organization for which the user works, and may manage.
    "transition/views/members.py Organization.objects.of(_user(request))": "narrowed once more",
    "transition/views/members.py Invitation.objects.visible_to(_user(request))": "narrowed once more",
    # The field gives only homes that the caller runs, which is the right itself.
    "calendars/api/feeds.py self.may('programs.manage_home', home)": "asked by the field",
}


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Mutant:
    """`take_out` changes what is in memory; the file says which addresses to try first."""

    name: str
    file: str
    take_out: Callable[[], None]


class Instead(ast.NodeTransformer):
    """Puts something else in the place of the node at one position of the tree."""

    def __init__(self, at: int, new: Callable[[Any], ast.AST]) -> None:
        self.at, self.new, self.number = at, new, -1

    def visit(self, node: ast.AST) -> ast.AST:
        self.number += 1
        if self.number == self.at:
            return ast.copy_location(self.new(node), node)
        return self.generic_visit(node)


def everything(node: ast.Call) -> ast.AST:
    assert isinstance(node.func, ast.Attribute)
    return ast.Call(ast.Attribute(node.func.value, "all", ast.Load()), [], [])


def yes(node: ast.AST) -> ast.AST:
    return ast.Constant(True)


def returning(value: str) -> Callable[[Any], ast.AST]:
    def new(node: ast.FunctionDef) -> ast.AST:
        body = ast.parse(f"def x():\n    return {value}").body[0].body
        return ast.FunctionDef(node.name, node.args, body, node.decorator_list, node.returns, type_params=[])

    return new


def guard(node: ast.AST, path: Path) -> tuple[str, Callable[[Any], ast.AST]] | None:
    match node:
        case ast.Call(func=ast.Attribute(attr=attr, value=value)) if attr in SCOPES and "objects" in ast.unparse(value):
            return ast.unparse(node), everything
        case ast.Call(func=ast.Attribute(attr="has_perm" | "may")) if "views" in path.parts or "api" in path.parts:
            return ast.unparse(node), yes
        case ast.FunctionDef(name=name) if "models" in str(path) and name in SCOPES - {"of"}:
            return f"def {name}", returning("self")
        case ast.FunctionDef(name=name, decorator_list=[decorator]) if ast.unparse(decorator) == "rules.predicate":
            return f"def {name}", returning("True")
    return None


def codes(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield (inner.co_qualname, inner.co_firstlineno), inner
            yield from codes(inner)


def swap(path: Path, at: int, new: Callable[[Any], ast.AST]) -> None:
    """Every function of this file gets the code that it would have with the change."""
    source = path.read_text(encoding="utf-8")
    changed = ast.fix_missing_locations(Instead(at, new).visit(ast.parse(source)))
    before = dict(codes(compile(ast.parse(source), str(path), "exec")))
    after = dict(codes(compile(changed, str(path), "exec")))
    swapped = 0
    for function in [one for one in gc.get_objects() if type(one) is FunctionType]:
        code = function.__code__
        key = code.co_qualname, code.co_firstlineno
        if code.co_filename == str(path) and key in after and after[key] != before[key]:
            # What closes over other variables after the change has the same names as before, unused.
            if after[key].co_freevars != code.co_freevars:
                raise RuntimeError(f"{path}: {key} closes over other variables")
            function.__code__ = after[key]
            swapped += 1
    if not swapped:
        raise RuntimeError(f"{path}:{at} nothing in memory to change")


def guards_in_code() -> Iterator[Mutant]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            inside = path.relative_to(ROOT / app).parts[0]
            if inside not in FOLDERS:
                continue
            for at, node in enumerate(walk(ast.parse(path.read_text(encoding="utf-8")))):
                if found := guard(node, path):
                    said, new = found
                    file = path.relative_to(ROOT).as_posix()
                    yield Mutant(f"{file}:{node.lineno} {said}", file, lambda p=path, a=at, n=new: swap(p, a, n))


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """In the order in which `Instead` counts."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from walk(child)


def guards_of_fields() -> Iterator[Mutant]:
    """Fields of bodies that take a scope as it is: `PublicIdField(Person.objects.visible_to)`."""
    from rest_framework import serializers

    def subclasses(of: type) -> Iterator[type]:
        for one in of.__subclasses__():
            yield one
            yield from subclasses(one)

    for kind in dict.fromkeys(subclasses(serializers.Serializer)):
        for name, field in kind._declared_fields.items():
            inner = field._kwargs.get("child_relation", field)
            bound = next((one for one in inner._args if callable(one) and hasattr(one, "__self__")), None)
            if bound is None:
                continue
            file = kind.__module__.replace(".", "/") + ".py"

            def take_out(inner: Any = inner, bound: Any = bound) -> None:
                inner._args = (lambda user: bound.__self__.model._default_manager.all(),)

            yield Mutant(f"{file} {kind.__name__}.{name} {bound.__name__}", file, take_out)


def tried(place: Any, strange: dict[str, Any], file: str, *, rights_first: bool = True) -> Iterator[str]:
    """Deviations of the whole matrix, the addresses of this file first."""
    from django.urls import resolve

    from tests import denied, foreign
    from tests.access import ROWS
    from tests.api import matrix as api
    from tests.matrix import Attempt

    module = file.removesuffix(".py").replace("/", ".")
    area = file.rpartition("/")[2].removesuffix(".py")

    def near(callback: Any) -> int:
        where = getattr(callback, "cls", callback).__module__
        return 0 if where == module else 1 if area.rstrip("s") in where else 2 if ".people" in where else 3

    attempts = [Attempt(row, place) for row in ROWS if not row.public]
    jobs: list[tuple[int, Callable[[], Iterator[Any]]]] = []
    for attempt in attempts:
        jobs.append((near(resolve(attempt.url).func), attempt.deviations))
    for route in api.ROUTES:
        jobs.append((near(route.view), lambda route=route: api.deviations(route, place)))
    for case in foreign.BODIES:
        path = foreign.address(place, case[0])
        jobs.append((near(resolve(path).func), lambda case=case: foreign.body_deviations(place, strange, case)))
    for case in foreign.FILTERS:
        path = foreign.address(place, case[0])
        jobs.append((near(resolve(path).func), lambda case=case: foreign.filter_deviations(place, strange, case)))
    # Quick, and of every right: who is left when nobody may do anything.
    rows = [one.row for one in sorted(attempts, key=lambda one: near(resolve(one.url).func))]
    pages = (name for name in denied.open_pages(place, rows) if name not in denied.OWN_PAGES)
    ways = (
        name
        for name in denied.open_api(place, sorted(api.ROUTES, key=lambda one: near(one.view)))
        if name not in denied.OWN_API
    )
    first = [ways, pages] if "/api/" in file else [pages, ways]
    asked = (f"no right asked: {name}" for names in first for name in names)
    matrix = (str(found) for _, job in sorted(jobs, key=lambda one: one[0]) for found in job())
    yield from itertools.chain(asked, matrix) if rights_first else itertools.chain(matrix, asked)


def is_ours(error: Exception) -> bool:
    """A fault of the application shows as well that a guard is missing; one of this file shows nothing."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(Path(frame.filename).is_relative_to(ROOT / app) for frame in frames for app in APPS)


def child(mutant: Mutant, place: Any, strange: dict[str, Any], pipe: Any) -> None:
    try:
        mutant.take_out()
    except Exception as error:
        pipe.send(f"? {error!r}")
        os._exit(1)
    try:
        is_right = "has_perm" in mutant.name or ".may(" in mutant.name
        pipe.send(next(tried(place, strange, mutant.file, rights_first=is_right), ""))
    except Exception as error:
        pipe.send(f"{'' if is_ours(error) else '? '}{error!r}"[:200])
    finally:
        pipe.close()
        os._exit(0)


def run(mutants: list[Mutant], place: Any, strange: dict[str, Any]) -> int:
    survived, context = [], multiprocessing.get_context("fork")
    for mutant in mutants:
        here, there = context.Pipe(duplex=False)
        started = time.monotonic()
        process = context.Process(target=child, args=(mutant, place, strange, there))
        process.start()
        there.close()
        found = "? not through the matrix yet"
        if here.poll(LONGEST):
            with contextlib.suppress(EOFError):
                found = here.recv()
        process.kill()
        process.join()
        seconds = time.monotonic() - started
        caught = found and not found.startswith("?")
        if not caught:
            survived.append(mutant)
        say(f"{'caught  ' if caught else 'SURVIVED'} {seconds:5.1f} s  {mutant.name}\n          {found[:150]}")
    unknown = [mutant for mutant in survived if re.sub(r":\d+", "", mutant.name) not in SAME_WITHOUT]
    say(f"{len(mutants)} guards taken out, {len(mutants) - len(survived)} missed at once, {len(unknown)} unexplained")
    return 1 if unknown else 0


def main(words: list[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "transition.settings.test"
    os.environ["DATABASE_URL"] = "sqlite:///unused.sqlite3"
    import django

    django.setup()
    import time_machine
    from django.conf import settings
    from django.db import connection
    from django.test import override_settings
    from django.test.utils import setup_test_environment

    # In memory: what is forked has one of its own.
    settings.DATABASES["default"] |= {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    settings.DATABASES["default"]["TEST"]["NAME"] = None
    setup_test_environment()
    connection.creation.create_test_db(verbosity=0)
    from tests.conftest import NOW
    from tests.foreign import make_strange
    from tests.place import make_place, undone

    importlib.import_module("transition.urls")
    with (
        tempfile.TemporaryDirectory() as media,
        override_settings(MEDIA_ROOT=media),
        time_machine.travel(NOW, tick=False),
        undone(),
    ):
        place = make_place()
        strange = make_strange()
        mutants = [*guards_in_code(), *guards_of_fields()]
        wanted = [one for one in mutants if not words or any(word in one.name for word in words)]
        if first := next(tried(place, strange, ""), "") if not words else "":
            say(f"The matrix fails before anything is taken out: {first}")
            return 1
        return run(wanted, place, strange)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
