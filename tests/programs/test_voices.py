"""やめたい: said by the person, heard by a worker, seen by the home, and changing nothing by itself."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from programs.domain.problems import Refused
from programs.enums import DeclineReason, SessionState
from programs.models import Session, StopRequest
from programs.queries.voices import open_stops
from programs.services import sessions, voices
from tests import factories
from tests.personas import make_world
from tests.programs.easy import link_of
from tests.programs.pages import (
    at,
    client_of,
    confirmed,
    field_error,
    in_progress,
    part,
    queries_of,
    request,
    soup,
    text,
)
from transition.models import AuditEvent, IdempotencyKey
from transition.services.transactions import RequestKey

pytestmark = pytest.mark.django_db

STOP_WORDS = "本人が「やめたい」と言っています"


@pytest.fixture
def world():
    return make_world()


def link_key(link, name="k1", content="a"):
    return RequestKey.of(None, name, {"content": content}, link.pk)


def codes(refused) -> list[str]:
    return [problem.code for problem in refused.value.problems]


def answer_url(stop) -> str:
    return reverse("programs:stop-request-answer", args=[stop.public_id])


def session_url(session) -> str:
    return reverse("programs:session-detail", args=[session.public_id])


# What the person says


def test_it_reaches_the_worker_and_changes_no_session(world):
    session = confirmed(world, "2026-12-05", "2026-12-07")
    before = Session.objects.filter(pk=session.pk).values().get()
    stop = voices.ask_to_stop(session=session, by=None)
    assert Session.objects.filter(pk=session.pk).values().get() == before
    assert open_stops(world.person) == [stop]
    event = AuditEvent.objects.get(action="stop.ask")
    assert (event.actor, event.subject_id) == (None, str(stop.public_id))
    assert event.data == {"person": world.person.pk, "session": session.pk}


def test_said_twice_is_one_row_and_one_event(world):
    session, link = confirmed(world, "2026-12-05", "2026-12-07"), link_of(world.person)
    first = voices.ask_to_stop(session=session, by=None, key=link_key(link))
    again = voices.ask_to_stop(session=session, by=None, key=link_key(link))
    other_browser = voices.ask_to_stop(session=session, by=None, key=link_key(link, "k2"))
    without_key = voices.ask_to_stop(session=session, by=factories.UserFactory())
    assert first == again == other_browser == without_key
    assert StopRequest.objects.count() == AuditEvent.objects.filter(action="stop.ask").count() == 1


def test_after_an_answer_it_can_be_said_again(world):
    session = confirmed(world, "2026-12-05", "2026-12-07")
    first = voices.ask_to_stop(session=session, by=None)
    voices.answer_stop(stop=first, answer="あと1日ためす", by=world.worker)
    assert voices.ask_to_stop(session=session, by=None) != first


def test_not_begun_and_under_way_can_be_stopped(world):
    assert voices.ask_to_stop(session=request(world, "2026-12-05", "2026-12-07"), by=None)
    session = in_progress(world, "2026-12-10", "2026-12-12")
    with time_machine.travel(session.ends_at + dt.timedelta(hours=5), tick=False):
        assert voices.ask_to_stop(session=session, by=None)


@pytest.mark.parametrize(
    "state",
    [
        SessionState.COMPLETED,
        SessionState.CUT_SHORT,
        SessionState.CANCELLED,
        SessionState.DECLINED,
        SessionState.EXPIRED,
        SessionState.NO_SHOW,
    ],
)
def test_what_is_over_is_over_in_kind_words(state):
    reason = DeclineReason.DATES if state == SessionState.DECLINED else ""
    session = factories.SessionFactory(state=state, decline_reason=reason)
    with pytest.raises(Refused) as refused:
        voices.ask_to_stop(session=session, by=None)
    assert codes(refused) == ["stop.over"]
    assert "はなして ください" in refused.value.problems[0].message
    assert not StopRequest.objects.exists()


def test_what_should_have_ended_is_over():
    session = factories.SessionFactory(starts_at=at("2026-11-21", "10:00"), ends_at=at("2026-11-21", "12:00"))
    with pytest.raises(Refused):
        voices.ask_to_stop(session=session, by=None)


def test_a_key_of_a_link_is_not_that_of_another_nor_of_a_user(world):
    session, other = request(world, "2026-12-05", "2026-12-07"), request(world, "2026-12-10", "2026-12-12")
    link, second = link_of(world.person), link_of(world.person)
    first = voices.ask_to_stop(session=session, by=None, key=link_key(link))
    assert voices.ask_to_stop(session=other, by=None, key=link_key(second)) != first
    keys = set(IdempotencyKey.objects.exclude(link=None).values_list("user", "link", "key"))
    assert keys == {(None, link.pk, "k1"), (None, second.pk, "k1")}


# What the worker does


def test_an_answer_is_kept_with_who_and_when(world):
    session = confirmed(world, "2026-12-05", "2026-12-07")
    stop = voices.ask_to_stop(session=session, by=None)
    answered = voices.answer_stop(stop=stop, answer="夜がこわい。あと1日ためす", by=world.worker)
    assert (answered.handled_by, answered.handled_at, answered.answer) == (
        world.worker,
        dt.datetime(2026, 11, 22, 1, 0, tzinfo=dt.UTC),
        "夜がこわい。あと1日ためす",
    )
    assert "夜がこわい" not in str(AuditEvent.objects.get(action="stop.answer").data)
    assert Session.objects.get(pk=session.pk).state == SessionState.CONFIRMED
    assert open_stops(world.person) == []


@pytest.mark.parametrize("nothing", ["", " ", "　\n"])
def test_an_answer_says_something(world, nothing):
    stop = voices.ask_to_stop(session=request(world, "2026-12-05", "2026-12-07"), by=None)
    with pytest.raises(Refused) as refused:
        voices.answer_stop(stop=stop, answer=nothing, by=world.worker)
    assert codes(refused) == ["stop.answer"]


def test_a_second_answer_does_not_take_the_first_ones_place(world):
    stop = voices.ask_to_stop(session=request(world, "2026-12-05", "2026-12-07"), by=None)
    voices.answer_stop(stop=stop, answer="はじめの答え", by=world.worker)
    with pytest.raises(Refused) as refused:
        voices.answer_stop(stop=stop, answer="あとの答え", by=world.coordinator)
    assert codes(refused) == ["stop.answered"]
    assert StopRequest.objects.get().answer == "はじめの答え"


def test_the_page_of_the_answer(world):
    session = confirmed(world, "2026-12-05", "2026-12-07")
    stop = voices.ask_to_stop(session=session, by=None)
    client = client_of(world.worker)
    page = client.get(answer_url(stop))
    links = [link["href"] for link in soup(page).select("main a")]
    assert reverse("programs:session-cancel", args=[session.public_id]) in links
    assert client.post(answer_url(stop), {"answer": ""}).status_code == 422
    key = {"answer": "話を聞いた", "idempotency_key": "k"}
    assert client.post(answer_url(stop), key)["Location"] == session_url(session)
    assert client.post(answer_url(stop), key)["Location"] == session_url(session)
    assert AuditEvent.objects.filter(action="stop.answer").count() == 1
    assert "話を聞いた" in text(soup(client.get(answer_url(stop))).main)
    late = client_of(world.coordinator).post(answer_url(stop), {"answer": "おそい答え"})
    assert (late.status_code, "おそい答え" in text(part(late, "form"))) == (422, True)


def test_what_was_typed_stays_and_the_part_equals_the_page(world):
    stop = voices.ask_to_stop(session=request(world, "2026-12-05", "2026-12-07"), by=None)
    client, sent = client_of(world.worker), {"answer": "x" * 301}
    page = client.post(answer_url(stop), sent)
    swapped = client.post(answer_url(stop), sent, headers={"HX-Request": "true", "HX-Target": "form"})
    assert page.status_code == swapped.status_code == 422
    assert str(part(page, "form")) == str(part(swapped, "form"))
    assert "x" * 301 in text(part(page, "form"))
    assert field_error(page, "answer")


# Who sees it


def test_the_workers_page_leads_to_the_answer_and_shows_it_afterwards(world):
    session = request(world, "2026-12-05", "2026-12-07")
    client = client_of(world.worker)
    assert STOP_WORDS not in text(soup(client.get(session_url(session))).main)
    stop = voices.ask_to_stop(session=session, by=None)
    page = soup(client.get(session_url(session))).main
    assert STOP_WORDS in text(page)
    assert page.select_one(f'a[href="{answer_url(stop)}"]')
    voices.answer_stop(stop=stop, answer="話を聞いた", by=world.worker)
    page = soup(client.get(session_url(session))).main
    assert STOP_WORDS not in text(page)
    assert "話を聞いた" in text(page)


def test_a_home_is_told_once_it_knows_the_name(world):
    session = request(world, "2026-12-05", "2026-12-07")
    stop = voices.ask_to_stop(session=session, by=None)
    client = client_of(world.home_staff)
    assert STOP_WORDS not in text(soup(client.get(session_url(session))).main)
    sessions.confirm(session=session, by=world.home_staff)
    page = soup(client.get(session_url(session))).main
    assert STOP_WORDS in text(page)
    assert "相談支援の担当が話を聞きます" in text(page)
    assert not page.select_one(f'a[href="{answer_url(stop)}"]')
    assert client.get(answer_url(stop)).status_code == 404
    voices.answer_stop(stop=stop, answer="ホームに言わないでほしい", by=world.worker)
    assert "言わないで" not in text(soup(client.get(session_url(session))).main)


def test_the_number_of_queries_does_not_grow(world):
    session = confirmed(world, "2026-12-05", "2026-12-07")
    client = client_of(world.worker)
    numbers = []
    for _ in range(3):
        stop = voices.ask_to_stop(session=session, by=None)
        voices.answer_stop(stop=stop, answer="話を聞いた", by=world.worker)
        numbers.append(queries_of(client, session_url(session)))
    assert numbers[0] == numbers[1] == numbers[2]
    assert queries_of(client, answer_url(stop)) <= 12
