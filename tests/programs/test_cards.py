"""事前情報シート: versions, what happens when two write at once, one sheet of paper, and what a home may see."""

import datetime as dt
import os
import re
import uuid
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from calendars.services import feeds
from programs.enums import DeclineReason
from programs.models import StopRequest
from programs.services import sessions
from tests import factories
from tests.personas import make_world
from tests.programs.pages import HTMX, client_of, confirmed, field_error, part, queries_of, request, soup, text
from transition import clock
from transition.domain import card as fields
from transition.enums import ConsentKind
from transition.models import AuditEvent, Consent, PersonCard
from transition.services import cards, consents, contacts

pytestmark = pytest.mark.django_db

NAMES = ("card", "card-edit")


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def worker(world):
    return client_of(world.worker)


@pytest.fixture
def home(world):
    return client_of(world.home_staff)


def url(row, name="card", *more):
    return reverse(f"programs:{name}", args=[row.public_id, *more])


def save(world, based_on=0, **content):
    return cards.save(person=world.person, content=content, based_on=based_on, by=world.worker)


def agree(world, **more):
    return factories.ConsentFactory(person=world.person, kind=ConsentKind.CARD, **more)


def typed(based_on=0, **content):
    return {"based_on": str(based_on), "idempotency_key": str(uuid.uuid4()), **content}


def shown(response, code):
    return soup(response).find(attrs={"name": code}).text.strip()


class TestVersions:
    def test_every_saving_is_a_version_and_the_old_ones_stay(self, world):
        save(world, meals="ひと口")
        save(world, based_on=1, meals="ひと口", bath="ひとり")
        assert [(row.version, row.content) for row in PersonCard.objects.order_by("version")] == [
            (1, {"meals": "ひと口"}),
            (2, {"meals": "ひと口", "bath": "ひとり"}),
        ]
        event = AuditEvent.objects.filter(action="card.save").latest("pk")
        assert event.data == {"person": world.person.pk, "version": 2, "fields": ["bath"]}

    def test_what_stands_there_is_not_written_again(self, world):
        first = save(world, meals="ひと口")
        assert save(world, based_on=1, meals=" ひと口 ", bath="") == first
        assert save(world, based_on=0, meals="ひと口") == first
        assert PersonCard.objects.count() == 1
        assert AuditEvent.objects.filter(action="card.save").count() == 1

    def test_an_older_version_does_not_win(self, world):
        save(world, meals="ひと口")
        with pytest.raises(ValidationError) as refused:
            save(world, based_on=0, meals="ふつう")
        assert refused.value.code == cards.OUTDATED
        assert PersonCard.objects.count() == 1

    def test_an_empty_card_is_none(self, world):
        with pytest.raises(ValidationError):
            save(world, meals=" ")

    def test_too_long_a_text_is_refused_by_the_service_too(self, world):
        with pytest.raises(ValidationError) as refused:
            save(world, meals="あ" * 61)
        assert "meals" in refused.value.message_dict

    def test_emptying_a_field_is_a_change(self, world):
        save(world, meals="ひと口", bath="ひとり")
        assert save(world, based_on=1, bath="ひとり").content == {"bath": "ひとり"}


