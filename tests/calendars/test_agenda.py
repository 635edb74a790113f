"""Calendars drawn on the server: what stands on which day, for whom, and how one moves about."""

import datetime as dt
import gzip
import re

import pytest
from django.urls import reverse

from calendars.checks import week_starts
from programs.enums import SessionKind, SessionState
from programs.models import Escort, EscortDay, Session
from tests import factories
from tests.programs.pages import HTMX, at, client_of, part, person_of, queries_of, soup, text
from transition.enums import OrganizationKind
from transition.models import SupportLink

pytestmark = pytest.mark.django_db


def url_of(person) -> str:
    return reverse("calendars:person-calendar", args=[person.public_id])


def cell(response, date: str):
    """What stands in the cell of a day."""
    found = soup(response).select_one(f'#calendar time[datetime="{date}"]')
    assert found is not None, date
    return found.find_parent("td")


def entries(response, date: str) -> list[str]:
    return [text(entry) for entry in cell(response, date).select(".cal-entry")]


@pytest.fixture
def outing(world):
    """Makes an outing of the person; an end before the start is on the next day."""

    def make(day="2026-12-10", start="10:00", end="12:00", **fields) -> Session:
        starts_at, ends_at = at(day, start), at(day, end)
        if ends_at <= starts_at:
            ends_at += dt.timedelta(days=1)
        values = {"person": world.person, "program": world.program, "organization": world.office} | fields
        return factories.SessionFactory(starts_at=starts_at, ends_at=ends_at, **values)

    return make


@pytest.fixture
def client(world):
    return client_of(world.worker)


