"""The family's page at the secret of the feed: what each level tells, who reaches whom, and what stays closed."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calendars.enums import Audience, Detail
from calendars.models import CalendarFeed
from calendars.services import feeds, visits
from programs.enums import Face, SessionAction, SessionState
from programs.models import FamilyRemark, HomeGuide, Photo, Rating, SessionEvent, SessionRecord
from programs.services import voices
from tests import factories, markup
from tests.calendars.conftest import address_of, put
from tests.nasty import EVERYTHING, FORBIDDEN, MARK
from tests.programs.pages import text
from transition import clock
from transition.domain.networks import network_of
from transition.enums import ConsentKind, Expression
from transition.masking import masked
from transition.models import AuditEvent, Consent, IdempotencyKey, RateCount
from transition.services import consents

pytestmark = pytest.mark.django_db

PRESENT = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer", "Cache-Control": "private, no-store"}
# What a page may tell, by the lowest level that tells it.
FACTS = {
    Detail.NEUTRAL: ["お泊まり"],
    Detail.PLACE: [
        "ホームかくしごと",
        "架空町1-2-3",
        "000-1111-2222",
        "駅から歩いて5分",
        "パジャマ",
        "ドライヤー",
        "6,000円",
        "000-3333-4444",
        "着く時刻",
        "むかえの時刻",
        "相談室みほん",
        "カレーをおかわり",
        "よかった",
        "たのしい",
        "/photos/",
    ],
    Detail.NAMES: ["はなさん"],
}
NEVER = ["見本", "花子", "みほん はなこ", "区分", "うらの記録", "ホームに伝えるひみつ", "号室", "知的"]
LEVELS = list(Detail)


def page_of(feed: CalendarFeed) -> str:
    return reverse("calendars:family-page", args=[feed.token])


def issued(world, detail=Detail.NEUTRAL, label="母", audience=Audience.FAMILY) -> CalendarFeed:
    return feeds.issue(person=world.person, label=label, detail=detail, audience=audience, by=world.worker)


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content.decode(), "html.parser")


def shown(client, feed, query="") -> str:
    response = client.get(page_of(feed) + query)
    assert response.status_code == 200
    return response.content.decode()


def agree(world, *kinds) -> None:
    for kind in kinds:
        factories.ConsentFactory(person=world.person, kind=kind)


@pytest.fixture
def full(world, stay, media):
    """A stay to come with everything a home says of itself, and a recorded one with face, word and photo."""
    home = world.room.home
    home.name, home.address, home.phone, home.area = "ホームかくしごと", "架空町1-2-3", "000-1111-2222", "架空市"
    home.save()
    HomeGuide.objects.create(
        home=home,
        bring="パジャマ\n\n歯ブラシ",
        provided="ドライヤー",
        access="駅から歩いて5分",
        night_contact="世話人 ０００−３３３３−４４４４",
        changed_by=world.home_staff,
    )
    world.slot.price_rent = 2000
    world.slot.save()
    coming = stay(slot=world.slot, note="ホームに伝えるひみつ")
    past = stay(check_in=dt.date(2026, 11, 10), state=SessionState.COMPLETED)
    SessionRecord.objects.create(
        session=past, family_note="カレーをおかわりしました。", shown="うらの記録", by=world.worker
    )
    Rating.objects.create(session=past, face=Face.GOOD, word="たのしい", expression=Expression.WORD, by=world.worker)
    name = default_storage.save("photos/a.jpg", ContentFile(b"jpeg"))
    Photo.objects.create(session=past, large=name, small=name, width=4, height=3, by=world.worker)
    agree(world, ConsentKind.REPORT, ConsentKind.PHOTO)
    return coming, past


# What each level tells


@pytest.mark.parametrize("audience", [Audience.FAMILY, Audience.PERSON])
@pytest.mark.parametrize("level", LEVELS)
def test_no_level_tells_more_than_its_name(client, world, full, level, audience):
    for step in SessionAction:
        SessionEvent.objects.create(session=full[0], action=step, state="CONFIRMED", reason="うらの記録")
    feed = issued(world, level, audience=audience)
    CalendarFeed.objects.update(page_seen_at=clock.now() - dt.timedelta(days=9))
    pages = [shown(client, feed, query) for query in ("", "?month=2026-12", "?month=2026-11")]
    for fact_level, facts in FACTS.items():
        tells = LEVELS.index(level) >= LEVELS.index(fact_level)
        for fact in facts:
            assert any(fact in page for page in pages) == tells, (level, fact)
    for page in pages:
        assert "12月5日（土）" in page
        assert not [fact for fact in NEVER if fact in page]
        assert markup.faults(page) == []
    assert ("予定あり" in pages[0]) == (level == Detail.BUSY)


def test_no_query_widens_it(client, world, full):
    feed = issued(world, Detail.BUSY)
    for query in ("?detail=NAMES", "?level=PLACE", "?month=2026-12&detail=PLACE", "?variant=NAMES"):
        page = shown(client, feed, query)
        assert not [fact for facts in FACTS.values() for fact in facts if fact in page]


def test_the_night_contact_comes_with_the_homes_yes(client, world, full):
    feed = issued(world, Detail.PLACE)
    assert soup(client.get(page_of(feed))).find("a", href="tel:000-3333-4444")
    put(full[0], state=SessionState.REQUESTED)
    page = shown(client, feed)
    assert "000-3333-4444" not in page
    assert "体験が決まると、ここに出ます" in page


def test_another_persons_sessions_are_not_there(client, world, stay):
    other = factories.PersonFactory(municipality=world.municipality, called="べつさん")
    factories.SessionFactory(person=other, place="べつの場所")
    page = shown(client, issued(world, Detail.NAMES))
    assert "べつ" not in page
    assert "つぎの予定は、まだありません" in page


# Today, next, changes


def test_the_next_one_is_counted_in_days(client, feed, stay, frozen_time):
    stay()
    assert "あと13日" in shown(client, feed)
    frozen_time.move_to(clock.at(dt.date(2026, 12, 4), dt.time(9)))
    assert "あした" in shown(client, feed)
    frozen_time.move_to(clock.at(dt.date(2026, 12, 5), dt.time(9)))
    today = soup(client.get(page_of(feed))).find("section", {"aria-labelledby": "h-today"})
    assert "お泊まり" in text(today)


def test_changes_stay_marked_through_reloads_and_are_gone_at_the_next_visit(client, feed, stay, frozen_time):
    session = stay()
    assert "かわりました" not in shown(client, feed)
    frozen_time.shift(dt.timedelta(hours=1))
    SessionEvent.objects.create(session=session, action=SessionAction.MOVE, state=session.state)
    frozen_time.shift(dt.timedelta(hours=1))
    for _ in range(3):
        assert "日にちや時刻がかわりました" in shown(client, feed)
        frozen_time.shift(dt.timedelta(minutes=3))
    frozen_time.shift(dt.timedelta(minutes=3))
    assert "かわりました" not in shown(client, feed)


@pytest.mark.parametrize(
    ("action", "word"),
    [("CONFIRM", "決まりました"), ("CANCEL", "とりやめになりました"), ("CUT_SHORT", "予定より早くおわりました")],
)
def test_it_says_what_has_changed(client, feed, stay, frozen_time, action, word):
    session = stay()
    shown(client, feed)
    frozen_time.shift(dt.timedelta(hours=1))
    if action == "CANCEL":
        put(session, state=SessionState.CANCELLED)
    SessionEvent.objects.create(session=session, action=action, state=session.state)
    page = soup(client.get(page_of(feed)))
    assert word in text(page.find("section", {"aria-labelledby": "h-changed"}))


def test_what_is_new_is_marked_and_head_forgets_nothing(client, feed, stay, frozen_time):
    shown(client, feed)
    frozen_time.shift(dt.timedelta(hours=1))
    stay()
    for _ in range(2):
        assert client.head(page_of(feed)).status_code == 200
        frozen_time.shift(dt.timedelta(hours=1))
    assert "あたらしい予定です" in shown(client, feed)


def test_months_go_on_to_the_ends_of_the_window_only(client, feed, stay):
    stay()
    months = {"2026-08": ("", "2026-09"), "2027-11": ("2027-10", ""), "2026-12": ("2026-11", "2027-01")}
    for month, (previous, following) in months.items():
        links = [link["href"] for link in soup(client.get(f"{page_of(feed)}?month={month}")).select(".ways a")]
        assert [link.partition("month=")[2][:7] for link in links] == [one for one in (previous, following) if one]
    for nonsense in ("2026-07", "x", "9999-99", "２０２６-12", "-1", "%00"):
        assert client.get(f"{page_of(feed)}?month={nonsense}").status_code in (200, 400)


# Doors


def test_every_address_that_is_none_gets_the_same_answer(client, world, feed):
    stopped, ran_out = issued(world, label="父"), issued(world, label="兄")
    feeds.revoke(feed=stopped, by=world.worker)
    CalendarFeed.objects.filter(pk=ran_out.pk).update(expires_on=clock.today() - dt.timedelta(days=1))
    home = feeds.issue_for_home(home=world.room.home, label="事務室", by=world.home_staff)
    unknown = f"/ical/{'x' * 43}/"
    addresses = [unknown, "/ical/x/", "/ical/%E3%81%82/", page_of(stopped), page_of(ran_out), page_of(home)]
    answers = {
        (answer.status_code, answer.content, tuple(sorted(answer.headers.items())))
        for answer in map(client.get, [*addresses, f"/ical/{'x' * 43}/yotei.ics"])
    }
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404
    for method in ("put", "delete", "patch", "options"):
        assert {getattr(client, method)(url).status_code for url in (unknown, page_of(feed))} == {405}


def test_it_needs_no_cookie_and_stays_in_no_cache(client, world, feed, stay):
    stay()
    for response in (client.get(page_of(feed)), client.head(page_of(feed)), client.post(page_of(feed))):
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")
        assert {name: response[name] for name in PRESENT} == PRESENT
        assert "default-src 'none'" in response["Content-Security-Policy"]
    client.force_login(world.worker)
    assert not client.get(page_of(feed)).cookies


def test_the_secret_leaves_in_no_link_to_another_host_and_in_no_log(client, feed, stay):
    stay()
    for link in soup(client.get(page_of(feed))).find_all(["a", "link", "form", "img", "script"]):
        target = link.get("href") or link.get("action") or link.get("src") or ""
        if feed.token in target:
            assert target.startswith(("/ical/", "webcal://testserver/ical/"))
    for path in (page_of(feed), f"{page_of(feed)}photos/{feed.public_id}/large/"):
        assert feed.token not in masked(f'"GET {path} HTTP/1.1" 404 "http://testserver{path}"')


def test_consent_withdrawn_is_seen_at_once(client, world, feed, full):
    stay_page = shown(client, feed)
    assert "お泊まり" in stay_page
    consents.withdraw(consent=Consent.objects.get(kind=ConsentKind.CALENDAR), by=world.worker)
    page = shown(client, feed)
    assert "いまは、予定を出していません" in page
    assert "お泊まり" not in page
    assert "<form" not in page
    assert client.post(page_of(feed), {"session": full[0].public_id, "text": "x"}).status_code == 200
    assert FamilyRemark.objects.count() == 0


def test_an_emptied_address_says_that_it_has_ended(client, world, feed, stay):
    stay()
    feeds.empty(feed=feed, by=world.worker)
    page = shown(client, feed)
    assert "この予定表はおわりました" in page
    assert "12月" not in page


def test_a_month_before_its_end_the_page_says_so(client, feed, stay, frozen_time):
    stay()
    assert "まで見られます" not in shown(client, feed)
    CalendarFeed.objects.update(expires_on=dt.date(2026, 12, 20))
    assert "12月20日（日）まで見られます" in shown(client, feed)


# Reports and photos


@pytest.mark.parametrize("kind", [ConsentKind.REPORT, ConsentKind.PHOTO, ConsentKind.CALENDAR])
def test_a_photo_is_closed_as_soon_as_the_person_says_so(client, world, full, kind):
    feed = issued(world, Detail.PLACE)
    url = reverse("calendars:family-photo", args=[feed.token, Photo.objects.get().public_id, "small"])
    response = client.get(url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert {name: response[name] for name in PRESENT} == PRESENT
    Consent.objects.filter(kind=kind).update(withdrawn_at=clock.now(), withdrawn_by=world.worker)
    assert client.get(url).status_code == 404
    page = shown(client, feed)
    assert "/photos/" not in page
    assert ("カレーをおかわり" in page) == (kind == ConsentKind.PHOTO)


@pytest.mark.parametrize("level", [Detail.BUSY, Detail.NEUTRAL])
def test_lower_levels_open_no_photo(client, world, full, level):
    feed = issued(world, level)
    photo = Photo.objects.get()
    assert client.get(f"{page_of(feed)}photos/{photo.public_id}/small/").status_code == 404


def test_photos_of_others_answer_like_no_address(client, world, full):
    feed = issued(world, Detail.NAMES)
    other = factories.SessionFactory(state=SessionState.COMPLETED)
    SessionRecord.objects.create(session=other, by=world.worker)
    own = Photo.objects.get()
    theirs = Photo.objects.create(session=other, large=own.large, small=own.small, width=1, height=1, by=world.worker)
    gone = client.get("/ical/x/")
    for rest in (f"{theirs.public_id}/small/", f"{other.public_id}/small/", f"{own.public_id}/huge/"):
        response = client.get(f"{page_of(feed)}photos/{rest}")
        assert (response.status_code, response.content) == (404, gone.content)


# 家族の声


def send(client, feed, session, said="夜が心配です。", key="k1"):
    return client.post(page_of(feed), {"session": session.public_id, "text": said, "idempotency_key": key})


def test_a_remark_is_kept_once_and_shown_as_sent(client, feed, stay):
    session = stay()
    for _ in range(2):
        assert send(client, feed, session)["Location"] == f"{page_of(feed)}?sent=1#remarks"
    remark = FamilyRemark.objects.get()
    assert (remark.session, remark.who, remark.text, remark.sender) == (session, "母", "夜が心配です。", feed.public_id)
    assert IdempotencyKey.objects.get().sender == feed.public_id
    assert AuditEvent.objects.get(action="remark.leave").data == {"person": session.person_id, "session": session.pk}
    page = shown(client, feed, "?sent=1")
    assert "届きました" in page
    assert "夜が心配です。" in page


def test_the_same_key_with_other_words_is_told_and_kept(client, feed, stay):
    session = stay()
    send(client, feed, session)
    response = send(client, feed, session, "ほかのこと")
    assert response.status_code == 422
    assert "ほかのこと" in soup(response).find("textarea").text
    assert FamilyRemark.objects.count() == 1


def test_another_address_of_the_same_name_does_not_show_it(client, world, feed, stay):
    send(client, feed, stay())
    assert "夜が心配です。" not in shown(client, issued(world, Detail.NAMES, label="母"))


@pytest.mark.parametrize(("said", "told"), [("", "伝えたいことを書いてください。"), ("あ" * 501, "500文字以内")])
def test_what_is_refused_stays_in_its_field(client, feed, stay, said, told):
    session = stay()
    response = send(client, feed, session, said)
    assert response.status_code == 422
    page = soup(response)
    assert page.find("textarea").text.strip() == said
    assert told in text(page.select_one(".field-errors"))
    assert markup.faults(response.content.decode()) == []


def test_another_persons_session_takes_no_remark(client, feed, stay):
    stay()
    other = factories.SessionFactory()
    assert send(client, feed, other).status_code == 422
    assert FamilyRemark.objects.count() == 0


def test_ten_a_day_and_no_more(client, feed, stay, frozen_time):
    session = stay()
    for number in range(voices.REMARKS_A_DAY):
        voices.leave_remark(session=session, sender=feed.public_id, who="母", text=f"{number}")
    response = send(client, feed, session)
    assert response.status_code == 422
    assert "1日に10回まで" in text(soup(response).select_one(".field-errors"))
    frozen_time.shift(dt.timedelta(days=1))
    assert send(client, feed, session).status_code == 302


def test_nasty_strings_are_shown_as_they_were_typed(client, world, feed, stay, monkeypatch):
    monkeypatch.setattr(voices, "REMARKS_A_DAY", 10_000)
    monkeypatch.setitem(visits.MOST, visits.SENDINGS, 10_000)
    monkeypatch.setitem(visits.MOST, visits.PAGES, 10_000)
    session = stay()
    for number, string in enumerate(EVERYTHING):
        response = send(client, feed, session, string, f"k{number}")
        assert response.status_code in ((400,) if string in FORBIDDEN else (302, 422)), string[:40]
        if response.status_code == 422:
            assert response.content.count(b"<script") == 0
    page = soup(client.get(page_of(feed)))
    assert not [tag for tag in page.find_all(["script", "b", "i", "svg", "img"]) if MARK in str(tag)]
    assert FamilyRemark.objects.count() > 100


# Too often


def test_too_often_is_told_kindly_and_for_how_long(client, feed, stay, monkeypatch, frozen_time):
    monkeypatch.setitem(visits.MOST, visits.PAGES, 3)
    assert [client.get(page_of(feed)).status_code for _ in range(4)] == [200, 200, 200, 429]
    response = client.get(page_of(feed))
    assert 0 < int(response["Retry-After"]) <= 600
    assert "少し待ってください" in response.content.decode()
    assert {name: response[name] for name in PRESENT} == PRESENT
    assert client.get(address_of(feed)).status_code == 200
    frozen_time.shift(dt.timedelta(seconds=int(response["Retry-After"])))
    assert client.get(page_of(feed)).status_code == 200


def test_one_network_with_many_addresses_is_counted_together(client, world, monkeypatch):
    monkeypatch.setitem(visits.MOST, visits.PAGES, 2)
    monkeypatch.setattr(visits, "NETWORK_FACTOR", 2)
    pages = [page_of(issued(world, label=f"{number}")) for number in range(5)]
    assert [client.get(page, REMOTE_ADDR="2001:db8::1").status_code for page in pages] == [200] * 4 + [429]
    assert client.get(pages[4], REMOTE_ADDR="2001:db8:0:1::1").status_code == 200


def test_old_counts_go_and_no_address_is_kept(client, world, feed, frozen_time):
    client.get(page_of(feed), REMOTE_ADDR="192.0.2.7")
    frozen_time.shift(dt.timedelta(hours=2))
    client.get(page_of(issued(world, label="父")), REMOTE_ADDR="192.0.2.7")
    assert RateCount.objects.filter(since__lt=clock.now() - dt.timedelta(hours=1)).count() == 0
    assert not RateCount.objects.filter(key__contains="192.0.2.7").exists()


@pytest.mark.parametrize(
    ("remote", "forwarded", "network"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "10.0.0.1, 198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", "198.51.100.1"),
        ("2001:db8::5", "", "2001:db8::/64"),
        ("::1", "nonsense", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_who_asks(remote, forwarded, network):
    assert network_of(remote, forwarded) == network


# Light


def test_few_queries_and_the_same_number_with_more(client, world, full, stay):
    feed = issued(world, Detail.NAMES)
    client.get(page_of(feed))
    CalendarFeed.objects.update(page_seen_at=clock.now() - dt.timedelta(days=2), page_before_at=None)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page_of(feed)).status_code == 200
        return len(queries)

    first = count()
    for number in range(3):
        stay(check_in=dt.date(2027, 1, 3 + 7 * number))
    CalendarFeed.objects.update(page_seen_at=clock.now() - dt.timedelta(days=2))
    assert first == count()
    assert first <= 12


def test_a_hundred_sessions_fit_a_slow_line(client, world, stay):
    feed = issued(world, Detail.NAMES)
    for number in range(100):
        factories.SessionFactory(
            person=world.person,
            place="とても長い名前のついた場所" * 4,
            starts_at=clock.at(dt.date(2026, 12, 1), dt.time(9)) + dt.timedelta(hours=7 * number),
        )
    assert len(client.get(page_of(feed)).content) < 60_000
