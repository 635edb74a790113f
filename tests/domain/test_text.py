"""Names survive, invisible characters do not, and what sounds alike is found alike."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transition.domain.text import (
    clean_line,
    clean_text,
    graphemes,
    has_forbidden,
    normalize_digits,
    search_key,
)

FAMILY = "👨\u200d👩\u200d👧"
KATSURAGI = "葛\U000e0100城"

# Written → kept. The left side is what people, phones and mischief send.
NAUGHTY = [
    ("", ""),
    ("   ", ""),
    ("\u3000山田　花子\u3000", "山田　花子"),
    ("山田\n花子", "山田 花子"),
    ("山田 \r\n\t 花子", "山田 花子"),
    ("山田\u2028花子", "山田 花子"),
    ("\u200b", ""),
    ("\u200b\u200d\ufeff\u2060", ""),
    ("\u3164", ""),
    ("\u2800\u00ad", ""),
    ("山\u200b田", "山田"),
    ("\u202e田山", "田山"),
    ("\u2066山田\u2069", "山田"),
    ("\u200f山田\u061c", "山田"),
    ("\ufeff山田", "山田"),
    ("𠮷野家", "𠮷野家"),
    (KATSURAGI, KATSURAGI),
    ("葛\U000e0100\U000e0101", "葛\U000e0100"),
    ("\U000e0100葛", "葛"),
    ("❤\ufe0f", "❤\ufe0f"),
    ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
    (FAMILY, FAMILY),
    ("\u200d花子\u200d", "花子"),
    ("花\u200d 子", "花 子"),
    ("👨\u200d\u200d👩", "👨\u200d👩"),
    ("ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダ ハナコ"),
    ("ｱﾊﾟｰﾄ｢ﾋﾞﾙ｣", "アパート「ビル」"),
    ("カﾞ", "ガ"),
    ("か\u3099", "が"),
    ("ＡＢＣ①㈱１２", "ＡＢＣ①㈱１２"),
    ("神田\ufa19社", "神田\ufa19社"),
    ("髙橋・﨑山", "髙橋・﨑山"),
    ("Zoë", "Zoë"),
    ("Zoe\u0308", "Zoë"),
    ("' OR 1=1 --", "' OR 1=1 --"),
    ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("{{ 7*7 }}{% now %}", "{{ 7*7 }}{% now %}"),
    ("../../etc/passwd", "../../etc/passwd"),
    ("%00%0d%0a", "%00%0d%0a"),
    ("null", "null"),
    ("a\x00b\x1bc", "abc"),
    ("a\x1fb", "a b"),
    ("a\ud800b", "ab"),
]


@pytest.mark.parametrize(("written", "kept"), NAUGHTY)
def test_a_line_keeps_what_was_meant(written, kept):
    assert clean_line(written) == kept


def test_a_text_keeps_its_lines():
    assert (
        clean_text("\r\n  一行目 \r\n\r\n二行目\r三行目\u2028四\t行目\u200b\n") == "一行目\n\n二行目\n三行目\n四\t行目"
    )


def test_a_text_has_no_control_character_left():
    assert clean_text("a\x1cb\x1fc\x00d") == "a\nb\ncd"


@given(st.text(alphabet=st.characters()))
def test_cleaning_twice_is_cleaning_once(s):
    line, lines = clean_line(s), clean_text(s)
    assert clean_line(line) == line
    assert clean_text(lines) == lines
    assert not has_forbidden(line + lines)
    assert not any(unicodedata.category(c) == "Cf" and c != "\u200d" for c in line + lines)


@given(st.text(alphabet=[*"ﾔﾀﾞﾟ゛が\u3099\u309aカ \u3000\n\r\t", "\u200d", "\ufe0f", "\U000e0100", "👨", "葛", "\ufa19"]))
def test_cleaning_is_stable_on_the_difficult_characters(s):
    assert clean_line(clean_line(s)) == clean_line(s)
    assert clean_text(clean_text(s)) == clean_text(s)


@given(st.text(alphabet=st.characters(categories=["Lo"], max_codepoint=0x9FFF, min_codepoint=0x3400)))
def test_ideographs_are_left_alone(s):
    assert clean_line(s) == s


def test_many_spaces_are_cleaned_in_linear_time():
    assert clean_line("a" + " " * 200_000 + "b") == "a" + " " * 200_000 + "b"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("２０２６", "2026"),
        ("\u3000１２ \t", "12"),
        ("Ｒ８．１１．２２", "R8.11.22"),
        ("㋿", "令和"),
        ("\u200b12\ufeff", "12"),
        ("10²", "10²"),
        ("１①", "1①"),
        ("½", "½"),
        ("٣", "٣"),
    ],
)
def test_digits_become_half_width(written, kept):
    assert normalize_digits(written) == kept


@pytest.mark.parametrize(
    "alike",
    [
        ("ﾔﾏﾀﾞ", "やまだ", "ヤマダ", "ﾔﾏ ﾀﾞ", "やまた\u3099", "やまた゛", "ヤ・マ・ダ"),
        ("が", "か\u3099", "か゛", "ｶﾞ", "ガ"),
        ("ぱ", "は゜", "ﾊﾟ", "パ"),
        ("スーパー", "ス－パ－", "ス−パ−", "ス‐パ‐", "ス-パ-", "ス~パ~", "ス～パ～", "ス〜パ〜", "ｽｰﾊﾟｰ", "すーぱー"),
        ("ＡＢＣ　Ｈｏｍｅ", "abc home", "ABCHOME"),
        (KATSURAGI, "葛城", "葛 城"),
        ("髙橋", "高橋"),
        ("\ufa19田", "神田"),
        ("𠮷野", "吉野"),
        ("㈱ひまわり", "(株)ひまわり", "（株）ヒマワリ"),
        ("ゔ", "ヴ", "う\u3099", "ｳﾞ"),
        ("山\u200b田", "山田", "山・田", "山\u3000田"),
    ],
)
def test_what_sounds_alike_has_one_key(alike):
    assert {search_key(s) for s in alike} == {search_key(alike[0])}


def test_different_names_have_different_keys():
    names = ["やまだ", "やまた", "はら", "ばら", "ぱら", "きよ", "きょ", "一", "ー", "斎藤", "斉藤"]
    assert len({search_key(s) for s in names}) == len(names)


def test_nothing_visible_has_an_empty_key():
    assert search_key(" \u3000\u200b・\U000e0100") == ""


@given(st.text(alphabet=st.characters()))
def test_a_key_is_its_own_key(s):
    assert search_key(search_key(s)) == search_key(s)


@pytest.mark.parametrize(
    ("s", "length"),
    [
        ("", 0),
        ("山田", 2),
        (KATSURAGI, 2),
        ("𠮷", 1),
        (FAMILY, 1),
        ("👍🏽", 1),
        ("❤\ufe0f\u200d🔥", 1),
        ("🇯🇵🇺🇸", 2),
        ("か\u3099", 1),
        ("a\r\nb", 3),
        ("a\u200db", 2),
    ],
)
def test_length_as_a_reader_counts(s, length):
    assert graphemes(s) == length


@pytest.mark.parametrize("s", ["\x00", "a\x08", "\x0b", "\x0c", "\x0e", "\x1f", "\x1b[31m", "\ud800", "a\udfff"])
def test_forbidden(s):
    assert has_forbidden(s)


@pytest.mark.parametrize("s", ["", "a\tb\r\n", "山田", "😀", "\x7f", "\ufffd"])
def test_not_forbidden(s):
    assert not has_forbidden(s)
