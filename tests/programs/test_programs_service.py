"""Loading, copying and changing programs: idempotent, dated, never behind a municipality's back."""

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from programs.domain.problems import Refused
from programs.domain.program_file import ProgramFileError, parse
from programs.enums import Certainty, Counting, Enforcement, ProgramKind, SessionKind, SessionState, Unit, Window
from programs.management.commands.load_programs import PACKAGED
from programs.models import Enrollment, Limit, Override, Program, Session
from programs.services import programs
from transition.enums import OrganizationKind, Residence
from transition.models import AuditEvent, Organization, Person, User

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 11, 22)
APRIL = dt.date(2027, 4, 1)


@pytest.fixture
def content():
    return parse(PACKAGED.read_text(encoding="utf-8"))


@pytest.fixture
def officer():
    return User.objects.create_user("officer@example.com", name="架空 担当")


@pytest.fixture
def city():
    return Organization.objects.create(kind=OrganizationKind.MUNICIPALITY, name="架空市")


def of(report: programs.LoadReport) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    return tuple((counts.created, counts.changed, counts.unchanged) for counts in (report.programs, report.limits))


def snapshot() -> list:
    return [*Program.objects.order_by("pk").values(), *Limit.objects.order_by("pk").values()]


def entry(content: dict, code: str) -> dict:
    return next(item for item in content["programs"] if item["code"] == code)


def general(code: str) -> Program:
    return Program.objects.get(code=code, municipality=None)


def session_of(program: Program, city: Organization, officer: User) -> Session:
    person = Person.objects.create(family_name="架空", given_name="花", residence=Residence.FACILITY, municipality=city)
    return Session.objects.create(
        kind=SessionKind.OUTING,
        person=person,
        program=program,
        state=SessionState.CONFIRMED,
        starts_at=dt.datetime(2026, 12, 1, 1, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 12, 1, 3, tzinfo=dt.UTC),
        organization=city,
        requested_by=officer,
    )


