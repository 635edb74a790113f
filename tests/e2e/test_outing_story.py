"""The outing program as a whole: wish, enrollment, goal, proposed plan, an outing recorded, review, outcome, PDF."""

import datetime as dt
import os
import re

import pytest
import time_machine
from django.core.management import call_command
from PIL import Image
from playwright.sync_api import Page, expect

from programs.models import Enrollment, EscortDay, GoalScore, Outcome, Photo, Rating, Review, Session, SessionRecord
from tests import factories
from tests.personas import member
from transition import clock
from transition.domain.wareki import format_wareki
from transition.enums import OrganizationKind, Residence
from transition.models import Goal, Person, User, Wish

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

# A Monday, nine in the morning in Japan.
START = dt.datetime(2026, 11, 23, 0, 0, tzinfo=dt.UTC)
LEVELS = ["外に出ない", "早く帰る", "落ち着いて過ごす", "笑顔で過ごす", "次に行きたい所を言う"]


@pytest.fixture
def time():
    with time_machine.travel(START, tick=True) as traveller:
        yield traveller


@pytest.fixture
def staff(time) -> User:
    call_command("load_programs", verbosity=0)
    call_command("load_wishes", verbosity=0)
    city = factories.MunicipalityFactory(name="架空市")
    facility = factories.OrganizationFactory(name="支援施設みほん", kind=OrganizationKind.FACILITY, municipality=city)
    person = factories.PersonFactory(given_name="太郎", municipality=city, residence=Residence.FACILITY)
    factories.SupportLinkFactory(person=person, organization=facility)
    user = member(facility)
    days = [START.date() + dt.timedelta(days=number) for number in range(190)]
    EscortDay.objects.bulk_create(
        EscortDay(user=user, date=day, starts=dt.time(9), ends=dt.time(17)) for day in days if day.weekday() < 5
    )
    return user


@pytest.fixture
def person(staff) -> Person:
    return Person.objects.get()


def send(page: Page, button: str) -> None:
    """Press the button of the form and wait until the answer is there."""
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        page.get_by_role("button", name=button, exact=True).first.click()
    assert answer.value.status in (200, 204, 302), page.url
    page.wait_for_load_state("networkidle")


