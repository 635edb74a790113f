"""Published lists as rows: no damage hides a neighbor, and every line number is the one an editor shows."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programs.domain.csv_records import Unreadable
from programs.domain.home_lists import HomeRow, RefusedRow, SkippedRow, recognize, rows
from programs.domain.municipalities import municipality_in
from programs.enums import HomeType
from tests.programs import home_list_files as files
from tests.programs.home_list_files import ENCODINGS, kumamoto_row, number, osaka_row, wam_row


def homes(data: bytes) -> list[HomeRow]:
    return [row for row in rows(data) if isinstance(row, HomeRow)]


def refused(data: bytes) -> dict[int, str]:
    return {row.line: row.reason for row in rows(data) if isinstance(row, RefusedRow)}


def osaka_line(line: str, *, encoding: str = "utf-8") -> tuple[list[int], dict[int, str]]:
    """Reads one line between two good ones: the lines of the homes found, and the refusals."""
    data = files.osaka([osaka_row(1), line, osaka_row(3)], encoding)
    return [row.line for row in homes(data)], refused(data)


class TestLayouts:
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_kumamoto_names_every_home(self, encoding, end):
        data = files.kumamoto([kumamoto_row(1, 1, "一番館"), kumamoto_row(1, 2, "二番館")], encoding, end)
        assert list(rows(data)) == [
            HomeRow(
                line=line,
                office_number=number(1),
                office_name="事業所1",
                name=name,
                branch=branch,
                corporation_name="架空法人1",
                postal_code="860-0001",
                address="架空市中央区一丁目１番",
                phone="096-000-0001",
                area="架空市",
                home_type=HomeType.COMPREHENSIVE,
                designated_on=dt.date(2006, 10, 1),
            )
            for line, name, branch in [(2, "一番館", "1"), (3, "二番館", "2")]
        ]

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_osaka_names_offices_only(self, encoding):
        data = files.osaka([osaka_row(1, "ひだまり")], encoding)
        assert list(rows(data)) == [
            HomeRow(
                line=2,
                office_number=number(1),
                office_name="ひだまり",
                name="ひだまり",
                corporation_name="架空会社1",
                address="大阪市都島区",
                phone="06-0000-0001",
                area="大阪市都島区",
                capacity=4,
                designated_on=dt.date(2021, 12, 1),
                names_home=False,
            )
        ]

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_wam_holds_other_services_too(self, encoding):
        data = files.wam([wam_row(1), wam_row(2, service="生活介護"), wam_row(3, service="")], encoding)
        assert list(rows(data)) == [
            HomeRow(
                line=2,
                office_number=number(1),
                office_name="ホーム1",
                name="ホーム1",
                corporation_name="架空法人1",
                address="熊本県熊本市中央区架空町1-2",
                phone="096-000-0002",
                area="熊本市中央区",
                capacity=7,
                names_home=False,
            ),
            SkippedRow(3, "ほかのサービス（生活介護）"),
            RefusedRow(4, "サービス種別が空です。"),
        ]

    def test_wam_has_29_columns(self):
        assert len(files.WAM_COLUMNS) == len(set(files.WAM_COLUMNS)) == 29
        assert recognize(files.wam([])).layout.title == "WAM NETのオープンデータ"

    def test_columns_may_stand_anywhere(self):
        data = f"利用定員,メモ,事業所名称,事業所番号,事業所所在地\n４名,x,ひだまり,{number(1)},大阪市北区\n".encode()
        assert [(row.name, row.capacity) for row in homes(data)] == [("ひだまり", 4)]

    def test_title_above_the_header_and_line_break_inside_it(self):
        data = files.osaka([osaka_row(1)]).decode().replace("事業所名称", '"事業所\n名称"', 1)
        found = recognize(f"グループホーム一覧,,\n令和8年4月1日現在\n{data}".encode())
        assert found.table.above == 2
        assert [row.line for row in found.rows()] == [5]

    def test_byte_order_mark_before_a_quote(self):
        quoted = files.OSAKA_HEADER.replace("事業所番号", '"事業所番号"', 1)
        assert len(homes(f"{quoted}\n{osaka_row(1)}\n".encode("utf-8-sig"))) == 1

    def test_tabs(self):
        assert len(homes(files.osaka([osaka_row(1)]).replace(b",", b"\t"))) == 1

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "空です"),
            (b"\r\n\r\n", "空です"),
            (b"a,b\n1,2\n", "見出しの行が見つかりません"),
            (b"PK\x03\x04", "ExcelかZIP"),
            ("事業所番号".encode("utf-16"), "UTF-16"),
            (b"\x81 ,a\n1,2\n", "文字コードが分かりません"),
        ],
    )
    def test_unreadable_files_say_why(self, data, message):
        with pytest.raises(Unreadable, match=message):
            recognize(data)

    def test_more_lines_than_any_list_has(self):
        # An open quote above them would otherwise be told line by line.
        with pytest.raises(Unreadable, match="行が多すぎます（200,000行まで）"):
            recognize(files.kumamoto([]) + b'"' + b"x,\n" * 200_000)


class TestCells:
    def test_full_width_numbers(self):
        wide = str.maketrans("0123456789-/", "０１２３４５６７８９－／")
        data = files.osaka([osaka_row(1, "ホーム１").translate(wide)])
        [row] = homes(data)
        assert (row.office_number, row.phone, row.capacity) == (number(1), "06-0000-0001", 4)
        assert row.designated_on == dt.date(2021, 12, 1)
        assert row.name == "ホーム１"  # a name is kept as written

    @pytest.mark.parametrize(
        "written", ["2021/12/01", "2021年12月1日", "令和3年12月1日", "R3.12.1", "２０２１－１２－０１", "20211201"]
    )
    def test_dates(self, written):
        [row] = homes(files.osaka([osaka_row(1, date=written)]))
        assert row.designated_on == dt.date(2021, 12, 1)

    @pytest.mark.parametrize(
        ("written", "capacity"), [("", None), ("0", None), ("-", None), ("５", 5), ("10人", 10), ("6 名", None)]
    )
    def test_capacity(self, written, capacity):
        found = homes(files.osaka([osaka_row(1, capacity=written)]))
        assert [row.capacity for row in found] == ([] if written == "6 名" else [capacity])

    @pytest.mark.parametrize(
        ("kind", "stored"),
        [
            ("介護サービス包括型", HomeType.COMPREHENSIVE),
            ("日中サービス支援型", HomeType.DAY_SUPPORT),
            ("外部サービス利用型", HomeType.EXTERNAL_SERVICE),
            ("サテライト型", HomeType.SATELLITE),
            ("", ""),
        ],
    )
    def test_home_types(self, kind, stored):
        assert [row.home_type for row in homes(files.kumamoto([kumamoto_row(1, kind=kind)]))] == [stored]

    def test_leading_zeros(self):
        zero = "0" + number(1)[1:]
        data = files.kumamoto([kumamoto_row(1, "01", number=f'="{zero}"'), kumamoto_row(2, number=zero[1:])])
        assert [(row.office_number, row.branch) for row in homes(data)] == [(zero, "1")]
        assert "先頭の0" in refused(data)[3]

    @pytest.mark.parametrize(
        ("cells", "doubt"),
        [
            ({"number": "9900000000"}, "検査数字"),
            ({"postal": "86-1"}, "郵便番号"),
            ({"phone": "なんでも"}, "電話番号"),
            ({"kind": "ふしぎ型"}, "類型"),
            ({"office": "らいふ\ufffdT号館"}, "読めない文字"),
            ({"area": "", "address": ""}, "市区町村"),
        ],
    )
    def test_doubts_do_not_refuse(self, cells, doubt):
        [row] = homes(files.kumamoto([kumamoto_row(1, **cells)]))
        assert [doubt in said for said in row.doubts] == [True]

    def test_homes_of_one_office_that_disagree_about_it(self):
        data = files.kumamoto([kumamoto_row(1, 1), kumamoto_row(1, 2, phone="096-000-9999")])
        assert [row.doubts for row in homes(data)] == [
            (),
            ("電話番号が、同じ事業所の2行目とちがいます。2行目を使います。",),
        ]


class TestDamage:
    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (osaka_row(2) + ",余分", "列の数が9です（見出しは8）。"),
            (osaka_row(2).rsplit(",", 3)[0], "列の数が5です（見出しは8）。"),
            ("計 395件", "列の数が1です（見出しは8）。"),
            (osaka_row(2, number="271234567"), "いま9桁"),
            (osaka_row(2, number="27X0000000"), "事業所番号は10桁の数字です"),
            (osaka_row(2, number=""), "事業所番号は10桁の数字です"),
            (osaka_row(2, " "), "事業所の名称が空です。"),
            (osaka_row(2, "\u200b"), "事業所の名称が空です。"),
            (osaka_row(2, "あ" * 121), "事業所の名称が長すぎます（121文字、120文字まで）。"),
            (osaka_row(2, corporation="あ" * 121), "法人名が長すぎます"),
            (osaka_row(2, address="大阪市北区" + "あ" * 200), "住所が長すぎます"),
            (osaka_row(2, date="2021/13/01"), "指定日（2021/13/01）: 13月はありません。"),
            (osaka_row(2, date="不明な日"), "指定日（不明な日）"),
            (osaka_row(2, date="平成40年1月1日"), "指定日"),
            (osaka_row(2, capacity="約5"), "定員を数として読めません（約5）。"),
            (osaka_row(2, "ひだ\x00まり"), "制御文字"),
            (osaka_row(2, '"ひだまり'), '引用符（"）が閉じていません。'),
            (osaka_row(2, '"ひだ"まり"'), '引用符（"）の使い方が正しくありません。'),
            (osaka_row(2, date='"'), '引用符（"）が閉じていません。'),
        ],
    )
    def test_a_damaged_row_is_refused_alone(self, line, reason):
        found, refusals = osaka_line(line)
        assert found == [2, 4]
        assert list(refusals) == [3]
        assert reason in refusals[3]

    def test_every_reason_is_told_at_once(self):
        _, refusals = osaka_line(osaka_row(2, " ", number="1", date="x", capacity="y"))
        assert [word in refusals[3] for word in ("事業所番号", "名称", "指定日", "定員")] == [True] * 4

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_broken_bytes_cost_only_their_line(self, encoding):
        data = files.osaka([osaka_row(n) for n in (1, 2, 3)], encoding)
        start = data.index("ホーム2".encode(encoding.removesuffix("-sig")))
        broken = data[: start + 1] + b"\xff" + data[start + 2 :]
        assert [row.line for row in homes(broken)] == [2, 4]
        assert list(refused(broken)) == [3]

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_a_file_cut_in_the_middle_of_a_letter(self, encoding):
        data = files.osaka([osaka_row(1), osaka_row(2)], encoding)
        cut = data[: data.rindex("架空会社2".encode(encoding.removesuffix("-sig"))) + 1]
        assert [row.line for row in homes(cut)] == [2]
        assert refused(cut) == {3: "文字が壊れているか、途中で切れています。"}

    def test_line_breaks_inside_quotes_do_not_shift_the_numbers(self):
        data = files.osaka(
            [osaka_row(1, '"ひだ\nまり"'), osaka_row(2, '"ほし\r\nぞら\nの家"'), osaka_row(3, number="1"), osaka_row(4)]
        )
        assert [(row.line, row.name) for row in homes(data)] == [
            (2, "ひだ まり"),
            (4, "ほし ぞら の家"),
            (8, "ホーム4"),
        ]
        assert list(refused(data)) == [7]

    def test_two_open_quotes_hide_nothing_between_them(self):
        lines = [osaka_row(n) for n in range(1, 8)]
        lines[1] = osaka_row(2, '"開いたまま')
        lines[4] = osaka_row(5, '閉じただけ"')
        found = homes(files.osaka(lines))
        assert [row.line for row in found] == [2, 4, 5, 6, 7, 8]
        assert list(refused(files.osaka(lines))) == [3]

    def test_a_short_row_is_not_taken_as_the_rest_of_an_open_quote(self):
        lines = [osaka_row(1), osaka_row(2, date='"2021/12/01'), f'{number(3)},切れた"', osaka_row(4)]
        assert list(refused(files.osaka(lines))) == [3, 4]

    def test_rest_of_a_torn_row_is_told_too(self):
        lines = [osaka_row(1), osaka_row(2, '"ひだ'), 'まり",06-0000-0000', osaka_row(3)]
        assert refused(files.osaka(lines)) == {
            3: '引用符（"）が閉じていません。',
            4: "列の数が2です（見出しは8）。",
        }

    def test_unclosed_quote_on_the_last_line(self):
        data = files.osaka([osaka_row(1), osaka_row(2, '"開いたまま')])
        assert ([row.line for row in homes(data)], list(refused(data))) == ([2], [3])

    def test_the_same_home_twice(self):
        data = files.kumamoto(
            [kumamoto_row(1, 1), kumamoto_row(1, 1), kumamoto_row(1, "０１", "別の家"), kumamoto_row(1, 2)]
        )
        assert [row.line for row in homes(data)] == [2, 5]
        assert [row for row in rows(data) if not isinstance(row, HomeRow)] == [
            SkippedRow(3, "2行目と同じ内容"),
            RefusedRow(4, "事業所番号と枝番が2行目と同じで、内容がちがいます。正しいほうを残してください。"),
        ]

    def test_without_branch_the_name_tells_homes_apart(self):
        data = files.osaka([osaka_row(1, "東館"), osaka_row(1, "西館"), osaka_row(1, "東館", capacity="9")])
        assert [row.name for row in homes(data)] == ["東館", "西館"]
        assert list(refused(data)) == [4]

    def test_empty_rows_and_repeated_headers_are_no_damage(self):
        data = files.osaka([osaka_row(1) + ",,", ",,,,,,,", files.OSAKA_HEADER, "", osaka_row(2)])
        assert [row.line for row in homes(data)] == [2, 6]
        assert [row for row in rows(data) if not isinstance(row, HomeRow)] == [
            SkippedRow(3, "空の行"),
            SkippedRow(4, "見出しのくりかえし"),
            SkippedRow(5, "空の行"),
        ]

    @given(st.lists(st.text(alphabet=',"\n\r\t ab1あ\x00\ufeff�', max_size=25), max_size=6), st.integers(0, 6))
    def test_good_rows_survive_any_neighbors(self, noise, at):
        """Whatever stands around them, two whole rows with their own office numbers come out, at their lines."""
        noise = [text.replace("\n", " ").replace("\r", " ") for text in noise]
        lines = [*noise[:at], osaka_row(1), *noise[at:], osaka_row(2)]
        found = {row.line: row.office_number for row in homes(files.osaka(lines))}
        assert found == {len(noise[:at]) + 2: number(1), len(lines) + 1: number(2)}

    @given(st.binary(max_size=300))
    def test_any_bytes_below_the_header_are_read_or_refused(self, noise):
        data = files.osaka([osaka_row(1)]) + noise
        assert homes(data)[0].line == 2


@pytest.mark.parametrize(
    ("address", "municipality"),
    [
        ("熊本市長嶺東２丁目", "熊本市"),
        ("大阪府大阪市東住吉区", "大阪市東住吉区"),
        ("三重県四日市市諏訪町1", "四日市市"),
        ("奈良県大和郡山市北郡山町", "大和郡山市"),
        ("奈良県高市郡明日香村", "高市郡明日香村"),
        ("群馬県佐波郡玉村町", "佐波郡玉村町"),
        ("佐賀県杵島郡大町町", "杵島郡大町町"),
        ("千葉県市川市八幡", "市川市"),
        ("山梨県西八代郡市川三郷町", "西八代郡市川三郷町"),
        ("宮城県柴田郡村田町", "柴田郡村田町"),
        ("東京都世田谷区玉川", "世田谷区"),
        ("東京都府中市", "府中市"),
        ("余市町朝日町", "余市町"),
        ("小国町大字宮原", "小国町"),
        ("", ""),
        ("あ" * 41, ""),
    ],
)
def test_municipality_in(address, municipality):
    assert municipality_in(address) == municipality
