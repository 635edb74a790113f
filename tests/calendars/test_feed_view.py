"""What a calendar program gets over HTTP."""

import datetime as dt

import icalendar
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import parse_http_date

from calendars.domain import ical
from calendars.models import CalendarFeed
from calendars.services import feeds
from programs.enums import SessionState
from tests.calendars.conftest import address_of, put
from tests.calendars.lint import lint

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
UNKNOWN = "A" * 43


def titles(response) -> list[str]:
    return [str(event["SUMMARY"]) for event in icalendar.Calendar.from_ical(response.content).walk("VEVENT")]


def modified(response) -> int:
    return parse_http_date(response["Last-Modified"])


def again(client, address, response):
    """Poll as Thunderbird and ICSx⁵ do, by tag."""
    return client.get(address, headers={"If-None-Match": response["ETag"]})


def by_date(client, address, response):
    """Poll as Apple does, by date."""
    return client.get(address, headers={"If-Modified-Since": response["Last-Modified"]})


def test_the_family_gets_the_calendar(client, stay, address):
    stay()
    response = client.get(address)
    assert response.status_code == 200
    assert lint(response.content) == []
    assert titles(response) == ["お泊まり"]


def test_headers(client, stay, address):
    response = client.get(address)
    wanted = {
        "Content-Type": "text/calendar; charset=utf-8",
        "Cache-Control": "private, no-cache",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Last-Modified": "Sun, 22 Nov 2026 01:00:00 GMT",
        "Content-Length": str(len(response.content)),
    }
    assert {name: response.headers[name] for name in wanted} == wanted
    assert response["ETag"].startswith('"')
    for name in ("Set-Cookie", "Vary", "Content-Encoding", "Content-Disposition", "Location"):
        assert name not in response.headers


def test_no_cookie_is_read_or_set_even_from_somebody_signed_in(client, world, address):
    client.force_login(world.worker)
    response = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert not response.cookies
    assert "Vary" not in response.headers
    assert not response.wsgi_request.session.accessed


@pytest.mark.parametrize("cookie", ["", "stale", "x" * 32])
def test_a_stale_cookie_is_left_alone(client, address, cookie):
    client.cookies["sessionid"] = cookie
    for path in (address, f"/ical/{UNKNOWN}/yotei.ics"):
        response = client.get(path)
        assert not response.cookies
        assert "Vary" not in response.headers


def test_no_negotiation(client, address):
    for accept in ("", "text/html", "application/json", "nonsense"):
        assert client.get(address, headers={"Accept": accept}).status_code == 200


def test_bytes_are_the_same_at_any_time_of_the_month(client, stay, address, frozen_time):
    for day in (20, 5, 12):
        stay(check_in=dt.date(2026, 12, day))
    frozen_time.shift(HOUR)
    first = client.get(address)
    frozen_time.shift(5 * DAY)
    second = client.get(address)
    assert (second.content, second["ETag"], second["Last-Modified"]) == (
        first.content, first["ETag"], first["Last-Modified"]
    )  # fmt: skip


def test_head_tells_what_get_would(client, stay, address):
    stay()
    got, told = client.get(address), client.head(address)
    assert (told.status_code, told.content) == (200, b"")
    assert dict(told.headers) == dict(got.headers)
    assert client.head(address, headers={"If-None-Match": got["ETag"]}).status_code == 304


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "REPORT", "TRACE"])
@pytest.mark.parametrize("token", [None, UNKNOWN, "short"])
def test_other_methods_are_not_allowed(method, token, feed):
    client = Client(enforce_csrf_checks=True)
    path = f"/ical/{token or feed.token}/yotei.ics"
    response = client.generic(method, path, b"<propfind/>", content_type="application/xml")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert UNKNOWN not in response.content.decode()
    assert not response.cookies


# Not modified


