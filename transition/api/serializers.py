"""What the serializers of all apps build on.

What goes out is a `Shown` (a read-only view of a model); what comes in is a plain `Sent` with exactly the fields of
the service it feeds. They are two, because nothing that comes in is ever saved but by a service.
"""

from typing import Any, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from rest_framework import serializers

from transition.api.fields import BAD_ID, DayField, MomentField, TimeOfDayField

M = TypeVar("M", bound=models.Model)


class Shown(serializers.ModelSerializer[M]):
    """One row as it goes out: `id` is the public id, moments carry their offset, everything is read only."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: MomentField,
        models.DateField: DayField,
        models.TimeField: TimeOfDayField,
    }
    id = serializers.UUIDField(source="public_id", read_only=True, help_text="公開IDです。")

    def get_extra_kwargs(self) -> dict[str, Any]:
        """Read only, so that no validator asks the database and no field is taken for one that comes in."""
        own = super().get_extra_kwargs()
        return {name: own.get(name, {}) | {"read_only": True} for name in self.Meta.fields if name != "id"} | own

    def get_fields(self) -> dict[str, Any]:
        """The description says where nothing or an empty text may stand, as far as the model knows."""
        fields = super().get_fields()
        for name, field in fields.items():
            columns = _columns(self.Meta.model, field.source or name)
            if any(column.null for column in columns):
                field.allow_null = True
            last = columns[-1] if columns else None
            if isinstance(last, models.CharField) and last.blank and isinstance(field, serializers.ChoiceField):
                field.allow_blank = True
        return fields


def _columns(model: type[models.Model], source: str) -> list[Any]:
    """The fields that `room.home.public_id` goes through; as far as they are the model's."""
    found: list[Any] = []
    for name in source.split("."):
        try:
            column = model._meta.get_field(name)
        except FieldDoesNotExist:
            break
        if not isinstance(column, models.Field):
            break
        found.append(column)
        if column.related_model is None:
            break
        model = column.related_model
    return found


LENGTHS = {"min_length": "{min_length}個以上にしてください。", "max_length": "{max_length}個までにしてください。"}
# What the framework refuses in English only.
IN_JAPANESE: list[tuple[type[serializers.Field[Any, Any, Any, Any]], dict[str, str]]] = [
    (serializers.BooleanField, {"invalid": "true か false にしてください。"}),
    (serializers.CharField, {"invalid": "文字列にしてください。"}),
    (serializers.UUIDField, {"invalid": BAD_ID}),
    (serializers.DictField, {"empty": "空にはできません。"}),
    (serializers.ListField, LENGTHS),
    (serializers.ListSerializer, LENGTHS),
]


class Sent(serializers.Serializer[Any]):
    """What comes in. A name that is not known is refused: a typo must not look like success."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            _speak_japanese(field)
        return fields

    def to_internal_value(self, data: Any) -> Any:
        known = super().to_internal_value(data)
        if unknown := sorted(set(data) - set(self.fields)):
            said = "この項目はありません。"
            raise serializers.ValidationError(
                {name: [serializers.ErrorDetail(said, "unknown_field")] for name in unknown}
            )
        return known


def _speak_japanese(field: Any) -> None:
    for kind, messages in IN_JAPANESE:
        if isinstance(field, kind):
            field.error_messages |= {key: said for key, said in messages.items() if field.error_messages[key].isascii()}
    # Those of a list; a serializer among them speaks for itself.
    if isinstance(field, serializers.ListField | serializers.DictField):
        _speak_japanese(field.child)
