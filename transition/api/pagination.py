from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination


class ByCursor(CursorPagination):
    """Pages that neither skip nor repeat a row while others write; `page_size` up to 100.

    A view's `orderings` maps what `ordering=` may say to the fields it means; the first holds when nothing is said.
    """

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = "pk"
    cursor_query_description = "前の答えの next か previous に入っている続きの印です。"
    page_size_query_description = "1回に返す件数です（100まで）。"
    invalid_cursor_message = "続きの印が正しくありません。"

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, DjangoValidationError, DataError) as error:
            # A mark that was made up: it names no number or no moment.
            raise NotFound(self.invalid_cursor_message) from error

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        orderings: Mapping[str, tuple[str, ...]] = getattr(view, "orderings", {})
        if not orderings:
            return (self.ordering,)
        asked = request.query_params.get("ordering") or next(iter(orderings))
        if asked not in orderings:
            said = f"並べかたは {'、'.join(orderings)} のどれかです。"
            raise serializers.ValidationError({"ordering": [serializers.ErrorDetail(said, "invalid_choice")]})
        return orderings[asked]

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        if orderings := list(getattr(view, "orderings", {})):
            schema = {"type": "string", "enum": orderings, "default": orderings[0]}
            found.append({"name": "ordering", "in": "query", "description": "並べかたです。", "schema": schema})
        return found
