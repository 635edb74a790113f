"""manage.py import_homes: what it registers, what it leaves alone, what it says."""

import datetime as dt
import io
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from programs.domain.home_lists import HomeRow, rows
from programs.domain.problems import Refused
from programs.enums import HomeType, ProgramKind, RoomUse, SessionKind
from programs.models import Home, Program, Room, Session, Slot
from programs.services import homes
from tests.programs import home_list_files as files
from tests.programs.home_list_files import ENCODINGS, kumamoto_row, number, osaka_row, wam_row
from transition.enums import OrganizationKind, Residence
from transition.models import AuditEvent, Organization, Person, User

pytestmark = pytest.mark.django_db


def run(data: bytes, **options) -> homes.ImportReport:
    return homes.import_rows(rows(data), by=None, **options)


def figures(report: homes.ImportReport) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """(created, changed, unchanged) of offices, then of homes."""
    return tuple((counts.created, counts.changed, counts.unchanged) for counts in (report.offices, report.homes))


def snapshot() -> list:
    return [*Organization.objects.values_list().order_by("pk"), *Home.objects.values_list().order_by("pk")]


@pytest.fixture
def staff():
    return User.objects.create_user("staff@example.com", name="架空 職員")


THREE_LISTS = [
    (files.kumamoto, [kumamoto_row(1, 1, "東館"), kumamoto_row(1, 2, "西館"), kumamoto_row(2)], 2, 3),
    (files.osaka, [osaka_row(1), osaka_row(2)], 2, 2),
    (files.wam, [wam_row(1), wam_row(2, service="短期入所"), wam_row(3, "本館"), wam_row(3, "別館")], 2, 3),
]


