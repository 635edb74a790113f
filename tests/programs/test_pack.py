"""The documents: one per enrollment and one per month, on screen, as PDF, as CSV; with sums, photos, and readers."""

import csv
import datetime as dt
import io
import os
import shutil
import subprocess
import sys

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image

from programs.enums import Face, SessionState, Step
from programs.models import Escort, GoalScore, Photo, Rating, SessionRecord, SessionWish
from tests import factories
from tests.programs.pages import client_of, queries_of, soup, text
from tests.programs.stories import outing_world
from transition import clock, pdf
from transition.enums import ConsentKind, ConsentMeans, WishChoice
from transition.models import AuditEvent, Consent, Wish, WishItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = outing_world()
    world.enrollment = factories.EnrollmentFactory(
        person=world.person,
        program=world.program,
        organization=world.office,
        starts_on=dt.date(2026, 7, 10),
        ends_on=dt.date(2027, 1, 9),
        purpose="おでかけを楽しむ",
        lead=world.worker,
    )
    return world


def outing(world, day, start="10:00", end="12:00", state=SessionState.COMPLETED, **more):
    date = dt.date.fromisoformat(day)
    starts_at, ends_at = (clock.at(date, dt.time.fromisoformat(time)) for time in (start, end))
    actual = {"actual_starts_at": starts_at, "actual_ends_at": ends_at} if state == SessionState.COMPLETED else {}
    values = {
        "person": world.person,
        "program": world.program,
        "enrollment": world.enrollment,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "state": state,
        "activity": "カフェでお茶",
        "place": "みほん喫茶",
        "step": Step.OUTING,
        "transport": "TRAIN",
        "transport_cost": 420,
    }
    return factories.SessionFactory(**(values | actual | more))


def detailed(world, day, **more):
    """An outing with everything that can hang on it."""
    session = outing(world, day, **more)
    goal = factories.GoalFactory(person=world.person, created_at=dt.datetime(2026, 7, 1, tzinfo=dt.UTC))
    item = WishItem.objects.create(code=f"cafe-{day}", name="カフェ")
    SessionRecord.objects.create(
        session=session,
        place="べつの喫茶",
        shown="=ケーキを指さした",
        helped="写真",
        incident="混んでいた",
        next_step="AGAIN",
        next_note="電車で行く",
        by=world.worker,
    )
    Rating.objects.create(session=session, face=Face.GOOD, word="また", expression="WORD", by=world.worker)
    GoalScore.objects.create(
        goal=goal, session=session, score=1, scored_on=clock.local_date(session.starts_at), by=world.worker
    )
    Escort.objects.create(session=session, user=world.worker)
    SessionWish.objects.create(session=session, item=item)
    return session


def agree(world, **more):
    values = {"means": ConsentMeans.SIGNED, "given_on": dt.date(2026, 7, 1), "by": world.worker} | more
    return Consent.objects.create(person=world.person, kind=ConsentKind.PHOTO, **values)


def photograph(world, session):
    content = io.BytesIO()
    Image.new("RGB", (40, 30), (250, 10, 10)).save(content, "JPEG")
    name = default_storage.save("photos/tests-pack.jpg", ContentFile(content.getvalue()))
    return Photo.objects.create(
        session=session, large=name, small=name, width=40, height=30, caption="ケーキ", by=world.worker
    )


def url(row, name="pack", *more):
    return reverse(f"programs:{name}", args=[row.public_id, *more])


def month(world, code="2026-10"):
    return url(world.person, "month-sheet", code)


def table(response, section):
    rows = soup(response).select(f"section[aria-labelledby={section}] tr:not(.paper-more)")
    return [[text(cell) for cell in row.select("th, td")] for row in rows]


def read_csv(response):
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


