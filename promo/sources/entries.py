"""One entry of a feed: cleaned, dated, and told apart from the others."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from urllib.parse import urljoin, urlsplit

from promo.errors import InvalidInput
from promo.rendering.html import clean
from promo.rendering.text import shorten, strip_control
from promo.sources.instants import read_instant
from promo.sources.polish_dates import LAST_MINUTE, When, find_when

MAX_TITLE, MAX_SUMMARY, MAX_URL, MAX_PLACE, MAX_GUID = 300, 4_000, 1_000, 200, 1_000
TITLE_FROM_SUMMARY = 80

# The joiner U+200D stays, emoji are made with it; what hides or turns the reading direction goes.
_HIDDEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?=$|[-_])")
# What WordPress puts under every entry.
_APPENDED = re.compile(
    r"\s*(?:The post .{1,300}? (?:first )?appeared first on .{1,200}"
    r"|(?:Artykuł|Post) .{1,300}? pochodzi z serwisu .{1,200})$"
)


@dataclass(frozen=True, slots=True)
class Found:
    """One entry. Instants are aware and UTC, texts plain, addresses absolute ("" where none).

    `guid` tells this entry from all others of the feed. `starts_at`, `ends_at` and `all_day` (as in
    `polish_dates.When`) come from an event namespace, else from a date in the title or the text,
    and want a person's eye. `digest` changes when anything changes that a reader would see.
    """

    guid: str
    url: str
    title: str
    summary_text: str
    body_html: str
    published_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    all_day: bool
    place: str
    picture_url: str
    language: str
    digest: str


@dataclass(frozen=True, slots=True)
class Context:
    """What an entry does not say itself. `today` is the local day of the reading, if known."""

    url: str
    language: str
    zone: tzinfo
    today: date | None


def read_entries(
    raw: Sequence[Mapping[str, str]], context: Context, warnings: Counter[str]
) -> tuple[Found, ...]:
    """The entries as the child process read them, made usable; `warnings` counts what was wrong.

    Its keys are `entry_empty`, `date_unreadable` and `body_left_out`.
    """
    return _told_apart([found for entry in raw if (found := _found(entry, context, warnings))])


def _found(entry: Mapping[str, str], context: Context, warnings: Counter[str]) -> Found | None:
    url = _address(entry["url"], context.url) or _address(entry["guid"], "")
    summary = shorten(_APPENDED.sub("", _visible(entry["summary"])), MAX_SUMMARY)
    title = one_line_of(entry["title"], MAX_TITLE) or one_line_of(summary, TITLE_FROM_SUMMARY)
    if not title:
        warnings["entry_empty"] += 1
        return None
    published_at = _published(entry["published"], context, warnings)
    when = _when(entry, title, summary, published_at, context)
    found = Found(
        guid=_guid(entry["guid"] or url or title),
        url=url,
        title=title,
        summary_text=summary,
        body_html=_body(entry["html"], url or context.url, context, warnings),
        published_at=published_at,
        starts_at=when.starts_at if when else None,
        ends_at=when.ends_at if when else None,
        all_day=when.all_day if when else False,
        place=one_line_of(entry["place"], MAX_PLACE),
        picture_url=_address(entry["picture"], context.url),
        language=language_code(entry["language"]) or context.language,
        digest="",
    )
    return replace(found, digest=_digest(found, entry["text"]))


def _told_apart(entries: Sequence[Found]) -> tuple[Found, ...]:
    """Entries under one guid that are different things get guids of their own; repeats are dropped.

    Some generators give each entry the same guid, calendars give it to each date of a series.
    """
    things: dict[str, set[str]] = {}
    for entry in entries:
        things.setdefault(entry.guid, set()).add(_thing(entry))
    told: dict[str, Found] = {}
    for entry in entries:
        is_shared = len(things[entry.guid]) > 1
        guid = _guid(f"{entry.guid} {_thing(entry)}") if is_shared else entry.guid
        told.setdefault(guid, replace(entry, guid=guid))
    return tuple(told.values())


def _thing(entry: Found) -> str:
    starts = entry.starts_at.isoformat() if entry.starts_at else ""
    return f"{entry.url} {entry.title} {starts}"


def _published(text: str, context: Context, warnings: Counter[str]) -> datetime | None:
    instant = read_instant(text, zone=context.zone)
    if text and instant is None:
        warnings["date_unreadable"] += 1
    return instant.at if instant else None


def _when(
    entry: Mapping[str, str],
    title: str,
    summary: str,
    published_at: datetime | None,
    context: Context,
) -> When | None:
    """From the event namespaces, else from the title, else from the text."""
    begins = read_instant(entry["starts"], zone=context.zone)
    if begins:
        ends = read_instant(entry["ends"], zone=context.zone)
        ends_at = ends.at if ends and ends.at > begins.at else None
        if ends_at and not begins.has_time:
            last = ends_at.astimezone(context.zone).date()
            ends_at = datetime.combine(last, LAST_MINUTE, context.zone).astimezone(UTC)
        return When(begins.at, ends_at, all_day=not begins.has_time)
    since = published_at.astimezone(context.zone).date() if published_at else context.today
    return find_when(title, zone=context.zone, since=since) or find_when(
        summary, zone=context.zone, since=since
    )


def _body(html: str, url: str, context: Context, warnings: Counter[str]) -> str:
    hosts = {urlsplit(address).netloc for address in (url, context.url)}
    origin = "://".join(urlsplit(url)[:2])
    try:
        return clean(strip_control(html), base_url=origin, image_hosts=hosts)
    except InvalidInput:
        warnings["body_left_out"] += 1
        return ""


def _address(address: str, base: str) -> str:
    """The address made absolute; "" for what is no web address."""
    try:
        absolute = urljoin(base, address.strip()) if address else ""
        parts = urlsplit(absolute)
    except ValueError:
        return ""
    is_usable = parts.scheme in {"http", "https"} and parts.netloc and len(absolute) <= MAX_URL
    return absolute if is_usable and not re.search(r"\s", absolute) else ""


def _visible(text: str) -> str:
    return _HIDDEN.sub("", strip_control(text))


def one_line_of(text: str, length: int) -> str:
    return shorten(" ".join(_visible(text).split()), length)


def _guid(text: str) -> str:
    if len(text) <= MAX_GUID:
        return text
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def language_code(text: str) -> str:
    found = _LANGUAGE.match(text)
    return found[0].lower() if found else ""


def _digest(found: Found, text: str) -> str:
    """Not of the picture's address and the HTML: content networks change both day by day."""
    times = (found.starts_at, found.ends_at)
    instants = [at.astimezone(UTC).isoformat() if at else "" for at in times]
    seen = [found.title, found.summary_text, text, found.url, found.place, *instants]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()