class TestImportRows:
    @pytest.mark.parametrize("encoding", ENCODINGS)
    @pytest.mark.parametrize(("make", "lines", "office_count", "home_count"), THREE_LISTS)
    def test_twice_writes_once(self, make, lines, office_count, home_count, encoding, django_assert_max_num_queries):
        data = make(lines, encoding)
        assert figures(run(data)) == ((office_count, 0, 0), (home_count, 0, 0))
        before, events = snapshot(), AuditEvent.objects.count()
        with django_assert_max_num_queries(9):
            report = run(data)
        assert figures(report) == ((0, 0, office_count), (0, 0, home_count))
        assert snapshot() == before
        # The run itself is evidence; nothing else happened.
        assert AuditEvent.objects.count() == events + 1

    def test_homes_of_one_office_are_grouped(self):
        run(files.kumamoto([kumamoto_row(1, 1, "東館"), kumamoto_row(2, 1, "南館"), kumamoto_row(1, 2, "西館")]))
        assert [
            (office.name, office.office_number, office.kind, [home.name for home in office.homes.all()])
            for office in Organization.objects.all()
        ] == [
            ("事業所1", number(1), OrganizationKind.GROUP_HOME, ["東館", "西館"]),
            ("事業所2", number(2), OrganizationKind.GROUP_HOME, ["南館"]),
        ]

    def test_what_is_stored(self):
        run(files.kumamoto([kumamoto_row(1, "２", "ﾐﾎﾝの家")]))
        home = Home.objects.get()
        assert (home.branch, home.home_type, home.area) == ("2", HomeType.COMPREHENSIVE, "架空市")
        assert (home.address, home.phone, home.capacity) == ("", "", None)
        assert home.organization.address == "架空市中央区一丁目１番"
        assert "ミホンノ" in home.search_key

    def test_only_what_differs_is_changed(self):
        run(files.kumamoto([kumamoto_row(1, 1, "東館"), kumamoto_row(1, 2, "西館")]))
        report = run(files.kumamoto([kumamoto_row(1, 1, "東の館"), kumamoto_row(1, 2, "西館")]))
        assert figures(report) == ((0, 0, 1), (0, 1, 1))
        event = AuditEvent.objects.filter(action="home.change").get()
        assert sorted(event.data["fields"]) == ["name", "search_key"]
        assert event.subject_id == str(Home.objects.get(name="東の館").public_id)

    def test_what_the_list_does_not_say_stays(self):
        run(files.osaka([osaka_row(1)]))
        Home.objects.update(home_type=HomeType.SATELLITE, phone="090-0000-0000")
        report = run(files.osaka([osaka_row(1, capacity="", phone="", date="")]))
        assert figures(report) == ((0, 0, 1), (0, 0, 1))
        home = Home.objects.get()
        assert (home.home_type, home.capacity, home.phone) == (HomeType.SATELLITE, 4, "090-0000-0000")

    def test_a_damaged_name_never_replaces_a_whole_one(self):
        run(files.osaka([osaka_row(1, "らいふ\ufffdT号館")]))
        Organization.objects.update(name="らいふⅠ号館")
        Home.objects.update(name="らいふⅠ号館")
        report = run(files.osaka([osaka_row(1, "らいふ\ufffdT号館")]))
        assert (Organization.objects.get().name, Home.objects.get().name) == ("らいふⅠ号館", "らいふⅠ号館")
        assert len(report.doubts) == 1

    def test_a_renamed_office_keeps_its_only_home(self):
        run(files.osaka([osaka_row(1, "ひだまり")]))
        assert figures(run(files.osaka([osaka_row(1, "ほしぞら")]))) == ((0, 1, 0), (0, 1, 0))
        assert [home.name for home in Home.objects.all()] == ["ほしぞら"]

    def test_a_list_of_offices_adds_no_home_to_an_office_whose_homes_are_known(self):
        run(files.kumamoto([kumamoto_row(1, 1, "東館"), kumamoto_row(1, 2, "西館")]))
        report = run(files.wam([wam_row(1, "事業所1")]))
        assert [(row.line, row.reason) for row in report.skipped] == [(2, homes.OFFICE_ONLY)]
        assert [home.name for home in Home.objects.order_by("branch")] == ["東館", "西館"]
        assert Organization.objects.get().phone == "096-000-0002"

    def test_a_home_without_branch_gets_it_from_the_list(self):
        run(files.osaka([osaka_row(1, "みほんの家")]))
        assert figures(run(files.kumamoto([kumamoto_row(1, 1, "みほんの家")])))[1] == (0, 1, 0)
        assert [home.branch for home in Home.objects.all()] == ["1"]

    def test_rooms_and_memberships_are_left_alone(self, staff):
        run(files.osaka([osaka_row(1)]))
        homes.add_room(home=Home.objects.get(), name="101", by=staff)
        before = list(Room.objects.values())
        run(files.osaka([osaka_row(1, capacity="9")]))
        assert list(Room.objects.values()) == before

    def test_another_service_under_the_same_number_is_another_organization(self):
        Organization.objects.create(kind=OrganizationKind.SHORT_STAY, name="短期入所", office_number=number(1))
        run(files.osaka([osaka_row(1)]))
        assert Organization.objects.get(kind=OrganizationKind.SHORT_STAY).name == "短期入所"
        assert Organization.objects.count() == 2

    def test_a_row_the_database_refuses_leaves_the_others(self, monkeypatch):
        real = Home.save

        def save(self, *args, **kwargs):
            if self.name == "西館":
                Home(organization=self.organization, name=self.name, branch=self.branch).save_base(force_insert=True)
            return real(self, *args, **kwargs)

        monkeypatch.setattr(Home, "save", save)
        data = files.kumamoto([kumamoto_row(1, 1, "東館"), kumamoto_row(1, 2, "西館"), kumamoto_row(1, 3, "南館")])
        report = run(data)
        assert [(row.line, row.reason) for row in report.refused] == [(3, "この枝番のホームはすでに登録されています。")]
        assert sorted(home.name for home in Home.objects.all()) == ["南館", "東館"]

    def test_rows_from_elsewhere_are_checked_again(self):
        rows = [HomeRow(2, number(1), "事業所", "あ" * 121), HomeRow(3, number(2), "事" * 121, "家")]
        report = homes.import_rows([*rows, HomeRow(4, number(3), "事業所", "家")], by=None)
        assert [row.line for row in report.refused] == [2, 3]
        assert [home.name for home in Home.objects.all()] == ["家"]

    @pytest.mark.parametrize("batch", [1, 2, 200])
    def test_dry_run_gives_the_same_figures_and_writes_nothing(self, batch, monkeypatch):
        monkeypatch.setattr(homes, "BATCH", batch)
        run(files.kumamoto([kumamoto_row(1, 1, "東館"), kumamoto_row(2, 1)]))
        before, events = snapshot(), AuditEvent.objects.count()
        data = files.kumamoto(
            [kumamoto_row(1, 1, "東の館"), kumamoto_row(3, 1), kumamoto_row(2, 1), kumamoto_row(1, 2), "こわれた行"]
        )
        dry = run(data, dry_run=True)
        assert (snapshot(), AuditEvent.objects.count()) == (before, events)
        real = run(data)
        assert figures(dry) == figures(real) == ((1, 0, 2), (2, 1, 1))
        assert dry.refused == real.refused

    def test_the_rows_add_up(self):
        data = files.wam([wam_row(1), wam_row(2, service="生活介護"), "x", wam_row(1), wam_row(3, **{"定員": "多数"})])
        report = run(data)
        assert (report.rows, sum(figures(report)[1]), len(report.refused), len(report.skipped)) == (5, 1, 2, 2)

    def test_audit_holds_numbers_only(self):
        run(files.osaka([osaka_row(1, "ひだまり")]))
        assert [event.action for event in AuditEvent.objects.all()] == [
            "organization.create",
            "home.create",
            "home_list.import",
        ]
        assert ["ひだまり" in str(event.data) for event in AuditEvent.objects.all()] == [False] * 3
        assert AuditEvent.objects.last().data["homes_created"] == 1