def test_from_a_wish_to_the_pdf(signed_in, staff, person, time, tmp_path):
    page = signed_in(staff)

    # Nothing is known yet; the wish book is opened together.
    page.get_by_role("link", name="本人", exact=True).click()
    page.get_by_role("link", name="見本 太郎", exact=True).click()
    page.get_by_role("link", name="やってみたいこと").click()
    page.get_by_role("link", name="本をひらく").click()
    for answer in ("やってみたい", "やってみたい", "わからない"):
        send(page, answer)
    assert list(Wish.objects.order_by("pk").values_list("choice", flat=True)) == ["WANT", "WANT", "UNKNOWN"]

    # Taking part.
    page.goto(f"/people/{person.public_id}/enrollments/new/")
    page.get_by_label("施設入所者地域生活移行促進事業（外出体験）").check()
    page.locator("[name=starts_on]").fill(format_wareki(clock.today()))
    page.locator("[name=purpose]").fill("まず外に出て、楽しく過ごす。")
    page.get_by_label("ことば", exact=True).check()
    send(page, "利用を始める")
    enrollment = Enrollment.objects.get()
    assert (enrollment.starts_on, enrollment.ends_on) == (dt.date(2026, 11, 23), dt.date(2027, 5, 22))

    # A goal with its five levels, written beforehand.
    page.goto(f"/people/{person.public_id}/goals/new/")
    page.locator("[name=words]").fill("そとで たのしく すごしたい")
    names = ("level_minus_2", "level_minus_1", "level_0", "level_plus_1", "level_plus_2")
    for name, text in zip(names, LEVELS, strict=True):
        page.locator(f"[name={name}]").fill(text)
    page.locator("[name=target_on]").fill("令和9年5月22日")
    send(page, "この目標で始める")
    goal = Goal.objects.get()

    # A plan is proposed, and accepted whole.
    page.goto(f"/enrollments/{enrollment.public_id}/proposal/")
    send(page, "選んだものを計画に入れる")
    planned = list(Session.objects.order_by("starts_at"))
    assert len(planned) >= 6
    minutes = [(session.ends_at - session.starts_at) // dt.timedelta(minutes=1) for session in planned]
    assert minutes[0] <= 90
    assert max(minutes) == max(minutes[len(minutes) // 2 :])

    # The first outing becomes certain, and takes place.
    first = planned[0]
    page.goto(f"/sessions/{first.public_id}/")
    send(page, "確定する")
    consent_to_photos(page, person)
    time.move_to(first.ends_at + dt.timedelta(minutes=20))
    page = signed_in(staff)
    page.goto(f"/sessions/{first.public_id}/record/")
    page.locator("[name=shown]").fill("池のこいを長く見ていた。")
    page.get_by_label(re.compile("＋1")).check()
    send(page, "保存する")
    assert SessionRecord.objects.get(session=first).shown == "池のこいを長く見ていた。"
    assert GoalScore.objects.get(session=first).score == 1
    picture = tmp_path / "IMG_0001.jpg"
    Image.effect_noise((1200, 900), 40).convert("RGB").save(picture)
    page.goto(f"/sessions/{first.public_id}/photos/")
    page.locator("input[type=file]").set_input_files(picture)
    send(page, "写真を入れる")
    assert Photo.objects.get().session == first
    page.goto(f"/sessions/{first.public_id}/rating/")
    page.get_by_label("よかった").check()
    page.locator("[name=word]").fill("また いく")
    send(page, "書く")
    assert Rating.objects.get().face == "GOOD"

    # One month later: the review, with the scores so far.
    review = Review.objects.get(month=1)
    time.move_to(clock.at(review.due_on, dt.time(10)))
    page = signed_in(staff)
    page.goto(f"/enrollments/{enrollment.public_id}/reviews/1/")
    expect(page.get_by_text("また いく").first).to_be_visible()
    page.locator("[name=decision]").fill("短い外出を続ける。")
    page.locator(f"[name=score_{goal.public_id.hex}]").first.evaluate("node => node.closest('form') !== null")
    send(page, page.locator("main form .button[type=submit]").last.inner_text())
    review.refresh_from_db()
    assert review.held_on == review.due_on

    # What came of it.
    page.goto(f"/enrollments/{enrollment.public_id}/outcome/")
    page.get_by_label("新しい希望が出た").check()
    send(page, page.locator("main form .button[type=submit]").last.inner_text())
    assert Outcome.objects.get().code == "NEW_WISH"

    # The pack, on screen and as PDF.
    page.goto(f"/enrollments/{enrollment.public_id}/pack/")
    for text in ("見本 太郎", "そとで たのしく すごしたい", "池のこいを長く見ていた。", "新しい希望が出た"):
        expect(page.get_by_text(text).first).to_be_visible()
    answer = page.request.get(f"/enrollments/{enrollment.public_id}/pack/?format=pdf")
    if answer.status == 503 and os.environ.get("CI") != "true":
        pytest.skip("no Pango on this machine: the page says so instead of writing a PDF")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")


def consent_to_photos(page: Page, person: Person) -> None:
    page.goto(f"/people/{person.public_id}/consents/new/")
    page.get_by_label("写真を撮って残す").check()
    page.get_by_label("ことば", exact=True).check()
    send(page, page.locator("main form .button[type=submit]").last.inner_text())
    assert person.consents.filter(kind="PHOTO").exists()


def test_an_outing_is_planned_moved_and_confirmed_with_the_keyboard_only(signed_in, staff, person):
    enrollment = factories.EnrollmentFactory(
        person=person,
        program__code="keyboard",
        organization=staff.memberships.get().organization,
        starts_on=dt.date(2026, 11, 23),
        ends_on=dt.date(2027, 5, 22),
    )
    page = signed_in(staff)
    page.goto(f"/enrollments/{enrollment.public_id}/plan/")
    press(page, "おでかけを入れる")
    type_into(page, "activity", "公園")
    type_into(page, "on", "2026-12-01")
    type_into(page, "starts", "10:00")
    type_into(page, "ends", "12:00")
    press(page, "計画に入れる")
    page.wait_for_url(re.compile(r"/plan/(#.*)?$"))
    session = Session.objects.get()
    assert (session.activity, session.starts_at) == ("公園", clock.at(dt.date(2026, 12, 1), dt.time(10)))
    page.goto(f"/enrollments/{enrollment.public_id}/plan/")
    press(page, "動かす")
    type_into(page, "on", "令和8年12月2日")
    press(page, "この日時に変える")
    page.wait_for_url(re.compile(r"/plan/(#.*)?$"))
    page.goto(f"/sessions/{session.public_id}/")
    press(page, "確定する")
    expect(page.get_by_text("おでかけを確定しました").first).to_be_visible()
    session.refresh_from_db()
    assert (session.state, session.starts_at) == ("CONFIRMED", clock.at(dt.date(2026, 12, 2), dt.time(10)))


def press(page: Page, text: str) -> None:
    """Tab to the link or button that begins with the text, and press Enter."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText || ''").strip().startswith(text):
            page.keyboard.press("Enter")
            page.wait_for_load_state("networkidle")
            return
    raise AssertionError(f"{text} cannot be reached with Tab")


def type_into(page: Page, name: str, text: str) -> None:
    for _ in range(80):
        if page.evaluate("document.activeElement.name") == name:
            page.keyboard.press("Control+a")
            page.keyboard.type(text)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached with Tab")
