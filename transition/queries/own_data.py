"""Everything that is held about one person, table by table, as it may be handed to the person.

Found by walking from the person along the relations of the models, so that no table can be forgotten
(transition/retention_checks.py, tests/transition/test_own_data.py). Names of staff stay, because they are part of the
records; secrets do not. Rows of other people are never reached; what relatives said and how to reach them stays out
unless somebody decided otherwise.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Field, ForeignKey, Model, QuerySet

from transition import clock
from transition.domain import card, looks
from transition.enums import DisabilityKind, IntentionWish, ViewedBy
from transition.models import Organization, Person, User, ViewLog
from transition.queries.retention import rows_of
from transition.retention_checks import reachable

# Models that lead to a person and are not handed over, each with its reason.
LEFT_OUT: Mapping[str, str] = {
    "transition.IdempotencyKey": "同じ送信を2度しないための印で、2日で消える",
    "transition.Notification": "職員への知らせで、本人については番号と日にちだけがある",
    "calendars.FeedEntry": "「体験」の写しを、予定表アプリの書式で持つもの",
    "calendars.PreparedEntry": "「体験」の写しを、予定表アプリの書式で持つもの",
    "calendars.FeedRefresh": "書き直しの順番だけがある",
}
# Fields that nobody is handed: secrets, and what only the software needs.
SECRETS = frozenset({"token_hash", "password", "search_key", "scope", "is_superuser", "is_demo"})
# What is about others than the person: handed over only when whoever answers has decided so (docs/disclosure.md).
OF_OTHERS: Mapping[str, frozenset[str]] = {
    "transition.Contact": frozenset({"name", "phone", "hours", "note"}),
    "programs.FamilyRemark": frozenset({"who", "text"}),
}
HIDDEN = "（ほかの人のことなので、入れていません）"
# Of the sign-in of a person; what it wrote stands in the other tables.
USER = "transition.User"


@dataclass(frozen=True, slots=True)
class Table:
    """`fields`: name → Japanese label; a row has one value for each, as people read it."""

    model: str
    label: str
    fields: Mapping[str, str]
    rows: list[dict[str, Any]]

    @property
    def readable(self) -> list[list[tuple[str, str]]]:
        """(label, text) of what is there, row by row."""
        return [
            [(self.fields[name], _text(value)) for name, value in row.items() if value not in ("", [], {})]
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class OwnData:
    person: Person
    made_at: dt.datetime
    tables: list[Table]
    # (name in the file, name in the storage).
    files: list[tuple[str, str]]
    with_others: bool

    @property
    def count(self) -> int:
        return sum(len(table.rows) for table in self.tables)


def collect(person: Person, *, with_others: bool = False) -> OwnData:
    """One query for each table."""
    tables = [_table(label, person, with_others) for label in handed_over()]
    return OwnData(person, clock.now(), [*tables, _views(person)], list(_files(person)), with_others)


def handed_over() -> list[str]:
    """The tables of the file, in the order of their distance from the person."""
    found = [model._meta.label for model in reachable()]
    return [found[0], USER, *(label for label in found[1:] if label not in LEFT_OUT)]


def _table(label: str, person: Person, with_others: bool) -> Table:
    model = apps.get_model(label)
    fields = [field for field in model._meta.concrete_fields if field.name not in SECRETS]
    links = [field.name for field in fields if isinstance(field, ForeignKey)]
    rows = rows_of(label, [person.pk]).order_by("pk")
    rows = rows.select_related(*links) if links else rows
    names = {field.name: str(field.verbose_name) for field in fields}
    hidden = frozenset() if with_others else OF_OTHERS.get(label, frozenset())
    shown = [
        {field.name: _hidden(row, field) if field.name in hidden else _shown(label, row, field) for field in fields}
        for row in rows
    ]
    return Table(label, str(model._meta.verbose_name), names, shown)


def _hidden(row: Model, field: "Field[Any, Any]") -> str:
    """That something stands there may be known."""
    return HIDDEN if getattr(row, field.name) else ""


def _shown(label: str, row: Model, field: "Field[Any, Any]") -> Any:
    value = getattr(row, field.name)
    if value is None or value == "":
        return ""
    if isinstance(field, ForeignKey):
        return _linked(value)
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    return _plain(label, field.name, value)


def _linked(value: Any) -> Any:
    if isinstance(value, User):
        return value.name
    if isinstance(value, Person) or value._meta.label in {model._meta.label for model in reachable()}:
        # Of the same person: which row of the other table.
        return value.pk
    return str(value)


def _plain(label: str, name: str, value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(clock.TOKYO):%Y-%m-%d %H:%M}"
    if isinstance(value, dict):
        labels = _labels(label)
        return {labels.get(key, key): _plain(label, name, one) for key, one in value.items()}
    if isinstance(value, list):
        words = {"disability_kinds": DisabilityKind, "wants": IntentionWish}.get(name)
        return [str(words(one).label) if words and one in words.values else one for one in value]
    return str(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, dict):
        return "\n".join(f"{name}：{one}" for name, one in value.items())
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _labels(label: str) -> Mapping[str, str]:
    """What the keys of a JSON field mean."""
    if label == "transition.PersonCard":
        return {field.code: field.label for group in card.GROUPS for field in group.fields}
    if label in ("programs.RecordVersion", "programs.RecordDraft"):
        record = apps.get_model("programs.SessionRecord")
        return {field.name: str(field.verbose_name) for field in record._meta.concrete_fields}
    return {}


def _views(person: Person) -> Table:
    """Who looked at it."""
    rows = list(ViewLog.objects.filter(person=person.pk).order_by("pk"))
    users = User.objects.in_bulk({row.actor for row in rows if row.actor})
    offices = Organization.objects.in_bulk({row.organization for row in rows if row.organization})
    names = {"at": "日時", "actor": "見た人", "organization": "どの組織として", "what": "何を", "door": "どこから"}
    shown = [
        {
            "at": _plain("", "", row.at),
            "actor": users[row.actor].name if row.actor in users else "",
            "organization": offices[row.organization].name if row.organization in offices else "",
            "what": looks.label(row.what),
            "door": str(ViewedBy(row.door).label),
        }
        for row in rows
    ]
    return Table("transition.ViewLog", "だれが見たか", names, shown)


def _files(person: Person) -> Iterator[tuple[str, str]]:
    """Photos, in their larger size."""
    photos: QuerySet[Any] = rows_of("programs.Photo", [person.pk]).order_by("pk")
    for number, name in enumerate(photos.values_list("large", flat=True), start=1):
        yield f"photos/{number:03}.jpg", name
