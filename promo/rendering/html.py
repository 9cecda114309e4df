"""HTML made safe: our own lists of tags, attributes and schemes, and bounds before nh3."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

import nh3
from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.rendering.tokens import VOID, Tag, names, tokens

MAX_BYTES = 64 * 1024
MAX_DEPTH = 50
"""nh3 is quadratic in the depth: half a megabyte of nested tags holds a worker for a minute."""

_TAGS = names(
    "a abbr b blockquote br caption cite code dd del div dl dt em figcaption figure h2 h3 h4 hr i "
    "img ins kbd li ol p pre q s small span strong sub sup table tbody td tfoot th thead time tr u "
    "ul"
)
_DROPPED_WITH_CONTENT = names(
    "script style template iframe object embed noscript svg math form select textarea title"
)
_ATTRIBUTES = {
    "*": frozenset({"lang", "dir"}),
    "a": frozenset({"href"}),
    "abbr": frozenset({"title"}),
    "img": frozenset({"src", "alt", "width", "height"}),
    "ol": frozenset({"start"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
    "time": frozenset({"datetime"}),
}
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_PICTURE_WITHOUT_SOURCE = re.compile(r'<img(?: (?!src=)[\w-]+="[^"]*")*>')
_FIRST_HEADING = re.compile(r"(</?)h1(?=[\s>/])", re.IGNORECASE)

# Elements whose end tag may be left out: the next of the same kind ends them.
_ENDED_BY_THE_NEXT = (frozenset({"p"}), frozenset({"li"}), frozenset({"dt", "dd"}))
_TABLE = names("table caption thead tbody tfoot tr td th")


def clean(html: str, *, base_url: str = "", image_hosts: Collection[str] = ()) -> str:
    """Safe HTML of our own choice of tags, with absolute addresses only.

    Relative addresses are resolved against `base_url` (without one they are dropped). Pictures stay
    only from the host of `base_url` and `image_hosts`: a foreign picture tells its owner who reads.
    Raises InvalidInput for more than 64 KB or tags nested deeper than 50.
    """
    refuse_oversized(html)
    safe = nh3.clean(
        _FIRST_HEADING.sub(r"\1h2", html),  # the page's own title is the h1
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_without_anchors,
        link_rel=None,
        url_schemes=_SCHEMES,
        url_relative=("rewrite_with_base", f"{base_url}/") if base_url else "deny",
    )
    if "<img" in safe:
        hosts = {urlsplit(base_url).netloc, *image_hosts} - {""}
        safe = _without_foreign_pictures(safe, {host.lower() for host in hosts})
    # &nbsp; is not defined in XML (RSS), so the character itself goes out.
    return safe.replace("&nbsp;", "\u00a0")


def _without_anchors(_tag: str, attribute: str, value: str) -> str | None:
    """No `#top`: the place it names is not in the mail or the feed."""
    return None if attribute == "href" and value.startswith("#") else value


def _without_foreign_pictures(safe: str, hosts: Collection[str]) -> str:
    """A second pass, over addresses the first one made absolute the way a browser reads them."""

    def keep(_tag: str, attribute: str, value: str) -> str | None:
        known = attribute != "src" or urlsplit(value).netloc.lower() in hosts
        return value if known else None

    checked = nh3.clean(
        safe,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        link_rel=None,
        url_schemes=_SCHEMES,
        url_relative="deny",
    )
    return _PICTURE_WITHOUT_SOURCE.sub("", checked)


def refuse_oversized(html: str) -> None:
    """Raise InvalidInput for HTML that is too large or too deep to be sanitised in good time."""
    if len(html.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise InvalidInput(_("The text is too long: more than 64 KB with its formatting."))
    if _deeper_than(html, MAX_DEPTH):
        raise InvalidInput(
            _("The formatting of the text is nested too deeply. Paste it as plain text.")
        )


def _deeper_than(html: str, limit: int) -> bool:
    open_tags: list[str] = []
    for token in tokens(html):
        if not isinstance(token, Tag) or not token.name or token.name in VOID:
            continue
        if token.ends:
            _close(open_tags, token.name)
            continue
        if open_tags and any({token.name, open_tags[-1]} <= same for same in _ENDED_BY_THE_NEXT):
            open_tags.pop()
        open_tags.append(token.name)
        if len(open_tags) > limit:
            return True
    return False


def _close(open_tags: list[str], name: str) -> None:
    """End the nearest element of that name; only a table's own tags reach out of a cell."""
    for nth in reversed(range(len(open_tags))):
        if open_tags[nth] == name:
            del open_tags[nth:]
            return
        if open_tags[nth] in _TABLE and name not in _TABLE:
            return
