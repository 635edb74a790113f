"""What a home publishes of itself, who sees it, and what a stay there costs."""

import datetime as dt

import pytest
from django.urls import reverse

from programs.domain.problems import Refused
from programs.models import HomeGuide, HomePhoto
from programs.queries import home_page
from programs.services import home_guides, nights
from tests import factories
from tests.personas import make_world, member
from tests.programs.pages import (
    HTMX,
    client_of,
    confirmed,
    field_error,
    part,
    person_of,
    queries_of,
    request,
    soup,
    text,
)
from tests.programs.test_photos import file, files_in, picture
from transition.domain.text import search_key
from transition.enums import OrganizationKind
from transition.models import AuditEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

WORDS = {
    "introduction": "4人でくらす2階建ての家です。\n犬が1ぴきいます。",
    "day": "7:00 朝ごはん\n21:00 おふろ",
    "bring": "パジャマ\nくすり",
    "provided": "ふとん",
    "rules": "門限は20時です。",
    "access": "みほん駅から歩いて5分",
    "easy_name": "かくう東《ひがし》",
    "night_contact": "090-0000-0000",
}


@pytest.fixture
def world():
    return make_world(price_rent=1000, price_food=500, price_utilities=300, price_supplies=200)


@pytest.fixture
def home(world):
    return client_of(world.home_staff)


@pytest.fixture
def worker(world):
    return client_of(world.worker)


def url(world, name="home-detail") -> str:
    return reverse(f"programs:{name}", args=[world.room.home.public_id])


def write(world, **words) -> HomeGuide:
    return home_guides.write(home=world.room.home, by=world.home_staff, **(WORDS | words))


def add(world, number=1, **details) -> list[HomePhoto]:
    details = {"kind": "HOUSE", "caption": "建物の外"} | details
    return [
        home_guides.add_photo(home=world.room.home, data=picture((number, 9, 9)), by=world.home_staff, **details)
        for number in range(number)
    ]


def prices(response) -> list[list[str]]:
    return [[text(cell) for cell in row.find_all(["th", "td"])] for row in soup(response).select("#stays tbody tr")]


def openings(response) -> list[str]:
    return [text(row) for row in soup(response).select("#stays .list-title")]


# The page


def test_the_guide_is_there_for_whoever_looks_for_a_room(world, worker):
    write(world)
    shown = text(soup(worker.get(url(world))).main)
    for said in ("2階建ての家です", "7:00 朝ごはん", "パジャマ", "ふとん", "門限は20時", "みほん駅から"):
        assert said in shown


def test_a_home_that_wrote_nothing_has_a_page_too(world, worker):
    response = worker.get(url(world))
    assert response.status_code == 200
    assert text(soup(response).h1) == world.room.home.name


@pytest.mark.parametrize("persona", ["coordinator", "stranger", "other_home_staff"])
def test_every_member_of_every_organization_sees_it(world, persona):
    assert client_of(getattr(world, persona)).get(url(world)).status_code == 200


def test_who_works_nowhere_does_not(world):
    assert client_of(factories.UserFactory()).get(url(world)).status_code == 404
    assert client_of(factories.UserFactory()).get(reverse("programs:home-list")).status_code == 403


def test_no_guest_is_on_it(world, home):
    confirmed(world, "2026-12-02", "2026-12-05")
    html = home.get(url(world)).content.decode()
    assert [word for word in (world.person.family_name, world.person.called) if word in html] == []


# The night contact


def night(client, world) -> str:
    rows = {text(row.dt): text(row.dd) for row in soup(client.get(url(world))).select("dl.summary > div")}
    return rows.get("夜の連絡先", "")


def test_the_nights_number_waits_for_the_homes_yes(world, worker, home, frozen_time):
    write(world)
    later = "体験が確定すると、ここに出ます"
    request(world, "2026-12-02", "2026-12-05")
    assert (night(worker, world), night(home, world)) == (later, "090-0000-0000")
    assert "090-0000-0000" not in worker.get(url(world)).content.decode()
    confirmed(world, "2026-12-08", "2026-12-10")
    assert night(worker, world) == "090-0000-0000"
    assert night(client_of(world.stranger), world) == later


