"""Every word of the easy view: short, read, concrete, in every state and in every branch of every template."""

from pathlib import Path

import pytest
from django.conf import settings

from tests.easy_lint import faults, template_faults, text_faults
from tests.programs.easy_pages import every_state
from tests.programs.pages import soup

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates", "easy").glob("*.html"))
TEMPLATES.append(Path(settings.BASE_DIR, "templates", "base_easy.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_the_words_of_a_template(path):
    assert template_faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.django_db
def test_every_page_in_every_state():
    found, titles = {}, {}
    for state, answer in every_state():
        assert answer.status_code < 500, state
        page = answer.content.decode()
        found[state] = faults(page)
        title = soup(answer).title.get_text(strip=True)
        if answer.wsgi_request.method == "GET":
            titles.setdefault(title, set()).add(answer.wsgi_request.get_full_path().split("?said=")[0])
        assert len(answer.content) < 60_000, state
        assert not soup(answer).select("script:not([src]), style, [style], [onclick]"), state
        for image in soup(answer).select("img"):
            assert image.get("width"), (state, str(image))
            assert image.get("height"), (state, str(image))
            assert image.has_attr("alt"), (state, str(image))
    assert {state: wrong for state, wrong in found.items() if wrong} == {}
    assert {title: pages for title, pages in titles.items() if len(pages) > 1} == {}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("<p>漢字です。</p>", "no reading: 漢字です。"),
        ("<p><ruby>漢字<rt></rt></ruby></p>", "no reading: 漢字"),
        ("<p>15:00に きて ください。</p>", "24 hours: 15:00に きて ください"),
        ("<p>15<ruby>時<rt>じ</rt></ruby></p>", "24 hours: 15時"),
        ('<img alt="9:30">', "24 hours: 9:30"),
        ("<p><ruby>三<rt>さん</rt></ruby>かい</p>", "kanji number: 三かい"),
        ("<p><ruby>支援施設<rt>しえんしせつ</rt></ruby></p>", "four kanji: 支援施設"),
        ("<p><ruby>支援<rt>しえん</rt></ruby><ruby>施設<rt>しせつ</rt></ruby></p>", "four kanji: 支援施設"),
        ("<p><ruby>令和<rt>れいわ</rt></ruby>8</p>", "era: 令和8"),
        (f"<p>{'あ' * 31}。</p>", f"too long: {'あ' * 31}"),
        (f"<p>{'あ' * 20}<br>{'い' * 31}</p>", f"too long: {'い' * 31}"),
    ],
)
def test_the_lint_finds(wrong, says):
    assert says in text_faults(wrong)
    assert says in template_faults("{% if x %}" + wrong + "{% endif %}")


@pytest.mark.parametrize(
    "right",
    [
        "<p><ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>です。</p>",
        "<p>午後《ごご》 3時《じ》</p>",
        f"<p>{'あ' * 30}。{'い' * 30}。</p>",
        f"<p><ruby>{'字' * 3}<rt>{'じ' * 40}</rt></ruby></p>",
        '<p><bdi class="name"><ruby>三郎<rt>さぶろう</rt></ruby></bdi>さん</p>',
        f'<p><bdi class="name">{"あ" * 40}</bdi></p>',
    ],
)
def test_the_lint_lets_pass(right):
    assert template_faults(right) == []


def test_a_page_has_one_heading_and_a_title():
    assert faults("<title>き</title><h1>き</h1>") == []
    assert faults("<title>き</title>") == ["0 h1"]
    assert faults("<title>き</title><h1>き</h1><h1>き</h1>") == ["2 h1"]
    assert faults("<h1>き</h1>") == ["no title"]