class TestCommand:
    @pytest.fixture
    def call(self, tmp_path):
        def call(data: bytes, *options: str) -> tuple[str, str]:
            file = tmp_path / "list.csv"
            file.write_bytes(data)
            out, err = io.StringIO(), io.StringIO()
            call_command("import_homes", str(file), *options, stdout=out, stderr=err)
            return out.getvalue(), err.getvalue()

        return call

    def test_the_table(self, call):
        data = files.kumamoto(
            [kumamoto_row(1, 1), kumamoto_row(1, 2, number="9900000000"), "切れた行", kumamoto_row(3, date="きのう")]
        )
        out, err = call(data)
        assert out.splitlines() == [
            "list.csv: 共同生活住居ごとの一覧（熊本県の形）、UTF-8",
            "        新規  変更  変更なし",
            "事業所     2     0         0",
            "ホーム     2     0         0",
            "",
            "読んだ行          4",
            "取り込めない行    2",
            "対象外の行        0",
            "確認してください  1",
            "",
            "取り込めない行:",
            "  4行目 列の数が1です（見出しは14）。",
            "  5行目 指定日（きのう）: 日付として読めません。例: 令和8年11月22日、2026-11-22",
            "",
            "確認してください（取り込みました）:",
            "  3行目 9900000000: 事業所番号の最後の数字（検査数字）が合いません。"
            "打ちまちがいがないか確かめてください。",
            "",
        ]
        assert err == ""

    def test_skipped_rows_are_told_by_reason(self, call):
        data = files.wam([wam_row(1), wam_row(2, service="生活介護"), wam_row(3, service="生活介護"), wam_row(1)])
        out, _ = call(data)
        assert "対象外 2行: ほかのサービス（生活介護）\n" in out
        assert "  5行目 2行目と同じ内容\n" in out

    def test_dry_run_says_so(self, call):
        out, _ = call(files.osaka([osaka_row(1)]), "--dry-run")
        assert "何も書き込んでいません" in out
        assert Home.objects.count() == 0

    def test_progress(self, call, monkeypatch):
        monkeypatch.setattr(homes, "BATCH", 2)
        _, err = call(files.osaka([osaka_row(n) for n in range(1, 6)]), "--progress")
        assert [part.split("] ")[1].strip() for part in err.split("\r")[1:]] == ["2/5行", "4/5行", "5/5行"]

    @pytest.mark.parametrize(
        ("name", "message"), [("nothing.csv", "ファイルがありません。"), ("", "ファイルではなくフォルダーです。")]
    )
    def test_files_that_cannot_be_opened(self, tmp_path, name, message):
        with pytest.raises(CommandError, match=message) as error:
            call_command("import_homes", str(tmp_path / name))
        assert "\n" not in str(error.value)
        assert error.value.returncode == 1

    def test_a_file_without_end_is_not_read_to_its_end(self):
        with pytest.raises(CommandError):
            call_command("import_homes", "/dev/zero")

    @pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", files.osaka([]), files.osaka(["x"])])
    def test_fails_only_when_nothing_could_be_read(self, call, data):
        with pytest.raises(CommandError) as error:
            call(data)
        assert error.value.returncode == 1

    def test_a_list_without_group_homes_is_no_failure(self, call):
        out, _ = call(files.wam([wam_row(1, service="生活介護")]))
        assert "対象外 1行" in out

    @pytest.mark.skipif("HOME_LISTS" not in os.environ, reason="HOME_LISTS names the folder of the real lists")
    @pytest.mark.parametrize(
        ("name", "offices", "home_count", "doubts"),
        [("kumamoto_group_homes.csv", 202, 513, 11), ("osaka_group_homes.csv", 395, 395, 8)],
    )
    def test_the_real_lists(self, name, offices, home_count, doubts):
        data = (Path(os.environ["HOME_LISTS"]) / name).read_bytes()
        first = run(data)
        assert figures(first) == ((offices, 0, 0), (home_count, 0, 0))
        assert (first.refused, first.skipped, len(first.doubts)) == ([], [], doubts)
        assert figures(run(data)) == ((0, 0, offices), (0, 0, home_count))
        assert Home.objects.filter(area="").count() == 0


