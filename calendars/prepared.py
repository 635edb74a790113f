"""Queries put into words once. Programs poll all day, and composing the SQL of a poll took longer than running it."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet

from transition import clock

# All values of the column `known` in one; SQLite takes them in the order of the index it walks along.
_JOINED = {
    "sqlite": "SELECT group_concat(known) FROM ({sql})",
    "postgresql": "SELECT string_agg(known::text, ',' ORDER BY known) FROM ({sql}) AS found",
}

# Stand in the stored parameters for what differs from poll to poll.
TODAY = dt.date(1, 1, 1)


class Prepared:
    """The SQL of a queryset, to be run with other values in place of its marks.

    `compose` makes the queryset while it is TODAY; `marks` are the other values that stand for something else.
    `joined`: of its column `known` all values in one row, divided by commas.
    """

    def __init__(self, compose: Callable[[], QuerySet], marks: Iterable[object] = (), *, joined: bool = False) -> None:
        compiler: Any
        with clock.pretend(clock.at(TODAY, dt.time(12))):
            compiler = compose().query.get_compiler(DEFAULT_DB_ALIAS)
            try:
                self.sql, params = compiler.as_sql()
            except EmptyResultSet:
                self.sql, params = "", ()
        known = {TODAY: TODAY, connection.ops.adapt_datefield_value(TODAY): TODAY, **{mark: mark for mark in marks}}
        self.params = [(value in known, known.get(value, value)) for value in params]
        columns = [column for column, _, _ in compiler.select or ()] if self.sql else []
        self.converters = compiler.get_converters(columns)
        if joined and self.sql:
            self.sql = _JOINED[connection.vendor].format(sql=self.sql)

    def rows(self, today: dt.date, values: Mapping[Any, object]) -> list[tuple]:
        """As the database gives them. One query, or none where there can be no rows."""
        if not self.sql:
            return []
        known = {TODAY: connection.ops.adapt_datefield_value(today), **values}
        params: list[Any] = [known[value] if is_mark else value for is_mark, value in self.params]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            return cursor.fetchall()

    def converted(self, row: tuple) -> list:
        """With dates and the like as Python has them."""
        values = list(row)
        for index, (converters, expression) in self.converters.items():
            for convert in converters:
                values[index] = convert(values[index], expression, connection)
        return values
