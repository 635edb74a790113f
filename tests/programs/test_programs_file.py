"""The packaged file says what domain.md says, and every mistake in a file is named."""

import copy
import datetime as dt
from pathlib import Path

import pytest

from programs.domain.program_file import LimitEntry, ProgramEntry, ProgramFileError, amount_of, parse, read
from programs.enums import Certainty, Enforcement, Unit
from programs.management.commands.load_programs import PACKAGED

ENTRIES = {entry.code: entry for entry in read(parse(PACKAGED.read_text(encoding="utf-8")))}


def limits(code: str) -> list[tuple]:
    return [
        (limit.code, limit.amount, limit.unit, limit.window, limit.counting, limit.enforcement, limit.certainty)
        for limit in ENTRIES[code].limits
    ]


class TestPackagedFile:
    @pytest.mark.parametrize(
        ("code", "kind", "months", "needs_grant", "residences", "figures"),
        [
            # 1.1: six months, 24 hours a month; what counts and which month are unknown (14).
            (
                *("outing", "OUTING", 6, "", ("FACILITY",)),
                [("month", 24 * 60, "MINUTES", "CALENDAR_MONTH", "SPAN", "ASK", "ASSUMED")],
            ),
            # 1.2: nights and limits unknown.
            ("solo-living-trial", "SOLO_LIVING_TRIAL", None, "", ("FAMILY",), []),
            # 2: 30 days running, 50 a year, the year unknown (14: the certificate's period, else 年度).
            (
                "group-home-trial",
                "GROUP_HOME_TRIAL",
                None,
                "GROUP_HOME_TRIAL",
                ("FAMILY", "FACILITY", "HOSPITAL", "GROUP_HOME"),
                [
                    ("consecutive", 30, "DAYS", "STAY", "INCLUSIVE", "REFUSE", "VERIFIED"),
                    ("year", 50, "DAYS", "GRANT", "INCLUSIVE", "ASK", "ASSUMED"),
                ],
            ),
            # 3.2: 15 days, both ends, again after renewal.
            (
                *("trial-overnight", "TRIAL_OVERNIGHT", None, "TRANSITION_SUPPORT", ("FACILITY", "HOSPITAL")),
                [("grant", 15, "DAYS", "GRANT", "INCLUSIVE", "ASK", "VERIFIED")],
            ),
            # 3.2: calendar days from the first, 1 to 5 and 6 to 15.
            (
                *("trial-use", "TRIAL_USE", None, "TRANSITION_SUPPORT", ("FACILITY", "HOSPITAL")),
                [("first-days", 15, "DAYS", "FROM_FIRST_DAY", "INCLUSIVE", "INFORM", "VERIFIED")],
            ),
            # 4: no figures known.
            ("short-stay-trial", "SHORT_STAY_TRIAL", None, "", (), []),
            ("day-trial", "DAY_TRIAL", None, "", (), []),
            # 3.3: three times a month.
            (
                *("facility-visit", "FACILITY_VISIT", None, "", ("FACILITY",)),
                [("month", 3, "TIMES", "CALENDAR_MONTH", "INCLUSIVE", "INFORM", "VERIFIED")],
            ),
        ],
    )
    def test_every_scheme(self, code, kind, months, needs_grant, residences, figures):
        entry = ENTRIES[code]
        assert (entry.kind, entry.months, entry.needs_grant, entry.residences) == (
            kind,
            months,
            needs_grant,
            residences,
        )
        assert limits(code) == figures

    def test_there_are_no_others(self):
        assert len(ENTRIES) == 8
        assert [entry.order for entry in ENTRIES.values()] == sorted(entry.order for entry in ENTRIES.values())

    def test_day_windows(self):
        [limit] = ENTRIES["trial-use"].limits
        assert limit.tiers == ((5, "（Ⅰ）"), (15, "（Ⅱ）"))

    def test_everything_has_a_source(self):
        unsourced = [thing for entry in ENTRIES.values() for thing in (entry, *entry.limits) if not thing.source]
        assert unsourced == []

    def test_assumed_never_refuses(self):
        refusing = [limit for entry in ENTRIES.values() for limit in entry.limits if limit.certainty == "ASSUMED"]
        assert {limit.enforcement for limit in refusing} == {Enforcement.ASK}

    @pytest.mark.parametrize("code", ["solo-living-trial", "short-stay-trial", "day-trial"])
    def test_unknown_figures_are_asked_for(self, code):
        assert "回数・日数は市町村に確認してください" in ENTRIES[code].note

    def test_every_word_is_explained_at_the_top(self):
        legend = PACKAGED.read_text(encoding="utf-8").split("\nprograms:")[0]
        words = [*Unit, *Certainty, *Enforcement]
        assert [word for word in words if word not in legend and not isinstance(word, Unit)] == []
        for entry in ENTRIES.values():
            for limit in entry.limits:
                assert (limit.window in legend, limit.counting in legend) == (True, True)

    def test_no_gaps_left_by_folded_lines(self):
        assert [entry.code for entry in ENTRIES.values() if "。 " in entry.note or "、 " in entry.note] == []


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("24時間", ("MINUTES", 1440)),
        ("24 hours", ("MINUTES", 1440)),
        ("２４時間", ("MINUTES", 1440)),
        ("1時間30分", ("MINUTES", 90)),
        ("45分", ("MINUTES", 45)),
        ("30日", ("DAYS", 30)),
        ("1 day", ("DAYS", 1)),
        ("2泊", ("NIGHTS", 2)),
        ("3回", ("TIMES", 3)),
        ("3 times", ("TIMES", 3)),
    ],
)
def test_amounts(written, amount):
    assert amount_of(written) == amount