class TestRooms:
    @pytest.fixture
    def home(self):
        run(files.osaka([osaka_row(1)]))
        return Home.objects.get()

    def test_add_room(self, home, staff):
        room = homes.add_room(home=home, name=" 101 ", use=RoomUse.RENTED, by=staff)
        assert (room.name, room.use) == ("101", RoomUse.RENTED)
        assert AuditEvent.objects.filter(action="room.create", actor=staff.pk).count() == 1

    @pytest.mark.parametrize(
        ("name", "code"), [("101", "room.name_taken"), ("\u3000", "room.name"), ("あ" * 41, "room.name")]
    )
    def test_add_room_refused(self, home, staff, name, code):
        homes.add_room(home=home, name="101", by=staff)
        with pytest.raises(Refused) as refused:
            homes.add_room(home=home, name=name, by=staff)
        assert [(problem.code, problem.field) for problem in refused.value.problems] == [(code, "name")]
        assert Room.objects.count() == 1

    def test_change_room_use(self, home, staff):
        room = homes.add_room(home=home, name="101", by=staff)
        homes.change_room_use(room=room, use=RoomUse.RENTED, by=staff)
        homes.change_room_use(room=room, use=RoomUse.RENTED, by=staff)
        assert Room.objects.get().use == RoomUse.RENTED
        assert [event.data for event in AuditEvent.objects.filter(action="room.change_use")] == [
            {"before": "TRIAL", "after": "RENTED"}
        ]

    def test_a_room_still_promised_cannot_be_rented_out(self, home, staff):
        room = homes.add_room(home=home, name="101", by=staff)
        first, last = dt.date(2026, 12, 1), dt.date(2026, 12, 3)
        slot = Slot.objects.create(room=room, starts_on=first, ends_on=last, published_by=staff)
        city = Organization.objects.create(kind=OrganizationKind.MUNICIPALITY, name="架空市")
        Session.objects.create(
            kind=SessionKind.STAY,
            person=Person.objects.create(
                family_name="架空", given_name="花", residence=Residence.FAMILY, municipality=city
            ),
            program=Program.objects.create(code="x", name="体験", kind=ProgramKind.GROUP_HOME_TRIAL),
            slot=slot,
            room=room,
            check_in=first,
            check_out=last,
            starts_at=dt.datetime(2026, 12, 1, 6, tzinfo=dt.UTC),
            ends_at=dt.datetime(2026, 12, 3, 1, tzinfo=dt.UTC),
            expires_at=dt.datetime(2026, 11, 25, tzinfo=dt.UTC),
            organization=city,
            requested_by=staff,
        )
        with pytest.raises(Refused) as refused:
            homes.change_room_use(room=room, use=RoomUse.RENTED, by=staff)
        assert [problem.code for problem in refused.value.problems] == ["room.stays_ahead", "room.still_offered"]
        assert Room.objects.get().use == RoomUse.TRIAL
