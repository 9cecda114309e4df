"""What a file of readers looks like, found out before anybody has said anything about it."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from promo.sources.encodings import decode_feed
from promo.sources.months import fold

ENCODINGS = ("utf-8", "cp1250", "iso-8859-2", "utf-16")
DELIMITERS = (";", ",", "\t")
FIELDS = ("email", "name", "surname", "language", "consent_on", "source")
"""What a column may hold, in the order in which the desk asks for it."""

LOOKED_AT = 20
"""Rows from whose beginning the columns are guessed."""

_BLOCK = 2**20
_LETTERS = 2**16
_ZIP = b"PK\x03\x04"
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_BYTES_BEYOND_ASCII = re.compile(rb"[^\n]{0,80}[\x80-\xff][^\n]{0,80}")

_HEADINGS = {
    "email": (
        "email", "mail", "adresemail", "adresmail", "adres", "adrespocztyelektronicznej",
        "pocztaelektroniczna", "emailaddress", "address", "uzytkownikemail", "subscriberemail",
    ),
    "name": (
        "imie", "imiona", "imieinazwisko", "nazwa", "name", "fullname", "firstname", "givenname",
        "czytelnik", "reader",
    ),
    "surname": ("nazwisko", "surname", "lastname", "familyname"),
    "language": ("jezyk", "language", "lang"),
    "consent_on": (
        "datazgody", "dataudzieleniazgody", "datazapisu", "zapisano", "data", "consentdate",
        "dateofconsent", "date", "signupdate", "subscribed", "optintime", "confirmtime",
    ),
    "source": ("zrodlo", "zrodlozgody", "source", "consentsource", "skad"),
}  # fmt: skip
_FIELD_BY_HEADING = {word: key for key, words in _HEADINGS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Shape:
    """How to read a file. `columns` is the place of each known field in a row, from 0."""

    format: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ";"
    has_heading: bool = True
    columns: dict[str, int] = field(default_factory=dict)


def is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def encoding_of(path: Path) -> str:
    """One of ENCODINGS. The whole file is looked at: the first letter with a tail may be its last.

    Constant memory.
    """
    with path.open("rb") as file:
        beginning = file.read(_BLOCK)
        for mark, encoding in _MARKS.items():
            if beginning.startswith(mark):
                return encoding
        if b"\0" in beginning[:1000]:
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        letters = b""
        is_utf8 = True
        while block := file.read(_BLOCK):
            is_utf8 = is_utf8 and _goes_on(decoder, block)
            if len(letters) < _LETTERS:
                letters += b"\n".join(_BYTES_BEYOND_ASCII.findall(block))[:_LETTERS]
    if is_utf8 and _ends(decoder):
        return "utf-8"
    return "iso-8859-2" if decode_feed(letters).encoding == "iso8859-2" else "cp1250"


def _goes_on(decoder: codecs.IncrementalDecoder, block: bytes) -> bool:
    try:
        decoder.decode(block)
    except UnicodeDecodeError:
        return False
    return True


def _ends(decoder: codecs.IncrementalDecoder) -> bool:
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def delimiter_of(lines: Sequence[str]) -> str:
    """The one that parts most of the first lines into equally many columns."""

    def agreement(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in _rows(lines, delimiter)]
        parted = [width for width in widths if width > 1]
        return (parted.count(parted[0]) if parted else 0, max(widths, default=0))

    return max(DELIMITERS, key=agreement)


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(StringIO("".join(lines), newline=""), delimiter=delimiter)
    except csv.Error:
        return


def has_heading(rows: Sequence[Sequence[str]]) -> bool:
    """A first row without an address is one, unless no row has any."""
    return bool(rows) and not any("@" in cell for cell in rows[0])


def columns_of(rows: Sequence[Sequence[str]], *, heading: bool) -> dict[str, int]:
    """Which column holds which field: by the headings, and the addresses by what they look like."""
    found: dict[str, int] = {}
    for place, cell in enumerate(rows[0] if heading and rows else ()):
        key = _FIELD_BY_HEADING.get(_bare(cell))
        if key is not None:
            found.setdefault(key, place)
    counts = _addresses_by_column(rows[int(heading) :])
    if counts and not counts.get(found.get("email", -1)):
        likely = max(counts, key=lambda place: counts[place])
        found = {key: place for key, place in found.items() if place != likely}
        found["email"] = likely
    return found


def _addresses_by_column(rows: Sequence[Sequence[str]]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for row in rows:
        for place, cell in enumerate(row):
            if "@" in cell:
                counts[place] = counts.get(place, 0) + 1
    return counts


def _bare(heading: str) -> str:
    """`Adres e-mail:` -> `adresemail`."""
    return re.sub(r"[^a-z]", "", fold(heading).lower())