class TestMonth:
    def test_is_a_table_with_a_caption_and_the_weekdays_from_sunday(self, client, world):
        page = soup(client.get(url_of(world.person)))
        table = page.select_one("#calendar table")
        assert text(table.caption).startswith("令和8年11月（2026年）の予定")
        assert [text(head)[0] for head in table.select("thead th[scope=col]")] == list("日月火水木金土")
        assert [row["role"] for row in table.select("tbody tr")] == ["row"] * 5

    def test_begins_on_monday_where_that_is_the_custom(self, client, world, settings):
        settings.CALENDAR_WEEK_STARTS = "MONDAY"
        page = soup(client.get(url_of(world.person)))
        assert [text(head)[0] for head in page.select("#calendar thead th")] == list("月火水木金土日")
        assert page.select_one("#calendar tbody time")["datetime"] == "2026-10-26"

    @pytest.mark.parametrize(("word", "said"), [("SUNDAY", 0), ("MONDAY", 0), ("TUESDAY", 1), ("", 1)])
    def test_no_other_weekday_begins_a_week(self, settings, word, said):
        settings.CALENDAR_WEEK_STARTS = word
        assert len(week_starts()) == said

    def test_names_holidays_and_says_which_day_is_today(self, client, world):
        page = client.get(url_of(world.person))
        assert text(cell(page, "2026-11-22").select_one(".cal-head")) == "11月 22 日 （日） きょう"
        assert text(cell(page, "2026-11-23").select_one(".cal-holiday")) == "勤労感謝の日"
        may = client.get(url_of(world.person), {"date": "2026-05-01"})
        assert text(cell(may, "2026-05-06").select_one(".cal-holiday")) == "振替休日"
        assert not soup(may).select(".cal-today")

    def test_a_stay_is_one_bar_a_week_and_says_that_it_goes_on(self, client, world, stay):
        stay(dt.date(2026, 12, 4), nights=3)
        page = client.get(url_of(world.person), {"date": "2026-12-01"})
        bars = [entry.parent for entry in soup(page).select(".cal-entry")]
        assert [bar["class"] for bar in bars] == [["lane-0", "span-2"], ["lane-0", "span-2"]]
        where = f"お泊まり {world.room.home.name} {world.room.name}"
        times = "12/4(金) 15:00〜12/7(月) 10:00"
        assert entries(page, "2026-12-04") == [f"● {where} 確定 {times} 12/7まで→"]
        assert entries(page, "2026-12-06") == [f"←12/4から ● {where} 確定 {times}"]
        assert text(cell(page, "2026-12-07").select_one(".cal-passing")) == "つづいている予定 1件"
        assert not cell(page, "2026-12-08").select(".cal-passing")

    def test_a_stay_over_the_end_of_a_month_stands_in_both(self, client, world, stay):
        stay(dt.date(2026, 12, 30), nights=4)
        december = client.get(url_of(world.person), {"date": "2026-12-15"})
        january = client.get(url_of(world.person), {"date": "2027-01-15"})
        assert soup(december).h2.text == "令和8年12月（2026年）"
        assert soup(january).h2.text == "令和9年1月（2027年）"
        assert len(entries(december, "2026-12-30")) == len(entries(january, "2026-12-30")) == 1
        assert [entry[:9] for entry in entries(january, "2027-01-03")] == ["←12/30から ●"[:9]]
        assert text(cell(december, "2027-01-01").select_one(".cal-holiday")) == "元日"

    def test_a_stay_of_a_whole_month_is_a_bar_in_every_week(self, client, world, stay):
        stay(dt.date(2026, 12, 1), nights=30)
        bars = soup(client.get(url_of(world.person), {"date": "2026-12-01"})).select(".cal-bars > li")
        assert [bar["class"][1] for bar in bars] == ["span-5", "span-7", "span-7", "span-7", "span-5"]

    def test_the_day_in_a_leap_year(self, client, world, outing):
        outing("2028-02-29")
        page = client.get(url_of(world.person), {"date": "2028-02-01"})
        assert len(entries(page, "2028-02-29")) == 1

    def test_an_outing_stands_on_its_japanese_day(self, client, world, outing):
        """23:30 in Japan is the same day; in UTC one in the early morning is the day before."""
        outing("2026-12-10", "23:30", "23:59", activity="星を見る")
        outing("2026-12-12", "00:30", "01:30", activity="初日の出")
        page = client.get(url_of(world.person), {"date": "2026-12-01"})
        assert entries(page, "2026-12-10") == ["23:30 〜23:59 ● 星を見る 確定"]
        assert entries(page, "2026-12-12") == ["0:30 〜1:30 ● 初日の出 確定"]

    def test_an_outing_until_midnight_does_not_touch_the_next_day(self, client, world, outing):
        outing("2026-12-10", "21:00", "00:00")
        page = client.get(url_of(world.person), {"date": "2026-12-01"})
        assert entries(page, "2026-12-10") == ["21:00 〜24:00 ● おでかけ 確定"]
        assert not cell(page, "2026-12-11").select(".cal-passing")

    def test_an_outing_over_midnight_is_a_bar_over_both_days(self, client, world, outing):
        outing("2026-12-10", "21:00", "00:30")
        page = client.get(url_of(world.person), {"date": "2026-12-01"})
        assert entries(page, "2026-12-10") == ["21:00 ● おでかけ 確定 12/10(木) 21:00〜12/11(金) 0:30"]
        assert text(cell(page, "2026-12-11").select_one(".cal-passing")) == "つづいている予定 1件"

    def test_three_entries_and_how_many_more(self, client, world, outing):
        for hour in range(9, 15):
            outing("2026-12-10", f"{hour:02}:00", f"{hour:02}:45")
        page = client.get(url_of(world.person), {"date": "2026-12-01", "all": "1"})
        assert [entry[:5].strip() for entry in entries(page, "2026-12-10")] == ["9:00", "10:00", "11:00"]
        more = cell(page, "2026-12-10").select_one("a.cal-hidden")
        assert text(more) == "ほか3件 （12/10(木)）"
        assert more["href"] == f"{url_of(world.person)}?view=day&date=2026-12-10&all=1"
        assert len(entries(client.get(more["href"]), "2026-12-10")) == 6

    def test_what_was_cut_short_ends_when_it_ended(self, client, world, stay):
        stay(
            dt.date(2026, 12, 7),
            nights=4,
            state=SessionState.CUT_SHORT,
            actual_starts_at=at("2026-12-07", "15:00"),
            actual_ends_at=at("2026-12-08", "20:00"),
        )
        page = client.get(url_of(world.person), {"date": "2026-12-01"})
        assert entries(page, "2026-12-07")[0].endswith("途中で終了 12/7(月) 15:00〜12/8(火) 20:00")
        thursday = client.get(url_of(world.person), {"view": "day", "date": "2026-12-10"})
        assert "予定はありません" in text(soup(thursday).find(id="calendar"))

    @pytest.mark.parametrize(
        "state", [SessionState.CANCELLED, SessionState.DECLINED, SessionState.EXPIRED, SessionState.NO_SHOW]
    )
    def test_what_came_to_nothing_shows_only_when_asked_for(self, client, world, stay, state):
        stay(dt.date(2026, 12, 7), nights=1, state=state)
        page = client.get(url_of(world.person), {"date": "2026-12-01"})
        assert entries(page, "2026-12-07") == []
        link = soup(page).find("a", string="取り消しやお断りも見る")
        shown = client.get(link["href"])
        assert [state.label in entry and "×" in entry for entry in entries(shown, "2026-12-07")] == [True]
        assert soup(shown).find("a", string="取り消しやお断りをかくす")


