"""Every act of the API, sent twice: one effect and the very same answer. With the same key for something else: told so,
and nothing happens. The key of somebody else: means nothing.

The bodies are the examples of the description, about the things of tests/access.py, so a new act is in here by itself.
"""

import copy
import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework.test import APIClient

from programs.models import Room, Session
from tests import factories, rows
from tests.access import Place, undone
from tests.api.test_access import token
from tests.api.world import object_of
from transition import clock
from transition.api import docs

pytestmark = pytest.mark.django_db

PERSONAS = ("worker", "home", "coordinator", "center")
CHANGING = ("post", "put", "patch", "delete")


@dataclass(frozen=True)
class Act:
    method: str
    path: str
    body: Any
    kind: str

    @property
    def label(self) -> str:
        return f"{self.method.upper()} {self.path.removeprefix('/api/v1/')}"


def acts() -> list[Act]:
    found = []
    for path, methods in docs.schema()["paths"].items():
        for method in CHANGING:
            if method not in methods:
                continue
            content = methods[method].get("requestBody", {}).get("content", {})
            kind = next(iter(content), "application/json")
            examples = content.get(kind, {}).get("examples", {})
            bodies = [example["value"] for example in examples.values()] or [None]
            found += [Act(method, path, body, kind) for body in bodies[:1]]
    return found


ACTS = acts()


def in_place(place, act: Act) -> tuple[str, Any]:
    """The address and the body, about things that are there."""
    more = MORE.get(act.label, lambda place: {})(place)
    url, named = act.path, more.pop("", None)
    for name in [part[1:-1] for part in url.split("/") if part.startswith("{")]:
        row = named or object_of(place, act.path, name)
        assert row is not None, f"tests/api/world.py does not know {name} of {act.path}"
        url = url.replace("{" + name + "}", str(getattr(row, "public_id", row)))
    body = copy.deepcopy(act.body)
    for name, value in (body or {}).items():
        if is_uuid(value) and (row := object_of(place, "", name)):
            body[name] = str(row.public_id)
    body = body or {}
    return url, body | more


def is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False


def send(client: APIClient, act: Act, url: str, body: Any, key: str):
    return getattr(client, act.method)(url, body, format="json", headers={"Idempotency-Key": key})


def other_than(body: dict[str, Any]) -> dict[str, Any]:
    """The same kind of body with another content."""
    for name, value in body.items():
        if isinstance(value, str) and name in {"reason", "note", "name", "label", "words", "text", "purpose", "shown"}:
            return body | {name: f"{value}、ほか"}
    return body | {"note": "ほか"}


def of_outing(place) -> dict[str, Any]:
    return {"": place.outing}


def is_confirmed(place) -> dict[str, Any]:
    to_state(place, "CONFIRMED")
    return {}


def has_begun(place) -> dict[str, Any]:
    to_state(place, "IN_PROGRESS", actual_starts_at=clock.now() - dt.timedelta(hours=20))
    return {}


def now(prepare: Callable[[Place], dict[str, Any]]) -> Callable[[Place], dict[str, Any]]:
    return lambda place: prepare(place) | {"at": clock.now().isoformat()}


def is_over(place) -> dict[str, Any]:
    begun, over = to_state(place, "CONFIRMED")
    return {"starts_at": begun.isoformat(), "ends_at": over.isoformat(), "scores": []}


def to_state(place, state: str, **values) -> tuple[dt.datetime, dt.datetime]:
    begun, over = (clock.now() - dt.timedelta(hours=hours) for hours in (20, 2))
    Session.objects.filter(pk=place.session.pk).update(state=state, starts_at=begun, ends_at=over, **values)
    return begun, over


def other_room(place) -> Room:
    return factories.RoomFactory(home=place.world.room.home)