@pytest.mark.parametrize("poll", [again, by_date])
def test_unchanged_is_304_in_two_queries_without_touching_entries(client, stay, address, poll, frozen_time):
    stay()
    frozen_time.shift(HOUR)
    response = client.get(address)
    with CaptureQueriesContext(connection) as captured:
        answer = poll(client, address, response)
    assert (answer.status_code, answer.content) == (304, b"")
    assert len(captured) <= 2
    assert not [query for query in captured.captured_queries if "feedentry" in query["sql"]]
    for name in ("ETag", "Last-Modified", "Cache-Control"):
        assert answer.headers[name] == response.headers[name]


def test_304_is_one_query_and_one_more_once_an_hour(client, stay, address, frozen_time, django_assert_num_queries):
    stay()
    response = client.get(address)
    with django_assert_num_queries(1):
        again(client, address, response)
    frozen_time.shift(HOUR)
    with django_assert_num_queries(2):
        again(client, address, response)
    with django_assert_num_queries(1):
        again(client, address, response)


def test_the_number_of_events_costs_no_query(client, stay, address, django_assert_num_queries):
    client.get(address)
    for day in range(1, 16, 3):
        stay(check_in=dt.date(2026, 12, day))
        with django_assert_num_queries(2):
            client.get(address)


@pytest.mark.parametrize("tag", ["{}", "W/{}", '"other", {}', "*", '"other" , W/{}'])
def test_a_known_tag_is_304(client, address, tag):
    etag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": tag.format(etag)}).status_code == 304


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": ""}, 200),
        ({"If-None-Match": "nonsense"}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": "Sun, 22 Nov 2026 01:00:00 GMT"}, 200),
        ({"If-Modified-Since": "Sun, 22 Nov 2026 01:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Sun, 22 Nov 2026 00:59:59 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": ""}, 200),
        ({"If-Modified-Since": "Sun, 99 Nov 2026 01:00:00 GMT"}, 200),
    ],
)
def test_conditions(client, address, headers, status):
    assert client.get(address, headers=headers).status_code == status


@pytest.mark.parametrize("poll", [again, by_date])
def test_an_edit_is_seen_at_once(client, stay, address, poll, frozen_time):
    session = stay(state=SessionState.REQUESTED)
    frozen_time.shift(HOUR)
    response = client.get(address)
    assert poll(client, address, response).status_code == 304
    put(session, state=SessionState.CONFIRMED)
    answer = poll(client, address, response)
    assert (answer.status_code, titles(answer)) == (200, ["お泊まり"])


@pytest.mark.parametrize("poll", [again, by_date])
def test_two_edits_within_a_second_are_both_seen(client, stay, address, poll, frozen_time):
    session = stay(state=SessionState.REQUESTED)
    frozen_time.shift(HOUR)
    put(session, state=SessionState.CONFIRMED)
    response = client.get(address)
    put(session, state=SessionState.CANCELLED)
    answer = poll(client, address, response)
    assert (answer.status_code, titles(answer)) == (200, ["【中止】お泊まり"])
    assert modified(answer) <= parse_http_date("Sun, 22 Nov 2026 02:00:00 GMT")
    frozen_time.shift(dt.timedelta(seconds=3))
    settled = client.get(address)
    assert settled["ETag"] == answer["ETag"]
    assert poll(client, address, settled).status_code == 304


def test_another_version_of_the_software_is_seen(client, stay, address, monkeypatch):
    response = client.get(address)
    monkeypatch.setattr(ical, "FORMAT_VERSION", ical.FORMAT_VERSION + 1)
    monkeypatch.setattr(ical, "FORMAT_CHANGED_AT", dt.datetime(2026, 11, 23, tzinfo=dt.UTC))
    assert again(client, address, response).status_code == 200
    assert by_date(client, address, response).status_code == 200


# What leaves


@pytest.mark.parametrize("poll", [again, by_date])
def test_a_cancelled_stay_is_marked_for_thirty_days_and_then_leaves(client, stay, address, poll, frozen_time):
    session = stay(check_in=dt.date(2026, 12, 28))
    frozen_time.shift(HOUR)
    put(session, state=SessionState.CANCELLED)
    frozen_time.shift(10 * DAY)
    response = client.get(address)
    assert titles(response) == ["【中止】お泊まり"]
    frozen_time.move_to(dt.datetime(2026, 12, 22, 1, 59, 59, tzinfo=dt.UTC))
    last = client.get(address)
    assert titles(last) == ["【中止】お泊まり"]
    assert poll(client, address, last).status_code == 304
    frozen_time.shift(dt.timedelta(seconds=1))
    gone = poll(client, address, last)
    assert (gone.status_code, titles(gone)) == (200, [])
    assert modified(gone) > modified(last)
    assert gone["ETag"] != last["ETag"]
    assert poll(client, address, gone).status_code == 304


