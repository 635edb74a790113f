"""Readings above words, typed and found."""

import pytest

from transition.domain import ruby
from transition.domain.readings import annotate
from transition.domain.ruby import Run, marked

KANJI = "<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>"


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("｜漢字《かんじ》", [Run("漢字", "かんじ")]),
        ("漢字《かんじ》の 本", [Run("漢字", "かんじ"), Run("の 本")]),
        ("お金《かね》", [Run("お"), Run("金", "かね")]),
        ("｜5日《いつか》", [Run("5日", "いつか")]),
        ("｜クッキー《くっきー》と", [Run("クッキー", "くっきー"), Run("と")]),
        ("葛\U000e0100飾《かつしか》", [Run("葛\U000e0100飾", "かつしか")]),
        ("𠮷野《よしの》", [Run("𠮷野", "よしの")]),
        ("", []),
    ],
)
def test_marks_become_runs_and_back(text, runs):
    assert ruby.parse(text) == runs
    assert ruby.parse(marked(runs)) == runs


@pytest.mark.parametrize(
    "text", ["《》", "漢字《》", "｜《かな》", "かな《かな》", "漢字《か", "｜", "｜a\n《b》", "《《》》"]
)
def test_what_is_no_mark_stays(text):
    assert ruby.plain(text) == text
    assert ruby.parse(text) == [Run(text)]


def test_words_without_readings_and_readings_without_words():
    assert ruby.plain("｜今日《きょう》の 天気《てんき》") == "今日の 天気"
    assert ruby.spoken("｜今日《きょう》の 天気《てんき》") == "きょうの てんき"


def test_elements_are_escaped():
    assert ruby.to_html([Run("漢字", "かんじ")]) == KANJI
    html = ruby.to_html(annotate('｜<b>《"><script>》&<i>漢字'))
    assert "<b>" not in html
    assert "<script>" not in html
    assert "<i>" not in html


def test_a_page_gets_its_elements_only_in_its_text():
    page = '<title>漢字《かんじ》</title><img alt="漢字《かんじ》"><input value="漢字《かんじ》"><p>漢字《かんじ》</p>'
    expected = f'<title>漢字</title><img alt="漢字"><input value="漢字《かんじ》"><p>{KANJI}</p>'
    assert ruby.in_html(page) == expected
    typed = "<textarea>漢字《かんじ》</textarea>"
    assert ruby.in_html(typed) == typed


def test_a_mark_reaches_over_no_element():
    page = "<p>｜漢</p><p>字《かんじ》</p>"
    assert ruby.in_html(page) == "<p>｜漢</p><p><ruby>字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby></p>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("公園", "｜公園《こうえん》"),
        ("うどんを食べる", "うどんを｜食《た》べる"),
        ("飲み物", "｜飲《の》み｜物《もの》"),
        ("かくう東", "かくう｜東《ひがし》"),
        ("歯ブラシ", "｜歯《は》｜ブラシ《ぶらし》"),
        ("テレビ", "｜テレビ《てれび》"),
        ("バス", "バス"),
        ("A号室", "｜A《えー》｜号《ごう》｜室《しつ》"),
        ("101号室", "101｜号《ごう》｜室《しつ》"),
        ("12月5日", "12｜月《がつ》｜5日《いつか》"),
        ("12月1日", "12｜月《がつ》｜1日《ついたち》"),
        ("3日間", "｜3日間《みっかかん》"),
        ("1泊2日", "1｜泊《ぱく》｜2日《ふつか》"),
        ("30分", "30｜分《ぷん》"),
        ("2人", "｜2人《ふたり》"),
        ("世話人", "｜世話人《せわにん》"),
        ("髙橋", "｜髙橋《たかはし》"),
        ("例題《かぞえ》", "｜例題《かぞえ》"),
        ("ひらがな", "ひらがな"),
        ("", ""),
    ],
)
def test_readings_nobody_typed(text, expected):
    assert marked(annotate(text)) == expected


def test_a_typed_reading_wins():
    assert marked(annotate("｜東《あずま》の家")) == "｜東《あずま》の｜家《いえ》"


@pytest.mark.parametrize("text", ["漢" * 3000, "\U000e0100", "ー" * 40, "𠮷" * 600, "<&>", "ﷺ", "٣人", "１日"])
def test_nothing_is_lost(text):
    assert "".join(run.text for run in annotate(text)) == text