class TestWeekAndDay:
    def test_overlapping_outings_stand_side_by_side(self, client, world, outing):
        outing("2026-12-10", "10:00", "12:00", activity="一")
        outing("2026-12-10", "11:00", "13:00", activity="二")
        outing("2026-12-10", "14:15", "14:30", activity="三")
        for view in ("week", "day"):
            page = client.get(url_of(world.person), {"view": view, "date": "2026-12-10"})
            blocks = [item["class"] for item in cell(page, "2026-12-10").select(".cal-blocks > li")]
            assert blocks == [["at-21", "for-4", "col-1"], ["at-23", "for-4", "col-2"], ["at-29", "for-1", "col-all"]]

    def test_a_week_counts_what_finds_no_place(self, client, world, outing):
        for number in range(4):
            outing("2026-12-10", "10:00", "12:00", activity=f"そと{number}")
        week = client.get(url_of(world.person), {"view": "week", "date": "2026-12-10"})
        assert len(entries(week, "2026-12-10")) == 2
        assert text(cell(week, "2026-12-10").select_one(".cal-hidden")).startswith("ほか2件")

    def test_a_day_with_very_much_at_once_is_a_plain_list(self, client, world, outing):
        for number in range(7):
            outing("2026-12-10", "10:00", "12:00", activity=f"そと{number}")
        day = client.get(url_of(world.person), {"view": "day", "date": "2026-12-10"})
        assert len(entries(day, "2026-12-10")) == 7
        assert soup(day).select("table.cal-list")
        assert not soup(day).select(".cal-hours")

    def test_without_outings_there_is_no_empty_time_grid(self, client, world, stay):
        stay(dt.date(2026, 12, 9), nights=2)
        for view in ("week", "day"):
            page = client.get(url_of(world.person), {"view": view, "date": "2026-12-10"})
            assert len(entries(page, "2026-12-10" if view == "day" else "2026-12-09")) == 1
            assert not soup(page).select(".cal-hours, .cal-axis")

    def test_a_stay_is_a_bar_above_and_a_day_tells_everything(self, client, world, stay, outing):
        stay(dt.date(2026, 12, 9), nights=2)
        session = outing("2026-12-10", place="架空駅")
        Escort.objects.create(session=session, user=world.worker)
        mine = client.get(reverse("calendars:my-calendar"), {"view": "day", "date": "2026-12-10"})
        escort = f"付き添い：{world.worker.name}"
        name = f"付き添い {world.person.name}さん おでかけ"
        assert entries(mine, "2026-12-10") == [f"10:00〜12:00 ● {name} 確定 架空駅 {escort}"]
        day = client.get(url_of(world.person), {"view": "day", "date": "2026-12-10"})
        assert [entry[:8] for entry in entries(day, "2026-12-10")] == ["←12/9から ", "10:00〜12"]

    def test_headings(self, client, world):
        def heading(view, date):
            return text(soup(client.get(url_of(world.person), {"view": view, "date": date})).h2)

        assert heading("week", "2026-12-30") == "令和8年12月27日（日）から1/2(土)まで"
        assert heading("day", "2026-11-23") == "令和8年11月23日（月）・勤労感謝の日"


