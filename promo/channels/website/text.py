"""Text as the formats of the web want it: without what they cannot carry, addresses in ASCII."""

from __future__ import annotations

import re
from html.entities import name2codepoint
from urllib.parse import quote, urlsplit, urlunsplit

from promo.rendering.text import strip_control

# Allowed in XML, but feed validators refuse U+FFFD and the noncharacters, and a byte order mark
# inside a text is a slip of copying.
_UNWELCOME = re.compile(
    "[\ufdd0-\ufdef\ufeff\ufffc\ufffd"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000)
    )
    + "]"
)
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_TAG = re.compile(r"<(/?[a-zA-Z!?][^<>]*)>")
_TAG_START = re.compile(r"<(?=[/a-zA-Z!?])")
_REFERENCE = re.compile(r"&(#?\w+)")
_URL_SAFE = "/;:@&=+$,!~*'()%-._"


def clean(text: str) -> str:
    """The text without what XML and iCalendar cannot carry; every line end is a line feed."""
    return _UNWELCOME.sub("", strip_control(_LINE_ENDS.sub("\n", text)))


def flat(text: str) -> str:
    """The text on one line, with ordinary spaces only."""
    return " ".join(clean(text).split())


def no_markup(text: str) -> str:
    """One line that no feed reader can take for HTML: ‹b› for a tag, "& amp" for an entity.

    RSS never said whether a title is text or HTML, so readers guess and validators warn.
    """
    line = _TAG_START.sub("‹", _TAG.sub(r"‹\1›", flat(text)))
    return _REFERENCE.sub(_apart, line)


def _apart(match: re.Match[str]) -> str:
    word = match[1]
    if word in name2codepoint or word == "apos" or not word.isalpha():
        return f"& {word}"
    return match[0]


def ascii_url(url: str) -> str:
    """The address in ASCII (punycode, percent-encoding); "" if it is no http(s) address."""
    try:
        parts = urlsplit(flat(url))
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # UnicodeError of the host's encoding is one, too
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    return urlunsplit(
        (
            parts.scheme,
            host + port,
            quote(parts.path, safe=_URL_SAFE),
            quote(parts.query, safe=_URL_SAFE + "?"),
            quote(parts.fragment, safe=_URL_SAFE + "?"),
        )
    )
