"""What a person is told before agreeing: in easy words with readings and pictures, for each kind, on one sheet."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse

from programs.domain.consent_words import words
from tests import factories
from tests.easy_lint import template_faults, text_faults
from tests.personas import World, make_world
from tests.programs.pages import client_of, soup, text
from transition import clock
from transition.domain import ruby
from transition.enums import ConsentKind
from transition.models.consents import TO_WHOM

KINDS = list(ConsentKind)
SHEET = Path(settings.BASE_DIR, "templates", "programs", "consent_easy.html")


@pytest.fixture
def world() -> World:
    return make_world()


def told(kind: ConsentKind):
    return words(str(kind), str(kind.label), until=clock.today(), days=14)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_to_whom_until_when_and_how_to_stop(kind):
    said = " ".join(ruby.plain(line.text) for line in told(kind).lines)
    for wanted in (
        "なにを：",
        "だれ[にと]：",
        "いつまで：|とった|えらべます",
        "いつでも やめられます",
        "だれも おこりません",
    ):
        assert re.search(wanted, said), wanted


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_are_easy_and_each_line_has_its_picture(kind):
    found = told(kind)
    page = "".join(f"<p>{ruby.in_html(line)}</p>" for line in (found.title, *(line.text for line in found.lines)))
    assert text_faults(page) == []
    assert [line.drawing for line in found.lines if not finders.find(f"transition/{line.drawing}")] == []
    assert len(found.lines) <= 8


def test_the_sheet_itself_is_easy():
    source = SHEET.read_text(encoding="utf-8")
    assert template_faults(source[source.index("<article") : source.index("</article>")]) == []


def test_every_kind_has_somebody_to_whom():
    assert set(TO_WHOM) == set(ConsentKind)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_the_sheet_of_each_kind(world, kind):
    client = client_of(world.worker)
    answer = client.get(reverse("programs:consent-easy", args=[world.person.public_id, kind.lower()]))
    sheet = soup(answer).select_one("article")
    assert answer.status_code == 200
    assert text_faults(str(sheet)) == []
    assert len(sheet.select("img")) == len(told(kind).lines) + 3
    assert [text(one) for one in sheet.select(".easy-sheet-answers li")] == ["はい", "いいえ", "わからない"]
    assert f"?kind={kind}" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("about", ["PHOTO", "none", "Card"])
def test_no_other_sheet(world, about):
    address = reverse("programs:consent-easy", args=[world.person.public_id, about])
    assert client_of(world.worker).get(address).status_code == 404


@pytest.mark.django_db
def test_the_form_opens_the_words_of_the_kind_asked_for(world):
    url = reverse("programs:consent-create", args=[world.person.public_id])
    for kind in KINDS:
        page = soup(client_of(world.worker).get(url, {"kind": str(kind)}))
        [opened] = page.select("details.easy-words[open]")
        assert str(kind.label) in text(opened.find("summary"))
        assert opened.select_one(f'a[href$="/easy/{kind.lower()}/"]')
    assert len(page.select("details.easy-words")) == len(KINDS)


@pytest.mark.django_db
def test_the_list_says_to_whom_and_until_when(world):
    factories.ConsentFactory(person=world.person, kind=ConsentKind.CALENDAR)
    shown = text(soup(client_of(world.worker).get(reverse("programs:consent-list", args=[world.person.public_id]))))
    assert "だれに：予定表のアドレスを渡した人" in shown
    assert "やめるまで" in shown