def test_the_nights_number_goes_again_after_the_stay(world, worker, frozen_time):
    write(world)
    confirmed(world, "2026-12-08", "2026-12-10")
    for day, seen in (("2026-12-10", True), ("2026-12-11", False)):
        frozen_time.move_to(dt.datetime.fromisoformat(f"{day}T01:00:00+00:00"))
        worker.force_login(world.worker)
        assert (night(worker, world) == "090-0000-0000") is seen


# What a stay costs


@pytest.mark.parametrize(
    ("asked", "last", "head"),
    [
        ({}, "4,000円", "1泊2日の合計"),
        ({"nights": "２"}, "6,000円", "2泊3日の合計"),
        ({"check_in": "令和8年12月1日", "check_out": "2026-12-04"}, "8,000円", "3泊4日の合計"),
        ({"check_in": "2026-12-01", "nights": "6"}, "14,000円", "6泊7日の合計"),
        # Two dates say more than a number.
        ({"check_in": "2026-12-01", "check_out": "2026-12-02", "nights": "5"}, "4,000円", "1泊2日の合計"),
    ],
)
def test_both_ends_of_a_stay_are_paid_for(world, worker, asked, last, head):
    response = worker.get(url(world), asked)
    [row] = prices(response)
    assert row == [world.room.name, "1,000円", "500円", "300円", "200円", "2,000円", last]
    assert text(soup(response).select("#stays thead th")[-1]) == head


def test_the_total_is_the_searchs_total(world, worker):
    asked = {"from": "2026-12-01", "to": "2026-12-04", "nights": "3"}
    found = worker.get(reverse("programs:slot-search", args=[world.person.public_id]), asked)
    assert "3泊4日で 8,000円" in text(soup(found).find(id="results"))
    [row] = prices(worker.get(url(world), {"check_in": "2026-12-01", "check_out": "2026-12-04"}))
    assert row[-1] == "8,000円"


def test_rooms_of_one_price_share_a_line(world, worker):
    same = factories.SlotFactory(
        room__home=world.room.home, price_rent=1000, price_food=500, price_utilities=300, price_supplies=200
    )
    dear = factories.SlotFactory(room__home=world.room.home, price_rent=9000)
    rows = prices(worker.get(url(world)))
    assert [row[0] for row in rows] == [f"{world.room.name}、{same.room.name}", dear.room.name]


@pytest.mark.parametrize(
    ("asked", "field", "message"),
    [
        ({"check_in": "2026-11-21", "nights": "1"}, "check_in", "すぎた日です。今日からあとの日を入力してください。"),
        (
            {"check_in": "2026-12-02", "check_out": "2026-12-02"},
            "check_out",
            "チェックアウト日はチェックイン日よりあとにしてください。",
        ),
        ({"check_in": "2026-12-02", "check_out": "2027-12-02"}, "check_out", "一度に計算できるのは60泊までです。"),
        ({"check_in": "2026-12-02"}, "check_out", "チェックアウト日か泊数も入力してください。"),
        ({"check_out": "2026-12-02"}, "check_in", "チェックイン日も入力してください。"),
        ({"nights": "0"}, "nights", "1以上の数を入力してください。"),
        ({"nights": "たくさん"}, "nights", "数字だけで入力してください（例: 12）。"),
        ({"check_in": "2月31日", "nights": "1"}, "check_in", "年から入力してください。例: 令和8年11月22日、2026-11-22"),
    ],
)
def test_what_cannot_be_read_is_told_and_kept(world, worker, asked, field, message):
    whole = worker.get(url(world), asked)
    assert (whole.status_code, field_error(whole, field)) == (422, message)
    assert {name: soup(whole).find(attrs={"name": name})["value"] for name in asked} == asked
    alone = worker.get(url(world), asked, headers={**HTMX, "HX-Target": "stays"})
    assert (alone.status_code, str(part(alone, "stays"))) == (422, str(part(whole, "stays")))


def test_the_part_for_htmx_is_the_fresh_pages_part(world, worker):
    asked = {"nights": "2"}
    alone = worker.get(url(world), asked, headers={**HTMX, "HX-Target": "stays"})
    assert "<html" not in alone.content.decode()
    assert str(part(alone, "stays")) == str(part(worker.get(url(world), asked), "stays"))


# Open dates


