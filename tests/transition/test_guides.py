"""The guides: whole, plain, safe, and true to the words on the screens."""

import itertools
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests import factories
from tests.personas import member
from tests.programs.pages import client_of, queries_of, soup, text
from transition import guides
from transition.enums import OrganizationKind

SECTIONS = ["はじめにすること", "毎日のこと", "毎月のこと", "困ったとき"]
FOLDER = Path(settings.BASE_DIR)


def screen_words() -> str:
    """All text that can stand on a screen: templates, labels, messages."""
    files = [*FOLDER.glob("templates/**/*.html")]
    files += [path for app in ("transition", "programs", "calendars") for path in FOLDER.glob(f"{app}/**/*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_every_file_is_a_guide_and_every_guide_a_file():
    assert {path.stem for path in guides.FOLDER.glob("*.md")} == set(guides.GUIDES)


@pytest.mark.parametrize("slug", ["worker", "home", "facility", "city", "family"])
def test_each_role_finds_the_same_sections(slug):
    found = re.findall(r"^## (.+)$", (guides.FOLDER / f"{slug}.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert found == SECTIONS


@pytest.mark.parametrize("slug", guides.GUIDES)
def test_bold_words_stand_on_a_screen(slug):
    """A guide that names a button which was renamed leads nowhere."""
    words, screens = (
        re.findall(r"\*\*(.+?)\*\*", (guides.FOLDER / f"{slug}.md").read_text(encoding="utf-8")),
        screen_words(),
    )
    assert [word for word in words if word not in screens] == []


def test_the_guide_for_the_person_has_short_sentences():
    lines = (guides.FOLDER / "person.md").read_text(encoding="utf-8").splitlines()
    sentences = [part for line in lines for part in re.split("[。]", re.sub(r"^(#+|-|\d+\.) ", "", line)) if part]
    assert [sentence for sentence in sentences if len(sentence.replace(" ", "")) > 30] == []


def test_raw_html_is_only_text():
    made = guides.render("worker", "# 題\n\n<script>alert(1)</script>\n\n[悪い](javascript:alert(1)) [案内](home.md)")
    assert made.title == "題"
    assert "<script" not in made.html
    assert "javascript:" not in re.findall('href="([^"]*)"', made.html)
    assert re.findall('href="([^"]*)"', made.html) == ["../home/"]


def test_a_guide_without_title_is_a_mistake():
    with pytest.raises(ValueError, match="title"):
        guides.render("worker", "本文だけ")


@pytest.mark.django_db
class TestPages:
    def test_open_without_sign_in(self):
        for address in ("/guide/", *(f"/guide/{slug}/" for slug in guides.SLUGS)):
            response = Client().get(address)
            assert response.status_code == 200
            page = soup(response)
            assert len(page.select("h1")) == 1
            levels = [int(heading.name[1]) for heading in page.select(".guide :is(h1, h2, h3)")]
            assert all(after - before <= 1 for before, after in itertools.pairwise(levels))

    def test_links_between_guides_lead_somewhere(self):
        links = soup(Client().get("/guide/")).select(".guide a")
        assert [link["href"] for link in links] == [f"{slug}/" for slug in guides.SLUGS]

    @pytest.mark.parametrize(
        ("kind", "slug"),
        [
            (OrganizationKind.GROUP_HOME, "home"),
            (OrganizationKind.SHORT_STAY, "home"),
            (OrganizationKind.CONSULTATION, "worker"),
            (OrganizationKind.FACILITY, "facility"),
            (OrganizationKind.HOSPITAL, "facility"),
            (OrganizationKind.MUNICIPALITY, "city"),
            (OrganizationKind.CORE_CENTER, "city"),
        ],
    )
    def test_ones_own_comes_first(self, kind, slug):
        client = client_of(member(factories.OrganizationFactory(kind=kind)))
        first = soup(client.get("/guide/")).select_one("nav[aria-labelledby=guides-title] li")
        assert first.a["href"] == f"/guide/{slug}/"
        assert "いまの所属" in text(first)

    def test_unknown_ones_are_not_found(self):
        for slug in ("index", "nobody", "worker.md"):
            assert Client().get(f"/guide/{slug}/").status_code == 404

    def test_every_page_leads_to_it(self):
        client = client_of(member(factories.OrganizationFactory()))
        assert soup(client.get("/people/")).select_one("footer a")["href"] == "/guide/"

    def test_it_costs_no_more_than_who_reads(self):
        client = client_of(member(factories.OrganizationFactory()))
        assert queries_of(client, "/guide/worker/") <= 4
