"""The examples of docs/api/ against a live server, as others will run them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from programs.models import Slot
from tests import factories
from tests.personas import make_world
from transition.models import IdempotencyKey
from transition.services import api_tokens

EXAMPLES = Path(__file__).resolve().parents[2] / "docs/api"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def world():
    made = make_world()
    factories.LimitFactory(program=made.program, code="year")
    return made


@pytest.fixture
def run(live_server):
    """Runs one example with a token of that user and these scopes."""

    def start(name, user, scope, *arguments, **more):
        where = user.memberships.select_related("organization")[0].organization
        token = api_tokens.issue(organization=where, label="例", scopes=[scope], by=user)
        env = {"SITE": live_server.url, "TOKEN": token.token, "PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
        command = [sys.executable] if name.endswith(".py") else [need("curl") and "sh"]
        done = subprocess.run(
            [*command, EXAMPLES / name, *arguments],
            env=env | {key: str(value) for key, value in more.items()},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return start


def need(program):
    found = shutil.which(program)
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"{program} is not on this machine")
    assert found, program
    return found


def test_a_home_publishes_with_curl(world, run):
    before, room = Slot.objects.count(), other_room(world)
    for _ in range(2):
        answer = json.loads(run("publish_slots.sh", world.home_staff, "HOMES_WRITE", ROOM=room))
        assert answer["max_nights"] == 3
    assert Slot.objects.count() == before + 1
    assert IdempotencyKey.objects.filter(key="yoyaku-1042").count() == 1


def test_a_home_publishes_with_python(world, run, tmp_path):
    room = other_room(world)
    lines = [f"7,{room},2026-12-01,2026-12-08", f"7,{room},2026-12-01,2026-12-08", f"8,{room},2026-12-09,2026-12-05"]
    file = tmp_path / "空き.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    before = Slot.objects.count()
    said = run("publish_slots.py", world.home_staff, "HOMES_WRITE", file).splitlines()
    assert [line.partition("（")[0] for line in said[:2]] == ["7: 公開しました"] * 2
    assert said[2].startswith("8: できませんでした。")
    assert Slot.objects.count() == before + 1


def test_a_city_shows_open_slots_with_curl(world, run):
    found = json.loads(run("show_open_slots.sh", world.coordinator, "HOMES_READ"))["results"]
    assert [one["home_name"] for one in found] == [world.room.home.name]
    assert set(found[0]) == {"home_name", "area", "starts_on", "ends_on", "price_per_day", "free_nights"}


def test_a_city_shows_open_slots_with_python(world, run):
    table = run("show_open_slots.py", world.coordinator, "HOMES_READ", "2026-12-01", "2026-12-31")
    assert table.startswith("<table>")
    assert f"<td>{world.room.home.name}</td>" in table
    assert "<td>30夜</td>" in table


def test_a_worker_reads_allowances_with_curl(world, run):
    answer = json.loads(run("read_allowances.sh", world.worker, "PEOPLE_READ", PERSON=world.person.public_id))
    assert answer["person"] == str(world.person.public_id)
    assert [one["program"]["name"] for one in answer["programs"]] == [world.program.name]


def test_a_worker_reads_allowances_with_python(world, run):
    said = run("read_allowances.py", world.worker, "PEOPLE_READ", str(world.person.public_id))
    assert said.startswith(world.program.name)
    assert "あと" in said


def other_room(world):
    return factories.RoomFactory(home=world.room.home, name="2階").public_id