class TestPack:
    def test_sums_are_those_of_the_limits_month_by_month(self, world):
        for start, end in (("10:00", "15:30"), ("09:45", "16:00"), ("13:00", "17:45")):  # vector A1
            outing(world, f"2026-10-{int(start[:2]):02}", start, end)
        outing(world, "2026-12-05", "10:00", "11:30", state=SessionState.CONFIRMED)
        rows = table(client_of(world.worker).get(url(world.enrollment)), "sums")
        assert len(rows) == 1 + 7  # vector A3: July to January
        assert rows[4] == ["令和8年10月", "1か月の外出時間", "16時間30分", "0時間00分", "24時間00分", "7時間30分"]
        assert rows[6] == ["令和8年12月", "1か月の外出時間", "0時間00分", "1時間30分", "24時間00分", "22時間30分"]

    def test_what_went_beyond_the_cap_is_said_and_counted(self, world):
        outing(world, "2026-10-03", "00:00", "23:00")
        outing(world, "2026-10-10", "10:00", "11:30")
        page = client_of(world.worker).get(url(world.enrollment))
        assert table(page, "sums")[4][2:] == ["24時間30分", "0時間00分", "24時間00分", "！ 0時間30分こえた"]
        assert "市町村に確認してください" in text(soup(page))
        assert "違法" not in text(soup(page))

    def test_a_night_across_months_is_split_at_midnight(self, world):
        night = outing(world, "2026-10-31", "22:00", "23:00")
        night.ends_at = night.actual_ends_at = clock.at(dt.date(2026, 11, 1), dt.time(1))
        night.save()
        rows = table(client_of(world.worker).get(url(world.enrollment)), "sums")  # vector A6
        assert [rows[4][2], rows[5][2]] == ["2時間00分", "1時間00分"]
        october, november = (
            table(client_of(world.worker).get(month(world, code)), "sums")[1][2] for code in ("2026-10", "2026-11")
        )
        assert (october, november) == ("2時間（120分）", "1時間（60分）")

    def test_tells_each_outing_with_all_that_hangs_on_it(self, world):
        detailed(world, "2026-10-10")
        page = client_of(world.worker).get(url(world.enrollment))
        assert table(page, "outings")[1] == [
            "令和8年10月10日（土）",
            "10:00〜12:00",
            "120分",
            "カフェでお茶（べつの喫茶） 電車 420円",
            world.worker.name,
            "終了",
        ]
        more = text(soup(page).select_one(".paper-more"))
        for words in (
            "本人： よかった 「 また 」 本人（ことば）",
            "目標の点：A そとで ごはんが たべたい ＋1",
            "かなえた希望：カフェ",
            "本人が見せたようす：=ケーキを指さした",
            "困ったこと・事故：混んでいた",
            "次は：続けたい。電車で行く",
        ):
            assert words in more

    def test_tells_who_and_what_came_of_it(self, world):
        world.person.certificate_number = "0000000017"
        world.person.save()
        factories.ReviewFactory(
            enrollment=world.enrollment,
            held_on=dt.date(2026, 8, 9),
            decision="つづける",
            by=world.worker,
            at=clock.now(),
        )
        factories.ReviewFactory(enrollment=world.enrollment, month=3, due_on=dt.date(2026, 10, 9))
        outcome = factories.OutcomeFactory(
            enrollment=world.enrollment, code="MOVED_GROUP_HOME", moved_on=dt.date(2026, 11, 1)
        )
        factories.FollowUpFactory(outcome=outcome)
        page = text(soup(client_of(world.worker).get(url(world.enrollment))).main)
        for words in (
            "0000000017",
            "令和8年7月10日（金）から令和9年1月9日（土）まで",
            "おでかけを楽しむ",
            "グループホームへ移った",
            "引っこした日 令和8年11月1日（日）",
            "移って30日以内の訪問（令和8年12月1日（火）まで）：まだ",
            "1か月目（令和8年8月9日（日））",
            "つづける",
        ):
            assert words in page
        assert "3か月目" not in page

    def test_a_wish_that_appeared_is_marked(self, world):
        items = [WishItem.objects.create(code=str(n), name=name) for n, name in enumerate(("電車", "映画", "風呂"))]
        before, after = (dt.datetime(2026, month, 1, tzinfo=dt.UTC) for month in (7, 9))
        answers = [
            (0, "WANT", before),
            (0, "WANT", after),
            (1, "UNKNOWN", before),
            (1, "WANT", after),
            (2, "WANT", before),
            (2, "NOT_NOW", after),
        ]
        for item, choice, at in answers:
            Wish.objects.create(
                person=world.person, item=items[item], choice=WishChoice(choice), expression="FACE", at=at
            )
        found = soup(client_of(world.worker).get(url(world.enrollment))).select("[aria-labelledby=wishes] li")
        assert [item.contents[0].strip() for item in found] == ["電車", "映画"]
        assert ["この利用のあいだに出た" in text(item) for item in found] == [False, True]

    def test_photos_only_while_the_person_agrees(self, world):
        photo = photograph(world, outing(world, "2026-10-10"))
        client = client_of(world.worker)

        def shown(address):
            return [image["src"] for image in soup(client.get(address)).select(".paper-photos img")]

        for address in (url(world.enrollment), month(world)):
            assert shown(address) == []
        consent = agree(world)
        for address in (url(world.enrollment), month(world)):
            assert shown(address) == [reverse("programs:photo", args=[photo.public_id, "small"])]
        consent.withdrawn_at, consent.withdrawn_by = clock.now(), world.worker
        consent.save()
        agree(world, ends_on=dt.date(2026, 11, 21))
        for address in (url(world.enrollment), month(world)):
            assert shown(address) == []

    def test_sessions_of_other_programs_and_times_stay_out(self, world):
        outing(world, "2026-10-10")
        outing(world, "2026-10-11", enrollment=None)
        outing(world, "2026-07-09", enrollment=None)
        outing(world, "2026-10-12", enrollment=None, program=factories.ProgramFactory())
        outing(world, "2026-10-13", state=SessionState.CANCELLED)
        page = client_of(world.worker).get(url(world.enrollment))
        assert [row[0] for row in table(page, "outings")[1:]] == ["令和8年10月10日（土）", "令和8年10月11日（日）"]
        assert "2回・4時間" in text(soup(page).main)
        assert "取消など 1回" in text(soup(page).main)

    def test_is_for_those_who_see_the_person(self, world):
        for address in (url(world.enrollment), month(world)):
            assert client_of(world.coordinator).get(address).status_code == 200
            for user in (world.stranger, world.home_staff):
                for query in ({}, {"format": "csv"}, {"format": "pdf"}):
                    assert client_of(user).get(address, query).status_code == 404

    def test_asks_as_many_queries_for_three_outings_as_for_one(self, world):
        agree(world)
        client = client_of(world.worker)
        photograph(world, detailed(world, "2026-10-10"))
        once = [queries_of(client, address) for address in (url(world.enrollment), month(world))]
        for day in ("2026-10-11", "2026-10-12"):
            photograph(world, detailed(world, day))
        assert [queries_of(client, address) for address in (url(world.enrollment), month(world))] == once
        assert max(once) <= 26


