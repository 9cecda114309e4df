"""The text of an item as people write it, made into HTML.

Empty lines part paragraphs, lines that begin with "- " or "1. " are lists, "## " a heading. A text
that begins with a tag is HTML already.
"""

from __future__ import annotations

import re
from html import escape
from itertools import groupby

from promo.rendering import clean

_LINE = re.compile(r"(?P<mark>##|###|[-•*]|\d{1,3}[.)])\s+(?P<text>\S.*)")
_TAG = re.compile(r"\s*<[a-z][^>]*>", re.IGNORECASE)
_LISTS = {"ul", "ol"}


def to_html(text: str) -> str:
    """Clean HTML; raises InvalidInput for more than 64 KB."""
    if _TAG.match(text):
        return clean(text)
    made = "".join(
        _block(tag, [words for _tag, words in group])
        for tag, group in groupby(_lines(text), key=lambda line: line[0])
    )
    return clean(made)


def _lines(text: str) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for line in text.splitlines():
        tag, words = _sorted(line.strip())
        if tag == "p" and line[0].isspace() and lines and lines[-1][0] in _LISTS:
            item, said = lines.pop()  # an indented line goes on with the point above it
            tag, words = item, f"{said} {words}"
        lines.append((tag, words))
    return lines


def _sorted(line: str) -> tuple[str, str]:
    """The line and the tag it belongs in; "" parts blocks."""
    found = _LINE.fullmatch(line)
    if not found:
        return ("p" if line else ""), line
    mark = found["mark"]
    tag = {"##": "h2", "###": "h3"}.get(mark) or ("ol" if mark[0].isdecimal() else "ul")
    return tag, found["text"]


def _block(tag: str, lines: list[str]) -> str:
    safe = [escape(line, quote=False) for line in lines]
    if tag in _LISTS:
        return f"<{tag}>{''.join(f'<li>{line}</li>' for line in safe)}</{tag}>"
    if tag == "p":
        return f"<p>{' '.join(safe)}</p>"
    return "".join(f"<{tag}>{line}</{tag}>" for line in safe if tag)
