"""Whom a slot fits, and which dates fit a slot."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from programs.domain import spans
from programs.domain.fit import PersonNeeds, SlotConditions, mismatches, openings, stay_problems
from programs.domain.problems import BLOCK
from programs.enums import Enforcement, SexPolicy
from transition.enums import DisabilityKind, Sex

from .builders import Period, day

TODAY = day("2026-10-01")
ANYONE = SlotConditions(medical_care=True, wheelchair=True)


def only(needs, conditions):
    (problem,) = mismatches(needs, conditions)
    return problem.code, problem.enforcement, problem.message


def test_a_slot_without_conditions_fits_anyone():
    needs = PersonNeeds(Sex.UNANSWERED, None, frozenset(), medical_care=True, wheelchair=True)
    assert mismatches(needs, ANYONE) == []


@pytest.mark.parametrize(
    ("sex", "policy", "expected"),
    [
        (Sex.FEMALE, SexPolicy.FEMALE, None),
        (Sex.MALE, SexPolicy.MALE, None),
        (Sex.MALE, SexPolicy.ANY, None),
        (Sex.MALE, SexPolicy.FEMALE, (BLOCK, "この枠は女性のみです（本人は男性）。")),
        (Sex.FEMALE, SexPolicy.MALE, (BLOCK, "この枠は男性のみです（本人は女性）。")),
        (
            Sex.OTHER,
            SexPolicy.FEMALE,
            (Enforcement.ASK, "この枠は女性のみです。本人のことはホームに相談してください。"),
        ),
        (
            Sex.UNANSWERED,
            SexPolicy.MALE,
            (Enforcement.ASK, "この枠は男性のみです。本人のことはホームに相談してください。"),
        ),
    ],
)
def test_sex(sex, policy, expected):
    found = [(p.enforcement, p.message) for p in mismatches(PersonNeeds(sex), SlotConditions(policy))]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("low", "high", "level", "message"),
    [
        (3, 5, 2, "区分3〜5の方の枠です（本人は区分2）。"),
        (3, 5, 3, None),
        (3, 5, 5, None),
        (3, 5, 6, "区分3〜5の方の枠です（本人は区分6）。"),
        (3, None, 6, None),
        (3, None, 0, "区分3以上の方の枠です（本人は非該当）。"),
        (None, 5, 6, "区分5以下の方の枠です（本人は区分6）。"),
        (4, 4, 5, "区分4の方の枠です（本人は区分5）。"),
        (0, 2, 3, "非該当〜区分2の方の枠です（本人は区分3）。"),
        (None, 0, 1, "非該当以下の方の枠です（本人は区分1）。"),
        (3, 5, None, "本人の区分が未登録です（区分3〜5の方の枠です）。"),
        (None, None, None, None),
    ],
)
def test_level(low, high, level, message):
    needs = PersonNeeds(Sex.MALE, level)
    found = mismatches(needs, SlotConditions(level_min=low, level_max=high))
    assert [(p.code, p.enforcement, p.message) for p in found] == (
        [("fit.level", Enforcement.ASK, message)] if message else []
    )


def test_kinds_of_disability():
    both = frozenset({DisabilityKind.INTELLECTUAL.value, DisabilityKind.PHYSICAL.value})
    conditions = SlotConditions(kinds=both)
    mental = PersonNeeds(Sex.MALE, disability_kinds=frozenset({"MENTAL"}))
    assert only(mental, conditions) == ("fit.kinds", Enforcement.ASK, "身体・知的の方の枠です（本人は精神）。")
    assert only(PersonNeeds(Sex.MALE), conditions)[2] == "本人の障害種別が未登録です（身体・知的の方の枠です）。"
    assert mismatches(PersonNeeds(Sex.MALE, disability_kinds=frozenset({"MENTAL", "PHYSICAL"})), conditions) == []


def test_care_that_a_home_cannot_give():
    needs = PersonNeeds(Sex.MALE, medical_care=True, wheelchair=True)
    found = mismatches(needs, SlotConditions())
    assert [(p.code, p.enforcement) for p in found] == [
        ("fit.medical_care", Enforcement.ASK),
        ("fit.wheelchair", Enforcement.ASK),
    ]
    assert mismatches(PersonNeeds(Sex.MALE), SlotConditions()) == []


def test_all_mismatches_are_told_at_once():
    needs = PersonNeeds(Sex.MALE, 6, frozenset({"MENTAL"}), medical_care=True, wheelchair=True)
    conditions = SlotConditions(SexPolicy.FEMALE, 1, 5, frozenset({"PHYSICAL"}))
    assert [p.code for p in mismatches(needs, conditions)] == [
        "fit.sex",
        "fit.level",
        "fit.kinds",
        "fit.medical_care",
        "fit.wheelchair",
    ]


@pytest.mark.parametrize(
    ("check_in", "check_out", "expected"),
    [
        ("2026-10-05", "2026-10-07", []),
        ("2026-10-01", "2026-10-03", []),  # today, and the slot's first night
        ("2026-10-29", "2026-10-31", []),  # out on the slot's last morning
        ("2026-09-30", "2026-10-02", [("stay.past", "check_in"), ("stay.before_slot", "check_in")]),
        ("2026-10-30", "2026-11-01", [("stay.after_slot", "check_out")]),
        ("2026-10-31", "2026-11-02", [("stay.after_slot", "check_in")]),
        ("2026-10-05", "2026-10-05", [("stay.order", "check_out")]),
        ("2026-10-05", "2026-10-04", [("stay.order", "check_out")]),
        ("2026-10-05", "2026-10-06", [("stay.too_short", "check_out")]),
        ("2026-10-05", "2026-10-09", []),
        ("2026-10-05", "2026-10-10", [("stay.too_long", "check_out")]),
    ],
)
def test_dates_of_a_stay(check_in, check_out, expected):
    found = stay_problems(day(check_in), day(check_out), day("2026-10-01"), day("2026-10-31"), 2, 4, TODAY)
    assert [(p.code, p.field) for p in found] == expected
    assert {p.enforcement for p in found} <= {BLOCK}


def test_messages_of_dates_name_both_sides():
    found = stay_problems(day("2026-10-05"), day("2026-10-10"), day("2026-10-06"), day("2026-10-31"), 1, 4, TODAY)
    assert [p.message for p in found] == [
        "この枠に泊まれるのは10月6日からです。",
        "この枠は4泊までです（今回5泊）。",
    ]


def test_openings_are_all_stays_of_that_length():
    free = set(spans.days(day("2026-10-01"), day("2026-10-09"))) - {day("2026-10-04")}
    found = openings(free, day("2026-10-01"), day("2026-10-08"), 2, 1, 7)
    assert found == [
        (day("2026-10-01"), day("2026-10-03")),
        (day("2026-10-02"), day("2026-10-04")),
        (day("2026-10-05"), day("2026-10-07")),
        (day("2026-10-06"), day("2026-10-08")),
    ]
    assert openings(free, day("2026-10-01"), day("2026-10-08"), 2, 3, 7) == []
    assert openings(free, day("2026-10-01"), day("2026-10-08"), 4, 1, 3) == []
    assert openings(free, day("2026-10-01"), day("2026-10-08"), 0, 0, 3) == []
    weeks = Period(day("2026-10-02"), day("2026-10-07"))
    assert openings(free, day("2026-10-01"), day("2026-10-08"), 2, 1, 7, weeks) == found[1:3]


@settings(deadline=None)
@given(st.sets(st.integers(0, 30)), st.integers(0, 20), st.integers(1, 20), st.integers(1, 8))
def test_openings_are_just_the_stays_without_problems_on_free_nights(free, begins, length, nights):
    base = day("2026-10-01")
    free_nights = {base + n * spans.DAY for n in free}
    slot_from = base + begins * spans.DAY
    slot_to = slot_from + length * spans.DAY
    expected = []
    for n in range(45):
        check_in, check_out = base + n * spans.DAY, base + (n + nights) * spans.DAY
        if set(spans.nights(check_in, check_out)) <= free_nights and not stay_problems(
            check_in, check_out, slot_from, slot_to, 2, 6, dt.date.min
        ):
            expected.append((check_in, check_out))
    assert openings(free_nights, slot_from, slot_to, nights, 2, 6) == expected
