"""Where typography must not reach: addresses, and numbers that are names."""

from __future__ import annotations

import re

_GAP = "[ \u00a0-]"

_PATTERNS = (
    # web addresses, with or without a scheme; a quotation mark ends one
    r"""(?:https?://|www\.)[^\s<>"„”“«»]+""",
    r"(?:mailto|tel|sms):[^\s<>\"„”“«»]+",
    # the lookbehinds keep the search linear: a long word is tried once
    r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+",
    r"""(?<![\w.-])(?:[\w-]+\.)+[a-zA-Z]{2,}(?:/[^\s<>"„”“«»]*)?""",
    r"(?<![\w@#])[#@]\w+(?:[@.-]\w+)*",
    # ISO 8601
    r"\b\d{4}-\d{2}-\d{2}(?:T[\d:.+Z-]+)?",
    # ISBN, with or without the word; other numbers that follow their name
    rf"\bISBN(?:-1[03])?[ \u00a0:]*(?:\d{_GAP}?){{9,12}}[\dXx]\b",
    rf"(?<![\d-])97[89]{_GAP}?(?:\d{_GAP}?){{9}}\d(?!\d)",
    r"\b(?:ISSN|UKD|NIP|REGON|KRS|sygn\.)[ \u00a0:]*[\d.()/\u0022:-]*\d",
    # telephones: international, after their word, or in the usual Polish groups
    rf"\+\d{{1,3}}(?:{_GAP}?\(?\d{{1,4}}\)?){{2,5}}(?!\d)",
    rf"\b(?:[Tt]el|[Tt]elefon\w*|[Kk]om|[Ff]aks|[Ff]ax|SMS)\b\.?:?[ \u00a0]*"
    rf"(?P<number>\(?\d(?:{_GAP}?[()]?\d[()]?){{4,13}})",
    rf"(?<!\d)(?<!\d{_GAP})(?:\(\d{{2}}\)|\d{{2}}){_GAP}\d{{3}}{_GAP}\d{{2}}{_GAP}\d{{2}}"
    rf"(?!{_GAP}?\d)",
    rf"(?<!\d)(?<!\d{_GAP})\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}(?!{_GAP}?\d)",
    # a Polish postal code
    r"(?<![\w.-])\d{2}-\d{3}(?![\w-])",
)
_PROTECTED = re.compile("|".join(_PATTERNS))

_TRAILING = ".,;:!?…)]}'\u2019"


def protected_spans(text: str) -> list[tuple[int, int]]:
    """Disjoint spans, in order, that must stay as they are."""
    spans: list[tuple[int, int]] = []
    for match in _PROTECTED.finditer(text):
        start, end = match.span("number") if match["number"] else match.span()
        while end > start and text[end - 1] in _TRAILING:
            end -= 1
        if end > start:
            spans.append((start, end))
    return spans
