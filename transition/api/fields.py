"""Fields of the API: moments with an offset, public ids instead of serial numbers."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from transition import clock
from transition.domain import text
from transition.models import User

FIRST_YEAR, LAST_YEAR = 2000, 2100
BAD_ID = "IDの形が正しくありません。"
_OFFSET = re.compile(r"(?:[Zz]|[+-]\d{2}:\d{2})$")


class MomentField(serializers.DateTimeField):
    """ISO 8601 with an offset, in and out; out it is the time in Japan. Years 2000–2100."""

    default_error_messages = {
        "offset": "時刻には時差を付けてください（例: 2026-12-05T15:00:00+09:00）。",
        "range": f"{FIRST_YEAR}年から{LAST_YEAR}年までにしてください。",
        "make_aware": "その時刻はありません。",
        "overflow": f"{FIRST_YEAR}年から{LAST_YEAR}年までにしてください。",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("default_timezone", clock.TOKYO)
        super().__init__(**kwargs)

    def to_internal_value(self, value: Any) -> dt.datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="2026-12-05T15:00:00+09:00")
        if "T" in value and not _OFFSET.search(value):
            self.fail("offset")
        try:
            moment = super().to_internal_value(value)
        except (OverflowError, ValueError):
            self.fail("range")
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            self.fail("range")
        return moment


class DayField(serializers.DateField):
    """YYYY-MM-DD, years 2000–2100; birthdays say `first_year=1900`."""

    default_error_messages = {"range": "{first}年から2100年までにしてください。"}

    def __init__(self, *, first_year: int = FIRST_YEAR, **kwargs: Any) -> None:
        self.first_year = first_year
        super().__init__(**kwargs)

    def to_internal_value(self, value: Any) -> dt.date:
        day = super().to_internal_value(value)
        if not self.first_year <= day.year <= LAST_YEAR:
            self.fail("range", first=self.first_year)
        return day


class LineField(serializers.CharField):
    """One line, cleaned as the screens clean it; a text of nothing but blanks is empty."""

    default_error_messages = {"invalid": "文字列にしてください。"}
    clean_value = staticmethod(text.clean_line)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # What is beyond all measure is refused by its length, without being tidied up.
        if isinstance(data, str) and len(data) <= text.most_code_points(self.max_length):
            data = self.clean_value(data)
        elif isinstance(data, str):
            raise serializers.ValidationError(
                self.error_messages["max_length"].format(max_length=self.max_length or len(data)), "max_length"
            )
        return super().run_validation(data)


class TextField(LineField):
    """Several lines."""

    clean_value = staticmethod(text.clean_text)


@extend_schema_field({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "examples": ["15:00"]})
class TimeOfDayField(serializers.TimeField):
    """HH:MM, the time on a clock in Japan. OpenAPI's own "time" has an offset, which a time without a day has not."""

    default_error_messages = {
        "invalid": "時刻は HH:MM の形にしてください（例: 15:00）。",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)


@extend_schema_field(OpenApiTypes.UUID)
class PublicIdField(serializers.RelatedField[Any, Any, Any]):
    """Another row by its public id. `visible` gives what the caller may name: a stranger's row is as unknown as one
    that does not exist."""

    default_error_messages = {
        "does_not_exist": "見つかりませんでした。",
        "invalid": BAD_ID,
    }

    def __init__(self, visible: Callable[[User], models.QuerySet[Any]] | None = None, **kwargs: Any) -> None:
        self.visible = visible
        if visible is None:
            kwargs["read_only"] = True
        else:
            # Asked for the caller when something is looked up.
            kwargs["queryset"] = User.objects.none()
        super().__init__(**kwargs)

    def to_internal_value(self, value: Any) -> Any:
        try:
            public_id = UUID(value)
        except (ValueError, AttributeError, TypeError):
            self.fail("invalid")
        assert self.visible is not None  # noqa: S101 - a field that is read only never comes here
        found = self.visible(self.context["request"].user).filter(public_id=public_id).first()
        if found is None:
            self.fail("does_not_exist")
        return found

    def to_representation(self, value: Any) -> str:
        return str(value.public_id)

    def use_pk_only_optimization(self) -> bool:
        return False

    def get_choices(self, cutoff: int | None = None) -> dict[Any, Any]:
        return {}