class TestMovingAbout:
    def links(self, page) -> dict[str, str]:
        return {text(link): link["href"].partition("?")[2] for link in soup(page).select("#calendar nav a")}

    def test_to_the_next_month_over_the_end_of_a_year(self, client, world):
        found = self.links(client.get(url_of(world.person), {"date": "2026-12-31"}))
        assert found["次の月"] == "view=month&date=2027-01-01"
        assert found["前の月"] == "view=month&date=2026-11-01"
        assert found["週"] == "view=week&date=2026-12-31"

    @pytest.mark.parametrize("written", ["令和8年12月5日", "２０２６－１２－０５", "R8.12.5", "2026/12/05"])
    def test_dates_as_people_write_them(self, client, world, written):
        page = client.get(url_of(world.person), {"date": written, "view": "day"})
        assert text(soup(page).h2) == "令和8年12月5日（土）"

    @pytest.mark.parametrize(
        "written", ["0001-01-01", "9999-12-31", "1899-12-31", "2101-01-01", "2026-02-29", "あした", "-1", "9" * 1500]
    )
    @pytest.mark.parametrize("view", ["month", "week", "day"])
    def test_what_is_no_date_says_so_and_shows_today(self, client, world, written, view):
        page = client.get(url_of(world.person), {"date": written, "view": view})
        assert page.status_code == 422
        assert cell(page, "2026-11-22").select(".cal-today")
        assert soup(page).select("#calendar .error-summary a[href='#id_date']")
        assert soup(page).select("details[open] .field-errors")
        assert soup(page).find(id="id_date")["value"] == written

    def test_an_unknown_view_is_the_month(self, client, world):
        assert text(soup(client.get(url_of(world.person), {"view": "../x"})).h2) == "令和8年11月（2026年）"

    @pytest.mark.parametrize("view", ["month", "week", "day"])
    def test_no_link_leads_out_of_the_years_there_are(self, client, world, view):
        first = client.get(url_of(world.person), {"date": "1900-01-01", "view": view})
        last = client.get(url_of(world.person), {"date": "2100-12-31", "view": view})
        assert (first.status_code, last.status_code) == (200, 200)
        assert not soup(first).select("#calendar a[rel=prev]")
        assert soup(first).select("#calendar a[rel=next]")
        assert soup(last).select("#calendar a[rel=prev]")
        assert not soup(last).select("#calendar a[rel=next]")

    @pytest.mark.parametrize("view", ["month", "week", "day"])
    def test_the_part_is_the_same_as_in_the_fresh_page(self, client, world, stay, outing, view):
        stay(dt.date(2026, 12, 9))
        outing("2026-12-10")
        asked = {"date": "2026-12-10", "view": view}
        swapped = client.get(url_of(world.person), asked, headers=HTMX | {"HX-Target": "calendar"})
        assert part(swapped, "calendar") == part(client.get(url_of(world.person), asked), "calendar")
        assert not soup(swapped).find("h1")

    def test_a_swap_is_told_and_the_heading_gets_the_focus(self, client, world, outing):
        outing("2026-12-10")
        asked = {"date": "2026-12-10"}
        swapped = client.get(url_of(world.person), asked, headers=HTMX | {"HX-Target": "calendar"})
        assert '"#calendar-title"' in swapped["HX-Trigger-After-Settle"]
        said = swapped["HX-Trigger"].encode().decode("unicode_escape")
        assert "令和8年12月（2026年）。予定は1件です" in said


