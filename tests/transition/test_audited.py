"""Every service that writes leaves evidence: it records an event itself, or through what it calls. What leaves none is
named here with its reason; a new service fails until it is one or the other."""

import ast
import json
from pathlib import Path

import pytest

from tests import whole_life
from tests.programs.pages import client_of
from transition.models import AuditEvent, AuditSeal, ViewLog

ROOT = Path(__file__).resolve().parents[2]
APPS = ("transition", "programs", "calendars")
# A class stands for all of its methods.
DEFINED = (ast.FunctionDef, ast.ClassDef)


def modules() -> dict[str, ast.Module]:
    """transition.services.people → its tree."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
    }


def names_of(module: str, tree: ast.Module) -> dict[str, str]:
    """What a name of this module means: `people` → transition.services.people, `lock` → ….transactions.lock."""
    names = {node.name: f"{module}.{node.name}" for node in ast.walk(tree) if isinstance(node, DEFINED)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(APPS):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def calls(function: ast.FunctionDef | ast.ClassDef, names: dict[str, str]) -> set[str]:
    found = set()
    for node in ast.walk(function):
        # What is handed over is called as well, such as one(step) for each of many.
        if isinstance(node, ast.Name) and node.id in names:
            found.add(names[node.id])
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            found.add(f"{names[node.value.id]}.{node.attr}")
    return found


def is_writing(function: ast.FunctionDef) -> bool:
    return any(getattr(one, "id", getattr(one, "attr", "")) == "writing" for one in function.decorator_list)


def look() -> tuple[dict[str, set[str]], set[str]]:
    """Function → what it calls; and which of them are services that write."""
    trees = modules()
    graph: dict[str, set[str]] = {}
    writers = set()
    for module, tree in trees.items():
        names = names_of(module, tree)
        for function in (node for node in ast.walk(tree) if isinstance(node, DEFINED)):
            name = f"{module}.{function.name}"
            graph[name] = graph.get(name, set()) | calls(function, names)
            if isinstance(function, ast.FunctionDef) and is_writing(function):
                writers.add(name)
    return graph, writers


def recording(graph: dict[str, set[str]]) -> set[str]:
    found = {"transition.services.audit.record"}
    while more := {name for name, called in graph.items() if called & found} - found:
        found |= more
    return found


# Reason → the services that leave no evidence.
SOFTWARE = "the software's own bookkeeping: whose turn it is, what was sent, when it ran; nobody has decided anything"
NOT_RECORDED: dict[str, str] = {
    name: reason
    for reason, names in {
        SOFTWARE: """calendars.services.fragments.catch_up calendars.services.refreshes._prepare
            calendars.services.refreshes._publish_all calendars.services.refreshes.note_format
            programs.notifications.planners._write programs.services.deliveries._claim_due
            programs.services.deliveries.forget_old programs.services.external._claim_due
            programs.services.external._keep transition.services.consistency._tell transition.services.digests._bundle
            transition.services.inbox._let_go transition.services.nightly._begin transition.services.nightly._finish
            transition.services.nightly._note_failure transition.services.pump._claim transition.services.pump._mark
            transition.services.pump.settle transition.services.pump.take_up""",
        "the evidence itself": "transition.services.seals._seal_some",
        "writes the event of its run itself, which is about no row": "programs.services.homes._record_run",
        "takes out the software's own rows, as docs/retention.md says": "transition.services.retention._remove_some",
        "a draft: nothing is said before it is sent": """programs.services.records.save_draft
            programs.services.records.discard_draft""",
        "only takes the turn; the proposal itself is recorded by what it adopts": "programs.services.proposals._claim",
        "a new secret for a mail sent again; the invitation is on record": "transition.services.account_mails.renew",
        "a part of registering an app, which is on record": "transition.services.second_factors.remember_step",
        "delivered with the software, changed by no user": "transition.services.wishes.load_book",
    }.items()
    for name in names.split()
}


def test_each_service_that_writes_leaves_evidence_or_says_why_not():
    graph, writers = look()
    silent = writers - recording(graph)
    assert len(writers) > 140
    assert silent - set(NOT_RECORDED) == set()
    assert set(NOT_RECORDED) - silent == set(), "leaves evidence by now, or is gone"


def test_the_look_has_power():
    """A service without evidence is seen, also behind one that has some."""
    record = "transition.services.audit.record"
    graph = {"a.loud": {record}, "a.calls": {"a.loud"}, "a.silent": {"a.other"}, "a.other": set()}
    assert recording(graph) == {record, "a.loud", "a.calls"}
    (function,) = ast.parse("@writing\ndef f():\n    audit.record('x', y, by=None)\n    each(step)").body
    assert is_writing(function)
    names = {"audit": "transition.services.audit", "step": "a.step"}
    assert {record, "a.step"} <= calls(function, names)


@pytest.mark.django_db
def test_a_whole_life_leaves_no_word_in_the_evidence():
    """Everything that can be written about somebody is written, read and changed; the evidence holds ids, numbers and
    codes: not one Japanese letter, no address, no name."""
    life = whole_life.live()
    pages = ("person-detail", "consent-list", "contact-list", "card", "goal-list", "document-list", "story")
    for user in (life.world.worker, life.world.coordinator):
        for page in pages:
            client_of(user).get(f"/people/{life.person.public_id}/{'' if page == 'person-detail' else page}")
        client_of(user).get("/people/")
    rows = [row for model in (AuditEvent, AuditSeal, ViewLog) for row in model._base_manager.values()]
    written = json.dumps(rows, default=str, ensure_ascii=False)
    assert AuditEvent.objects.count() >= 6
    assert ViewLog.objects.count() >= 2
    assert written.isascii()
    assert "@" not in written
