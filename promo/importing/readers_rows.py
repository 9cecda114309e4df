"""A row of cells made into a reader, or refused with the reason. This runs a million times."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from promo.errors import InvalidInput
from promo.mailing.headers import MailAddress
from promo.sources.instants import read_instant
from promo.sources.months import fold

NAME_LENGTH = 120
SOURCE_LENGTH = 200
_UNDECODABLE = "\ufffd"
_MOST_DOMAINS = 10_000

# What passes here passes `validate_email` and `MailAddress` too (a test holds it to that); what
# does not is asked of them.
_PLAIN_ADDRESS = re.compile(
    r"[a-z0-9_+-]{1,20}(?:\.[a-z0-9_+-]{1,20}){0,2}"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?\.){1,3}[a-z]{2,12}",
    re.IGNORECASE | re.ASCII,
)
_ENGLISH = frozenset({"en", "eng", "english", "angielski", "ang"})
_POLISH = frozenset({"pl", "pol", "polish", "polski"})


class RefusedCell(Exception):
    """The row brings no reader; `reason` is a key of `RefusedRow.Reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def mailable(address: str) -> bool:
    """Can we write to this address? It is trimmed already."""
    return _PLAIN_ADDRESS.fullmatch(address) is not None or _slowly(address)


@lru_cache(maxsize=_MOST_DOMAINS)
def _slowly(address: str) -> bool:
    try:
        validate_email(address)
        MailAddress(address)
    except (ValidationError, InvalidInput):
        return False
    return True


Reader = tuple[str, str, str, str, str]
"""Address, name, language, instant of the consent (ISO 8601) and its source.

The last two are "" where the file says nothing.
"""


def row_reader(
    columns: Mapping[str, int], *, language: str, zone: ZoneInfo, now: datetime
) -> Callable[[list[str]], Reader]:
    """Reads the rows of one file; what it gives raises RefusedCell.

    `columns` is the place of each field in a row, from 0.
    """
    fields = ("email", "name", "surname", "language", "consent_on", "source")
    needed = 1 + max(columns.values(), default=0)
    # A field that the file does not have is read from the empty cell behind the last one.
    email_at, name_at, surname_at, language_at, consent_at, source_at = (
        columns.get(field, -1) for field in fields
    )
    is_plain = _PLAIN_ADDRESS.fullmatch
    moment = lru_cache(maxsize=20_000)(lambda text: _moment(text, zone, now))

    def read(cells: list[str]) -> Reader:
        short = needed - len(cells)
        row = [*cells, ""] if short <= 0 else cells + [""] * (short + 1)
        address = row[email_at].strip()
        if address[:1] == "'":  # our own exports take the force out of formulas in that way
            address = address[1:]
        if is_plain(address) is None and not _slowly(address):
            raise RefusedCell(_why_not(address))
        name = _one_line(f"{row[name_at]} {row[surname_at]}", NAME_LENGTH)
        spoken = _language(row[language_at], language) if row[language_at] else language
        said = row[consent_at]
        source = row[source_at] and _one_line(row[source_at], SOURCE_LENGTH)
        return address, name, spoken, said and moment(said), source

    return read


def _moment(text: str, zone: ZoneInfo, now: datetime) -> str:
    """Raises RefusedCell for what is no date, or one to come: nobody has agreed tomorrow."""
    if not text.strip():
        return ""
    found = read_instant(text.strip(), zone=zone)
    if found is None or found.at > now:
        raise RefusedCell("date")
    return found.at.isoformat()


def _why_not(address: str) -> str:
    if not address:
        return "no_address"
    return "encoding" if _UNDECODABLE in address else "address"


def _one_line(text: str, most: int) -> str:
    """Without line breaks and control characters, no longer than it may be."""
    line = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    if _UNDECODABLE in line:
        raise RefusedCell("encoding")
    return " ".join(line.split())[:most]


@lru_cache(maxsize=1000)
def _language(cell: str, usual: str) -> str:
    word = fold(cell).strip().lower()
    if word in _ENGLISH or word.startswith("en-"):
        return "en"
    return "pl" if word in _POLISH or word.startswith("pl-") else usual