class TestWhose:
    def test_a_person_whom_one_does_not_support_is_not_there(self, world):
        for user in (world.stranger, world.home_staff):
            assert client_of(user).get(url_of(world.person)).status_code == 404

    def test_a_home_sees_its_stays_by_room_and_names_only_after_its_yes(self, world, stay):
        stay(dt.date(2026, 12, 7), nights=1)
        stay(dt.date(2026, 12, 14), nights=1, state=SessionState.REQUESTED)
        client = client_of(world.home_staff)
        home = world.room.home
        page = client.get(reverse("calendars:home-calendar", args=[home.public_id]), {"date": "2026-12-01"})
        assert entries(page, "2026-12-07")[0].startswith(f"● {world.room.name} はなさん 確定")
        assert entries(page, "2026-12-14")[0].startswith(f"△ {world.room.name} 年齢は未登録・女性 申込中")
        assert world.person.family_name not in text(cell(page, "2026-12-14"))
        everybody = client.get(reverse("calendars:organization-calendar"), {"date": "2026-12-01"})
        assert entries(everybody, "2026-12-07")[0].startswith(f"● {home.name} {world.room.name} はなさん")

    def test_a_board_leads_to_the_calendar_of_each_home(self, world):
        page = client_of(world.home_staff).get(reverse("programs:board"))
        address = reverse("calendars:home-calendar", args=[world.room.home.public_id])
        assert soup(page).select_one(f'main a[href="{address}"]')

    def test_each_calendar_leads_to_the_others(self, world):
        def ways(user, name, *args):
            page = client_of(user).get(reverse(f"calendars:{name}", args=args))
            return [text(link) for link in soup(page).select("nav[aria-label=ほかの予定表] a")]

        phone = "スマートフォンのカレンダーに入れる"
        second = factories.HomeFactory(organization=world.home_office)
        assert ways(world.worker, "person-calendar", world.person.public_id) == ["自分の予定表", "みんなの予定表"]
        assert ways(world.worker, "my-calendar") == ["みんなの予定表", "付き添える日を入れる", phone]
        assert ways(world.worker, "organization-calendar") == ["自分の予定表", phone]
        homes = [world.room.home.name, second.name]
        assert ways(world.home_staff, "organization-calendar") == ["居室の空き", *homes, phone]
        assert ways(world.home_staff, "home-calendar", second.public_id) == ["居室の空き", "みんなの予定表", phone]

    def test_a_home_sees_neither_outings_nor_other_homes(self, world, outing):
        outing("2026-12-10")
        client = client_of(world.home_staff)
        page = client.get(reverse("calendars:organization-calendar"), {"date": "2026-12-01"})
        assert not soup(page).select(".cal-entry")
        foreign = factories.HomeFactory()
        assert client.get(reverse("calendars:home-calendar", args=[foreign.public_id])).status_code == 404

    def test_mine_are_those_i_lead_and_those_i_accompany(self, client, world, outing):
        led, accompanied, other = person_of(world), person_of(world), person_of(world)
        SupportLink.objects.filter(person=led).update(lead=world.worker)
        outing("2026-12-10", person=led, activity="担当")
        session = outing("2026-12-10", person=accompanied, activity="いっしょ")
        Escort.objects.create(session=session, user=world.worker)
        outing("2026-12-10", person=other, activity="よそ")
        # Nobody sees the person of another circle because of an old name on an outing.
        foreign = outing("2026-12-10", person=factories.PersonFactory(), activity="ひみつ")
        Escort.objects.create(session=foreign, user=world.worker)
        page = client.get(reverse("calendars:my-calendar"), {"date": "2026-12-01"})
        assert entries(page, "2026-12-10") == [
            f"10:00 〜12:00 ● {led.name}さん 担当 確定",
            f"10:00 〜12:00 ● 付き添い {accompanied.name}さん いっしょ 確定",
        ]

    def test_a_lead_that_has_ended_is_no_lead(self, client, world, outing):
        SupportLink.objects.filter(person=world.person).update(
            lead=world.worker, starts_on=dt.date(2026, 4, 1), ends_on=dt.date(2026, 11, 1)
        )
        factories.SupportLinkFactory(person=world.person, organization=world.office)
        outing("2026-12-10")
        page = client.get(reverse("calendars:my-calendar"), {"date": "2026-12-01"})
        assert entries(page, "2026-12-10") == []

    def test_the_days_on_which_i_can_go_along(self, client, world):
        for user in (world.worker, world.coordinator):
            EscortDay.objects.create(user=user, date=dt.date(2026, 12, 8), starts=dt.time(9, 30), ends=dt.time(16))
        page = client.get(reverse("calendars:my-calendar"), {"date": "2026-12-01"})
        assert [text(free) for free in soup(page).select(".cal-free")] == ["付き添える 9:30〜16:00"]
        assert not soup(client.get(url_of(world.person), {"date": "2026-12-01"})).select(".cal-free")

    def test_a_municipality_sees_all_its_people_and_a_stranger_none(self, world, outing):
        outing("2026-12-10")
        address = reverse("calendars:organization-calendar")
        city = client_of(world.coordinator).get(address, {"date": "2026-12-01"})
        assert len(entries(city, "2026-12-10")) == 1
        stranger = client_of(world.stranger).get(address, {"date": "2026-12-01"})
        assert entries(stranger, "2026-12-10") == []

    def test_one_worker_and_one_program(self, client, world, outing):
        led = person_of(world)
        SupportLink.objects.filter(person=led).update(lead=world.worker)
        other_program = factories.ProgramFactory(name="外出体験")
        outing("2026-12-10", person=led, activity="担当")
        outing("2026-12-11", program=other_program, activity="べつ")
        address = reverse("calendars:organization-calendar")
        by_worker = client.get(address, {"date": "2026-12-01", "worker": world.worker.pk})
        assert [text(entry)[-12:] for entry in soup(by_worker).select(".cal-entry")] == [
            f"{led.name}さん 担当 確定"[-12:]
        ]
        by_program = client.get(address, {"date": "2026-12-01", "program": str(other_program.public_id)})
        assert entries(by_program, "2026-12-10") == []
        assert len(entries(by_program, "2026-12-11")) == 1
        following = soup(by_program).select_one("#calendar a[rel=next]")["href"]
        assert following.endswith(f"&program={other_program.public_id}")

    @pytest.mark.parametrize("bad", ["x", "99999999999999999999999", "' OR 1=1", "-1"])
    def test_a_filter_that_is_none_is_told(self, client, world, outing, bad):
        outing("2026-12-10")
        address = reverse("calendars:organization-calendar")
        for name in ("worker", "program"):
            page = client.get(address, {"date": "2026-12-10", name: bad})
            assert page.status_code == 422
            assert text(soup(page).select_one(".field-errors")).endswith("選べるものの中から選んでください。")

    def test_another_organizations_worker_is_no_choice(self, client, world):
        address = reverse("calendars:organization-calendar")
        assert client.get(address, {"worker": world.stranger.pk}).status_code == 422

    def test_an_office_without_people_or_homes_has_an_empty_calendar(self, world):
        office = factories.OrganizationFactory(kind=OrganizationKind.DAY_ACTIVITY)
        user = factories.MembershipFactory(organization=office).user
        page = client_of(user).get(reverse("calendars:organization-calendar"))
        assert page.status_code == 200
        assert "この月に予定はありません" in text(soup(page))


