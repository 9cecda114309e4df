"""Items from a table: comma, semicolon or tab, with the names of the fields in the first row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.importing.inputs import ItemInput
from promo.importing.moments import Calendar
from promo.importing.records import KNOWN, REQUIRED, Record, items_of, refused, unknown_field
from promo.importing.texts import decoded

_DELIMITERS = (",", ";", "\t")
_SEPARATOR_LINE = "sep="
"""Excel's own first line, which names the delimiter."""

HEADER = 1


def read_csv(data: str | bytes, *, zone: ZoneInfo, today: date) -> list[ItemInput]:
    """The items of a table; raises InvalidRows. Rows count as in a spreadsheet, the header is 1."""
    try:
        rows = table_of(decoded(data))
    except InvalidInput as error:
        raise refused([error]) from error
    errors = _header_errors(rows[0]) if rows else []
    if errors:
        raise refused(errors)
    return items_of(_records(rows), calendar=Calendar(zone, today))


def table_of(text: str) -> list[list[str]]:
    """The table's rows with trimmed names; raises InvalidInput with the row that is broken."""
    first, _newline, rest = text.partition("\n")
    if first.lower().startswith(_SEPARATOR_LINE):
        return table_of(rest)
    delimiter = max(_DELIMITERS, key=first.count)
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows.extend(reader)
    except csv.Error as error:
        message = _(
            "This row cannot be read: a quotation mark is missing or too many, or a cell is "
            "longer than 128 KB."
        )
        raise InvalidInput(message, row=len(rows) + 1) from error
    return [[name.strip() for name in rows[0]], *rows[1:]] if rows else []


def _header_errors(names: Sequence[str]) -> list[InvalidInput]:
    errors = [unknown_field(name, row=HEADER) for name in names if name not in KNOWN and name]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    errors += [
        InvalidInput(_("There are two columns of this name."), field=name, row=HEADER)
        for name in twice
    ]
    errors += [
        InvalidInput(_("This column is missing."), field=name, row=HEADER)
        for name in REQUIRED
        if name not in names
    ]
    return errors


def _records(rows: Sequence[Sequence[str]]) -> Iterator[Record]:
    names = rows[0] if rows else ()
    for number, row in enumerate(rows[1:], start=HEADER + 1):
        if any(cell.strip() for cell in row):
            yield Record(number, _cells(names, row))


def _cells(names: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    """The cells by name. What stands beyond the last column is kept under a name nobody knows."""
    known = {name: cell for name, cell in zip(names, row, strict=False) if name}
    beyond = [cell for cell in row[len(names) :] if cell.strip()]
    nameless = [cell for name, cell in zip(names, row, strict=False) if not name and cell.strip()]
    return known | ({"": (beyond + nameless)[0]} if beyond or nameless else {})
