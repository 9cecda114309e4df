"""The encoding of a feed, decided by ourselves.

Declarations lie: a UTF-8 body under `charset=windows-1250` comes out of feedparser as mojibake
without a word, and bytes in windows-1250 under "utf-8" are guessed to be Maltese.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<\x00", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
)

# Single-byte encodings that a Polish editor's tools write, or write in the declaration by mistake.
_DOUBTFUL = frozenset(
    {"utf-8", "ascii", "cp1250", "cp1252", "iso8859-1", "iso8859-2", "iso8859-15"}
)
_TEXT_CODECS = re.compile(
    r"utf|ascii|cp|iso8859|iso2022|koi8|mac|big5|gb|euc|shift|johab|tis", re.I
)

_XML_DECLARATION = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""", re.I
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.I)

_POLISH = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ")
_TYPOGRAPHY = frozenset("„”“’‘‚«»–—…·•§°€©®™\u00a0\u00ad")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text, the encoding it was in, and what had been declared ("" if nothing, or nonsense)."""

    text: str
    encoding: str
    declared: str

    @property
    def contradicts(self) -> bool:
        """Was something else declared?"""
        return bool(self.declared) and self.declared != self.encoding and not self.text.isascii()


def decode_feed(body: bytes, *, content_type: str = "") -> Decoded:
    """The text of a feed. Undecodable bytes become U+FFFD; nothing is raised."""
    declarations = _declarations(body, content_type)
    declared = declarations[0] if declarations else ""
    for mark, encoding in (*_BOMS, *_UNMARKED):
        if body.startswith(mark):
            text = body.decode(encoding, "replace").removeprefix("\ufeff")
            return Decoded(text, encoding, declared="")
    believed = [name for name in declarations if name not in _DOUBTFUL]
    for name in ("utf-8", *believed):
        strict = _strict(body, name)
        if strict is not None:
            return Decoded(strict, name, declared)
    return _by_letters(body, declarations, declared)


def _declarations(body: bytes, content_type: str) -> list[str]:
    """What the XML declaration and the HTTP header say, by the codecs' own names."""
    found = [match[1].decode("ascii") for match in [_XML_DECLARATION.search(body[:1024])] if match]
    found += [match[1] for match in [_CHARSET.search(content_type)] if match]
    names = []
    for label in found:
        try:
            name = codecs.lookup(label).name
        except LookupError:
            continue
        # Not every codec is an encoding of text ("zlib", "unicode_escape", "idna").
        if _TEXT_CODECS.match(name) and name not in names:
            names.append(name)
    return names


def _strict(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeError:
        return None


def _by_letters(body: bytes, declarations: list[str], declared: str) -> Decoded:
    """The reading with the most Polish letters and the least rubbish; a declared one wins."""
    single = [name for name in declarations if name not in {"utf-8", "ascii"}]
    readings = [
        Decoded(body.decode(name, "replace"), name, declared)
        for name in (*single, "cp1250", "iso8859-2", "utf-8")
    ]
    return max(readings, key=lambda reading: _likeness(reading.text))


def _likeness(text: str) -> int:
    score = 0
    for character in filter(lambda letter: not letter.isascii(), text):
        if character in _POLISH:
            score += 1
        elif character not in _TYPOGRAPHY and not character.isalpha():
            score -= 3
        elif character in "ĽľąŤťˇ":
            score -= 1
    return score
