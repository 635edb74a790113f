"""What the help of a limit says: complete for every limit there is, and never more than is known."""

import itertools
from dataclasses import astuple
from pathlib import Path

import pytest

from programs.domain import program_file
from programs.domain.limit_help import explain
from programs.domain.wording import ASK_MUNICIPALITY
from programs.enums import Certainty, Counting, Enforcement, Unit, Window

from .builders import rule

FILE = Path(__file__).parents[2] / "programs" / "data" / "programs.yaml"
LIMITS = [
    pytest.param(limit, id=f"{program.code}/{limit.code}")
    for program in program_file.read(program_file.parse(FILE.read_text(encoding="utf-8")))
    for limit in program.limits
]


@pytest.mark.parametrize("limit", LIMITS)
def test_every_limit_of_every_program_is_explained(limit):
    said = explain(limit)
    for part in (said.counted, said.window, said.beyond, said.source, said.certainty):
        assert part
    assert said.source == limit.source
    assert said.note == limit.note


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(
            rule(unit, 15, window, counting=counting, enforcement=enforcement, certainty=certainty),
            id=f"{unit}-{window}-{counting}-{enforcement}-{certainty}",
        )
        for unit, window, counting, enforcement, certainty in itertools.product(
            Unit, Window, [Counting.INCLUSIVE, Counting.INTERIOR], Enforcement, Certainty
        )
    ],
)
def test_it_never_says_more_than_is_known(limit):
    said = explain(limit)
    everything = "".join(astuple(said))
    assert "違法" not in everything
    assert "{" not in everything
    assert said.certainty.endswith(ASK_MUNICIPALITY) == (limit.certainty == Certainty.ASSUMED)
    if limit.certainty == Certainty.ASSUMED:
        assert "申し込めません" not in said.beyond


def test_what_is_counted():
    assert "2泊3日なら3日" in explain(rule(Unit.DAYS, 30, Window.STAY)).counted
    assert "2泊3日なら2日" in explain(rule(Unit.DAYS, 30, Window.STAY, counting=Counting.EXCLUDE_LAST)).counted
    assert "2泊3日なら1日" in explain(rule(Unit.DAYS, 30, Window.STAY, counting=Counting.INTERIOR)).counted
    assert "2泊3日なら2泊" in explain(rule(Unit.NIGHTS, 30, Window.STAY)).counted
    assert "分の単位" in explain(rule(Unit.MINUTES, 1440, Window.CALENDAR_MONTH, counting=Counting.SPAN)).counted


def test_the_stages_of_a_trial_use():
    said = explain(rule(Unit.DAYS, 15, Window.FROM_FIRST_DAY, tiers=((5, "（Ⅰ）"), (15, "（Ⅱ）"))))
    assert "15日目まで" in said.window
    assert said.window.endswith("1日目から5日目までが（Ⅰ）、6日目から15日目までが（Ⅱ）です。")


def test_what_follows():
    assert "コーディネーター" in explain(rule(Unit.DAYS, 30, Window.STAY)).beyond
    assert "理由を書けば" in explain(rule(Unit.DAYS, 30, Window.STAY, enforcement=Enforcement.ASK)).beyond
    assert "お知らせ" in explain(rule(Unit.DAYS, 30, Window.STAY, enforcement=Enforcement.INFORM)).beyond
