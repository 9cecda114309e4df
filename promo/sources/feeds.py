"""Reading RSS and Atom feeds into plain entries."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.errors import InvalidInput
from promo.rendering.text import strip_control
from promo.sources.confined import ChildEnded, Limits, run_confined
from promo.sources.encodings import Decoded, decode_feed
from promo.sources.entries import (
    MAX_TITLE,
    Context,
    Found,
    language_code,
    one_line_of,
    read_entries,
)
from promo.values import Problem

__all__ = ["Feed", "Found", "read_feed"]

MAX_BODY = 2 * 2**20
MOST_ENTRIES = 5_000
"""No honest feed of 2 MB has more. Of fewer the first 200 are read."""
LIMITS = Limits()
WARSAW = ZoneInfo("Europe/Warsaw")

_ENTITY = re.compile(r"<!ENTITY[^>]*>")


@dataclass(frozen=True, slots=True)
class Feed:
    """What was read, in the feed's order; `problems` are warnings about the rest."""

    title: str
    entries: tuple[Found, ...]
    problems: tuple[Problem, ...]


def read_feed(
    body: bytes,
    *,
    url: str,
    content_type: str = "",
    now: datetime | None = None,
    zone: tzinfo = WARSAW,
    limits: Limits = LIMITS,
) -> Feed:
    """The entries of an RSS or Atom feed; raises `InvalidInput` if it is none, or too much of one.

    `url` is where the body came from. `zone` is meant by times without one. `now` helps to find
    the year of a date in the text of entries that name no date of publication.
    """
    if len(body) > MAX_BODY:
        raise InvalidInput(_("This feed is too large: more than 2 MB."))
    decoded = decode_feed(body, content_type=content_type)
    if decoded.text.count("<item") + decoded.text.count("<entry") > MOST_ENTRIES:
        raise InvalidInput(_("This feed has too many entries."))
    raw = _parse(decoded.text, url=url, limits=limits)
    if not raw["version"] and not raw["entries"]:
        raise _not_a_feed(decoded.text)
    context = Context(
        url=url,
        language=language_code(raw["language"]),
        zone=zone,
        today=now.astimezone(zone).date() if now else None,
    )
    problems = _problems_of_feed(decoded, raw)
    warnings: Counter[str] = Counter()
    entries = read_entries(raw["entries"], context, warnings)
    problems += [_warning(code, _counted(code, count)) for code, count in warnings.items()]
    return Feed(
        title=one_line_of(raw["title"], MAX_TITLE), entries=entries, problems=tuple(problems)
    )


def _parse(text: str, *, url: str, limits: Limits) -> dict[str, Any]:
    # Blank lines and warnings of PHP before the declaration would make the parser stumble.
    start = max(text.find("<?xml", 0, 4096), 0)
    # expat lets entities grow a hundredfold before it stops them; honest feeds declare none.
    harmless = _ENTITY.sub("", strip_control(text[start:].lstrip()))
    given = harmless.encode("utf-8", "replace")
    try:
        printed = run_confined("promo.sources.parser", [url], given, limits=limits)
    except ChildEnded as error:
        raise InvalidInput(_("This feed is too complicated to be read.")) from error
    parsed: dict[str, Any] = json.loads(printed)
    return parsed


def _not_a_feed(text: str) -> InvalidInput:
    if re.search(r"<(?:!doctype\s+)?html", text[:4096], re.IGNORECASE):
        return InvalidInput(_("This is a web page, not a feed. Give the address of its RSS feed."))
    return InvalidInput(_("This is not an RSS or Atom feed."))


def _problems_of_feed(decoded: Decoded, raw: Mapping[str, Any]) -> list[Problem]:
    problems = []
    if decoded.contradicts:
        text = _("The feed says it is written in {declared}, but it is written in {encoding}.")
        text = text.format(declared=decoded.declared, encoding=decoded.encoding)
        problems.append(_warning("encoding", text))
    if raw["flaw"]:
        text = _("The feed is not well-formed. What could be read was read.")
        problems.append(_warning("malformed", text))
    left_out = raw["found"] - len(raw["entries"])
    if left_out:
        text = ngettext(
            "The feed is very long. {count} entry at its end was left out.",
            "The feed is very long. {count} entries at its end were left out.",
            left_out,
        )
        problems.append(_warning("entries_left_out", text.format(count=left_out)))
    return problems


def _warning(code: str, text: str) -> Problem:
    return Problem(code=code, text=text, level="warning")


def _counted(code: str, count: int) -> str:
    texts = {
        "entry_empty": ngettext(
            "{count} entry is empty and was left out.",
            "{count} entries are empty and were left out.",
            count,
        ),
        "date_unreadable": ngettext(
            "The date of {count} entry could not be read.",
            "The dates of {count} entries could not be read.",
            count,
        ),
        "body_left_out": ngettext(
            "The text of {count} entry is too long or too complicated; only its summary was read.",
            "The texts of {count} entries are too long or too complicated; "
            "only their summaries were read.",
            count,
        ),
    }
    return texts[code].format(count=count)
