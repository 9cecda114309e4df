"""Polish typography: `typeset` for text, `typeset_html` for HTML, `plain` for where it must not be.

The rules are T1–T9 of Polish typesetting: first the marks (quotes, dashes, ellipsis), then the
no-break spaces. The percent sign gets a no-break space (PN). Both functions are idempotent, and
never touch addresses, hashtags, ISBNs, telephone numbers, postal codes or ISO dates.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from promo.rendering import bindings, marks
from promo.rendering.edits import apply
from promo.rendering.tokens import INLINE, Tag, Text, Token, tokens

_RULES = (*marks.RULES, *bindings.RULES)
_SPACES = re.compile("[\u00a0\u202f\u2007\u2009]")
_WHITE = re.compile(r"[ \t\r\n\f]+")
_OBJECT = "\ufffc"
"""Stands in the text for what is not text: code inside a sentence."""


def typeset(text: str, *, language: str = "pl") -> str:
    """The text with Polish typography; other languages come back as they are."""
    return _typeset(str(text)) if language.startswith("pl") else text


@lru_cache(maxsize=4096)
def _typeset(text: str) -> str:
    """Kept: an agenda sets the same titles on every reading, and that was half of its time."""
    return apply(_RULES, text)[0]


def bind(text: str) -> str:
    """Only the no-break spaces of `typeset`: `plain` gives the input back."""
    return apply(bindings.RULES, text)[0]


def plain(text: str) -> str:
    """Ordinary spaces for no-break and thin ones: for SMS, subjects, ICS, slugs, keys."""
    return _SPACES.sub(" ", text)


def typeset_html(source: str, *, language: str = "pl") -> str:
    """The same for the text of an HTML fragment; tags, comments, code and pre stay as they are.

    A paragraph is set as a whole, so marks pair across inline tags. Line breaks in the source count
    as spaces, as in a browser.
    """
    if not language.startswith("pl"):
        return source
    parts: list[str] = []
    run: list[Token] = []
    for token in tokens(source):
        if isinstance(token, Text) or token.name in INLINE:
            run.append(token)
            continue
        parts += [*_set_run(run), token.raw]
        run = []
    return "".join([*parts, *_set_run(run)])


def _set_run(run: Sequence[Token]) -> Iterator[str]:
    """The tokens between two block tags, their text set as one."""
    pieces = [_visible(token) for token in run]
    text = "".join(pieces)
    if not text.strip():
        yield from (token.raw for token in run)
        return
    cuts: list[int] = []
    for piece in pieces:
        cuts.append((cuts[-1] if cuts else 0) + len(piece))
    done, moved = apply(_RULES, text, cuts)
    start = 0
    for token, end in zip(run, moved, strict=True):
        yield html.escape(done[start:end], quote=False) if _is_set(token) else token.raw
        start = end


def _is_set(token: Token) -> bool:
    return isinstance(token, Text) and not token.verbatim


def _visible(token: Token) -> str:
    if isinstance(token, Tag):
        return "\n" if token.name == "br" else ""
    return _OBJECT if token.verbatim else _WHITE.sub(" ", html.unescape(token.raw))
