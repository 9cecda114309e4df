"""Anniversaries from a table: date, title, text, source; the date with or without its year."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.importing.csv_file import HEADER, table_of
from promo.importing.records import refused
from promo.importing.texts import decoded

COLUMNS: Mapping[str, str] = {
    "date": "date",
    "title": "title",
    "text": "text",
    "source": "source",
    "data": "date",
    "tytuł": "title",
    "tekst": "text",
    "źródło": "source",
}
"""The names of the columns, in English and in Polish."""

REQUIRED = ("date", "title", "source")
_DATE = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.?(?P<year>\d{1,4})?")
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
_A_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class AnniversaryInput:
    """One row: `on` is the day of every year, as `12-24`; `year` None where it is not known."""

    row: int
    on: str
    year: int | None
    title: str
    text: str
    source: str


def read_anniversaries(data: bytes) -> list[AnniversaryInput]:
    """The rows of a CSV file; raises InvalidRows with every bad place. The header is row 1."""
    try:
        rows = table_of(decoded(data))
    except InvalidInput as error:
        raise refused([error]) from error
    names = [COLUMNS.get(name.lower(), "") for name in rows[0]] if rows else []
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise refused(
            [InvalidInput(_("This column is missing."), field=name, row=HEADER) for name in missing]
        )
    made, errors = [], []
    for number, row in enumerate(rows[1:], start=HEADER + 1):
        if not any(cell.strip() for cell in row):
            continue
        try:
            made.append(_of(number, names, row, heads=dict(zip(names, rows[0], strict=True))))
        except InvalidInput as error:
            errors.append(error)
    if errors:
        raise refused(errors)
    return made


def _of(
    number: int, names: Sequence[str], row: Sequence[str], *, heads: Mapping[str, str]
) -> AnniversaryInput:
    """The row; what is wrong with it is told by the file's own names of its columns."""
    cells = {name: cell.strip() for name, cell in zip(names, row, strict=False) if name}
    for name in REQUIRED:
        if not cells.get(name):
            raise InvalidInput(_("This must not be empty."), field=heads[name], row=number)
    on, year = _day(cells["date"], number, field=heads["date"])
    return AnniversaryInput(
        number, on, year, cells["title"], cells.get("text", ""), cells["source"]
    )


def _day(text: str, number: int, *, field: str) -> tuple[str, int | None]:
    """`24.12.1926`, `1926-12-24`, or `24.12` where the year is not known."""
    found = _DATE.fullmatch(text) or _ISO.fullmatch(text)
    year = int(found["year"]) if found and found["year"] else None
    try:
        if found is None:
            raise ValueError
        day = date(_A_LEAP_YEAR if year is None else year, int(found["month"]), int(found["day"]))
    except ValueError:
        message = _("“{text}” is no date. Write it like 24.12.1926, or 24.12 without the year.")
        raise InvalidInput(message.format(text=text[:60]), field=field, row=number) from None
    return f"{day:%m-%d}", year
