"""Polish quotation marks: „…”, inside them «…» (polish-text T7).

Marks are changed in pairs only: one without a partner in its paragraph (15", a slip) stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from promo.rendering.edits import Edit

_MARK = re.compile('["“”„‟«»]')
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_TYPEWRITTEN = re.compile(r"(?<![^\s(\[{]),,(?=[^\s,])[^\n]*?[^\s']''(?!')")
_MAY_PRECEDE_OPENING = "([{/-–—\"“”„‟«'’"
_STOP_INSIDE = re.compile(r"(?<!\w)(?P<word>[^\W\d_]{3,})\.(?P<marks>[”»]+)(?=\s|$)", re.MULTILINE)
_ABBREVIATIONS = frozenset(
    {"art", "doc", "egz", "etc", "gen", "godz", "hab", "inż", "itd", "itp", "kpt", "mgr", "mies"}
    | {"min", "mln", "oprac", "pkt", "poz", "por", "proc", "prof", "przeł", "red", "ryc", "rys"}
    | {"str", "tab", "tel", "tłum", "tys", "tzn", "tzw", "ust", "woj", "wyd", "wyst", "zał", "zob"}
)


@dataclass(slots=True)
class _Pair:
    opening: int
    closing: int
    guillemets: bool


def typewritten_quotes(text: str) -> Iterator[Edit]:
    """`,,tekst''` in the way of typewriters becomes „tekst”."""
    for match in _TYPEWRITTEN.finditer(text):
        yield Edit(match.start(), match.start() + 2, "„")
        yield Edit(match.end() - 2, match.end(), "”")


def quotes(text: str) -> Iterator[Edit]:
    """Every pair of quotation marks in the Polish way."""
    start = 0
    for end in [*(match.start() for match in _PARAGRAPH.finditer(text)), len(text)]:
        yield from _edits(_pairs(text, start, end))
        start = end


def full_stops(text: str) -> Iterator[Edit]:
    """`musi.”` becomes `musi”.`; an abbreviation keeps its full stop."""
    for match in _STOP_INSIDE.finditer(text):
        if match["word"].lower() not in _ABBREVIATIONS:
            yield Edit(match.end("word"), match.end("word") + 1, "")
            yield Edit(match.end("marks"), match.end("marks"), ".")


def _pairs(text: str, start: int, end: int) -> list[_Pair]:
    waiting: list[int] = []
    pairs: list[_Pair] = []
    for match in _MARK.finditer(text, start, end):
        at = match.start()
        before = text[at - 1] if at > start else " "
        after = text[at + 1] if at + 1 < end else " "
        nth = _partner(text, waiting, at, before)
        if nth is not None:
            pairs.append(_Pair(waiting[nth], at, text[waiting[nth]] == "«"))
            del waiting[nth:]
        elif _may_open(match[0], before, after):
            waiting.append(at)
    return sorted(pairs, key=lambda pair: pair.opening)


def _partner(text: str, waiting: list[int], at: int, before: str) -> int | None:
    """Which of the waiting marks this one closes: the last that fits."""
    if text[at] in "„«" or before.isspace() or before in "([{":
        return None
    if waiting and waiting[-1] == at - 1:  # nothing in between: it opens a quotation at its start
        return None
    for nth in reversed(range(len(waiting))):
        if (text[waiting[nth]] == "«") == (text[at] == "»"):
            return nth
    return None


def _may_open(mark: str, before: str, after: str) -> bool:
    return (
        mark != "»" and not after.isspace() and (before.isspace() or before in _MAY_PRECEDE_OPENING)
    )


def _edits(pairs: list[_Pair]) -> Iterator[Edit]:
    """The marks by depth. Guillemets that stand alone stay: inside them comes „…”."""
    around: list[_Pair] = []
    for pair in pairs:
        while around and around[-1].closing < pair.opening:
            around.pop()
        if around:
            pair.guillemets = not around[-1].guillemets
        opening, closing = ("«", "»") if pair.guillemets else ("„", "”")
        yield Edit(pair.opening, pair.opening + 1, opening)
        yield Edit(pair.closing, pair.closing + 1, closing)
        around.append(pair)