def test_the_next_free_stay_of_each_slot_is_told(world, worker):
    nights.close(chosen={world.room.pk: [dt.date(2026, 12, 2)]}, use="CLEANING", by=world.home_staff)
    assert openings(worker.get(url(world))) == [f"12/1(火)〜12/2(水)（1泊）{world.room.name}"]
    assert openings(worker.get(url(world), {"nights": "2"})) == [f"12/3(木)〜12/5(土)（2泊）{world.room.name}"]
    asked = {"check_in": "2026-12-02", "check_out": "2026-12-03"}
    assert "この日にちに空いている部屋はありません" in text(soup(worker.get(url(world), asked)).find(id="stays"))


def test_a_slot_that_takes_longer_stays_only_says_so(world, worker):
    world.slot.min_nights = 3
    world.slot.save()
    assert openings(worker.get(url(world))) == [f"12/1(火)〜12/4(金)（3泊）{world.room.name}"]


def test_with_a_person_each_opening_leads_straight_to_the_request(world, worker):
    asked = {"person": str(world.person.public_id), "program": "group-home-trial", "nights": "2"}
    response = worker.get(url(world), asked)
    link = soup(response).select_one("#stays .list a")
    target = reverse("programs:session-request", args=[world.person.public_id, world.slot.public_id])
    assert link["href"] == f"{target}?check_in=2026-12-01&check_out=2026-12-03&program=group-home-trial"
    assert worker.get(link["href"]).status_code == 200
    kept = {field["name"]: field["value"] for field in soup(response).select("#stays form [type=hidden]")}
    assert kept == {"person": asked["person"], "program": "group-home-trial"}


def test_the_person_is_only_there_for_those_who_see_them(world, worker, home):
    asked = {"person": str(world.person.public_id)}
    assert client_of(world.stranger).get(url(world), asked).status_code == 404
    assert home.get(url(world), asked).status_code == 404
    assert worker.get(url(world), {"person": "nobody"}).status_code == 404
    other = person_of(world)
    assert other.name in text(soup(worker.get(url(world), {"person": str(other.public_id)})).main)


def test_nonsense_in_the_program_is_left_out(world, worker):
    asked = {"person": str(world.person.public_id), "program": '"><b>'}
    assert '"><b>' not in worker.get(url(world), asked).content.decode()


# Writing the guide


def test_a_new_guide_begins_with_the_usual_lists(world, home):
    form = soup(home.get(url(world, "home-edit"))).find(id="guide-form")
    lines = form.find(attrs={"name": "bring"}).text.split()
    assert ("パジャマ" in lines, "飲んでいる薬" in lines) == (True, True)
    assert "ドライヤー" in form.find(attrs={"name": "provided"}).text


def test_what_is_written_is_kept_and_told_once(world, home):
    sent = WORDS | {"idempotency_key": "k"}
    for _ in range(2):
        response = home.post(url(world, "home-edit"), sent)
        assert (response.status_code, response["Location"]) == (302, url(world))
    guide = HomeGuide.objects.get()
    assert {name: getattr(guide, name).replace("\r\n", "\n") for name in WORDS} == WORDS
    assert guide.changed_by == world.home_staff
    [event] = AuditEvent.objects.filter(action="home_guide.write")
    assert "090" not in str(event.__dict__)
    shown = soup(home.get(url(world, "home-edit"))).find(attrs={"name": "bring"}).text
    assert shown.removeprefix("\n") == WORDS["bring"]


def test_writing_the_same_again_changes_nothing(world):
    write(world)
    before = HomeGuide.objects.get().changed_at, AuditEvent.objects.count()
    write(world)
    assert (HomeGuide.objects.get().changed_at, AuditEvent.objects.count()) == before


def test_a_guide_that_is_too_long_is_told_and_kept(world, home):
    sent = WORDS | {"night_contact": "０" * 61}
    whole = home.post(url(world, "home-edit"), sent)
    assert (whole.status_code, field_error(whole, "night_contact")) == (
        422,
        "60文字以内で入力してください（いま61文字）。",
    )
    assert soup(whole).find(attrs={"name": "introduction"}).text.removeprefix("\n") == WORDS["introduction"]
    alone = home.post(url(world, "home-edit"), sent, headers={**HTMX, "HX-Target": "guide-form"})
    assert str(part(alone, "guide-form")) == str(part(whole, "guide-form"))
    assert not HomeGuide.objects.exists()