class TestWriting:
    def test_writes_reads_back_and_links(self, world, worker):
        response = worker.post(url(world.person, "card-edit"), typed(voice="でんきを つけて", allergy="たまご"))
        assert (response.status_code, response["Location"]) == (302, url(world.person))
        page = worker.get(url(world.person))
        assert "でんきを つけて" in text(soup(page).select_one(".person-card-voice"))
        assert "たまご" in text(soup(page).select_one(".person-card-first"))
        assert shown(worker.get(url(world.person, "card-edit")), "allergy") == "たまご"
        assert PersonCard.objects.get().by == world.worker

    def test_without_a_card_the_sheet_is_the_form(self, world, worker):
        assert worker.get(url(world.person))["Location"] == url(world.person, "card-edit")

    def test_a_double_click_writes_one_version(self, world, worker):
        sent = typed(meals="ひと口")
        first, second = (worker.post(url(world.person, "card-edit"), sent) for _ in range(2))
        assert (first.status_code, second.status_code) == (302, 302)
        assert PersonCard.objects.count() == 1

    def test_too_much_is_said_beside_the_field_and_kept(self, world, worker):
        response = worker.post(url(world.person, "card-edit"), typed(meals="あ" * 61, bath="ひとり"))
        assert response.status_code == 422
        assert field_error(response, "meals") == "60文字以内で入力してください（いま61文字）。"
        assert (shown(response, "meals"), shown(response, "bath")) == ("あ" * 61, "ひとり")
        assert not PersonCard.objects.exists()

    def test_who_was_slower_keeps_what_was_typed_and_sees_the_newer(self, world, worker):
        save(world, meals="ひと口", bath="ひとり")
        save(world, based_on=1, meals="きざみ", bath="ひとり")
        response = worker.post(url(world.person, "card-edit"), typed(1, meals="ふつう", bath="ひとり"))
        assert response.status_code == 409
        assert shown(response, "meals") == "ふつう"
        assert [text(one) for one in soup(response).select(".person-card-newer")] == ["新しい版： きざみ"]
        assert "2版" in text(soup(response).select_one("form .alert-title"))
        based_on = soup(response).find(attrs={"name": "based_on"})["value"]
        assert based_on == "2"
        assert PersonCard.objects.count() == 2
        # Having seen it, saving goes through.
        worker.post(url(world.person, "card-edit"), typed(based_on, meals="ふつう", bath="ひとり"))
        assert PersonCard.objects.get(version=3).content["meals"] == "ふつう"

    @pytest.mark.parametrize("based_on", ["", "x", "-1", "9" * 30])
    def test_nonsense_is_no_fault(self, world, worker, based_on):
        assert worker.post(url(world.person, "card-edit"), typed(based_on, meals="a")).status_code == 422

    def test_the_part_equals_the_page(self, world, worker):
        sent = typed(meals="あ" * 61)
        headers = HTMX | {"HX-Target": "form"}
        partial = part(worker.post(url(world.person, "card-edit"), sent, headers=headers), "form")
        assert partial == part(worker.post(url(world.person, "card-edit"), sent), "form")

    def test_old_versions_say_that_they_are_old(self, world, worker):
        save(world, meals="ひと口")
        save(world, based_on=1, meals="きざみ")
        old = worker.get(url(world.person, "card-version", 1))
        assert "ひと口" in text(soup(old).article)
        assert "きざみ" not in text(soup(old))
        assert "これは古い版です" in text(soup(old))
        assert "古い版" not in text(soup(worker.get(url(world.person, "card-version", 2))).article)
        for missing in (0, 3, 2**31, 10**30):
            assert worker.get(url(world.person, "card-version", missing)).status_code == 404

    def test_of_another_person_there_is_no_version(self, world, worker):
        factories.PersonCardFactory()
        assert worker.get(url(world.person, "card-version", 1)).status_code == 404

    def test_strangers_and_homes_find_nothing(self, world):
        save(world, meals="ひと口")
        agree(world)
        confirmed(world, "2026-12-05", "2026-12-07")
        for user in (world.stranger, world.home_staff, world.other_home_staff):
            client = client_of(user)
            for address in (*(url(world.person, name) for name in NAMES), url(world.person, "card-version", 1)):
                assert client.get(address).status_code == 404

    def test_a_retired_contact_vanishes_from_the_card(self, world, worker):
        save(world, meals="ひと口")
        mother = factories.ContactFactory(person=world.person, name="見本 花江")
        factories.ContactFactory(person=world.person, name="載せない人", on_card=False)
        assert "見本 花江" in text(soup(worker.get(url(world.person))).article)
        contacts.retire(contact=mother, by=world.worker)
        page = text(soup(worker.get(url(world.person))).article)
        assert "見本 花江" not in page
        assert "載せない人" not in page

    def test_queries_do_not_grow(self, world, worker):
        save(world, meals="ひと口")
        factories.ContactFactory(person=world.person)
        few = [queries_of(worker, url(world.person, name)) for name in NAMES]
        for version in (1, 2):
            save(world, based_on=version, meals=f"{version}")
            factories.ContactFactory(person=world.person)
        assert [queries_of(worker, url(world.person, name)) for name in NAMES] == few
        assert max(few) <= 12