class TestLoad:
    def test_twice_writes_once(self, content, django_assert_max_num_queries):
        assert of(programs.load(content)) == ((8, 0, 0), (6, 0, 0))
        before, events = snapshot(), AuditEvent.objects.count()
        with django_assert_max_num_queries(14):
            assert of(programs.load(content)) == ((0, 0, 8), (0, 0, 6))
        assert (snapshot(), AuditEvent.objects.count()) == (before, events)

    def test_what_is_stored(self, content):
        programs.load(content)
        outing = general("outing")
        assert (outing.kind, outing.months, outing.residences) == (ProgramKind.OUTING, 6, ["FACILITY"])
        [limit] = outing.limits.all()
        assert (limit.amount, limit.unit, limit.window, limit.counting) == (
            1440,
            Unit.MINUTES,
            Window.CALENDAR_MONTH,
            Counting.SPAN,
        )
        assert (limit.enforcement, limit.certainty) == (Enforcement.ASK, Certainty.ASSUMED)
        assert general("trial-use").limits.get().tiers == [[5, "（Ⅰ）"], [15, "（Ⅱ）"]]

    def test_only_what_differs_is_changed(self, content):
        programs.load(content)
        entry(content, "outing")["limits"][0]["amount"] = "20時間"
        entry(content, "day-trial")["name"] = "日中活動の体験"
        assert of(programs.load(content)) == ((0, 1, 7), (0, 1, 5))
        assert general("outing").limits.get().amount == 1200
        assert [event.data["fields"] for event in AuditEvent.objects.filter(action="limit.change")] == [["amount"]]

    def test_a_mistake_loads_nothing(self, content):
        entry(content, "facility-visit")["kind"] = "TRIP"
        with pytest.raises(ProgramFileError):
            programs.load(content)
        assert Program.objects.count() == 0

    def test_an_unused_limit_that_left_the_file_is_deleted(self, content):
        programs.load(content)
        entry(content, "outing")["limits"] = []
        report = programs.load(content)
        assert (report.deleted, report.closed) == (["outing/month"], [])
        assert general("outing").limits.count() == 0
        assert programs.load(content).deleted == []

    @pytest.mark.parametrize("by_override", [True, False])
    def test_a_used_limit_that_left_the_file_ends_yesterday(self, content, city, officer, by_override):
        programs.load(content)
        limit = general("outing").limits.get()
        session = session_of(general("day-trial" if by_override else "outing"), city, officer)
        if by_override:
            Override.objects.create(
                session=session, problem_code="limit.over", limit=limit, message="x", reason="x", by=officer
            )
        entry(content, "outing")["limits"] = []
        assert programs.load(content).closed == ["outing/month"]
        limit.refresh_from_db()
        assert limit.valid_to == dt.date(2026, 11, 21)
        events = AuditEvent.objects.count()
        assert programs.load(content).closed == []
        assert AuditEvent.objects.count() == events

    def test_a_limit_that_comes_back_is_open_again(self, content, city, officer):
        programs.load(content)
        session_of(general("outing"), city, officer)
        kept, entry(content, "outing")["limits"] = entry(content, "outing")["limits"], []
        programs.load(content)
        entry(content, "outing")["limits"] = kept
        assert of(programs.load(content))[1] == (0, 1, 5)
        assert general("outing").limits.get().valid_to is None

    def test_a_used_limit_that_has_not_begun_cannot_leave(self, content, city, officer):
        limit = entry(content, "outing")["limits"][0]
        limit["valid_from"] = APRIL
        programs.load(content)
        session_of(general("outing"), city, officer)
        entry(content, "outing")["limits"] = []
        with pytest.raises(ProgramFileError, match="outing/month"):
            programs.load(content)
        assert general("outing").limits.get().valid_to is None

    def test_a_program_that_left_the_file_stays(self, content):
        programs.load(content)
        content["programs"] = [item for item in content["programs"] if item["code"] != "day-trial"]
        assert programs.load(content).missing == ["day-trial"]
        assert general("day-trial").name == "日中活動体験"

    def test_a_municipality_keeps_its_copy(self, content, city, officer):
        programs.load(content)
        own = programs.adopt(program=general("outing"), municipality=city, by=officer)
        entry(content, "outing").update(name="別の名称", limits=[])
        programs.load(content)
        own.refresh_from_db()
        assert own.name == "施設入所者地域生活移行促進事業（外出体験）"
        assert [limit.amount for limit in own.limits.all()] == [1440]


class TestAdopt:
    def test_copy(self, content, city, officer):
        programs.load(content)
        source = general("group-home-trial")
        own = programs.adopt(program=source, municipality=city, by=officer)
        assert (own.municipality, own.code, own.needs_grant) == (city, source.code, "GROUP_HOME_TRIAL")
        skipped = {"id", "program_id"}
        mine, theirs = (
            [{k: v for k, v in row.items() if k not in skipped} for row in program.limits.order_by("code").values()]
            for program in (own, source)
        )
        assert mine == theirs
        assert len(mine) == 2

    def test_once(self, content, city, officer):
        programs.load(content)
        own = programs.adopt(program=general("outing"), municipality=city, by=officer)
        before, events = snapshot(), AuditEvent.objects.count()
        assert programs.adopt(program=general("outing"), municipality=city, by=officer) == own
        assert programs.adopt(program=own, municipality=city, by=officer) == own
        assert (snapshot(), AuditEvent.objects.count()) == (before, events)

    def test_the_copy_takes_the_place_of_the_general_one(self, content, city, officer):
        programs.load(content)
        own = programs.adopt(program=general("outing"), municipality=city, by=officer)
        seen = Program.objects.for_municipality(city.pk)
        assert [program.pk for program in seen if program.code == "outing"] == [own.pk]
        assert len(seen) == 8

    def test_enrollments_and_sessions_keep_their_program(self, content, city, officer):
        programs.load(content)
        session = session_of(general("outing"), city, officer)
        enrollment = Enrollment.objects.create(
            person=session.person, program=general("outing"), organization=city, starts_on=TODAY, ends_on=APRIL
        )
        programs.adopt(program=general("outing"), municipality=city, by=officer)
        session.refresh_from_db()
        enrollment.refresh_from_db()
        assert session.program == enrollment.program == general("outing")

    def test_only_municipalities_adopt_and_only_general_programs(self, content, city, officer):
        programs.load(content)
        center = Organization.objects.create(kind=OrganizationKind.CORE_CENTER, name="架空センター", municipality=city)
        other = Organization.objects.create(kind=OrganizationKind.MUNICIPALITY, name="別の架空市")
        own = programs.adopt(program=general("outing"), municipality=city, by=officer)
        for program, municipality, code in [
            (general("outing"), center, "program.adopt_by"),
            (own, other, "program.adopt_foreign"),
        ]:
            with pytest.raises(Refused) as refused:
                programs.adopt(program=program, municipality=municipality, by=officer)
            assert [problem.code for problem in refused.value.problems] == [code]