# Photos


def send(client, world, **more):
    sent = {"photos": [file()], "kind": "MEAL", "caption": "夕ごはん", "idempotency_key": "k"} | more
    return client.post(url(world, "home-photo-list"), sent)


def test_a_photo_is_taken_and_shown_with_its_words(world, home, worker, media):
    assert send(home, world)["Location"] == url(world, "home-photo-list")
    photo = HomePhoto.objects.get()
    image = soup(worker.get(url(world))).select_one(".home-photos img")
    small = reverse("programs:home-photo", args=[photo.public_id, "small"])
    assert (image["src"], image["alt"], image["loading"]) == (small, "夕ごはん", "lazy")
    assert (int(image["width"]), int(image["height"])) == (photo.width, photo.height) == (640, 480)
    assert image["srcset"] == f"{small} 400w, {small.replace('small', 'large')} 1600w"
    assert len(files_in(media)) == 2
    answer = worker.get(small)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert worker.get(small.replace("small", "../x")).status_code == 404
    assert worker.get(small.replace("small", "original")).status_code == 404


def test_pressing_twice_takes_it_once(world, home, media):
    for _ in range(2):
        assert send(home, world).status_code == 302
    assert (HomePhoto.objects.count(), len(files_in(media))) == (1, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (picture()[:700], "写真がこわれているか、途中で切れています。もう一度送るか、別の写真を選んでください。"),
        (
            b"<script>alert(1)</script>",
            "写真ではないファイルか、使えない形式です。JPEG、PNG、WebP、HEICの写真を選んでください。",
        ),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "写真ではないファイルか、使えない形式です。"),
        (picture() + bytes(20 * 1024 * 1024), "写真が大きすぎます。1枚20MBまでです。"),
    ],
)
def test_what_is_no_photo_is_refused_beside_the_field(world, home, media, content, message):
    response = send(home, world, photos=[file("x.jpg", content)])
    assert response.status_code == 422
    assert message in field_error(response, "photos")
    assert soup(response).find(attrs={"name": "caption"})["value"] == "夕ごはん"
    assert soup(response).select_one("[name=kind][checked]")["value"] == "MEAL"
    assert (HomePhoto.objects.count(), files_in(media)) == (0, [])


@pytest.mark.parametrize(
    ("more", "field", "message"),
    [
        ({"photos": []}, "photos", "写真を選んでください。"),
        ({"caption": "　"}, "caption", "入力してください。"),
        ({"kind": "CAT"}, "kind", "CAT"),
    ],
)
def test_a_photo_needs_its_words(world, home, more, field, message):
    response = send(home, world, **more)
    assert response.status_code == 422
    assert message in field_error(response, field)
    assert not HomePhoto.objects.exists()


def test_a_room_is_named_on_a_rooms_photo_only_and_is_the_homes_own(world, home):
    room = str(world.room.public_id)
    assert field_error(send(home, world, room=room), "room") == "居室を選べるのは、居室の写真だけです。"
    foreign = factories.RoomFactory()
    assert send(home, world, kind="ROOM", room=str(foreign.public_id)).status_code == 422
    with pytest.raises(Refused):
        add(world, kind="ROOM", room=foreign)
    assert send(home, world, kind="ROOM", room=room).status_code == 302
    assert HomePhoto.objects.get().room == world.room


def test_twelve_are_enough(world, home):
    factories.HomePhotoFactory.create_batch(11, home=world.room.home)
    assert send(home, world).status_code == 302
    response = send(home, world, idempotency_key="other")
    assert response.status_code == 422
    assert soup(response).find(attrs={"name": "photos"}) is None
    assert HomePhoto.objects.count() == 12


def test_a_photo_taken_out_is_gone_with_its_files(world, home, media, django_capture_on_commit_callbacks):
    photo, kept = add(world, 2)
    remove = reverse("programs:home-photo-remove", args=[photo.public_id])
    with django_capture_on_commit_callbacks(execute=True):
        assert home.post(remove)["Location"] == url(world, "home-photo-list")
    assert home.post(remove).status_code == 404
    assert list(HomePhoto.objects.all()) == [kept]
    assert len(files_in(media)) == 2


