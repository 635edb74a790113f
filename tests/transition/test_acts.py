"""Every action of the audit trail has words."""

import ast
from collections.abc import Iterator
from pathlib import Path

from programs.enums import SessionAction
from transition.domain import acts

ROOT = Path(__file__).resolve().parents[2]
# What is put together from parts, by how it is written in the code.
COMPOSED = {
    "f'session.{action.lower()}'": {f"session.{action.lower()}" for action in SessionAction.values},
    "f'{kind}.{verb}'": {
        f"{kind}.{verb}" for kind in ("organization", "home", "room") for verb in ("create", "change")
    },
    "f\"{thing._meta.model_name}.{('create' if adding else 'change')}\"": {
        f"{kind}.{verb}" for kind in ("program", "limit") for verb in ("create", "change")
    },
}


def calls() -> Iterator[ast.Call]:
    for app in ("transition", "programs", "calendars"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                    yield node


def recorded() -> set[str]:
    found: set[str] = set()
    for call in calls():
        module = call.func.value.id if isinstance(call.func.value, ast.Name) else ""
        if module != "audit":
            continue
        first = call.args[0]
        for part in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
            if isinstance(part, ast.Constant):
                found.add(part.value)
            elif ast.unparse(part) != "f'export.{what}'":
                found |= COMPOSED[ast.unparse(part)]
    return found | exported()


def exported() -> set[str]:
    """The files, by what the views call them."""
    found = set()
    for path in (*(ROOT / "programs").rglob("*.py"), *(ROOT / "transition").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                values = [*node.args, *(word.value for word in node.keywords)]
                texts = [value.value for value in values if isinstance(value, ast.Constant)]
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in {"record", "_csv", "render_document", "_export"}:
                    found |= {f"export.{t}" for t in texts if isinstance(t, str) and t.endswith((".csv", ".pdf"))}
    return found


def test_every_action_has_words():
    """Words may outlive their action: the trail does."""
    assert recorded() - set(acts.WORDS) == set()
    assert len(recorded()) > 90


def test_the_words_are_japanese_and_each_says_one_thing():
    assert all(not words.isascii() and words.endswith(("た", "だ")) for words in acts.WORDS.values())
    alike = {words for words in acts.WORDS.values() if list(acts.WORDS.values()).count(words) > 1}
    assert alike <= {"組織を登録した"}
