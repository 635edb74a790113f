"""付き添える日: everyone's own."""

import datetime as dt

import pytest

from programs.models import EscortDay
from tests.api.alike import fields, queries_of, send
from tests.personas import member

pytestmark = pytest.mark.django_db

DAYS = "/api/v1/escort-days/"


def free(*days):
    return {"days": [{"date": date, "starts": starts, "ends": ends} for date, starts, ends in days]}


def put(client, body, key=""):
    return send(client, DAYS, body, key=key, method="put")


@pytest.fixture
def worker(world, caller):
    return caller(world.worker)


def test_written_anew_and_other_days_stay(world, worker):
    kept = put(worker, free(("2026-12-05", "09:00", "17:00"), ("2026-12-06", "10:00", "12:00")))
    assert kept.status_code == 200
    assert kept.json()["days"] == [
        {"date": "2026-12-05", "starts": "09:00", "ends": "17:00"},
        {"date": "2026-12-06", "starts": "10:00", "ends": "12:00"},
    ]
    body = free(("2026-12-06", None, None), ("2026-12-07", "09:00", "10:00"))
    first, again = (put(worker, body, key="e") for _ in range(2))
    assert again.content == first.content
    assert [row["date"] for row in worker.get(DAYS).json()["results"]] == ["2026-12-05", "2026-12-07"]
    narrowed = worker.get(DAYS, {"from": "2026-12-06", "to": "2026-12-31"}).json()["results"]
    assert [row["date"] for row in narrowed] == ["2026-12-07"]


def test_nobody_sees_or_writes_a_colleagues(world, worker, caller):
    colleague = caller(member(world.office))
    put(colleague, free(("2026-12-05", "09:00", "17:00")))
    assert worker.get(DAYS).json()["results"] == []
    put(worker, free(("2026-12-05", None, None)))
    assert EscortDay.objects.get().user == colleague.token.user


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ([("2026-11-21", "09:00", "10:00")], "days.0.date"),
        ([("2028-12-01", "09:00", "10:00")], "days.0.date"),
        ([("2026-12-05", "10:00", "10:00")], "days.0.ends"),
        ([("2026-12-05", "10:00", None)], "days.0.ends"),
        ([("2026-12-05", "25:00", "26:00")], "days.0.starts"),
        ([("2026-12-05", "09:00", "10:00")] * 2, "days"),
        ([], "days"),
    ],
)
def test_what_cannot_be_read_is_named(worker, days, field):
    assert fields(put(worker, free(*days)))[0] == field
    assert not EscortDay.objects.exists()


def test_a_token_needs_the_scope(world, caller):
    reader = caller(world.worker, scopes=["SESSIONS_READ"])
    assert reader.get(DAYS).status_code == 200
    assert put(reader, free(("2026-12-05", "09:00", "17:00"))).json()["code"] == "scope_missing"


def test_the_list_costs_the_same_with_one_row_and_with_three(world, worker):
    for number, day in enumerate((5, 6, 7)):
        EscortDay.objects.create(
            user=world.worker, date=dt.date(2026, 12, day), starts=dt.time(9), ends=dt.time(17 + number)
        )
        if number == 0:
            one = queries_of(worker, DAYS)
    assert queries_of(worker, DAYS) == one
