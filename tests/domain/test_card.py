"""The fields of the person card, and telephone numbers as people write them."""

import pytest

from transition.domain import card, phones


def test_codes_are_told_apart():
    assert len(card.BY_CODE) == len(card.FIELDS)
    assert set(card.AT_A_GLANCE) <= set(card.BY_CODE)


def test_a_blank_or_unknown_text_is_left_out():
    written = {"meals": "  ひと口の\n大きさ　", "money": " \u200b", "diagnosis": "x"}
    assert card.cleaned(written) == {"meals": "ひと口の 大きさ"}


def test_keeps_the_order_of_the_card():
    assert list(card.cleaned({"risks": "a", "voice": "b"})) == ["voice", "risks"]


def test_counts_what_a_reader_counts():
    limit = card.BY_CODE["voice"].limit
    assert card.too_long({"voice": "か\u3099" * limit}) == {}
    said = card.too_long({"voice": "あ" * (limit + 1)})
    assert said == {"voice": f"{limit}文字以内で入力してください（いま{limit + 1}文字）。"}


def test_tells_what_changed():
    assert card.changed({"voice": "a", "meals": "b"}, {"voice": "a", "bath": "c"}) == ["meals", "bath"]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("000-0000-0000", "000-0000-0000"),
        ("０００ー００００−００００", "000-0000-0000"),
        ("（０００）0000　0000", "000-0000-0000"),
        ("00000000000", "00000000000"),
        ("119", "119"),
        ("+81-00-0000-0000", "+81-00-0000-0000"),
    ],
)
def test_numbers_become_one_form(written, stored):
    assert phones.normalize_phone(written) == stored
    assert phones.phone_problem(stored) is None


@pytest.mark.parametrize("written", ["", "12", "ない", "000-0000-0000 内線5", "0" * 16, "٣٣٣٣٣", "javascript:1", "1--"])
def test_what_is_no_number_is_said(written):
    assert phones.phone_problem(phones.normalize_phone(written)) == phones.WRONG