class TestChangeLimit:
    @pytest.fixture
    def limit(self, content, city, officer):
        programs.load(content)
        return programs.adopt(program=general("outing"), municipality=city, by=officer).limits.get()

    def change(self, limit, officer, **values):
        new = {
            "amount": 1800,
            "window": Window.ANNIVERSARY_MONTH,
            "enforcement": Enforcement.REFUSE,
            "valid_from": APRIL,
            "source": "架空市要綱第5条",
        }
        return programs.change_limit(limit=limit, by=officer, **(new | values))

    def test_the_old_row_ends_the_day_before(self, limit, officer):
        new = self.change(limit, officer)
        limit.refresh_from_db()
        assert (limit.amount, limit.valid_from, limit.valid_to) == (1440, None, dt.date(2027, 3, 31))
        assert (new.amount, new.window, new.valid_from, new.valid_to) == (1800, "ANNIVERSARY_MONTH", APRIL, None)
        assert (new.certainty, new.enforcement, new.source) == ("VERIFIED", "REFUSE", "架空市要綱第5条")
        assert (new.unit, new.counting, new.name) == (limit.unit, limit.counting, limit.name)
        event = AuditEvent.objects.get(action="limit.change_from")
        assert (event.actor, event.data["amounts"]) == (officer.pk, [1440, 1800])

    def test_one_row_holds_on_every_day(self, limit, officer):
        self.change(limit, officer)
        self.change(limit.program.limits.get(valid_from=APRIL), officer, amount=2400, valid_from=dt.date(2028, 4, 1))
        days = [dt.date(2027, 3, 31), APRIL, dt.date(2028, 3, 31), dt.date(2028, 4, 1)]
        held = [[row.amount for row in limit.program.limits.on(day)] for day in days]
        assert held == [[1440], [1800], [1800], [2400]]

    def test_a_change_in_between(self, limit, officer):
        later = self.change(limit, officer, valid_from=dt.date(2028, 4, 1))
        limit.refresh_from_db()
        between = self.change(limit, officer, amount=1500)
        assert (between.valid_from, between.valid_to) == (APRIL, dt.date(2028, 3, 31))
        assert [row.pk for row in limit.program.limits.on(dt.date(2028, 4, 1))] == [later.pk]

    def test_twice_makes_one_row(self, limit, officer):
        assert self.change(limit, officer) == self.change(limit, officer)
        assert limit.program.limits.count() == 2
        same = {name: getattr(limit, name) for name in ("amount", "window", "enforcement", "source")}
        fresh = limit.program.limits.get(valid_from=APRIL)
        unchanged = {name: getattr(fresh, name) for name in same}
        assert self.change(fresh, officer, valid_from=dt.date(2029, 4, 1), **unchanged) == fresh
        assert limit.program.limits.count() == 2

    def test_the_general_row_is_refused(self, content, officer):
        programs.load(content)
        before = snapshot()
        with pytest.raises(Refused) as refused:
            self.change(general("outing").limits.get(), officer)
        assert [problem.code for problem in refused.value.problems] == ["limit.general"]
        assert snapshot() == before

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"amount": 0}, "limit.amount"),
            ({"window": "WEEK"}, "limit.choice"),
            ({"enforcement": "STOP"}, "limit.choice"),
            ({"window": Window.GRANT}, "limit.window"),
            ({"window": Window.STAY}, "limit.window"),
            ({"source": "\u3000"}, "limit.source"),
            ({"source": "あ" * 301}, "limit.source"),
        ],
    )
    def test_refused(self, limit, officer, values, code):
        before = snapshot()
        with pytest.raises(Refused) as refused:
            self.change(limit, officer, **values)
        assert [problem.code for problem in refused.value.problems] == [code]
        assert snapshot() == before

    def test_dates_refused(self, limit, officer):
        new = self.change(limit, officer)
        limit.refresh_from_db()
        for row, start, code in [
            (new, APRIL, "limit.valid_from"),
            (new, TODAY, "limit.valid_from"),
            (limit, dt.date(2027, 5, 1), "limit.ended"),
        ]:
            with pytest.raises(Refused) as refused:
                self.change(row, officer, amount=60, valid_from=start)
            assert [problem.code for problem in refused.value.problems] == [code]

    @pytest.mark.parametrize(
        ("amount", "tiers"),
        [
            (20, [[5, "（Ⅰ）"], [20, "（Ⅱ）"]]),
            (10, [[5, "（Ⅰ）"], [10, "（Ⅱ）"]]),
            (5, [[5, "（Ⅰ）"]]),
            (3, [[3, "（Ⅰ）"]]),
        ],
    )
    def test_day_windows_follow_the_amount(self, content, city, officer, amount, tiers):
        programs.load(content)
        limit = programs.adopt(program=general("trial-use"), municipality=city, by=officer).limits.get()
        new = self.change(limit, officer, amount=amount, window=Window.FROM_FIRST_DAY, enforcement=Enforcement.INFORM)
        assert new.tiers == tiers


