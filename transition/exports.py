"""The one way by which tables leave as CSV: Excel reads them as text in Japanese, and never as formulas."""

import csv
import datetime as dt
import io
import unicodedata
from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from transition.clock import TOKYO

# What somebody takes away as a file; never kept by a browser, and noted when it is about a person.
FILE_TYPES = ("text/csv", "application/pdf", "application/zip")

Cell = str | int | float | bool | dt.date | dt.time | None

# What a spreadsheet takes for the beginning of a formula, also in full width; − is what Japanese keyboards type.
_BEGINNINGS = ("=", "+", "-", "@", "−")
_BREAKS = ("\t", "\r", "\n")


def defuse(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet could take for a formula."""
    seen = text.lstrip("".join(c for c in set(text) if c.isspace() or unicodedata.category(c) in ("Cf", "Cc")))
    if text.startswith(_BREAKS) or unicodedata.normalize("NFKC", seen[:1]).startswith(_BEGINNINGS):
        return f"'{text}"
    return text


def cell(value: Cell) -> str:
    """One cell as text. Numbers, dates and times are written as such; moments in Japanese time."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(TOKYO):%Y-%m-%d %H:%M}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    return defuse(value)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Every cell quoted, lines ended as RFC 4180 wants."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """A file to save, with the mark (BOM) by which Excel knows UTF-8."""
    return file_response(filename, csv_text(header, rows).encode("utf-8-sig"), "text/csv; charset=utf-8")


def file_response(filename: str, content: bytes, content_type: str, *, as_attachment: bool = True) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    disposition = content_disposition_header(as_attachment, filename)
    response.headers["Content-Disposition"] = disposition or "attachment"
    return response