class TestMonthSheet:
    def test_sums_each_program(self, world):
        outing(world, "2026-10-03", "10:00", "15:30")
        outing(
            world, "2026-10-10", "10:00", "11:00", program=factories.ProgramFactory(name="ほかの体験"), enrollment=None
        )
        outing(world, "2026-09-30")
        page = client_of(world.worker).get(month(world))
        assert table(page, "sums")[1:] == [
            [
                "外出体験",
                "1回",
                "5時間30分（330分）",
                "0泊",
                "420円",
                "1か月の外出時間：24時間00分のうち行った5時間30分・予定0時間00分・残り18時間30分（市町村に確認してください）",
            ],
            ["ほかの体験", "1回", "1時間（60分）", "0泊", "420円", "－"],
        ]
        assert len(table(page, "outings")) == 3

    def test_leads_to_the_months_beside_it(self, world):
        page = soup(client_of(world.worker).get(month(world, "2026-12")))
        assert page.select_one("[rel=prev]")["href"] == month(world, "2026-11")
        assert page.select_one("[rel=next]")["href"] == month(world, "2027-01")
        assert "この月の体験はありません" in text(page.main)

    @pytest.mark.parametrize("code", ["2026-13", "2026-00", "2026-1", "1999-01", "x", "２０２６-10"])
    def test_other_months_do_not_exist(self, world, code):
        assert client_of(world.worker).get(month(world, code)).status_code == 404