class TestHome:
    """Confirmed, agreed to, and around the stay; else there is nothing."""

    @pytest.fixture
    def stay(self, world):
        save(world, meals="ひと口", allergy="たまご", voice="でんきを つけて")
        return confirmed(world, "2026-12-05", "2026-12-07")

    def test_reads_what_it_needs_and_leaves_a_trace(self, world, home, stay):
        agree(world)
        world.person.certificate_number = "0123456789"
        world.person.save()
        factories.GoalFactory(person=world.person, words="ひみつの目標")
        factories.ContactFactory(person=world.person)
        response = home.get(url(stay, "session-card"))
        page = text(soup(response))
        for words in ("ひと口", "たまご", "でんきを つけて", "000-0000-0000", "12/5(土) 15:00", world.office.name):
            assert words in page
        for words in ("0123456789", "ひみつの目標", "知的", "書き直す", "前の版"):
            assert words not in page
        assert "この紙は、令和8年12月21日（月）までに返すか、処分してください" in page
        assert page.index("アレルギー") < page.index("でんきを つけて") < page.index("食事")
        event = AuditEvent.objects.get(action="card.view")
        assert (event.actor, event.subject_id) == (world.home_staff.pk, str(world.person.public_id))
        assert event.data == {"person": world.person.pk, "version": 1, "session": stay.pk}

    def test_each_look_leaves_its_own_trace_and_a_worker_s_none(self, world, home, worker, stay):
        agree(world)
        home.get(url(stay, "session-card"))
        home.get(url(stay, "session-card"))
        worker.get(url(stay, "session-card"))
        assert AuditEvent.objects.filter(action="card.view").count() == 2

    def test_a_refused_look_leaves_no_trace(self, home, stay):
        assert home.get(url(stay, "session-card")).status_code == 404
        assert not AuditEvent.objects.filter(action="card.view").exists()

    def test_withdrawn_is_gone_at_once(self, world, home, stay):
        consent = agree(world)
        assert home.get(url(stay, "session-card")).status_code == 200
        consents.withdraw(consent=consent, by=world.worker)
        assert home.get(url(stay, "session-card")).status_code == 404
        assert home.get(url(stay, "session-card"), {"format": "pdf"}).status_code == 404

    def test_an_expired_consent_is_none(self, world, home, stay):
        agree(world, ends_on=dt.date(2026, 11, 21))
        assert home.get(url(stay, "session-card")).status_code == 404

    def test_the_last_day_of_a_consent_counts_and_bounds_the_paper(self, world, home, stay):
        agree(world, ends_on=dt.date(2026, 11, 22))
        response = home.get(url(stay, "session-card"))
        assert "令和8年11月22日（日）までに返すか" in text(soup(response))

    def test_a_consent_to_something_else_or_of_somebody_else_is_none(self, world, home, stay):
        factories.ConsentFactory(person=world.person, kind=ConsentKind.PHOTO)
        factories.ConsentFactory(kind=ConsentKind.CARD)
        assert home.get(url(stay, "session-card")).status_code == 404

    def test_before_the_confirmation_there_is_nothing(self, world, home):
        save(world, meals="ひと口")
        agree(world)
        asked = request(world, "2026-12-05", "2026-12-07")
        assert home.get(url(asked, "session-card")).status_code == 404

    def test_another_home_finds_nothing(self, world, stay):
        agree(world)
        assert client_of(world.other_home_staff).get(url(stay, "session-card")).status_code == 404
        assert client_of(world.stranger).get(url(stay, "session-card")).status_code == 404

    @pytest.mark.parametrize(("days", "status"), [(14, 200), (15, 404), (30, 404)])
    def test_some_days_after_the_stay_it_closes(self, world, home, stay, frozen_time, days, status):
        agree(world)
        frozen_time.move_to(stay.ends_at + dt.timedelta(days=days))
        assert client_of(world.home_staff).get(url(stay, "session-card")).status_code == status

    def test_a_cancelled_stay_closes_it(self, world, home, stay):
        agree(world)
        sessions.cancel(session=stay, reason="熱", by=world.worker)
        assert home.get(url(stay, "session-card")).status_code == 404

    def test_a_declined_request_never_opened_it(self, world, home):
        save(world, meals="ひと口")
        agree(world)
        asked = request(world, "2026-12-05", "2026-12-07")
        sessions.decline(session=asked, decline_reason=DeclineReason.STAFFING, note="", by=world.home_staff)
        assert home.get(url(asked, "session-card")).status_code == 404

    def test_an_outing_has_none(self, world, worker):
        save(world, meals="ひと口")
        outing = factories.SessionFactory(person=world.person)
        assert worker.get(url(outing, "session-card")).status_code == 404

    def test_a_newer_version_is_what_the_home_reads(self, world, home, stay):
        agree(world)
        save(world, based_on=1, meals="きざみ")
        assert "きざみ" in text(soup(home.get(url(stay, "session-card"))))

    @pytest.mark.parametrize("detail", ["BUSY", "NEUTRAL", "PLACE", "NAMES"])
    def test_no_calendar_of_the_family_ever_holds_it(self, world, home, stay, detail):
        agree(world)
        factories.ContactFactory(person=world.person)
        feed = feeds.issue(person=world.person, label="母", detail=detail, by=world.worker)
        calendar = Client().get(reverse("calendars:feed", args=[feed.token])).content.decode()
        pages = text(soup(home.get(reverse("programs:board"), {"from": "2026-12-05"})).main)
        assert "BEGIN:VEVENT" in calendar
        for words in ("ひと口", "たまご", "でんき", "000-0000-0000"):
            assert words not in calendar.replace("\r\n ", "")
            assert words not in pages

    def test_queries_do_not_grow(self, world, home, stay):
        agree(world)
        factories.ContactFactory(person=world.person)
        few = queries_of(home, url(stay, "session-card"))
        for version in (1, 2):
            save(world, based_on=version, meals=f"{version}")
            factories.ContactFactory(person=world.person)
            agree(world)
        assert queries_of(home, url(stay, "session-card")) == few
        assert few <= 16  # four of them write the audit row


