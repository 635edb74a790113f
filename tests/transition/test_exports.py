"""No cell of ours becomes a formula, and nothing else in it changes."""

import csv
import datetime as dt
import io

import pytest

from transition.exports import cell, csv_response, csv_text, defuse

PAYLOADS = [
    'HYPERLINK("https://example.invalid","x")',
    "cmd|' /C calc'!A0",
    "1+1",
    "SUM(A1:A9)",
    "IMPORTXML(CONCAT(A1),A2)",
    "買い物に行く",
    "0",
    "",
    "A1",
    '"; DROP',
]
STARTS = [
    *("=", "+", "-", "@", "＝", "＋", "－", "＠", "−", "﹦", "﹢", "﹣", "﹫"),
    *("\t=", "\r=", "\n=", " =", "　＝", "\u200b=", "\ufeff+", " \t-"),
]
FORMULAS = [start + payload for start in STARTS for payload in PAYLOADS]


def test_there_are_enough_of_them():
    assert len(set(FORMULAS)) >= 200


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_defused_and_kept_whole(text):
    assert defuse(text) == f"'{text}"
    [[read]] = list(csv.reader(io.StringIO(csv_text([text], []), newline="")))
    assert read == f"'{text}"


@pytest.mark.parametrize("text", ["", "買い物", "3-4人", "a=b", "（＋1）", "1,000", "'=x", "、-"])
def test_other_text_is_left_as_it_is(text):
    assert defuse(text) == text


@pytest.mark.parametrize("start", ["\t", "\r", "\n"])
def test_a_cell_never_begins_with_a_break(start):
    assert defuse(start + "買い物") == "'" + start + "買い物"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (-2, "-2"),
        (0, "0"),
        (True, "はい"),
        (False, "いいえ"),
        (dt.date(2026, 11, 22), "2026-11-22"),
        (dt.datetime(2026, 11, 22, 15, 30, tzinfo=dt.UTC), "2026-11-23 00:30"),
        (dt.time(9, 5), "09:05"),
    ],
)
def test_values_are_written_so_that_a_sheet_can_count_with_them(value, written):
    assert cell(value) == written


def test_excel_knows_the_encoding_and_the_name():
    response = csv_response("意向確認.csv", ["氏名"], [["見本 花子"], ['改\n行と"引用"']])
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%E6%84%8F")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert rows == [["氏名"], ["見本 花子"], ['改\n行と"引用"']]


def test_every_cell_is_quoted():
    assert csv_text(["a", "b"], [[1, None]]) == '"a","b"\r\n"1",""\r\n'