@pytest.mark.parametrize("written", ["", "24", "0日", "0時間", "1.5時間", "-3日", "3か月", "100001日", "日", "時間"])
def test_amounts_refused(written):
    with pytest.raises(ValueError, match="「"):
        amount_of(written)


LIMIT = {
    "code": "month",
    "name": "1か月の日数",
    "amount": "5日",
    "window": "CALENDAR_MONTH",
    "enforcement": "ASK",
    "certainty": "VERIFIED",
    "source": "架空市要綱",
}
PROGRAM = {"code": "trial", "name": "体験", "kind": "DAY_TRIAL", "source": "架空市要綱", "certainty": "VERIFIED"}


def data(limit: dict | None = None, **program) -> dict:
    rows = [] if limit is None else [LIMIT | limit]
    return {"programs": [PROGRAM | {"limits": copy.deepcopy(rows)} | program]}


def mistakes(content) -> list[str]:
    with pytest.raises(ProgramFileError) as error:
        read(content)
    return error.value.mistakes


class TestReading:
    def test_smallest(self):
        assert read(data({})) == [
            ProgramEntry(
                code="trial",
                name="体験",
                kind="DAY_TRIAL",
                months=None,
                needs_grant="",
                residences=(),
                note="",
                source="架空市要綱",
                certainty="VERIFIED",
                order=10,
                limits=(
                    LimitEntry(
                        code="month",
                        name="1か月の日数",
                        unit="DAYS",
                        amount=5,
                        window="CALENDAR_MONTH",
                        counting="INCLUSIVE",
                        enforcement="ASK",
                        certainty="VERIFIED",
                        tiers=(),
                        valid_from=None,
                        valid_to=None,
                        source="架空市要綱",
                        note="",
                    ),
                ),
            )
        ]

    @pytest.mark.parametrize("written", [dt.date(2027, 4, 1), "2027-04-01", "令和9年4月1日"])
    def test_dates(self, written):
        [entry] = read(data({"valid_from": written}))
        assert entry.limits[0].valid_from == dt.date(2027, 4, 1)

    def test_limits_follow_each_other_in_time(self):
        first = LIMIT | {"valid_to": "2027-03-31"}
        second = LIMIT | {"amount": "6日", "valid_from": "2027-04-01"}
        assert [limit.amount for limit in read(data(limits=[first, second]))[0].limits] == [5, 6]
        assert mistakes(data(limits=[LIMIT, second])) == [
            "事業 trial、month: 同じ code の行の適用期間が重なっています。前の行に valid_to を書きます。"
        ]
        assert len(mistakes(data(limits=[first | {"valid_to": "2027-04-01"}, second]))) == 1

    @pytest.mark.parametrize(
        ("limit", "where"),
        [
            ({"amount": "5"}, "amount"),
            ({"amount": 5}, "amount"),
            ({"amount": None}, "amount"),
            ({"window": "MONTH"}, "window"),
            ({"window": None}, "window"),
            ({"window": ""}, "window"),
            ({"window": "GRANT"}, "month"),
            ({"window": "ENROLLMENT"}, "month"),
            ({"window": "ANNIVERSARY_MONTH"}, "month"),
            ({"window": "STAY", "amount": "3回"}, "window"),
            ({"window": "FROM_FIRST_DAY", "amount": "3泊"}, "window"),
            ({"counting": "SPAN"}, "counting"),
            ({"amount": "5時間", "counting": "INCLUSIVE"}, "counting"),
            ({"enforcement": "STOP"}, "enforcement"),
            ({"enforcement": "REFUSE", "certainty": "ASSUMED"}, "enforcement"),
            ({"certainty": None}, "certainty"),
            ({"source": ""}, "source"),
            ({"source": "あ" * 301}, "source"),
            ({"name": 5}, "name"),
            ({"code": "Month"}, "code"),
            ({"valid_from": "きのう"}, "valid_from"),
            ({"valid_from": "2027-04-01", "valid_to": "2027-03-31"}, "valid_to"),
            ({"tiers": {5: "前半"}}, "tiers"),
            ({"tiers": {3: "前半", 5: "後半"}}, "tiers"),
            ({"window": "FROM_FIRST_DAY", "tiers": {5: "後半", 3: "前半"}}, "tiers"),
            ({"window": "FROM_FIRST_DAY", "tiers": {3: "前半"}}, "tiers"),
            ({"tiers": [5]}, "tiers"),
            ({"unit": "DAYS"}, "unit"),
        ],
    )
    def test_a_mistake_in_a_limit_names_program_limit_and_field(self, limit, where):
        found = mistakes(data(limit))
        assert any(f"、{where}: " in mistake for mistake in found)
        assert all(mistake.startswith("事業 trial、") for mistake in found)

    @pytest.mark.parametrize(
        ("program", "where"),
        [
            ({"kind": "TRIP"}, "kind"),
            ({"months": 0}, "months"),
            ({"months": "6"}, "months"),
            ({"months": True}, "months"),
            ({"needs_grant": "MOBILITY"}, "needs_grant"),
            ({"residences": "FAMILY"}, "residences"),
            ({"residences": ["HOME"]}, "residences"),
            ({"residences": ["FAMILY", "FAMILY"]}, "residences"),
            ({"certainty": "SEED"}, "certainty"),
            ({"name": "あ" * 81}, "name"),
            ({"source": None}, "source"),
            ({"limits": {"code": "x"}}, "limits"),
            ({"municipality": "架空市"}, "municipality"),
        ],
    )
    def test_a_mistake_in_a_program_names_program_and_field(self, program, where):
        assert [mistake.split(": ")[0] for mistake in mistakes(data(**program))] == [f"事業 trial、{where}"]

    def test_all_mistakes_at_once(self):
        two = data({"amount": "x", "window": "y"}, kind="z")
        assert len(mistakes(two)) == 3

    @pytest.mark.parametrize("content", [None, [], {}, {"programs": None}, {"programs": [], "more": 1}, "text"])
    def test_something_else_entirely(self, content):
        assert mistakes(content) == ["ファイルは programs: の下に事業を並べて書きます。"]

    def test_entries_that_are_no_mappings(self):
        assert mistakes({"programs": ["x"]})[0] == "事業 1番目: 「項目: 値」の形で書きます。"
        assert any("上限 1番目" in mistake for mistake in mistakes(data(limits=["x"])))

    def test_codes_are_used_once(self):
        two = {"programs": [PROGRAM, PROGRAM]}
        assert mistakes(two) == ["事業 trial: code が2回使われています。"]


class TestParsing:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("programs: [\n", "YAMLとして読めません"),
            ("a: 1\na: 2\n", "2行目: a が2回書かれています。"),
            ("note: 市町村の事業です（例: 架空市）\n", "1行目: YAMLとして読めません"),
            ("a: !!python/object/apply:os.getcwd []\n", "YAMLとして読めません"),
        ],
    )
    def test_mistakes(self, text, message):
        with pytest.raises(ProgramFileError, match=message):
            parse(text)


def test_the_file_lies_in_the_package():
    assert Path("programs/data/programs.yaml").parts == PACKAGED.parts[-3:]