class TestCost:
    def pages(self, world):
        return [
            (world.worker, url_of(world.person)),
            (world.worker, reverse("calendars:my-calendar")),
            (world.worker, reverse("calendars:organization-calendar")),
            (world.home_staff, reverse("calendars:organization-calendar")),
            (world.home_staff, reverse("calendars:home-calendar", args=[world.room.home.public_id])),
        ]

    def test_as_many_queries_with_one_row_as_with_three(self, world, stay, outing):
        SupportLink.objects.filter(person=world.person).update(lead=world.worker)

        def counts():
            return [
                queries_of(client_of(user), f"{url}?view={view}&date=2026-12-10")
                for user, url in self.pages(world)
                for view in ("month", "week", "day")
            ]

        def add(day):
            stay(dt.date(2026, 12, day))
            for _ in range(2):
                session = outing(f"2026-12-{day:02}", person=person_of(world))
                SupportLink.objects.filter(person=session.person).update(lead=world.worker)
                Escort.objects.create(session=session, user=world.worker)

        add(10)
        one = counts()
        add(7)
        add(8)
        assert counts() == one
        assert max(one) <= 12

    def test_two_thousand_entries_in_a_month_stay_small(self, world):
        people = [person_of(world) for _ in range(20)]
        start = at("2026-12-01", "08:00")
        Session.objects.bulk_create(
            Session(
                kind=SessionKind.OUTING,
                person=people[number % 20],
                program=world.program,
                organization=world.office,
                requested_by=world.worker,
                state=SessionState.CONFIRMED,
                activity=f"買い物{number}",
                starts_at=start + dt.timedelta(days=number % 31, minutes=number % 500),
                ends_at=start + dt.timedelta(days=number % 31, minutes=number % 500 + 90),
            )
            for number in range(2000)
        )
        client = client_of(world.worker)
        address = f"{reverse('calendars:organization-calendar')}?date=2026-12-10"
        for view in ("month", "week", "day"):
            assert queries_of(client, f"{address}&view={view}") <= 12
        month = client.get(address)
        assert len(gzip.compress(month.content)) < 20_000
        assert len(soup(month).select(".cal-entry")) == 31 * 3
        assert len(entries(month, "2026-12-10")) == 3
        hidden = [int(re.search(r"\d+", text(link))[0]) for link in soup(month).select(".cal-hidden")]
        assert sum(hidden) == 2000 - 31 * 3
