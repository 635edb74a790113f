"""Forms about a person and what the certificate allows. Names stay as typed; kana becomes hiragana."""

import re
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from transition import clock
from transition.domain import wareki
from transition.domain.text import clean_line
from transition.enums import COORDINATING_KINDS, DisabilityKind, GrantService, OrganizationKind, Residence, Sex
from transition.enums import SupportLevel as Level
from transition.fields import CertificateNumberField, JapaneseDateField, JapaneseIntegerField, LineField
from transition.models import Grant, Organization, Person

LONGEST_SEARCH = 100
_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_KANA = re.compile("[ぁ-ゖァ-ヺーゝゞ・ ]+")
# Beside which field the word of a constraint belongs.
BESIDE = {
    "person_certificate_number_10_digits": "certificate_number",
    "person_certificate_number_unique": "certificate_number",
    "person_support_level_known": "support_level",
    "grant_ends_after_start": "ends_on",
    "grant_person_service_start_unique": "starts_on",
}


class KanaField(LineField):
    """A reading: katakana and half-width kana are taken and become hiragana."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.help_text = "カタカナで入力しても、ひらがなになります。"

    def to_python(self, value: Any) -> Any:
        return super().to_python(value).translate(_TO_HIRAGANA)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not _KANA.fullmatch(value):
            raise ValidationError("ひらがなかカタカナで入力してください。", code="kana")


class SearchWords(forms.Form):
    q = forms.CharField(required=False)

    def words(self) -> str:
        """What is searched for; too long a text finds what its beginning finds."""
        return clean_line(self.data.get("q", ""))[:LONGEST_SEARCH]


class ConstraintsBeside(forms.Form):
    """Puts what the service's constraints say beside the field they speak of."""

    model: type[models.Model]

    def refuse(self, error: ValidationError) -> None:
        by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        for where, messages in by_field.items():
            for message in messages:
                self.add_error(self._place(where, message), message)

    def refuse_constraint(self, name: str) -> None:
        """A race was lost: the same word as when the constraint had been seen before writing."""
        known = next((row for row in self.model._meta.constraints if row.name == name), None)
        message = (
            known.get_violation_error_message() if known else "ほかの登録とぶつかりました。もう一度送ってください。"
        )
        self.add_error(BESIDE.get(name), str(message))

    def _place(self, where: str, message: str) -> str | None:
        if where in self.fields:
            return where
        for constraint in self.model._meta.constraints:
            if str(constraint.get_violation_error_message()) == message:
                return BESIDE.get(constraint.name)
        return None


def municipalities_for(organization: Organization) -> models.QuerySet[Organization]:
    """Coordinators enter their own municipality's people; others may support people of any municipality."""
    found = Organization.objects.filter(kind=OrganizationKind.MUNICIPALITY).order_by("name", "pk")
    if organization.kind in COORDINATING_KINDS:
        return found.filter(pk__in=[organization.pk, organization.municipality_id or 0])
    return found


class PersonForm(ConstraintsBeside):
    model = Person

    family_name = LineField(label="姓", max_length=40)
    given_name = LineField(label="名", max_length=40)
    family_kana = KanaField(label="せい（ふりがな）", max_length=80)
    given_kana = KanaField(label="めい（ふりがな）", max_length=80)
    called = LineField(
        label="呼び名", max_length=40, required=False, help_text="ふだん呼ばれている名前（例: はなさん）"
    )
    birth_date = JapaneseDateField(
        label="生年月日", required=False, help_text="例: 昭和52年4月1日、S52.4.1、1977-04-01"
    )
    sex = forms.ChoiceField(
        label="性別",
        choices=Sex.choices,
        initial=Sex.UNANSWERED,
        widget=forms.RadioSelect(attrs={"class": "choices-inline"}),
    )
    residence = forms.ChoiceField(
        label="いまの住まい",
        choices=Residence.choices,
        widget=forms.RadioSelect(attrs={"class": "choices-inline"}),
        help_text="使える体験事業は、いまの住まいで変わります。",
    )
    support_level = forms.TypedChoiceField(
        label="障害支援区分",
        choices=[("", "未認定・わからない"), *Level.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    disability_kinds = forms.MultipleChoiceField(
        label="障害の種類",
        choices=DisabilityKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-inline"}),
    )
    medical_care = forms.BooleanField(label="医療的ケアが必要", required=False)
    wheelchair = forms.BooleanField(label="車いすを使う", required=False)
    municipality = forms.ModelChoiceField(
        label="援護の実施市町村",
        queryset=Organization.objects.none(),
        to_field_name="public_id",
        empty_label="選んでください",
        help_text="受給者証を出した市町村です。上限はこの市町村のものを使います。",
    )
    certificate_number = CertificateNumberField(
        label="受給者証番号", required=False, help_text="10桁の数字。まだなければ空けておきます。"
    )

    def __init__(self, *args: Any, organization: Organization, person: Person | None = None, **kwargs: Any) -> None:
        if person is not None:
            values = {name: getattr(person, name) for name in self.base_fields if name != "municipality"}
            kwargs["initial"] = {**values, "municipality": person.municipality.public_id}
        super().__init__(*args, **kwargs)
        choices = municipalities_for(organization)
        if person is not None:
            choices = choices | Organization.objects.filter(pk=person.municipality_id)
        field = self.fields["municipality"]
        field.queryset = choices  # type: ignore[attr-defined]
        if person is None and (own := organization.municipality or _as_municipality(organization)):
            field.initial = own.public_id

    def clean_birth_date(self) -> Any:
        date = self.cleaned_data["birth_date"]
        if date and date > clock.today():
            raise ValidationError("生年月日が今日よりあとになっています。")
        return date


class GrantForm(ConstraintsBeside):
    model = Grant

    service = forms.ChoiceField(
        label="サービス",
        choices=GrantService.choices,
        initial=GrantService.GROUP_HOME_TRIAL,
        widget=forms.RadioSelect,
    )
    starts_on = JapaneseDateField(label="支給開始日", help_text=wareki.DATE_EXAMPLE)
    ends_on = JapaneseDateField(label="支給終了日", help_text=wareki.DATE_EXAMPLE)
    days = JapaneseIntegerField(
        label="支給日数",
        required=False,
        min_value=1,
        max_value=366,
        help_text="受給者証に書いてある日数（例: 50）。書いていなければ空けておきます。",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "支給終了日は支給開始日よりあとにしてください。")
        return cleaned


def _as_municipality(organization: Organization) -> Organization | None:
    return organization if organization.kind == OrganizationKind.MUNICIPALITY else None