def test_cancelled_stays_leave_one_after_the_other(client, stay, address, frozen_time):
    first, second = stay(check_in=dt.date(2027, 1, 5)), stay(check_in=dt.date(2027, 1, 10))
    put(first, state=SessionState.CANCELLED)
    frozen_time.shift(3 * DAY)
    put(second, state=SessionState.CANCELLED)
    response = client.get(address)
    for expected in (1, 0):
        assert len(titles(response)) == expected + 1
        frozen_time.move_to(CalendarFeed.objects.get().next_change_at)
        assert by_date(client, address, response).status_code == 200
        response = client.get(address)
        assert len(titles(response)) == expected
    assert CalendarFeed.objects.get().next_change_at is None


def test_an_address_issued_after_the_cancellation_loses_it_too(client, stay, world, frozen_time):
    # All within one month, so that the window does not slide in between.
    frozen_time.move_to(dt.datetime(2026, 12, 1, 1, tzinfo=dt.UTC))
    put(stay(), state=SessionState.CANCELLED)
    frozen_time.shift(DAY)
    address = address_of(feeds.issue(person=world.person, label="兄", by=world.worker))
    response = client.get(address)
    assert titles(response) == ["【中止】お泊まり"]
    frozen_time.shift(29 * DAY)
    answer = again(client, address, response)
    assert (answer.status_code, titles(answer)) == (200, [])


@pytest.mark.parametrize("poll", [again, by_date])
def test_the_window_slides_at_the_start_of_a_month_in_japan(client, stay, address, poll, frozen_time):
    stay(check_in=dt.date(2026, 8, 10))
    stay(check_in=dt.date(2027, 12, 10))
    frozen_time.move_to(dt.datetime(2026, 11, 30, 14, 59, 59, tzinfo=dt.UTC))
    november = client.get(address)
    assert [e.start.date() for e in icalendar.Calendar.from_ical(november.content).walk("VEVENT")] == [
        dt.date(2026, 8, 10)
    ]
    frozen_time.shift(dt.timedelta(seconds=1))
    december = poll(client, address, november)
    assert december.status_code == 200
    assert [e.start.date() for e in icalendar.Calendar.from_ical(december.content).walk("VEVENT")] == [
        dt.date(2027, 12, 10)
    ]
    assert december["ETag"] != november["ETag"]
    assert december["Last-Modified"] == "Mon, 30 Nov 2026 15:00:00 GMT"
    assert poll(client, address, december).status_code == 304


def test_an_edit_in_the_very_second_of_the_slide_is_seen(client, stay, address, frozen_time):
    session = stay(state=SessionState.REQUESTED)
    frozen_time.move_to(dt.datetime(2026, 11, 30, 15, 0, 0, 200_000, tzinfo=dt.UTC))
    response = client.get(address)
    frozen_time.shift(dt.timedelta(milliseconds=300))
    put(session, state=SessionState.CONFIRMED)
    frozen_time.shift(HOUR)
    assert by_date(client, address, response).status_code == 200


def test_a_stay_that_touches_the_window_is_in_it(client, stay, address):
    stay(check_in=dt.date(2026, 7, 30), nights=1)  # ends on 31 July
    stay(check_in=dt.date(2026, 7, 31), nights=1)  # ends on 1 August
    stay(check_in=dt.date(2027, 11, 30), nights=1)
    stay(check_in=dt.date(2027, 12, 1), nights=1)
    starts = [e.start.date() for e in icalendar.Calendar.from_ical(client.get(address).content).walk("VEVENT")]
    assert starts == [dt.date(2026, 7, 31), dt.date(2027, 11, 30)]
