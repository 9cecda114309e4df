"""Is this the thing we have already? Keys and comparisons, pure.

In this order: the same address or identifier; the same title on the same day; one title contained
in the other on the same day. Never across places: "Spotkanie autorskie" at the same hour in two
branches is two events.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode, urlsplit

from promo.sources.months import fold

SHORTEST_PHRASE = 12
LARGEST_SHARE = 0.75
"""Of the long title. A phrase that is nearly all of it may be another part ("Warsztaty II")."""

_TRACKING = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|_ga|_gl|ref_src|PHPSESSID)$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_NUMBER_OF_POST = re.compile(r"^(?P<post>\d+)-\d{9,}-\d{9,}@(?P<host>[\w.-]+)$")


class Likeness(StrEnum):
    """Why two things are held to be one, the surest first."""

    ADDRESS = "address"
    TITLE = "title"
    PHRASE = "phrase"


@dataclass(frozen=True, slots=True)
class Trace:
    """What is compared. `on` is the local day of the event; `place` "" where it is not known."""

    guid: str
    url: str
    title: str
    on: date | None = None
    place: str = ""


def likeness(one: Trace, other: Trace) -> Likeness | None:
    """Why these two are the same thing; None if they are not, or if nobody could tell."""
    if _share_identity(one, other):
        return Likeness.ADDRESS
    if one.on is None or one.on != other.on or not _may_be_same_place(one.place, other.place):
        return None
    titles = title_key(one.title), title_key(other.title)
    if titles[0] and titles[0] == titles[1]:
        return Likeness.TITLE
    return Likeness.PHRASE if is_phrase_of(*sorted(titles, key=len)) else None


def address_key(url: str) -> str:
    """The address without what changes nothing: scheme, "www.", tracking, order, final slash."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    where = f"{host}:{port}" if port not in {None, 80, 443} else host
    kept = [pair for pair in parse_qsl(parts.query) if not _TRACKING.match(pair[0])]
    query = f"?{urlencode(sorted(kept))}" if kept else ""
    return where + parts.path.rstrip("/") + query


def identifier_key(guid: str) -> str:
    """The identifier in the form to compare; The Events Calendar puts the changing time into it."""
    guid = guid.strip()
    post = _NUMBER_OF_POST.match(guid)
    if post:
        return f"{post['post']}@{post['host'].lower()}"
    return address_key(guid) if re.match(r"https?://", guid, re.IGNORECASE) else guid


def title_key(title: str) -> str:
    """The title in the form to compare: lower case, no diacritics, words only."""
    return " ".join(_WORD.findall(fold(title).casefold()))


def day_key(title: str, on: date) -> str:
    """One key for (title, day), for looking up in a table."""
    return f"{on.isoformat()} {title_key(title)}"


def is_phrase_of(short: str, long: str) -> bool:
    """Does the long title key contain the short one, as whole words, and say enough more?"""
    if not SHORTEST_PHRASE <= len(short) <= LARGEST_SHARE * len(long):
        return False
    return f" {short} " in f" {long} "


def _share_identity(one: Trace, other: Trace) -> bool:
    identifiers = identifier_key(one.guid), identifier_key(other.guid)
    if identifiers[0] and identifiers[0] == identifiers[1]:
        return True
    addresses = {address_key(one.url), identifiers[0]} - {""}
    if not addresses & {address_key(other.url), identifiers[1]}:
        return False
    # One page may tell of several days, each with an identifier of its own.
    is_other_day = one.on is not None and other.on is not None and one.on != other.on
    return not (is_other_day and all(identifiers))


def _may_be_same_place(one: str, other: str) -> bool:
    """Unknown is no contradiction, and "Filia nr 3" is the place of "Filia nr 3, ul. Długa 5"."""
    short, long = sorted((title_key(one), title_key(other)), key=len)
    return not short or f" {short} " in f" {long} "
