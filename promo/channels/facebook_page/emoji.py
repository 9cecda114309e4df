"""Finding emoji in a text: whole clusters, as a screen reader names them.

The ranges are those of Unicode's emoji blocks plus the dingbats and signs that are used as bullets.
Arrows and copyright signs count only where U+FE0F makes emoji of them.
"""

from __future__ import annotations

import re

_BASE = (
    "\U0001f000-\U0001f12f\U0001f18e-\U0001f1e5\U0001f200-\U0001faff"
    "\u231a\u231b\u23e9-\u23f3\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2b05-\u2b07\u2b1b"
    "\u2b1c\u2b50\u2b55"
)
_ONE = f"(?:[{_BASE}]|.(?=\ufe0f))[\ufe0f\U0001f3fb-\U0001f3ff]*"
_EMOJI = re.compile(
    # a flag (two regional letters), a key cap, or one sign with what is joined to it
    f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_ONE}(?:\u200d{_ONE})*"
)


def found(text: str) -> list[str]:
    """The emoji of the text, in order."""
    return _EMOJI.findall(text)


def begins(line: str) -> bool:
    """Does the line begin with an emoji?"""
    return _EMOJI.match(line.lstrip()) is not None