class TestHints:
    """Who is told what on the pages of the stay and of the person."""

    def pages(self, world, stay, home, worker):
        return [
            text(soup(client.get(address)).main)
            for client, address in (
                (home, url(stay, "session-detail")),
                (worker, url(stay, "session-detail")),
                (worker, url(world.person, "person-detail")),
            )
        ]

    def test_neither_card_nor_consent(self, world, home, worker):
        stay = confirmed(world, "2026-12-05", "2026-12-07")
        at_home, at_worker, at_person = self.pages(world, stay, home, worker)
        assert "本人の同意がまだありません。相談支援の担当に聞いてください。" in at_home
        for page in (at_worker, at_person):
            assert "ホームは、まだ事前情報シートを見られません" in page
            assert "シートも、本人の同意も、まだありません。" in page
        links = {link["href"] for link in soup(worker.get(url(stay, "session-detail"))).select("main .alert a")}
        assert {url(world.person, "card-edit"), url(world.person, "consent-create") + "?kind=CARD"} <= links

    def test_a_card_without_consent(self, world, home, worker):
        save(world, meals="ひと口")
        stay = confirmed(world, "2026-12-05", "2026-12-07")
        at_home, at_worker, at_person = self.pages(world, stay, home, worker)
        assert "本人の同意がまだありません" in at_home
        assert "ひと口" not in at_home
        assert "本人の同意が、まだありません。" in at_worker
        assert "本人の同意が、まだありません。" in at_person

    def test_a_consent_without_card(self, world, home, worker):
        agree(world)
        stay = confirmed(world, "2026-12-05", "2026-12-07")
        at_home, at_worker, _ = self.pages(world, stay, home, worker)
        assert "事前情報シートは、まだ書かれていません。" in at_home
        assert "シートが、まだ書かれていません。" in at_worker

    def test_both(self, world, home, worker):
        save(world, meals="ひと口")
        agree(world)
        stay = confirmed(world, "2026-12-05", "2026-12-07")
        links = {link["href"] for link in soup(home.get(url(stay, "session-detail"))).select("main a")}
        assert url(stay, "session-card") in links
        assert "まだ事前情報シートを見られません" not in "".join(self.pages(world, stay, home, worker))

    def test_a_request_asks_for_nothing_yet(self, world, home, worker):
        asked = request(world, "2026-12-05", "2026-12-07")
        at_home, at_worker, at_person = self.pages(world, asked, home, worker)
        assert "事前情報シートは、確定したあと" in at_home
        assert "事前情報シートを見られません" not in at_worker + at_person

    def test_the_person_page_begins_with_how_to_talk(self, world, worker):
        save(world, voice="でんきを つけて", yes_no="手を上げる", calms="音楽", money="千円")
        page = soup(worker.get(url(world.person, "person-detail"))).main
        assert [text(title) for title in page.select("h2")][:3] == ["伝えかた", "いま使えるもの", "これからの体験"]
        said = text(page.find(attrs={"aria-labelledby": "talk-title"}))
        for words in ("でんきを つけて", "手を上げる", "音楽"):
            assert words in said
        assert "千円" not in text(page)

    def test_a_wish_to_stop_stands_on_top(self, world, worker):
        stay = confirmed(world, "2026-12-05", "2026-12-07")
        stop = StopRequest.objects.create(session=stay)
        alert = soup(worker.get(url(world.person, "person-detail"))).select_one("main .alert-error[role=note]")
        assert "本人が「やめたい」と言っています" in text(alert)
        assert alert.a["href"] == url(stay, "session-detail")
        stop.handled_at, stop.handled_by, stop.answer = clock.now(), world.worker, "聞いた"
        stop.save()
        page = soup(worker.get(url(world.person, "person-detail")))
        assert not page.select("main .alert-error[role=note]")


