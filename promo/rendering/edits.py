"""Small changes to a text that keep track of places in it.

A typographic rule is a function from a text to `Edit`s. Rules are applied one after another; an
edit that would change a protected span (an address, a number that is a name) is dropped. `cuts` are
positions that must survive the edits: the borders of HTML tags in the text of a paragraph.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from promo.rendering.protected import protected_spans


class Edit(NamedTuple):
    """Put `new` in the place of `text[start:end]`."""

    start: int
    end: int
    new: str


Rule = Callable[[str], Iterable[Edit]]


def replacing(pattern: str, new: str, *, flags: int = 0) -> Rule:
    """A rule that puts `new` in the place of the group named `at`."""
    compiled = re.compile(pattern, flags)

    def rule(text: str) -> Iterator[Edit]:
        for match in compiled.finditer(text):
            yield Edit(match.start("at"), match.end("at"), new)

    return rule


def apply(rules: Sequence[Rule], text: str, cuts: Sequence[int] = ()) -> tuple[str, list[int]]:
    """The text after all rules, and where its cuts are now."""
    moved = list(cuts)
    spans = protected_spans(text)
    for rule in rules:
        edits = _allowed(sorted(set(rule(text))), text, spans)
        if edits:
            moved = _moved(moved, edits)
            borders = _moved([border for span in spans for border in span], edits)
            spans = list(zip(borders[::2], borders[1::2], strict=True))
            text = _edited(text, edits)
    return text, moved


def _allowed(edits: Sequence[Edit], text: str, spans: Sequence[tuple[int, int]]) -> list[Edit]:
    """The edits that change something, stay off protected spans and do not overlap."""
    starts = [start for start, _end in spans]
    kept: list[Edit] = []
    for edit in edits:
        nth = bisect_right(starts, max(edit.start, edit.end - 1)) - 1
        inside = nth >= 0 and edit.start < spans[nth][1] and edit.end > spans[nth][0]
        overlaps = bool(kept) and edit.start < kept[-1].end
        if not inside and not overlaps and text[edit.start : edit.end] != edit.new:
            kept.append(edit)
    return kept


def _edited(text: str, edits: Sequence[Edit]) -> str:
    parts: list[str] = []
    done = 0
    for start, end, new in edits:
        parts += [text[done:start], new]
        done = end
    return "".join([*parts, text[done:]])


def _moved(positions: Sequence[int], edits: Sequence[Edit]) -> list[int]:
    """Where the positions (in order) are after the edits; what is put in at one comes before it."""
    moved: list[int] = []
    nth = shift = 0
    for position in positions:
        while nth < len(edits) and edits[nth].end <= position:
            shift += len(edits[nth].new) - (edits[nth].end - edits[nth].start)
            nth += 1
        inside = nth < len(edits) and edits[nth].start < position
        moved.append(edits[nth].start + shift + len(edits[nth].new) if inside else position + shift)
    return moved