class TestCsv:
    def test_one_row_per_outing_read_again(self, world):
        detailed(world, "2026-10-10")
        outing(world, "2026-12-05", state=SessionState.CONFIRMED)
        response = client_of(world.worker).get(url(world.enrollment), {"format": "csv"})
        first, second = read_csv(response)
        assert first == {
            "日にち": "2026-10-10",
            "開始": "10:00",
            "終了": "12:00",
            "分": "120",
            "状態": "終了",
            "種類": "おでかけ",
            "したこと": "カフェでお茶",
            "場所": "べつの喫茶",
            "行きかた": "電車",
            "交通費（円）": "420",
            "付き添い": world.worker.name,
            "かなえた希望": "カフェ",
            "本人の顔": "よかった",
            "本人のことば": "また",
            "だれが表したか": "本人（ことば）",
            "目標の点": "そとで ごはんが たべたい：＋1",
            "本人が見せたようす": "'=ケーキを指さした",
            "役に立ったこと": "写真",
            "困ったこと・事故": "混んでいた",
            "次は": "続けたい、電車で行く",
        }
        assert (second["日にち"], second["状態"], second["分"]) == ("2026-12-05", "確定", "120")
        event = AuditEvent.objects.get(action="export.pack.csv")
        assert event.data["rows"] == 2
        assert event.subject_id == str(world.enrollment.public_id)

    def test_of_a_month(self, world):
        outing(world, "2026-10-10")
        outing(world, "2026-11-10")
        response = client_of(world.worker).get(month(world), {"format": "csv"})
        assert [row["日にち"] for row in read_csv(response)] == ["2026-10-10"]
        assert AuditEvent.objects.filter(action="export.month_sheet.csv").count() == 1


def needs_pango():
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PDF was looked at: WeasyPrint lacks Pango on this machine ({missing})")


class TestPdf:
    def test_holds_the_document_and_its_photos(self, world, tmp_path):
        needs_pango()
        agree(world)
        photograph(world, detailed(world, "2026-10-10"))
        for address, words in ((url(world.enrollment), "2時間00分"), (month(world), "令和8年10月の記録")):
            response = client_of(world.worker).get(address, {"format": "pdf"})
            assert response.status_code == 200
            assert response.headers["Content-Type"] == "application/pdf"
            assert response.content.startswith(b"%PDF")
            # The small red photo is in it, and the bar of buttons is not.
            assert b"/Width 40" in response.content or b"/Subtype /Image" in response.content
            if shutil.which("pdftotext"):
                file = tmp_path / "pack.pdf"
                file.write_bytes(response.content)
                read = subprocess.run(["pdftotext", file, "-"], capture_output=True, text=True, check=True).stdout
                for expected in (words, "べつの喫茶", "ケーキを指さした", world.person.given_name):
                    assert expected in read
                assert "PDFで保存する" not in read
        assert AuditEvent.objects.filter(action="export.pack.pdf").count() == 1

    @pytest.mark.parametrize("missing", ["nothing", "pango"])
    def test_says_so_where_no_pdf_can_be_made(self, world, monkeypatch, missing):
        if missing == "nothing":
            monkeypatch.setitem(sys.modules, "weasyprint", None)
        else:
            monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
            monkeypatch.setattr("builtins.__import__", without_pango(__import__))
        response = client_of(world.worker).get(url(world.enrollment), {"format": "pdf"})
        assert response.status_code == 503
        assert "このサーバーではPDFを作れません。印刷してください" in text(soup(response).h1)
        assert soup(response).select_one("main a.button")["href"] == url(world.enrollment)
        assert not AuditEvent.objects.filter(action="export.pack.pdf").exists()

    @pytest.mark.parametrize(
        "address",
        [
            "https://example.invalid/x.png",
            "http://127.0.0.1/",
            "file:///etc/passwd",
            "data:text/plain,x",
            "https://document.invalid/photos/other/",
            "https://document.invalid/static/../pyproject.toml",
            "https://document.invalid/static/%2e%2e/pyproject.toml",
            "https://document.invalid.evil.invalid/static/x",
        ],
    )
    def test_nothing_but_our_own_files_is_read(self, address):
        with pytest.raises(ValueError, match="not read"):
            pdf.read(address, {"/photos/mine/": "photos/x.jpg"})

    def test_reads_our_style_sheet(self):
        assert b"@layer" in pdf.read("https://document.invalid/static/transition/app.css", {})


def without_pango(real):
    def load(name, *rest, **named):
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *rest, **named)

    return load
