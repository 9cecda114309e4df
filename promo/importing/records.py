"""From the cells of one record to an item: every field is read, every error is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.errors import InvalidInput, InvalidRows
from promo.importing import cells
from promo.importing.bodies import to_html
from promo.importing.cells import Cell
from promo.importing.inputs import ItemInput
from promo.importing.moments import Calendar, last_minute, read_moment


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file. `row` is its place there; `cells` are by field name."""

    row: int
    cells: Mapping[str, Cell]


_FIELDS: Mapping[str, Callable[[Cell], object]] = {
    "kind": cells.kind,
    "title": cells.line,
    "lead": cells.line,
    "body": lambda cell: to_html(cells.text(cell)),
    "language": cells.language,
    "all_day": cells.yes_or_no,
    "recurrence": cells.line,
    "status": cells.status,
    "branch": cells.line,
    "venue": cells.line,
    "audiences": lambda cell: tuple(map(cells.audience, cells.several(cell, ",;\n"))),
    "price": cells.line,
    "sign_up": cells.line,
    "sign_up_url": cells.line,
    "capacity": cells.whole_number,
    "partners": lambda cell: cells.several(cell, ";\n"),
    "funding_note": cells.line,
    "contact": cells.line,
    "accessibility": cells.text,
    "more_url": cells.line,
    "hashtags": cells.hashtags,
    "level": cells.level,
    "timetable": cells.line,
    "facebook_text": cells.text,
    "pictures": cells.pictures,
}
_STARTS = ("starts_at", "previous_starts_at")
_ENDS = ("ends_at", "deadline_at", "sign_up_until_at")
KNOWN = (*_FIELDS, *_STARTS, *_ENDS)
REQUIRED = ("kind", "title", "lead")


def items_of(records: Iterable[Record], *, calendar: Calendar) -> list[ItemInput]:
    """The items of the records; raises InvalidRows with everything that is wrong in any of them."""
    items: list[ItemInput] = []
    errors: list[InvalidInput] = []
    for record in records:
        reading = _Reading(record, calendar)
        errors += reading.errors
        if not reading.errors:
            items.append(ItemInput(row=record.row, **reading.values))
    if not items and not errors:
        errors.append(InvalidInput(_("There is nothing in this file.")))
    if errors:
        raise refused(errors)
    return items


def refused(errors: list[InvalidInput]) -> InvalidRows:
    """The refusal of a whole file."""
    text = ngettext(
        "Nothing was imported: {count} place must be mended first.",
        "Nothing was imported: {count} places must be mended first.",
        len(errors),
    )
    return InvalidRows(text.format(count=len(errors)), errors)


def unknown_field(name: str, *, row: int | None) -> InvalidInput:
    """The error for a field of this name; "" stands for a cell without a column."""
    if name:
        text = cells.unknown(name, KNOWN, likely=cells.near(name, KNOWN)).text
    else:
        text = _("There is text in a cell without a column name: is a quotation mark missing?")
    return InvalidInput(text, field=name, row=row)


class _Reading:
    """The values of one record, and what is wrong with it."""

    def __init__(self, record: Record, calendar: Calendar) -> None:
        self.values: dict[str, Any] = {}
        self.errors: list[InvalidInput] = []
        self._record = record
        self._calendar = calendar
        self._read_fields()
        self._read_times()
        if not self.errors:
            self.errors += _contradictions(self.values, record.row)

    def _read_fields(self) -> None:
        for name, cell in self._record.cells.items():
            if name in _FIELDS:
                self._read(name, cell, _FIELDS[name])
            elif name not in KNOWN:
                self.errors.append(unknown_field(name, row=self._record.row))
        for name in REQUIRED:
            if _is_empty(self._record.cells.get(name, "")):
                self._refuse(name, _("This field must not be empty."))

    def _read_times(self) -> None:
        for name in _STARTS:
            self._read(name, self._record.cells.get(name, ""), self._start)
        for name in _ENDS:
            self._read(name, self._record.cells.get(name, ""), self._end)

    def _read(self, name: str, cell: Cell, parse: Callable[[Cell], object]) -> None:
        if _is_empty(cell):
            return
        try:
            self.values[name] = parse(cell)
        except InvalidInput as error:
            self._refuse(name, error.text)

    def _start(self, cell: Cell) -> datetime:
        moment = read_moment(cells.line(cell), calendar=self._calendar)
        if not (moment.has_time or self.values.get("all_day")):
            raise InvalidInput(
                _("The hour is missing. For whole days write “yes” into the field all_day.")
            )
        return moment.at

    def _end(self, cell: Cell) -> datetime:
        moment = read_moment(cells.line(cell), calendar=self._calendar)
        return last_minute(moment, calendar=self._calendar)

    def _refuse(self, name: str, text: str) -> None:
        self.errors.append(InvalidInput(text, field=name, row=self._record.row))


def _is_empty(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.strip()


def _contradictions(values: Mapping[str, Any], row: int) -> Iterator[InvalidInput]:
    """What each field alone cannot show."""

    def wrong(name: str, text: str) -> InvalidInput:
        return InvalidInput(text, field=name, row=row)

    starts, ends = values.get("starts_at"), values.get("ends_at")
    if ends and not starts:
        yield wrong("starts_at", _("There is an end but no start."))
    if starts and ends and ends < starts:
        yield wrong("ends_at", _("It ends before it starts."))
    if values.get("recurrence") and not starts:
        yield wrong("starts_at", _("A series needs the start of its first meeting."))