def test_a_row_that_fails_leaves_no_file(world, media, monkeypatch):
    monkeypatch.setattr(home_guides, "_add_photo", lambda **details: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        add(world)
    assert files_in(media) == []


# Who may see a photo in the easy view


def test_a_person_sees_the_homes_of_their_own_stays(world):
    [photo] = add(world)
    other = person_of(world)
    assert not home_page.person_may_see(world.person, photo)
    session = request(world, "2026-12-02", "2026-12-05")
    assert home_page.person_may_see(world.person, photo)
    assert not home_page.person_may_see(other, photo)
    session.state = "CANCELLED"
    session.save()
    assert not home_page.person_may_see(world.person, photo)


def test_signed_in_the_person_gets_the_picture_of_their_home(world):
    [photo] = add(world)
    world.person.user = factories.UserFactory()
    world.person.save()
    client = client_of(world.person.user)
    small = reverse("programs:home-photo", args=[photo.public_id, "small"])
    assert client.get(small).status_code == 404
    request(world, "2026-12-02", "2026-12-05")
    assert client.get(small).status_code == 200
    assert client.get(url(world)).status_code == 404


# Lists


def cards(response) -> dict[str, str]:
    return {text(card.h3): text(card) for card in soup(response).select("#results li.card")}


def test_the_office_sees_what_its_pages_lack(world, home):
    shown = cards(home.get(reverse("programs:home-list")))[world.room.home.name]
    assert "写真がまだありません" in shown
    assert "「どんなホームか」がまだありません" in shown
    write(world)
    add(world)
    shown = cards(home.get(reverse("programs:home-list")))[world.room.home.name]
    assert "まだありません" not in shown
    assert "案内がそろっています" in shown


def test_an_office_sees_its_own_homes_only(world, home):
    factories.HomeFactory(name="よそのホーム")
    assert list(cards(home.get(reverse("programs:home-list")))) == [world.room.home.name]


def test_workers_look_through_all_homes_by_name_and_area(world, worker):
    there = factories.HomeFactory(name="あおぞら荘", area="架空市アオバ区", search_key=search_key("あおぞら荘"))
    address = reverse("programs:home-list")
    assert list(cards(worker.get(address))) == [world.room.home.name, "あおぞら荘"]
    assert list(cards(worker.get(address, {"area": "架空市アオバ区"}))) == ["あおぞら荘"]
    assert list(cards(worker.get(address, {"q": "アオゾラ"}))) == ["あおぞら荘"]
    assert "あてはまるホームがありません" in text(soup(worker.get(address, {"q": "なし"})).main)
    options = [text(option) for option in soup(worker.get(address)).select("[name=area] option")]
    assert options == ["すべて", "架空市（1）", "架空市アオバ区（1）"]
    assert worker.get(address, {"area": "どこか"}).status_code == 422
    assert there.name in worker.get(address, {"area": "架空市アオバ区"}).content.decode()


def test_the_lists_part_is_the_fresh_pages_part(world, worker):
    address = reverse("programs:home-list")
    alone = worker.get(address, headers={**HTMX, "HX-Target": "results"})
    assert str(part(alone, "results")) == str(part(worker.get(address), "results"))


def test_a_home_without_an_office_of_its_own_says_whom_to_ask():
    staff = member(factories.OrganizationFactory(kind=OrganizationKind.GROUP_HOME))
    assert "市町村の担当者" in client_of(staff).get(reverse("programs:home-list")).content.decode()


def test_queries_do_not_grow(world, worker, home):
    write(world)
    add(world)
    confirmed(world, "2026-12-02", "2026-12-03")
    asked = f"{url(world)}?person={world.person.public_id}&nights=2"
    address = reverse("programs:home-list")

    def counted() -> list[int]:
        pages = [(worker, asked), (home, url(world)), (worker, address), (home, address)]
        pages += [(home, url(world, "home-edit")), (home, url(world, "home-photo-list"))]
        return [queries_of(client, page) for client, page in pages]

    few = counted()
    add(world, 3)
    for number in range(3):
        slot = factories.SlotFactory(room__home=world.room.home, price_rent=number * 100)
        factories.HomePhotoFactory(home=factories.HomeFactory(organization=world.home_office))
        request(world, "2026-12-08", "2026-12-09", slot=slot, person=person_of(world))
    assert counted() == few
    assert max(few) <= 12