# What makes an example true in this place: rows made beforehand, other values; "" is what the address names.
MORE: dict[str, Callable[[Place], dict[str, Any]]] = {
    "POST sessions/": lambda place: {"check_in": "2026-12-20", "check_out": "2026-12-22"},
    "POST sessions/{id}/check-in/": now(is_confirmed),
    "POST sessions/{id}/no-show/": is_confirmed,
    "POST sessions/{id}/check-out/": now(has_begun),
    "POST sessions/{id}/cut-short/": now(has_begun),
    "POST sessions/{session}/ratings/": has_begun,
    "PUT sessions/{session}/record/": is_over,
    "PUT sessions/{session}/record/draft/": lambda place: has_begun(place) | {"scores": []},
    "PATCH sessions/{id}/": lambda place: of_outing(place) | {"activity": "買い物"},
    "POST people/{person}/wishes/": lambda place: {"page": str(place.wish_item.public_id)},
    "PUT notification-choices/": lambda place: {"choices": {}},
    "POST sessions/{id}/copy/": of_outing,
    "POST sessions/{id}/move/": of_outing,
    "POST sessions/{id}/repeat/": of_outing,
    "POST slots/": lambda place: {"room": str(other_room(place).public_id)},
    "POST rooms/{id}/change-use/": lambda place: {"": other_room(place)},
    "POST people/{person}/grants/": lambda place: {"starts_on": "2027-04-01", "ends_on": "2028-03-31"},
    "POST reviews/{id}/hold/": lambda place: {"goal_scores": []},
}


A_FILE = "sends a file: tests/api/test_photos.py"
OWN = "of the person's own sign-in: tests/api/test_voices.py"
# What no example can say, each with where it is tried instead.
ELSEWHERE = {
    "POST homes/{id}/photos/": A_FILE,
    "POST people/{person}/wish-pages/{id}/photo/": A_FILE,
    "POST sessions/{session}/photos/": A_FILE,
    "PUT portraits/mine/": A_FILE,
    "DELETE portraits/mine/": A_FILE,
    "DELETE sessions/{session}/photos/{id}/": A_FILE,
    "POST me/sessions/{id}/ask-to-stop/": OWN,
    "POST me/sessions/{id}/mark-done/": OWN,
    "POST me/sessions/{id}/unmark-done/": OWN,
    "POST enrollments/": "a program that the world's person already takes part in: tests/api/test_enrollments.py",
    "POST enrollments/{id}/proposal/adopt/": "pieces of a plan that was proposed: tests/api/test_proposals.py",
    "POST people/{person}/disclosures/{id}/file/": "answers with a file: tests/transition/test_own_data.py",
    "POST programs/{id}/change-limit/": "only a limit of the file that was read: tests/api/test_programs.py",
    "PUT people/{person}/card/": "only over the version that was read: tests/api/test_person_cards.py",
}


def test_no_exception_is_out_of_date():
    assert {act.label for act in ACTS} >= ELSEWHERE.keys() | MORE.keys()


@pytest.mark.parametrize("act", [act for act in ACTS if act.label not in ELSEWHERE], ids=lambda act: act.label)
def test_twice_is_once(place, act, settings):
    settings.API_REQUESTS_A_MINUTE = 1_000_000
    with undone():
        url, body = in_place(place, act)
        clients = {persona: token(place, persona) for persona in PERSONAS}
        before, answers = rows.everything(), {}
        for persona, client in clients.items():
            first = answers[persona] = send(client, act, url, body, "once")
            if first.status_code < 300:
                break
        else:
            pytest.fail(str({name: (one.status_code, one.content.decode()[:300]) for name, one in answers.items()}))
        after = rows.everything()
        again = send(client, act, url, body, "once")
        # What is gone is not there any more, whoever asks how often.
        gone = act.method == "delete" and again.status_code == 404
        assert again.status_code == first.status_code or gone
        assert rows.changed(after, rows.everything()) == set()
        if gone or not rows.changed(before, after):
            return
        if has_secret(first):
            # Shown once, and to nobody who asks again.
            assert secrets_of(again) == []
        else:
            assert (again.content, again.get("Idempotent-Replayed")) == (first.content, "true")
        if act.body is None or act.method == "delete":
            return
        other = send(client, act, url, other_than(body), "once")
        assert (other.status_code, other.json()["code"]) in {(409, "key_reused"), (400, "invalid")}, other.content
        assert rows.changed(after, rows.everything()) == set()
        for persona, stranger in clients.items():
            if stranger is not client:
                with undone():
                    fresh = send(stranger, act, url, body, f"fresh-{persona}")
                with undone():
                    theirs = send(stranger, act, url, body, "once")
                assert theirs.get("Idempotent-Replayed") is None
                assert theirs.status_code == fresh.status_code, persona


def has_secret(answer) -> bool:
    return bool(secrets_of(answer))


def secrets_of(answer) -> list[str]:
    found = answer.json() if answer.content else {}
    return [name for name in ("token", "secret", "address", "link") if found.get(name)]
