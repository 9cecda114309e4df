"""HTML cut into tags and text, every character kept: joining the raw tokens gives the input back.

Tolerant as a browser is, and linear: a tag that never ends makes the rest of the input one tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


def names(listed: str) -> frozenset[str]:
    """The names in a list with spaces between them."""
    return frozenset(listed.split())


INLINE = names(
    "a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd mark q s samp "
    "small span strike strong sub sup time tt u var wbr"
)
VOID = names(
    "area base br col embed hr img input link meta param source track wbr "
    "mj-image mj-divider mj-spacer"
)
VERBATIM = names("code kbd math pre samp script style svg textarea title tt var")
"""Their content is not prose."""

_RAW_TEXT = frozenset({"script", "style", "textarea", "title"})
_COMMENT = re.compile(r"<!--(?:-?>|.*?--!?>)|<!--.*|<[!?][^>]*>|</[^a-zA-Z>][^>]*>", re.DOTALL)
_TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*)(?:=\s*"[^"]*"|=\s*'[^']*'|[^>])*+>""", re.DOTALL
)


class Tag(NamedTuple):
    """A tag, a comment or a declaration. `name` is lower case, "" for what is no tag."""

    raw: str
    name: str
    ends: bool = False


class Text(NamedTuple):
    """A piece of text; `verbatim` inside code, pre and the like."""

    raw: str
    verbatim: bool = False


Token = Tag | Text


def tokens(source: str) -> Iterator[Token]:
    """The tags and texts of the source, in order."""
    inside: list[str] = []
    at = 0
    while at < len(source):
        end = _text_end(source, at, inside)
        if end > at:
            yield Text(source[at:end], verbatim=bool(inside))
            at = end
            continue
        tag = _tag(source, at)
        _follow(inside, tag)
        yield tag
        at += len(tag.raw)


def _text_end(source: str, at: int, inside: list[str]) -> int:
    """Where the text that begins here ends: at the next tag or comment."""
    if inside and inside[-1] in _RAW_TEXT:
        closing = re.compile(rf"</{inside[-1]}(?=[\s/>])", re.IGNORECASE).search(source, at)
        return closing.start() if closing else len(source)
    end = at
    while True:
        end = source.find("<", end)
        if end < 0:
            return len(source)
        if re.match(r"</?[a-zA-Z]|<[!?]|</[^\s>]", source[end : end + 3]):
            return end
        end += 1


def _tag(source: str, at: int) -> Tag:
    match = _TAG.match(source, at)
    if match:
        return Tag(match[0], match["name"].lower(), ends=bool(match["end"]))
    comment = _COMMENT.match(source, at)
    return Tag(comment[0] if comment else source[at:], "")


def _follow(inside: list[str], tag: Tag) -> None:
    """Keep the stack of open verbatim elements."""
    if tag.name not in VERBATIM or tag.raw.endswith("/>"):
        return
    if not tag.ends:
        inside.append(tag.name)
    elif tag.name in inside:
        del inside[inside.index(tag.name) :]
