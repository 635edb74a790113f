"""What is typed into a record is kept while it is typed, and what several writers typed comes together."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from programs.domain.problems import Refused
from programs.domain.records import merge
from programs.models import GoalScore, RecordDraft, RecordVersion, SessionRecord, SessionWish
from programs.services import records
from tests.personas import World, member
from tests.programs.pages import HTMX, at, client_of, part, soup, text
from tests.programs.recording import filled, goal_of, outing, page_of, save, url, wish_item
from tests.programs.stories import outing_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return outing_world()


@pytest.fixture
def worker(world):
    return client_of(world.worker)


# Drafts


def test_what_is_typed_is_there_again_when_the_form_is_opened(world, worker):
    session = outing(world)
    sent = filled(worker.get(url(session))) | {"shown": "笑顔", "start_at": "10じ", "next_step": "LONGER"}
    response = worker.post(url(session, "record-draft"), sent, headers=HTMX)
    assert (response.status_code, text(soup(response))) == (200, "下書きを保存しました（10:00）。")
    opened = worker.get(url(session))
    assert "書きかけの下書きを開きました" in text(part(opened, "record"))
    kept = filled(opened)
    assert (kept["shown"], kept["start_at"], kept["next_step"]) == ("笑顔", "10じ", "LONGER")
    session.refresh_from_db()
    assert session.state == "CONFIRMED"


def test_a_draft_without_javascript(world, worker):
    session = outing(world)
    sent = filled(worker.get(url(session))) | {"shown": "笑顔"}
    response = worker.post(url(session, "record-draft"), sent, follow=True)
    assert response.redirect_chain == [(url(session), 302)]
    assert filled(response)["shown"] == "笑顔"
    response = worker.post(url(session, "record-draft"), {"discard": "1"}, follow=True)
    assert filled(response)["shown"] == ""
    assert not RecordDraft.objects.exists()


def test_saving_ends_the_draft_and_a_late_one_is_not_offered(world, worker):
    session = outing(world)
    sent = filled(worker.get(url(session))) | {"shown": "笑顔"}
    worker.post(url(session, "record-draft"), sent)
    worker.post(url(session), sent)
    assert not RecordDraft.objects.exists()
    # The autosave that was on its way arrives after the saving.
    worker.post(url(session, "record-draft"), sent, headers=HTMX)
    assert "書きかけの下書き" not in text(part(worker.get(url(session)), "record"))


def test_a_draft_is_its_writers_own(world, worker):
    session = outing(world)
    worker.post(url(session, "record-draft"), filled(worker.get(url(session))) | {"shown": "ひみつ"})
    colleague = client_of(member(world.office))
    assert filled(colleague.get(url(session)))["shown"] == ""


def test_an_old_draft_meets_what_was_saved_since(world, worker):
    session = outing(world)
    worker.post(url(session, "record-draft"), filled(worker.get(url(session))) | {"shown": "わたしの文"})
    colleague = client_of(member(world.office))
    colleague.post(url(session), filled(colleague.get(url(session))) | {"helped": "写真"})
    opened = worker.get(url(session))
    kept = filled(opened)
    assert (kept["shown"], kept["helped"], kept["based_on"]) == ("わたしの文", "写真", "1")
    worker.post(url(session), kept)
    session.refresh_from_db()
    assert (session.record.shown, session.record.helped, session.record.version) == ("わたしの文", "写真", 2)


def test_a_draft_that_is_far_too_long_is_said(world):
    session = outing(world)
    with pytest.raises(Refused) as refused:
        records.save_draft(session=session, by=world.worker, content={"shown": "あ" * 50_000}, based_on=0)
    assert [problem.code for problem in refused.value.problems] == ["draft.long"]


# Two writers


def test_the_second_writer_sees_what_changed_and_loses_nothing(world, worker):
    session, goal = outing(world), goal_of(world)
    shop, bath, park = wish_item("買い物", 1), wish_item("おふろ", 2), wish_item("公園", 3)
    score = f"score_{goal.public_id.hex}"
    colleague_user = member(world.office)
    colleague = client_of(colleague_user)
    mine, theirs = filled(worker.get(url(session))), filled(colleague.get(url(session)))
    colleague.post(
        url(session),
        theirs
        | {
            "shown": "店員に手をふった。",
            "helped": "写真",
            "wishes": [str(shop.public_id)],
            "next_step": "AGAIN",
            score: "1",
        },
    )
    mine |= {"shown": "笑顔だった。", "end_at": "12:45", "wishes": [str(park.public_id)], "next_step": "LONGER"}
    response = worker.post(url(session), mine)
    assert response.status_code == 409
    told = text(soup(response).select_one(".record-differences"))
    assert f"{colleague_user.name}さんが先に保存しました" in told
    rows = {text(row.dt): text(row.dd) for row in soup(response).select(".record-differences dl > div")}
    assert set(rows) == {"本人が見せたようす", "役に立ったこと", "かなえた希望", "次は", f"目標「{goal.words}」の点"}
    assert "店員に手をふった。" in rows["本人が見せたようす"]
    assert "笑顔だった。" in rows["本人が見せたようす"]
    assert "続けたい" in rows["次は"]
    assert "長くしたい" in rows["次は"]
    assert (SessionRecord.objects.get().version, SessionRecord.objects.get().shown) == (1, "店員に手をふった。")

    together = filled(response)
    assert together["based_on"] == "1"
    assert together["idempotency_key"] != mine["idempotency_key"]
    assert worker.post(url(session), together)["Location"] == page_of(session)
    record = SessionRecord.objects.get()
    assert (record.version, record.shown, record.helped, record.next_step) == (
        2,
        "店員に手をふった。\n笑顔だった。",
        "写真",
        "LONGER",
    )
    followed = SessionWish.objects.order_by("item__order").values_list("item__name", flat=True)
    assert list(followed) == ["買い物", "公園"]
    assert bath.name not in followed
    session.refresh_from_db()
    assert session.actual_ends_at == at("2026-11-21", "12:45")
    assert GoalScore.objects.get().score == 1
    assert [row.content["shown"] for row in RecordVersion.objects.all()] == ["店員に手をふった。", record.shown]


def test_the_part_for_htmx_is_the_same_as_on_the_page(world, worker):
    session = outing(world)
    sent = filled(worker.get(url(session)))
    client_of(member(world.office)).post(url(session), sent | {"shown": "笑顔"})
    whole = worker.post(url(session), sent | {"shown": "手をふった"})
    alone = worker.post(url(session), sent | {"shown": "手をふった"}, headers=HTMX | {"HX-Target": "record"})
    assert (whole.status_code, alone.status_code) == (409, 409)
    assert part(whole, "record") == part(alone, "record")
    assert "<html" not in alone.content.decode()


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "expected"),
    [
        ("a", "a", "b", "b"),
        ("a", "b", "a", "b"),
        ("a", "b", "b", "b"),
        ("a", "b", "c", "b\nc"),
        ("a", "", "c", "c"),
        ("a", "c", "", "c"),
        ("", "b", "b と c", "b と c"),
        ("", "b と c", "b", "b と c"),
        ("a", "a\r\n", "b", "b"),
    ],
)
def test_two_texts_come_together(base, theirs, mine, expected):
    assert merge({"shown": base}, {"shown": theirs}, {"shown": mine})[0] == {"shown": expected}


def test_what_one_does_not_see_stays():
    merged, found = merge({}, {"place": "x", "wishes": ["1"]}, {"place": "x"})
    assert (merged, found) == ({"place": "x", "wishes": ["1"]}, [])


def test_one_took_a_wish_away_the_other_added_one():
    merged, _ = merge({"wishes": ["1", "2"]}, {"wishes": ["1"]}, {"wishes": ["1", "2", "3"]})
    assert merged["wishes"] == ["1", "3"]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twelve_writers_at_once():
    world = outing_world()
    session = outing(world)
    writers = [member(world.office) for _ in range(12)]
    barrier = threading.Barrier(len(writers))
    codes: set[str] = set()

    def write(writer):
        connection.ensure_connection()
        barrier.wait(timeout=30)
        based_on, tries = 0, 0
        try:
            while True:
                tries += 1
                shown = "" if based_on == 0 else SessionRecord.objects.get(session=session).shown
                try:
                    save(session, world, based_on=based_on, shown=f"{shown}[{writer.pk}]", by=writer)
                except Refused as refused:
                    codes.update(problem.code for problem in refused.problems)
                    based_on = SessionRecord.objects.get(session=session).version
                else:
                    return tries
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(writers)) as pool:
        tries = list(pool.map(write, writers))
    record = SessionRecord.objects.get(session=session)
    assert min(tries) == 1
    assert codes == {"record.outdated"}
    assert record.version == 12
    assert [row.version for row in RecordVersion.objects.all()] == list(range(1, 13))
    texts = [row.content["shown"] for row in RecordVersion.objects.all()]
    assert all(f"[{writer.pk}]" in "".join(texts) for writer in writers)
    session.refresh_from_db()
    assert [event.action for event in session.events.all()] == ["CHECK_IN", "CHECK_OUT"]
