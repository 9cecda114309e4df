"""Plain text: wrapped for mail, shortened, checked, made fit for XML, made into a hashtag."""

from __future__ import annotations

import re
import textwrap
import unicodedata

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.rendering.polish import plain

_ENTRY = re.compile(r"^(?P<indent> *)(?P<marker>(?:(?:- |\d+\. )(?=\S))?)")
_NOT_IN_XML = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_LEFT_HANGING = re.compile(r"(?:[\s,;:(„«–—-]|(?<=\s)[aiouwzAIOUWZ]$)+$")


def wrap_text(text: str, width: int = 72) -> str:
    """Lines of at most `width`, no-break spaces kept together and then written as ordinary ones.

    Addresses are never cut, so one may stand out. Entries of a list hang under their text.
    """
    return "\n".join(_wrap_line(line, width) for line in text.split("\n"))


def _wrap_line(line: str, width: int) -> str:
    head = _ENTRY.match(line)
    indent, marker = (head["indent"], head["marker"]) if head else ("", "")
    wrapped = textwrap.fill(
        line[len(indent) + len(marker) :],
        width=width,
        initial_indent=indent + marker,
        subsequent_indent=indent + " " * len(marker),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return plain(wrapped)


def one_line(text: str, *, max_length: int = 200) -> str:
    """The text without spaces at its ends. Raises InvalidInput where it is not one plain line.

    Refused: control characters (header injection), line separators, lone surrogates, characters
    that turn the reading direction round, and more than `max_length` characters.
    """
    stripped = text.strip(" \u00a0")
    for character in stripped:
        if unicodedata.category(character) in _CONTROLS or character in _BIDI_CONTROLS:
            raise InvalidInput(
                _("Write this in one line, without line breaks or hidden characters.")
            )
    if len(stripped) > max_length:
        message = _("This is too long ({length} characters, the limit is {limit}).")
        raise InvalidInput(message.format(length=len(stripped), limit=max_length))
    return stripped


def strip_control(text: str) -> str:
    """The text without the characters that XML 1.0 does not allow or advises against."""
    return _NOT_IN_XML.sub("", text)


def shorten(text: str, length: int) -> str:
    """At most `length` characters, cut between words, with an ellipsis; no orphan before it."""
    if len(text) <= length:
        return text
    kept = text[: max(length - 1, 0)]
    if not text[len(kept)].isspace():
        kept = re.sub(r"\s+\S*$", "", kept)
    return _LEFT_HANGING.sub("", kept) + "…"


def hashtag(text: str) -> str:
    """`#NarodoweCzytanie`: CamelCase for screen readers, Polish letters kept.

    Empty where nothing but figures is left: no network takes such a tag.
    """
    words = re.findall(r"\w+", text.replace("_", " "))
    tag = "".join(word[0].upper() + word[1:] for word in words)
    return f"#{tag}" if any(character.isalpha() for character in tag) else ""
