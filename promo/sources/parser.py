"""The child process that reads one feed: UTF-8 on standard input, JSON on standard output.

Run by `promo.sources.feeds` as `python -m promo.sources.parser CPU MEMORY URL`, never imported by
it. feedparser gets bytes in a `BytesIO` and nothing else: given a `str` or bytes that look like a
path or an address, it would open the file or fetch the page.
"""

from __future__ import annotations

import io
import json
import re
import sys
from html import unescape
from html.parser import HTMLParser
from typing import Any

import feedparser

from promo.sources.confined import confine

MAX_ENTRIES = 200
MAX_TEXT = 20_000
MAX_LINE = 2_000

_TAG_IN_TITLE = re.compile(r"</?[a-zA-Z][^<>]*>")
_SKIPPED = frozenset({"script", "style", "template", "noscript", "iframe", "select", "title"})
_INLINE_TAGS = (
    "a abbr b bdi bdo big cite code del dfn em font i img ins kbd mark q s samp small span strike "
    "strong sub sup time tt u var wbr"
)
_INLINE = frozenset(_INLINE_TAGS.split())
_PICTURE_NAME = re.compile(r"\.(?:jpe?g|png|webp|gif)(?:\?|$)", re.IGNORECASE)

# What event plug-ins write, by the namespaces' usual prefixes: RSS event module, xCal, Modern
# Events Calendar (date and hour apart).
_STARTS = (
    ("ev_startdate",),
    ("event_startdate",),
    ("xcal_dtstart",),
    ("mec_startdate", "mec_starthour"),
)
_ENDS = (("ev_enddate",), ("event_enddate",), ("xcal_dtend",), ("mec_enddate", "mec_endhour"))
_PLACES = (("ev_location",), ("event_location",), ("xcal_location",), ("mec_location",))


class _Page(HTMLParser):
    """The words of a piece of HTML, a line for each block, and its first real picture."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.picture = ""
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipping += 1
        elif tag == "img" and not self.picture:
            self.picture = _picture(dict(attrs))
        elif tag not in _INLINE:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif tag not in _INLINE:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.parts.append(re.sub(r"\s+", " ", data))

    @property
    def text(self) -> str:
        lines = (re.sub(r" {2,}", " ", line).strip() for line in "".join(self.parts).split("\n"))
        return "\n".join(line for line in lines if line)[:MAX_TEXT]


def _picture(attributes: dict[str, str | None]) -> str:
    """The address, unless the picture is a counter of one pixel or a drawn smiley."""
    sizes = [attributes.get("width") or "", attributes.get("height") or ""]
    if any(size.isdecimal() and int(size) <= 32 for size in sizes):  # noqa: PLR2004 - pixels
        return ""
    return attributes.get("src") or ""


def _read_html(html: str) -> _Page:
    page = _Page()
    page.feed(html)
    page.close()
    return page


def _title(raw: Any) -> str:
    """One line without markup; many generators escape twice (`&amp;#8211;`)."""
    text = str(raw or "")[:MAX_LINE]
    for _ in range(2):
        text = unescape(_TAG_IN_TITLE.sub("", text))
    return " ".join(_TAG_IN_TITLE.sub("", text).split())


def _line(raw: Any) -> str:
    return " ".join(str(raw or "").split())[:MAX_LINE]


def _first(entry: Any, choices: tuple[tuple[str, ...], ...]) -> str:
    for names in choices:
        found = _line(" ".join(str(entry.get(name) or "") for name in names))
        if found:
            return found
    return ""


def _attached_picture(entry: Any) -> str:
    enclosures = [link for link in entry.get("links") or [] if link.get("rel") == "enclosure"]
    for attached in [*(entry.get("media_content") or []), *enclosures]:
        url = str(attached.get("url") or attached.get("href") or "")
        kind = str(attached.get("type") or "")
        is_picture = attached.get("medium") == "image" or kind.startswith("image/")
        if url and (is_picture or (not kind and _PICTURE_NAME.search(url))):
            return url
    for thumbnail in entry.get("media_thumbnail") or []:
        if thumbnail.get("url"):
            return str(thumbnail["url"])
    return ""


def _html(entry: Any) -> str:
    """The whole text where the feed gives one, else its summary, as HTML."""
    # Not summary_detail: it can hold a picture's media:description.
    contents = [str(part.get("value") or "") for part in entry.get("content") or []]
    return max([*contents, ""], key=len) or str(entry.get("summary") or "")


def _entry(entry: Any) -> dict[str, str]:
    html = _html(entry)
    page = _read_html(html)
    summary = _read_html(str(entry.get("summary") or ""))
    # `updated` falls back to `published` with a warning unless it is asked for like this.
    updated = entry["updated"] if dict.__contains__(entry, "updated") else ""
    return {
        "guid": str(entry.get("id") or ""),
        "url": _line(entry.get("link")),
        "title": _title(entry.get("title")),
        "summary": summary.text or page.text,
        "text": page.text,
        "html": html,
        "published": _line(entry.get("published") or entry.get("created") or updated),
        "starts": _first(entry, _STARTS),
        "ends": _first(entry, _ENDS),
        "place": _title(_first(entry, _PLACES)),
        "picture": _attached_picture(entry) or page.picture or summary.picture,
        "language": _line((entry.get("title_detail") or {}).get("language")),
    }


def read(body: bytes, *, url: str) -> dict[str, Any]:
    """What feedparser makes of the feed, as plain strings.

    nh3 sanitises afterwards, so feedparser's own sanitiser (which leaves `style` in) is off; its
    resolving of relative addresses is on, because it knows `xml:base`.
    """
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    result = feedparser.parse(io.BytesIO(body), response_headers=headers, sanitize_html=False)
    entries = result.get("entries") or []
    feed = result.get("feed") or {}
    flaw = result.get("bozo_exception") if result.get("bozo") else None
    return {
        "version": str(result.get("version") or ""),
        "title": _title(feed.get("title")),
        "language": _line(feed.get("language")),
        "flaw": f"{type(flaw).__name__}: {flaw}"[:300] if flaw else "",
        "found": len(entries),
        "entries": [_entry(entry) for entry in entries[:MAX_ENTRIES]],
    }


def main() -> None:
    (url,) = confine()
    json.dump(read(sys.stdin.buffer.read(), url=url), sys.stdout)


if __name__ == "__main__":
    main()
