"""Fields take what people type, refuse with a sentence, and keep what was typed on the screen."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.template import Context, Template

from transition import validators
from transition.domain.wareki import END_OF_DAY
from transition.fields import (
    CertificateNumberField,
    JapaneseDateField,
    JapaneseIntegerField,
    JapaneseTimeField,
    LineField,
    MunicipalityNumberField,
    OfficeNumberField,
    TextField,
)

FAMILY = "👨\u200d👩\u200d👧"


class EveryField(forms.Form):
    date = JapaneseDateField(required=False)
    time = JapaneseTimeField(required=False)
    number = JapaneseIntegerField(required=False, min_value=1, max_value=1000)
    name = LineField(required=False, max_length=80)
    note = TextField(required=False, max_length=80)
    office = OfficeNumberField(required=False)
    certificate = CertificateNumberField(required=False)
    municipality = MunicipalityNumberField(required=False)


def filled(**data: str) -> EveryField:
    query = QueryDict(mutable=True)
    query.update(data)
    return EveryField(query)


def box(form: forms.Form, name: str):
    return BeautifulSoup(str(form[name]), "html.parser").find(["input", "textarea"])


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("date", "令和８年１１月２２日（日）", dt.date(2026, 11, 22)),
        ("date", "2026-11-22", dt.date(2026, 11, 22)),
        ("date", "r8/11/22", dt.date(2026, 11, 22)),
        ("date", " ", None),
        ("time", "午後３時", dt.time(15)),
        ("time", "15:30", dt.time(15, 30)),
        ("time", "\u3000", None),
        ("number", "１２", 12),
        ("number", "１，０００", 1000),
        ("number", " 007 ", 7),
        ("number", "", None),
        ("name", "　ﾔﾏﾀﾞ\u200b　花子\n", "ヤマダ　花子"),
        ("name", "葛\U000e0100城 𠮷男", "葛\U000e0100城 𠮷男"),
        ("name", "\u200b\u3164", ""),
        ("note", "一\r\n二", "一\n二"),
        ("office", "９９－２００００－０１６", "9920000016"),
        ("certificate", "００００００１２３４", "0000001234"),
        ("municipality", "０９２０１５", "092015"),
    ],
)
def test_what_is_typed_is_understood(name, written, value):
    form = filled(**{name: written})
    assert form.errors == {}
    assert form.cleaned_data[name] == value


@pytest.mark.parametrize(
    ("name", "written", "message"),
    [
        ("date", "２月３１日", "年から入力してください。例: 令和8年11月22日、2026-11-22"),
        ("date", "平成40年1月1日", "平成は31年4月30日までです。"),
        ("date", "令和8年2月31日", "2月31日はありません。"),
        ("time", "24:00", "24:00は次の日の0:00です。次の日の日付と0:00を入力してください。"),
        ("time", "昼ごろ", "時刻として読めません。例: 15:00、午後3時30分"),
        ("number", "1_000", "数字だけで入力してください（例: 12）。"),
        ("number", "٣", "数字だけで入力してください（例: 12）。"),
        ("number", "3²", "数字だけで入力してください（例: 12）。"),
        ("number", "十二", "数字だけで入力してください（例: 12）。"),
        ("number", "1.5", "数字だけで入力してください（例: 12）。"),
        ("number", "1e3", "数字だけで入力してください（例: 12）。"),
        ("number", "1,0", "数字だけで入力してください（例: 12）。"),
        ("number", "9" * 5000, "数が大きすぎます。"),
        ("number", "０", "1以上の数を入力してください。"),
        ("number", "−1", "1以上の数を入力してください。"),
        ("number", "1001", "1,000以下の数を入力してください。"),
        ("name", "あ" * 10_000, "80文字以内で入力してください（いま10,000文字）。"),
        ("name", "あ" * 81, "80文字以内で入力してください（いま81文字）。"),
        ("name", "あ" + "\u0301" * 400, "80文字以内で入力してください（いま401文字）。"),
        ("name", "a\x00b", "使えない文字（制御文字）が入っています。入力し直してください。"),
        ("name", "a\ud800b", "使えない文字（制御文字）が入っています。入力し直してください。"),
        ("note", "あ\n" * 41, "80文字以内で入力してください（いま81文字）。"),
        ("note", "a\x1bb", "使えない文字（制御文字）が入っています。入力し直してください。"),
        ("office", "12345", "事業所番号は10桁の数字です（いま5桁）。"),
        ("certificate", "abc", "受給者証番号は10桁の数字です。数字だけで入力してください。"),
        (
            "municipality",
            "092011",
            "全国地方公共団体コードではなく、請求で使う市町村番号です。最後の数字を確かめてください。",
        ),
    ],
)
def test_a_refusal_says_what_to_type_and_keeps_what_was_typed(name, written, message):
    form = filled(**{name: written})
    assert form.errors == {name: [message]}
    assert form[name].value() == written
    if "\x00" not in written and "\ud800" not in written:
        found = box(form, name)
        shown = found.get("value") if found.name == "input" else found.text.removeprefix("\n")
        assert shown.strip() == written.strip()


@pytest.mark.parametrize("name", EveryField.base_fields)
def test_every_field_asks_when_nothing_is_left(name):
    form = filled(**{name: " \u3000\u200b"})
    form.fields[name].required = True
    assert form.errors == {name: ["入力してください。"]}


@pytest.mark.parametrize("name", EveryField.base_fields)
def test_no_browser_cuts_or_drops_what_is_typed(name):
    found = box(EveryField(), name)
    assert found.name == "textarea" or found["type"] == "text"
    assert found.get("maxlength") is None


def test_dates_and_times_carry_a_hint():
    date, time = box(EveryField(), "date"), box(EveryField(), "time")
    assert (date["inputmode"], date["autocomplete"], date.has_attr("data-date")) == ("text", "off", True)
    assert date["data-hint"] == "例: 令和8年11月22日、2026-11-22"
    assert (time["autocomplete"], time.has_attr("data-time")) == ("off", True)


def test_numbers_bring_up_digit_keys():
    assert {box(EveryField(), name)["inputmode"] for name in ("number", "office", "certificate", "municipality")} == {
        "numeric"
    }


def test_stored_values_are_shown_in_a_form_that_can_be_sent_back():
    form = EveryField(initial={"date": dt.date(2026, 11, 22), "time": dt.time(9, 5), "number": 1000})
    assert [box(form, name)["value"] for name in ("date", "time", "number")] == ["2026-11-22", "09:05", "1000"]


def test_another_spelling_is_no_change():
    form = filled(date="令和8年11月22日", time="9時", number="１２", name="花子 ")
    form.initial = {"date": dt.date(2026, 11, 22), "time": dt.time(9), "number": 12, "name": "花子"}
    assert form.changed_data == []


def test_the_end_of_the_day_where_a_form_wants_it():
    field = JapaneseTimeField(end_of_day=True)
    assert field.clean("２４：００") == END_OF_DAY
    assert 'value="24:00"' in field.widget.render("end", END_OF_DAY)


def test_length_is_what_a_reader_counts():
    assert LineField(max_length=2).clean("葛\U000e0100城") == "葛\U000e0100城"
    assert LineField(max_length=2).clean(FAMILY) == FAMILY
    with pytest.raises(ValidationError, match="2文字以内で入力してください（いま3文字）。"):
        LineField(max_length=2).clean("𠮷𠮷𠮷")


@pytest.mark.parametrize(
    ("validate", "number"),
    [
        (validators.validate_office_number, "9920000016"),
        (validators.validate_certificate_number, "0000001234"),
        (validators.validate_municipality_number, "092015"),
    ],
)
def test_a_model_takes_numbers_in_normal_form_only(validate, number):
    validate(number)
    wide = number.translate({ord("0") + i: ord("０") + i for i in range(10)})
    for not_normal in (wide, f" {number}", f"{number[:2]}-{number[2:]}"):
        with pytest.raises(ValidationError, match="半角の数字だけで"):
            validate(not_normal)
    with pytest.raises(ValidationError, match="桁の数字です"):
        validate(number[1:])


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ date|wareki }}", "令和8年11月22日（日）"),
        ("{{ late|wareki }}", "令和8年11月22日（日）"),
        ("{{ late|short_date }}", "11/22(日)"),
        ("{{ date|weekday }}", "日"),
        ("{{ late|clock }}", "0:05"),
        ("{{ time|clock }}", "15:00"),
        ("{{ price|yen }}", "1,234円"),
        ("{{ free|yen }}", "0円"),
        ("{{ none|wareki }}{{ none|short_date }}{{ none|weekday }}{{ none|clock }}{{ none|yen }}", ""),
    ],
)
def test_words_on_screens(source, shown):
    context = {
        "date": dt.date(2026, 11, 22),
        "late": dt.datetime(2026, 11, 21, 15, 5, tzinfo=dt.UTC),
        "time": dt.time(15),
        "price": 1234,
        "free": 0,
        "none": None,
    }
    assert Template(source).render(Context(context)) == shown


def test_each_form_has_its_own_key():
    page = BeautifulSoup(Template("{% idempotency_key %}{% idempotency_key %}").render(Context()), "html.parser")
    first, second = page.find_all("input", {"type": "hidden", "name": "idempotency_key"})
    assert len(first["value"]) == len(second["value"]) == 36
    assert first["value"] != second["value"]