class TestConstraints:
    @pytest.mark.parametrize(
        "values",
        [
            {"certainty": Certainty.ASSUMED, "enforcement": Enforcement.REFUSE},
            {"amount": 0},
            {"valid_from": APRIL, "valid_to": TODAY},
        ],
    )
    def test_the_database_has_the_last_word(self, content, values):
        programs.load(content)
        limit = general("group-home-trial").limits.get(code="year")
        with pytest.raises(IntegrityError), transaction.atomic():
            Limit.objects.filter(pk=limit.pk).update(**values)

    def test_one_open_row_per_code(self, content):
        programs.load(content)
        limit = general("outing").limits.get()
        limit.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            limit.save(force_insert=True)


class TestCommand:
    def call(self, *arguments: str) -> list[str]:
        out = io.StringIO()
        call_command("load_programs", *arguments, stdout=out)
        return out.getvalue().splitlines()

    def test_the_packaged_file(self):
        assert self.call() == ["事業: 新規 8、変更 0、変更なし 0", "上限: 新規 6、変更 0、変更なし 0"]
        assert self.call() == ["事業: 新規 0、変更 0、変更なし 8", "上限: 新規 0、変更 0、変更なし 6"]

    def test_another_file(self, tmp_path):
        self.call()
        file = tmp_path / "mine.yaml"
        file.write_text(PACKAGED.read_text(encoding="utf-8").split("  # ---- 一人暮らし体験")[0], encoding="utf-8-sig")
        assert self.call(str(file))[2].startswith("ファイルにない事業（そのまま残しています）: day-trial、")

    def test_mistakes_are_listed(self, tmp_path):
        file = tmp_path / "wrong.yaml"
        file.write_text("programs:\n  - code: x\n    kind: TRIP\n", encoding="utf-8")
        with pytest.raises(CommandError, match="事業 x、kind: 「TRIP」は使えません"):
            self.call(str(file))

    @pytest.mark.parametrize("content", [None, b"\x82\xa0"])
    def test_files_that_cannot_be_read(self, tmp_path, content):
        file = tmp_path / "file.yaml"
        if content:
            file.write_bytes(content)
        with pytest.raises(CommandError, match="ファイルを読めません"):
            self.call(str(file))
