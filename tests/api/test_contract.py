"""Everything the screens can do, programs can do: every service that a view calls is called by the API as well."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("transition", "programs", "calendars")

# Acts of a screen that no program has, each with its reason.
BY_THE_ADMINISTRATOR = "who looks after the software does it on its page; no program of others takes part"
OF_A_BROWSER = "it is about a browser's own sign-in, which a program with a token has none of"
ONLY_ON_SCREENS: dict[str, str] = {
    "transition.services.invitations.accept": "whoever takes an invitation has no sign-in and no token yet",
    "transition.services.organizations.end_membership": "somebody leaves: a person decides it, looking at the name",
    "transition.services.second_factors.remember_step": OF_A_BROWSER,
    "transition.services.second_factors.reset": BY_THE_ADMINISTRATOR,
    "transition.services.sign_ins.end": OF_A_BROWSER,
    "transition.services.staff_mode.begin": OF_A_BROWSER,
    "transition.services.staff_mode.end": OF_A_BROWSER,
    "programs.services.voices.leave_remark": "a family writes through its secret page; it has no account and no token",
    "transition.services.exports.record": "documents of the API are made by the views of the screens, which record it",
    "transition.services.jobs.retry": BY_THE_ADMINISTRATOR,
    "transition.services.unsettled.let_be": BY_THE_ADMINISTRATOR,
    "transition.services.unsettled.resend": BY_THE_ADMINISTRATOR,
}


def modules(kind: str) -> Iterator[tuple[str, Path]]:
    for app in APPS:
        for path in sorted((ROOT / app / kind).rglob("*.py")):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def verbs_named_in(path: Path) -> set[str]:
    """Functions of a services package that this file names; only acts: they take `by`, or `sender`."""
    tree = ast.parse(path.read_text())
    names: dict[str, str] = {}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and ".services" in node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            found.add(f"{names[node.value.id]}.{node.attr}")
        elif isinstance(node, ast.Name) and node.id in names:
            found.add(names[node.id])
    return {name for name in found if is_act(name)}


def is_act(name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    try:
        function = getattr(importlib.import_module(module), attribute, None)
    except ModuleNotFoundError:
        return False
    return inspect.isfunction(function) and not {"by", "sender"}.isdisjoint(inspect.signature(function).parameters)


def acts_of(kind: str) -> set[str]:
    return {verb for _, path in modules(kind) for verb in verbs_named_in(path)}


def test_the_screens_call_services_at_all():
    assert {"programs.services.sessions.confirm", "transition.services.people.register"} <= acts_of("views")


def test_every_act_of_a_screen_is_an_act_of_the_api():
    missing = acts_of("views") - acts_of("api") - set(ONLY_ON_SCREENS)
    assert sorted(missing) == []


def test_no_exception_is_out_of_date():
    assert set(ONLY_ON_SCREENS) <= acts_of("views")
    assert not set(ONLY_ON_SCREENS) & acts_of("api")
