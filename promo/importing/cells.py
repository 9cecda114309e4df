"""One cell of a file made into a value. Each function raises InvalidInput in plain words.

A cell is text, or in YAML a list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.errors import InvalidInput
from promo.importing.inputs import PictureInput
from promo.planning.kinds import AUDIENCES, KINDS
from promo.values import EventStatus, ImageConsent

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Cell = object
"""`str`, `list` or `Entries`: what YAML and CSV can hold here."""

LONGEST_TEXT = 64 * 1024
LONGEST_ALT = 250
LONGEST_NAME = 120
_YES = frozenset({"yes", "true", "1", "tak", "x"})
_NO = frozenset({"no", "false", "0", "nie", ""})
_PICTURE = ("file", "alt", "author", "licence", "consent")
_CONTROLS = frozenset({"Cc", "Cs"})
_LAYOUT = frozenset("\n\t")


def text(cell: Cell) -> str:
    """Trimmed text of several lines, in composed characters."""
    if not isinstance(cell, str):
        raise InvalidInput(_("A list stands here, but text is expected."))
    if len(cell) > LONGEST_TEXT:
        raise InvalidInput(_("The text is longer than 64 KB."))
    plain = unicodedata.normalize("NFC", cell.replace("\r\n", "\n").replace("\r", "\n")).strip()
    strange = {sign for sign in plain if unicodedata.category(sign) in _CONTROLS} - _LAYOUT
    if strange:
        code = f"U+{ord(min(strange)):04X}"
        raise InvalidInput(
            _("The text contains an invisible control character ({code}).").format(code=code)
        )
    return plain


def line(cell: Cell) -> str:
    """Text of one line: line breaks become spaces."""
    return " ".join(text(cell).split())


def yes_or_no(cell: Cell) -> bool:
    answer = line(cell).casefold()
    if answer not in _YES | _NO:
        raise InvalidInput(_("“{text}” is neither yes nor no.").format(text=answer[:40]))
    return answer in _YES


def whole_number(cell: Cell) -> int | None:
    digits = line(cell)
    if not digits:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", digits):
        raise InvalidInput(_("“{text}” is no whole number.").format(text=digits[:40]))
    return int(digits)


def several(cell: Cell, separators: str) -> tuple[str, ...]:
    """The parts of a list, or of text with separators, without empty ones."""
    parts = cell if isinstance(cell, list) else re.split(f"[{separators}]", text(cell))
    return tuple(part for part in map(line, parts) if part)


def hashtags(cell: Cell) -> str:
    return " ".join(tag for part in several(cell, ",;\n") for tag in part.split())


def kind(cell: Cell) -> str:
    """The key of a kind, given by its key or its name."""
    return _one_of(line(cell), {known.key: known.label for known in KINDS.values()})


def audience(word: str) -> str:
    return _one_of(word, {known.key: known.label for known in AUDIENCES})


def status(cell: Cell) -> EventStatus:
    return EventStatus(_choice(line(cell) or EventStatus.SCHEDULED.value, EventStatus))


def language(cell: Cell) -> str:
    return _choice(line(cell) or "pl", ("pl", "en"))


def level(cell: Cell) -> int:
    return int(_choice(line(cell) or "3", ("1", "2", "3")))


def pictures(cell: Cell) -> tuple[PictureInput, ...]:
    """Pictures from a list, or from one line each: `file | alt | author | licence | consent`."""
    rows = cell if isinstance(cell, list) else text(cell).splitlines()
    return tuple(_picture(row) for row in rows if row)


def _picture(row: Cell) -> PictureInput:
    given = (
        row if isinstance(row, Mapping) else dict(zip(_PICTURE, line(row).split("|"), strict=False))
    )
    unknown = [key for key in given if key not in _PICTURE]
    if unknown:
        raise InvalidInput(_("A picture has no field “{name}”.").format(name=unknown[0]))
    said = {key: line(value) for key, value in given.items()}
    if not said.get("file"):
        raise InvalidInput(_("A picture lacks the name of its file."))
    named = {"file": said["file"]}
    if not said.get("alt"):
        message = _("The picture “{file}” has no text alternative (alt): say what it shows.")
        raise InvalidInput(message.format(**named))
    for key in ("alt", "author", "licence"):
        limit = LONGEST_ALT if key == "alt" else LONGEST_NAME
        if len(said.get(key, "")) > limit:
            raise InvalidInput(_too_long(limit).format(name=key, limit=limit, **named))
    consent = _choice(said.pop("consent", "") or ImageConsent.NOT_NEEDED.value, ImageConsent)
    return PictureInput(**said, consent=ImageConsent(consent))


def _too_long(limit: int) -> str:
    return ngettext(
        "“{name}” of the picture “{file}” is longer than {limit} character.",
        "“{name}” of the picture “{file}” is longer than {limit} characters.",
        limit,
    )


def _one_of(word: str, known: Mapping[str, StrPromise]) -> str:
    """The key that is meant by a key or a label; raises InvalidInput with the likely ones."""
    meant = {name.casefold(): key for key, label in known.items() for name in (key, str(label))}
    if word.casefold() in meant:
        return meant[word.casefold()]
    raise unknown(word, known, likely=[meant[name] for name in near(word, meant)])


def _choice(word: str, known: Iterable[str]) -> str:
    values = [str(value) for value in known]
    if word not in values:
        raise unknown(word, values, likely=near(word, values))
    return word


def unknown(word: str, known: Iterable[str], *, likely: Iterable[str]) -> InvalidInput:
    """The error for a word that is none of the known ones, with the likely ones or all."""
    names = list(dict.fromkeys(likely))
    if names:
        message = _("“{word}” is not known here. Did you mean {names}?")
        return InvalidInput(message.format(word=word[:60], names=", ".join(names)))
    message = _("“{word}” is not known here. Known are: {names}.")
    return InvalidInput(message.format(word=word[:60], names=", ".join(known)))


def near(word: str, known: Iterable[str]) -> list[str]:
    return get_close_matches(word.casefold(), list(known), n=2)
