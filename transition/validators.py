"""Checks of identifiers for model fields; a stored number is always in its normal form."""

from collections.abc import Callable

from django.core.exceptions import ValidationError

from transition.domain import identifiers


def validate_office_number(value: str) -> None:
    """Ten digits, half width."""
    _validate(value, identifiers.office_number)


def validate_certificate_number(value: str) -> None:
    """Ten digits, half width."""
    _validate(value, identifiers.certificate_number)


def validate_municipality_number(value: str) -> None:
    """Six digits, half width, with the check digit of the billing number."""
    _validate(value, identifiers.municipality_number)


def _validate(value: str, check: Callable[[str], str | None]) -> None:
    if message := check(value):
        raise ValidationError(message, code="invalid")
    if value != identifiers.normalize_number(value):
        raise ValidationError("半角の数字だけで、空白やハイフンを入れずに入力してください。", code="not_normal")