class TestConsentForm:
    def test_comes_with_the_kind_and_six_months(self, world, worker):
        page = soup(worker.get(url(world.person, "consent-create"), {"kind": "CARD"}))
        assert page.find("input", {"name": "kind", "checked": True})["value"] == "CARD"
        assert page.find(attrs={"name": "ends_on"})["value"] == "2027-05-22"
        [opened] = page.select("details.easy-words[open]")
        assert text(opened.summary).startswith("事前情報シートをホームに見せる")

    @pytest.mark.parametrize("kind", ["", "PHOTO", "x", "'"])
    def test_else_nothing_is_chosen_for_the_person(self, world, worker, kind):
        page = soup(worker.get(url(world.person, "consent-create"), {"kind": kind}))
        assert not page.find(attrs={"name": "ends_on"}).get("value")
        assert len(page.select("details.easy-words[open]")) == (kind == "PHOTO")

    def test_sentences_for_the_person_are_short(self, world, worker):
        page = soup(worker.get(url(world.person, "consent-create"), {"kind": "CARD"}))
        box = page.select_one("details.easy-words[open] .stack")
        for reading in box.find_all("rt"):
            reading.decompose()
        # Before them a word to the staff, after them the way to the sheet.
        sentences = [line.get_text().strip() for line in box.find_all("p")[1:-1]]
        assert len(sentences) == 8
        assert [line for line in sentences if len(line) > 30] == []

    def test_an_empty_end_is_six_months_for_the_card_only(self, world, worker):
        for kind in ("CARD", "PHOTO"):
            sent = {"kind": kind, "means": "WORD", "given_on": "2026-11-20", "idempotency_key": str(uuid.uuid4())}
            assert worker.post(url(world.person, "consent-create"), sent).status_code == 302
        assert Consent.objects.get(kind="CARD").ends_on == dt.date(2027, 5, 20)
        assert Consent.objects.get(kind="PHOTO").ends_on is None

    def test_withdrawing_says_what_follows(self, world, worker):
        consent = agree(world)
        page = worker.get(url(world.person, "consent-withdraw", consent.public_id))
        assert "すぐに事前情報シートを見られなくなります" in text(soup(page).main)


def fullest(world):
    """Everything as long as it may be, in the widest letters."""
    person = world.person
    person.family_name, person.given_name = "龍" * 40, "鬱" * 40
    person.family_kana, person.given_kana, person.called = "ま" * 80, "み" * 80, "む" * 40
    person.save()
    for _ in range(fields.MOST_CONTACTS):
        contacts.add(
            person=person,
            name="鬱" * 20,
            relation="鬱" * 8,
            phone="000-0000-0000-0000",
            hours="鬱" * 18,
            on_card=True,
            by=world.worker,
        )
    return cards.save(
        person=person,
        content={field.code: "鬱" * field.limit for field in fields.FIELDS},
        based_on=0,
        by=world.worker,
    )


def pages_of(content: bytes) -> int:
    """Weasyprint packs its objects; each page is one of them."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    # The checksum at the end of a stream may look like the end of a line, and be cut: an object does not mind.
    opened = b"".join(zlib.decompressobj().decompress(stream) for stream in packed if stream[:1] == b"\x78")
    return len(re.findall(rb"/Type ?/Page\b", opened + content))


@pytest.mark.slow
def test_the_fullest_card_is_one_sheet(world, worker, home):
    fullest(world)
    agree(world)
    stay = confirmed(world, "2026-12-05", "2026-12-07")
    for client, address in ((worker, url(world.person)), (home, url(stay, "session-card"))):
        response = client.get(address, {"format": "pdf"})
        if response.status_code == 503 and os.environ.get("CI") != "true":
            pytest.skip("no card was laid out on paper: WeasyPrint lacks Pango on this machine")
        assert response.content.startswith(b"%PDF")
        assert pages_of(response.content) == 1
    assert AuditEvent.objects.filter(action="export.card.pdf").count() == 2
