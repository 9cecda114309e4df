"""Feeds and the calendar of the public site: plain values in, bytes out.

Every writer is `write(entries, info) -> bytes`, sorts by itself and takes nothing from a clock: the
same entries give the same bytes, so that the ETag of a feed holds until its content changes. What
belongs in a feed is the caller's choice: `newest` and `upcoming` help.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from promo.channels.website.recurrence import last_day
from promo.channels.website.text import clean, no_markup
from promo.channels.website.words import headline
from promo.rendering.polish import bind
from promo.values import EventStatus, InstitutionFacts, ItemFacts

FEED_LENGTH = 50
"""Entries in a feed, at most (R8: 20 to 50)."""

CANCELLED_STAYS = timedelta(days=60)
"""How long a cancelled event stays in the calendar after its cancellation (I6)."""


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """What a feed says about itself.

    `self_url` is the address it is fetched from, exactly. `tag_authority` is "domain,year": it is
    part of every identifier and must never change, whatever happens to the domain. `hub_url` is a
    WebSub hub. A browser shows the feed with `stylesheet_url`.
    """

    title: str
    description: str
    home_url: str
    self_url: str
    institution: InstitutionFacts
    tag_authority: str
    language: str = "pl"
    logo_url: str = ""
    hub_url: str = ""
    stylesheet_url: str = ""

    @property
    def domain(self) -> str:
        return self.tag_authority.partition(",")[0]

    @property
    def born_at(self) -> datetime:
        """The start of the authority's year: the date of a feed that has no entry yet."""
        return datetime(int(self.tag_authority.partition(",")[2][:4]), 1, 1, tzinfo=UTC)

    @property
    def feed_id(self) -> str:
        return f"tag:{self.tag_authority}:feed{urlsplit(self.self_url).path}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item in a feed: its approved body as HTML, and the instants of its publication."""

    item: ItemFacts
    html: str
    published_at: datetime
    changed_at: datetime

    @property
    def updated_at(self) -> datetime:
        """A change counts from the publication on."""
        return max(self.published_at, self.changed_at)


def newest(entries: Iterable[Entry], *, now: datetime, limit: int = FEED_LENGTH) -> list[Entry]:
    """Those already published, the newest first, at most `limit`."""
    out = [entry for entry in entries if entry.published_at <= now]
    return in_feed_order(out)[:limit]


def upcoming(entries: Iterable[Entry], *, now: datetime, info: FeedInfo) -> list[Entry]:
    """What the calendar shows: not yet over, or cancelled less than 60 days ago."""
    return [
        entry for entry in entries if entry.published_at <= now and _in_calendar(entry, now, info)
    ]


def _in_calendar(entry: Entry, now: datetime, info: FeedInfo) -> bool:
    if entry.item.status is EventStatus.CANCELLED:
        return now - entry.updated_at < CANCELLED_STAYS
    last = last_day(entry.item, info.institution.tz)
    return last is None or last >= now.astimezone(info.institution.tz).date()


def in_feed_order(entries: Iterable[Entry]) -> list[Entry]:
    """Newest first; the uuid decides between equals, so that the order never flickers."""
    return sorted(entries, key=lambda entry: (entry.published_at, entry.item.uuid), reverse=True)


def guid(item: ItemFacts, info: FeedInfo) -> str:
    """The identifier of an item, for ever (RFC 4151)."""
    return f"tag:{info.tag_authority}:item/{item.uuid}"


def markup_free_headline(item: ItemFacts) -> str:
    return no_markup(headline(item))


def bound(text: str, item: ItemFacts) -> str:
    """The text with the no-break spaces of its language: an hour stays with its "godz."."""
    return bind(text) if item.language.startswith("pl") else text


def last_change(entries: Sequence[Entry], info: FeedInfo) -> datetime:
    return max((entry.updated_at for entry in entries), default=info.born_at)


def categories(item: ItemFacts) -> list[str]:
    """Kind and audiences, as names for people, each once."""
    names = (no_markup(name) for name in (item.kind_label, *item.audiences))
    return list(dict.fromkeys(name for name in names if name))


def body(entry: Entry) -> str:
    """The HTML of an entry, free of what XML cannot carry and of the end of a CDATA section."""
    return clean(entry.html).replace("]]>", "]]&gt;")


def etag(content: bytes) -> str:
    """A strong entity tag (RFC 9110 8.8.3): equal bytes, equal tag."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'
