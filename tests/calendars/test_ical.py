"""The bytes of the calendar. Pure: nothing here touches the database."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.domain import ical
from calendars.domain.entries import Facts, content_of, variants_of
from calendars.domain.ical import Content, Stamps, Status
from calendars.enums import Variant
from programs.enums import SessionKind, SessionState
from tests.calendars.lint import events_of, lint
from tests.calendars.parsers import by_icalendar, by_vobject

TOKYO = ZoneInfo("Asia/Tokyo")
GOLDEN = Path(__file__).parent / "golden" / "entries.ics"
STARTS_AT = dt.datetime(2026, 12, 5, 15, 0, tzinfo=TOKYO)
ENDS_AT = dt.datetime(2026, 12, 7, 10, 0, tzinfo=TOKYO)
CREATED_AT = dt.datetime(2026, 11, 1, 0, 0, tzinfo=dt.UTC)
CHANGED_AT = dt.datetime(2026, 11, 22, 1, 0, 0, 999999, tzinfo=dt.UTC)
URL = "https://taiken.example.jp/sessions/0b7cdf60-0000-4000-8000-000000000000/"
NASTY = [
    "a\r\nBEGIN:VEVENT\r\nSUMMARY:x",
    "nul\x00bel\x07vt\x0besc\x1bdel\x7f",
    "nel\x85ls\u2028ps\u2029end",
    "c1\x80\x9fbom\ufeffsurrogate\ud800",
    "right\u202eto left\u2066x\u2069",
    r"back\slash \n \, \; \\",
    "semi;comma,colon:quote\"'",
    "𠮷" * 60,
    "葛󠄀飾区の" * 20,
    "x" * 300,
    ";" * 200,
    "あ;" * 60,
    "x" + ",;" * 100,
    "👨‍👩‍👧‍👦" * 20,
    " 前後の空白　",
]


def facts(state=SessionState.CONFIRMED, kind=SessionKind.STAY, **more) -> Facts:
    values = {
        "place": "ホームみほん（架空市）",
        "room": "101号室",
        "called": "はなさん",
        "code": "A3F9",
        "url": URL,
        **more,
    }
    return Facts(kind, state, STARTS_AT, ENDS_AT, **values)


def stamps(number=0, sequence=0) -> Stamps:
    return Stamps(f"{number:08d}-0000-5000-8000-000000000000@taiken.invalid", sequence, CREATED_AT, CHANGED_AT)


def calendar(*contents: Content) -> bytes:
    return ical.assemble(ical.fragment(content, stamps(number)).encode() for number, content in enumerate(contents))


def content(summary="お泊まり", location="") -> Content:
    return Content(STARTS_AT, ENDS_AT, Status.CONFIRMED, summary, location)


def every_state_and_detail() -> bytes:
    return calendar(*(content_of(facts(state), detail) for state in SessionState for detail in Variant))


def test_every_state_at_every_detail_to_the_byte():
    assert every_state_and_detail() == GOLDEN.read_bytes()


def test_golden_file_is_clean():
    assert lint(GOLDEN.read_bytes()) == []


def test_same_facts_same_bytes():
    assert every_state_and_detail() == every_state_and_detail()


@pytest.mark.parametrize(
    ("state", "detail", "summary", "status", "location"),
    [
        ("REQUESTED", "NEUTRAL", "お泊まり（申込中）", "TENTATIVE", None),
        ("CONFIRMED", "NEUTRAL", "お泊まり", "CONFIRMED", None),
        ("IN_PROGRESS", "BUSY", "予定あり", "CONFIRMED", None),
        ("CANCELLED", "BUSY", "【中止】予定あり", "CANCELLED", None),
        ("NO_SHOW", "NEUTRAL", "【中止】お泊まり", "CANCELLED", None),
        ("DECLINED", "PLACE", "【中止】お泊まり", "CANCELLED", "ホームみほん（架空市）"),
        ("COMPLETED", "PLACE", "お泊まり", "CONFIRMED", "ホームみほん（架空市）"),
        ("CUT_SHORT", "NAMES", "はなさん お泊まり", "CONFIRMED", "ホームみほん（架空市）"),
        ("EXPIRED", "NAMES", "【中止】はなさん お泊まり", "CANCELLED", "ホームみほん（架空市）"),
    ],
)
def test_a_reader_of_icalendar_sees(state, detail, summary, status, location):
    body = calendar(content_of(facts(SessionState(state)), Variant(detail)))
    (event,) = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert str(event["SUMMARY"]) == summary
    assert str(event["STATUS"]) == status
    assert event.get("LOCATION") == location
    assert event["TRANSP"] == ("TRANSPARENT" if status == "CANCELLED" else "OPAQUE")
    assert event.start == STARTS_AT
    assert event.end == ENDS_AT


@pytest.mark.parametrize(
    ("kind", "title"),
    [(SessionKind.STAY, "お泊まり"), (SessionKind.OUTING, "おでかけ"), (SessionKind.DAY_VISIT, "日中の体験")],
)
def test_neutral_title_tells_the_kind_only(kind, title):
    assert content_of(facts(kind=kind), Variant.NEUTRAL) == content(title)


@pytest.mark.parametrize("state", SessionState)
def test_busy_tells_times_and_status_only(state):
    body = calendar(content_of(facts(state), Variant.BUSY))
    told = {name for (event,) in [events_of(body)] for name, _ in event}
    assert told == {
        "UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "DTSTART;TZID=Asia/Tokyo", "DTEND;TZID=Asia/Tokyo",
        "SUMMARY", "STATUS", "TRANSP", "CLASS",
    }  # fmt: skip
    assert "お泊まり" not in body.decode()
    assert "ホーム" not in body.decode()
    assert "はな" not in body.decode()


def test_a_stay_cut_short_ends_when_it_ended():
    left_at = STARTS_AT + dt.timedelta(hours=20)
    assert content_of(facts(SessionState.CUT_SHORT, ended_early_at=left_at), Variant.NEUTRAL).ends_at == left_at
    assert content_of(facts(SessionState.COMPLETED, ended_early_at=left_at), Variant.NEUTRAL).ends_at == ENDS_AT
    assert content_of(facts(SessionState.CUT_SHORT, ended_early_at=STARTS_AT), Variant.NEUTRAL).ends_at == ENDS_AT


def test_times_from_the_database_are_told_in_japan():
    utc = content_of(facts(), Variant.NEUTRAL)
    utc = Content(STARTS_AT.astimezone(dt.UTC), ENDS_AT.astimezone(dt.UTC), utc.status, utc.summary)
    assert b"\r\nDTSTART;TZID=Asia/Tokyo:20261205T150000\r\nDTEND;TZID=Asia/Tokyo:20261207T100000\r\n" in calendar(utc)


def test_an_empty_calendar_is_valid():
    assert lint(ical.assemble([])) == []
    assert icalendar.Calendar.from_ical(ical.assemble([])).walk("VEVENT") == []


@pytest.mark.parametrize("text", NASTY)
def test_nasty_text_stays_inside_its_line(text):
    body = calendar(content(text, text))
    assert lint(body) == []
    (event,) = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert str(event["SUMMARY"]) == ical.clean(text) == str(event["LOCATION"])


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\r\nb", "a b"),
        ("a\u2028\u2029\x85b", "a b"),
        ("a\x00\x07b", "ab"),
        ("a\\nb", "a＼nb"),
        ("a\u202eb\ud800", "ab"),
        (" \ta ", "a"),
    ],
)
def test_clean(text, cleaned):
    assert ical.clean(text) == cleaned


def test_escape_takes_the_backslash_first():
    assert ical.escape("a\\b;c,d\ne") == "a\\\\b\\;c\\,d\\ne"


def test_fold_at_the_edge():
    assert ical.fold("x" * 75) == "x" * 75
    assert ical.fold("x" * 76) == "x" * 75 + "\r\n x"
    assert ical.fold("x" * 74 + "𠮷") == "x" * 74 + "\r\n 𠮷"
    assert ical.fold("x" * 74 + "\\;") == "x" * 74 + "\r\n \\;"


# Whatever can be typed, with what has broken calendars before more often than chance would have it.
TYPED = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("\\;,:\"'\r\n\t\x00\x85\u2028 　\ufeff\u202eあ𠮷👨\u200d👩nN=%"),
    ),
    max_size=200,
)


@given(TYPED, TYPED, TYPED)
def test_any_text_is_lint_free_and_comes_back(summary, location, description):
    told = Content(STARTS_AT, ENDS_AT, Status.CONFIRMED, f"体験{summary}", location, description, URL)
    body = calendar(told)
    assert lint(body) == []
    wanted = (ical.clean(f"体験{summary}"), ical.clean(location), ical.clean(description))
    for parse in (by_icalendar, by_vobject):
        [[event]] = parse([body])
        assert (event.summary, event.location, event.description) == wanted


@given(place=TYPED, room=TYPED, called=TYPED, kind=st.sampled_from(SessionKind), state=st.sampled_from(SessionState))
def test_what_is_typed_survives_in_every_variant(place, room, called, kind, state):
    """Names of places, rooms and people, into titles and places and back, and nowhere they do not belong."""
    typed = facts(state, kind, place=place, room=room, called=called)
    variants = variants_of(kind)
    body = calendar(*(content_of(typed, variant) for variant in variants))
    assert lint(body) == []
    for parse in (by_icalendar, by_vobject):
        [events] = parse([body])
        for variant, event in zip(variants, events, strict=True):
            told = content_of(typed, variant)
            assert (event.summary, event.location) == (ical.clean(told.summary), ical.clean(told.location))
            assert event.description == told.description
    hidden = calendar(*(content_of(typed, variant) for variant in (Variant.BUSY, Variant.NEUTRAL)))
    bare = facts(state, kind, place="", room="", called="")
    assert hidden == calendar(*(content_of(bare, variant) for variant in (Variant.BUSY, Variant.NEUTRAL)))


def test_nothing_typed_is_lost_but_what_is_documented():
    """Cleaning takes out line breaks, controls and direction marks, and widens the backslash; all else stays."""
    kept = "".join(map(chr, [*range(0x20, 0x7F), 0xA0, *range(0x3040, 0x30FF), 0x20BB7, 0x1F468, 0x200D, 0xE0100]))
    assert ical.clean(f"a{kept}z") == f"a{kept}z".replace("\\", "＼")


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda body: body.replace(b"\r\n", b"\n"),
        lambda body: body.removesuffix(b"\r\n"),
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.replace(b"CLASS:PRIVATE", b"CLASS:PRIVATE" + b"x" * 80, 1),
        lambda body: body.replace("お泊".encode(), "お".encode() + b"\xe6\xb3\r\n \x8a", 1),
        lambda body: body.replace("お泊".encode(), b"a\\\r\n ;b", 1),
        lambda body: body.replace("お泊".encode(), b"a;b", 1),
        lambda body: body.replace("お泊".encode(), b"a\\qb", 1),
        lambda body: body.replace("お泊".encode(), b"a\x07b", 1),
        lambda body: body.replace("お泊".encode(), "a\u2028b".encode(), 1),
        lambda body: body.replace(b"00000001-", b"00000000-"),
        lambda body: body.replace(b"BEGIN:VTIMEZONE", b"BEGIN:VTODO").replace(b"END:VTIMEZONE", b"END:VTODO"),
        lambda body: body.replace(b";TZID=Asia/Tokyo", b"", 1),
        lambda body: body.replace(b"STATUS:CONFIRMED", b"STATUS:confirmed", 1),
        lambda body: body.replace(b"CLASS:PRIVATE", b"ORGANIZER:mailto:a@example.invalid", 1),
        lambda body: body.replace(b"SEQUENCE:0\r\n", b"", 1),
        lambda body: body.replace("【中止】".encode(), b""),
        lambda body: body.replace(b";VALUE=DURATION", b""),
    ],
)
def test_the_lint_has_power(spoilt):
    body = calendar(content_of(facts(), Variant.NEUTRAL), content_of(facts(SessionState.CANCELLED), Variant.NEUTRAL))
    assert lint(body) == []
    assert spoilt(body) != body
    assert lint(spoilt(body)) != []
