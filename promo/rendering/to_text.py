"""HTML turned into plain text for a mail's text part and for posts."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from promo.rendering.tokens import Tag, Text, names, tokens

_HREF = re.compile(r"""(?i)\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
_WHITE = re.compile(r"[ \t\r\n\f]+")
_SKIPPED = frozenset({"script", "style", "title", "template", "noscript", "select", "textarea"})
_BLOCKS = names(
    "address article aside blockquote body caption dd div dl dt figcaption figure footer form h1 "
    "h2 h3 h4 h5 h6 header hr html main nav p pre section table tbody tfoot thead tr"
)
_TIGHT = frozenset({"dd", "tr"})
_CELLS = frozenset({"td", "th"})
_LISTS = frozenset({"ul", "ol"})


def to_text(source: str) -> str:
    """Paragraphs with an empty line between them, "- " for list entries, links as `text: url`.

    Every fact and every address of the HTML is in the text; pictures are left out.
    """
    maker = _TextMaker()
    for token in tokens(source):
        if isinstance(token, Text):
            maker.data(html.unescape(token.raw))
        elif token.ends:
            maker.end(token.name)
        else:
            maker.start(token)
    return maker.text()


@dataclass(slots=True)
class _List:
    ordered: bool
    entries: int = 0


class _TextMaker:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[tuple[str, bool]] = []
        self._lists: list[_List] = []
        self._links: list[tuple[str, int]] = []
        self._marker = ""
        self._tight = False
        self._skipping = 0
        self._preformatted = 0

    def text(self) -> str:
        """The blocks joined: entries of one list and rows of one table without an empty line."""
        self._end_block()
        text = ""
        for block, tight in self._blocks:
            text += ("\n" if tight else "\n\n") + block if text else block
        return text

    def start(self, token: Tag) -> None:
        tag = token.name
        if tag in _SKIPPED:
            self._skipping += 1
        elif tag == "br":
            self._parts.append("\n")
        elif tag == "a":
            self._links.append((_href(token.raw), len(self._parts)))
        elif tag in _LISTS:
            self._end_block()
            self._tight = bool(self._lists)
            self._lists.append(_List(ordered=tag == "ol"))
        elif tag == "li":
            self._begin_entry()
        elif tag in _CELLS and any(part.strip() for part in self._parts):
            self._parts.append(" | ")
        elif tag in _BLOCKS:
            self._end_block()
            self._tight = self._tight or tag in _TIGHT
            self._preformatted += tag == "pre"

    def end(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in _LISTS and self._lists:
            self._end_block()
            self._lists.pop()
            self._marker = ""
            self._tight = bool(self._lists)
        elif tag == "li" or tag in _BLOCKS:
            self._end_block()
            self._tight = False if tag == "table" else self._tight
            self._preformatted = max(0, self._preformatted - (tag == "pre"))

    def data(self, data: str) -> None:
        if not self._skipping:
            self._parts.append(data if self._preformatted else _WHITE.sub(" ", data))

    def _begin_entry(self) -> None:
        self._end_block()
        if not self._lists:
            self._lists.append(_List(ordered=False))
        here = self._lists[-1]
        self._tight = bool(here.entries) or len(self._lists) > 1
        here.entries += 1
        self._marker = f"{here.entries}. " if here.ordered else "- "

    def _end_link(self, href: str, start: int) -> None:
        start = min(start, len(self._parts))
        label = "".join(self._parts[start:]).strip()
        url = re.sub(r"^(?:mailto|tel):", "", href)
        if url and not url.startswith("#"):
            same = not label or _bare(label) == _bare(url)
            self._parts[start:] = [url if same else f"{label}: {url}"]

    def _end_block(self) -> None:
        lines = "".join(self._parts).split("\n")
        if not self._preformatted:
            lines = [re.sub(r" {2,}", " ", line).strip(" ") for line in lines]
        block = "\n".join(lines).strip("\n")
        self._parts = []
        self._links = [(href, 0) for href, _start in self._links]
        if not block.strip():
            return
        head = "  " * (len(self._lists) - 1) + self._marker if self._lists else ""
        hanging = " " * len(head) if self._marker else "  " * len(self._lists)
        block = (head if self._marker else hanging) + block.replace("\n", f"\n{hanging}")
        self._blocks.append((block, self._tight))
        self._marker = ""
        self._tight = False


def _href(tag: str) -> str:
    match = _HREF.search(tag)
    return html.unescape(match[1] or match[2] or match[3] or "").strip() if match else ""


def _bare(address: str) -> str:
    return re.sub(r"^https?://(?:www\.)?", "", address).rstrip("/")
