"""Dashes, ellipsis, apostrophe and the spaces round punctuation (polish-text T7–T9)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promo.rendering.edits import Edit, Rule, replacing
from promo.rendering.quotes import full_stops, quotes, typewritten_quotes

_NUMBER = r"\d{1,2}[.:]\d{2}|\d{1,2}\.\d{2}\.\d{4}|\d{1,4},\d{1,2}|\d{1,4}"
_RANGE = re.compile(
    rf"(?<![\w.,:/–-])(?P<low>{_NUMBER})(?P<at>[-—])(?P<high>{_NUMBER})(?!\d|[.,:/-]\d)"
)
_SPACED_RANGE = re.compile(
    r"(?<![\w.,:/–-])\d{1,2}(?P<mark>[.:])\d{2}(?P<at>[ \u00a0]+[-–—][ \u00a0]+)"
    r"\d{1,2}(?P=mark)\d{2}(?!\d|[.,:/-]\d)"
)


def _ranges(text: str) -> Iterator[Edit]:
    """`20-24` gets an en dash; what falls (2011-12) or begins with a zero is no range of days."""
    for match in _RANGE.finditer(text):
        low, high = match["low"], match["high"]
        if not (low.isdigit() and high.isdigit()) or _rises(low, high):
            yield Edit(match.start("at"), match.end("at"), "–")


def _rises(low: str, high: str) -> bool:
    return low[0] != "0" and high[0] != "0" and int(low) < int(high)


def _spaced_ranges(text: str) -> Iterator[Edit]:
    """`10.00 - 12.00` closes up: between two hours there is no doubt that it is a range."""
    for match in _SPACED_RANGE.finditer(text):
        yield Edit(match.start("at"), match.end("at"), "–")


RULES: tuple[Rule, ...] = (
    replacing(r"(?<=\S)(?P<at>[ ]+\u00a0[ \u00a0]*|\u00a0+[ ][ \u00a0]*)(?=\S)", "\u00a0"),
    replacing(r"(?<=\S)(?P<at>[ ]{2,})", " "),
    replacing(r"(?<!\.)(?P<at>\.{3})(?!\.)", "…"),
    # A colon between figures is a score or a scale; an emoticon has no space behind its first mark.
    replacing(
        r"(?<=[^\s,.;:!?])(?P<at>[ \u00a0]+)(?=[,.!?](?:[\s!?…”»)]|$)|;(?:\s|$)|,[^\W\d_]{2})", ""
    ),
    replacing(r"(?<=[^\s\d,.;:!?])(?P<at>[ \u00a0]+)(?=:(?:\s|$))", ""),
    replacing(r"(?<=[^\W\d_]{2}),(?P<at>)(?=[^\W\d_]{2})", " "),
    replacing(r"(?<=\d)(?P<at>)(?=%(?![\w-]))", "\u00a0"),
    replacing(r"(?<=[^\W\d_])(?P<at>')(?=[^\W\d_])", "’"),
    replacing(r"(?<![^\s(])(?P<at>')(?=\d\d(?!\d))", "’"),
    typewritten_quotes,
    quotes,
    full_stops,
    _spaced_ranges,
    _ranges,
    replacing(r"(?<![\w-])[IVX]{1,6}(?P<at>-)(?=[IVX]{1,6}(?![\w-]))", "–"),
    # Not at the head of a line, where a hyphen marks an entry of a list.
    replacing(r"(?<=\S)[ \u00a0]+(?P<at>-{1,3}|—)(?=[ \u00a0\n])", "–"),
)
