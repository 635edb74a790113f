"""Numbers on certificates: lengths are hard, the office number's check digit is only a doubt."""

import pytest

from transition.domain.identifiers import (
    certificate_number,
    municipality_number,
    normalize_number,
    office_number,
    office_number_doubt,
)

# Fictional: 99 is no prefecture. Products 18, 9, 4, 0 …, 0, 2; their digits add up to 24; 6 are missing to 30.
FICTIONAL_OFFICE = "9920000016"


@pytest.mark.parametrize(
    "written",
    [
        FICTIONAL_OFFICE,
        "９９２０００００１６",
        "99-20000-016",
        "99 2000 0016",
        "９９ー２００００－０１６",
        "\u200b9920000016",
    ],
)
def test_an_office_number_in_any_width(written):
    assert normalize_number(written) == FICTIONAL_OFFICE
    assert office_number(written) is None
    assert office_number_doubt(written) is None


def test_leading_zeros_stay():
    assert normalize_number("０１２０００００１４") == "0120000014"
    assert office_number("0120000014") is None


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("992000001", "事業所番号は10桁の数字です（いま9桁）。"),
        ("99200000166", "事業所番号は10桁の数字です（いま11桁）。"),
        ("", "事業所番号は10桁の数字です。数字だけで入力してください。"),
        ("99200000A6", "事業所番号は10桁の数字です。数字だけで入力してください。"),
        ("9920000_16", "事業所番号は10桁の数字です。数字だけで入力してください。"),
        ("992000001٦", "事業所番号は10桁の数字です。数字だけで入力してください。"),
        ("992000001⑥", "事業所番号は10桁の数字です。数字だけで入力してください。"),
        ("992000001⁶", "事業所番号は10桁の数字です。数字だけで入力してください。"),
    ],
)
def test_a_wrong_office_number(written, message):
    assert office_number(written) == message
    assert office_number_doubt(written) is None


@pytest.mark.parametrize("last", "012345789")
def test_a_wrong_check_digit_is_a_doubt_and_no_refusal(last):
    number = FICTIONAL_OFFICE[:-1] + last
    assert office_number(number) is None
    assert office_number_doubt(number) == (
        "事業所番号の最後の数字（検査数字）が合いません。打ちまちがいがないか確かめてください。"
    )


@pytest.mark.parametrize("place", range(9))
def test_any_single_wrong_digit_raises_the_doubt(place):
    wrong = str((int(FICTIONAL_OFFICE[place]) + 1) % 10)
    assert office_number_doubt(FICTIONAL_OFFICE[:place] + wrong + FICTIONAL_OFFICE[place + 1 :])


def test_certificate_numbers_have_only_a_length():
    assert certificate_number("００００００１２３４") is None
    assert certificate_number("0000001235") is None
    assert certificate_number("123") == "受給者証番号は10桁の数字です（いま3桁）。"


@pytest.mark.parametrize("written", ["092015", "０９２０１５", "09-2015"])
def test_the_billing_number_of_utsunomiya(written):
    assert municipality_number(written) is None


def test_the_local_government_code_is_something_else():
    assert municipality_number("092011") == (
        "全国地方公共団体コードではなく、請求で使う市町村番号です。最後の数字を確かめてください。"
    )


@pytest.mark.parametrize("last", "02346789")
def test_a_mistyped_municipality_number(last):
    assert municipality_number("09201" + last) == (
        "市町村番号の最後の数字（検査数字）が合いません。打ちまちがいがないか確かめてください。"
    )


def test_a_municipality_number_of_five_digits():
    assert municipality_number("09201") == "市町村番号は6桁の数字です（いま5桁）。"
