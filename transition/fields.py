"""Form fields that take what people in Japan type: full width, 和暦, half-width kana. Nothing is ever cut."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from transition.domain import identifiers, text, wareki

T = TypeVar("T")

_INTEGER = re.compile(r"-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)")
_LONGEST_INTEGER = 18
# A letter may carry marks that nobody counts, but not thousands of them.
_CODE_POINTS_PER_GRAPHEME = 4


class JapaneseDateInput(forms.DateInput):
    """A text box, because a browser's date box takes no 和暦; scripts find it by data-date."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        own = {"inputmode": "text", "autocomplete": "off", "data-date": True, "data-hint": wareki.DATE_EXAMPLE}
        super().__init__(own | (attrs or {}), format="%Y-%m-%d")


class JapaneseTimeInput(forms.TimeInput):
    """A text box for a time; shows the end of the day as 24:00. Scripts find it by data-time."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        own = {"inputmode": "text", "autocomplete": "off", "data-time": True, "data-hint": wareki.TIME_EXAMPLE}
        super().__init__(own | (attrs or {}), format="%H:%M")

    def format_value(self, value: Any) -> Any:
        return "24:00" if value == wareki.END_OF_DAY else super().format_value(value)


class JapaneseDateField(forms.DateField):
    """Western dates and 和暦, in any width; gives a date."""

    widget = JapaneseDateInput

    def to_python(self, value: Any) -> dt.date | None:
        if not isinstance(value, str):
            return super().to_python(value)
        return _read(wareki.parse_date, _plain(value))


class JapaneseTimeField(forms.TimeField):
    """15:00, 15時, 午後3時; with `end_of_day`, 24:00 gives `wareki.END_OF_DAY`, else it is refused."""

    widget = JapaneseTimeInput

    def __init__(self, *, end_of_day: bool = False, **kwargs: Any) -> None:
        self.end_of_day = end_of_day
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> dt.time | None:
        if not isinstance(value, str):
            return super().to_python(value)
        return _read(lambda written: wareki.parse_time(written, end_of_day=self.end_of_day), _plain(value))


class JapaneseIntegerField(forms.IntegerField):
    """Whole numbers in half or full width, thousands may have commas; a text box, so that they can be typed."""

    widget = forms.TextInput
    default_error_messages: ClassVar = {
        "invalid": "数字だけで入力してください（例: 12）。",
        "too_long": "数が大きすぎます。",
    }

    def __init__(self, *, min_value: int | None = None, max_value: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_value, self.max_value = min_value, max_value
        if min_value is not None:
            self.validators.append(MinValueValidator(min_value, f"{min_value:,}以上の数を入力してください。"))
        if max_value is not None:
            self.validators.append(MaxValueValidator(max_value, f"{max_value:,}以下の数を入力してください。"))

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        written = _plain(value).replace("−", "-")
        if not written:
            return None
        if not _INTEGER.fullmatch(written):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if len(written) > _LONGEST_INTEGER:
            raise ValidationError(self.error_messages["too_long"], code="too_long")
        return int(written.replace(",", ""))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"inputmode": "numeric", "autocomplete": "off"}


class LineField(forms.CharField):
    """One line: a name, a title. `max_length` counts what a reader counts, and no browser cuts the text.

    A column needs its own `max_length` in code points; a model form checks it after this field.
    """

    clean_value = staticmethod(text.clean_line)

    def __init__(self, *, max_length: int | None = None, **kwargs: Any) -> None:
        # CharField must not know it: its maxlength attribute makes browsers cut pasted text without a word.
        super().__init__(**kwargs)
        self.max_length = max_length
        if max_length is not None:
            self.widget.attrs.setdefault("data-max-length", max_length)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return self.empty_value
        if text.has_forbidden(str(value)):
            raise ValidationError("使えない文字（制御文字）が入っています。入力し直してください。", code="forbidden")
        if len(str(value)) > text.most_code_points(self.max_length):
            raise self._too_long(len(str(value)))
        return self.clean_value(str(value)) or self.empty_value

    def validate(self, value: Any) -> None:
        super().validate(value)
        if self.max_length is None or not value:
            return
        length = text.graphemes(value)
        if len(value) > self.max_length * _CODE_POINTS_PER_GRAPHEME:
            length = max(length, len(value))
        if length > self.max_length:
            raise self._too_long(length)

    def _too_long(self, length: int) -> ValidationError:
        most = text.most_code_points(None) if self.max_length is None else self.max_length
        return ValidationError(f"{most:,}文字以内で入力してください（いま{length:,}文字）。", code="max_length")


class TextField(LineField):
    """Several lines."""

    widget = forms.Textarea
    clean_value = staticmethod(text.clean_text)


class NumberField(forms.CharField):
    """A number that is a name: kept as text with its leading zeros. Subclasses say which."""

    check: Callable[[str], str | None]

    def to_python(self, value: Any) -> str:
        return identifiers.normalize_number(str(value)) if value not in self.empty_values else ""

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and (message := self.check(value)):
            raise ValidationError(message, code="invalid")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "numeric", "autocomplete": "off"}


class OfficeNumberField(NumberField):
    """事業所番号. A doubtful check digit is not refused here; see `identifiers.office_number_doubt`."""

    check = staticmethod(identifiers.office_number)


class CertificateNumberField(NumberField):
    """受給者証番号."""

    check = staticmethod(identifiers.certificate_number)


class MunicipalityNumberField(NumberField):
    """市町村番号."""

    check = staticmethod(identifiers.municipality_number)


def _plain(value: Any) -> str:
    return "" if value is None else text.normalize_digits(str(value))


def _read(parse: Callable[[str], T], written: str) -> T | None:
    if not written:
        return None
    try:
        return parse(written)
    except ValueError as wrong:
        raise ValidationError(str(wrong), code="invalid") from None
