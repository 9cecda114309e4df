"""JSON Feed 1.1 (jsonfeed.org/version/1.1), with the event's facts in an extension object."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from promo.channels.website.feeds import (
    Entry,
    FeedInfo,
    body,
    categories,
    guid,
    in_feed_order,
)
from promo.channels.website.places import address_line
from promo.channels.website.recurrence import at_first_date, series
from promo.channels.website.text import ascii_url, flat
from promo.channels.website.words import headline
from promo.planning.meetings import on_date
from promo.values import ItemFacts, Picture

CONTENT_TYPE = "application/feed+json; charset=utf-8"


def write(entries: Sequence[Entry], info: FeedInfo) -> bytes:
    """The feed as UTF-8 JSON."""
    feed = _filled(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": flat(info.title),
            "home_page_url": ascii_url(info.home_url),
            "feed_url": ascii_url(info.self_url),
            "description": flat(info.description),
            "icon": ascii_url(info.logo_url),
            "language": info.language,
            "authors": [{"name": flat(info.institution.name), "url": ascii_url(info.home_url)}],
            "hubs": [{"type": "WebSub", "url": ascii_url(info.hub_url)}] if info.hub_url else [],
        }
    )
    feed["items"] = [_item(entry, info) for entry in in_feed_order(entries)]
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def _item(entry: Entry, info: FeedInfo) -> dict[str, Any]:
    item = entry.item
    pictures = [picture for picture in item.pictures if ascii_url(picture.url)]
    item_object = _filled(
        {
            "id": guid(item, info),
            "url": ascii_url(item.link),
            "title": headline(item),
            "summary": flat(item.lead),
            "image": ascii_url(pictures[0].url) if pictures else "",
            "date_published": _date(entry.published_at, info),
            "date_modified": _date(entry.updated_at, info),
            "tags": categories(item),
            "language": item.language,
            "attachments": [_attachment(picture) for picture in pictures if picture.mime_type],
            "_event": _event(item, info),
        }
    )
    return {**item_object, "content_html": body(entry)}


def _attachment(picture: Picture) -> dict[str, Any]:
    return _filled(
        {
            "url": ascii_url(picture.url),
            "mime_type": picture.mime_type,
            "title": flat(picture.alt),
            "size_in_bytes": picture.size,
        }
    )


def _event(item: ItemFacts, info: FeedInfo) -> dict[str, Any]:
    """The extension: times with their offset (days only for whole days), place, state."""
    if item.starts_at is None and item.deadline_at is None:
        return {}
    changed = _changed_dates(item, info)
    item = at_first_date(item, info.institution.tz)
    return _filled(
        {
            "start": _moment(item.starts_at, item, info),
            "end": _moment(item.ends_at, item, info),
            "all_day": item.all_day,
            "deadline": _date(item.deadline_at, info) if item.deadline_at else "",
            "location": address_line(item, info.institution) if item.starts_at else "",
            "status": item.status.value,
            "previous_start": _moment(item.previous_starts_at, item, info),
            "changed_dates": changed,
        }
    )


def _changed_dates(item: ItemFacts, info: FeedInfo) -> list[dict[str, Any]]:
    """The dates of a series that differ from its rule; without a start they do not take place."""
    return [
        _filled(
            {
                "planned": _moment(one.was_at, item, info),
                "start": _moment(one.starts_at, item, info),
                "end": _moment(one.ends_at, item, info) if one.starts_at else "",
                "status": on_date(item, one).status.value,
            }
        )
        for one in series(item, info.institution.tz)
        if one.is_changed
    ]


def _moment(moment: datetime | None, item: ItemFacts, info: FeedInfo) -> str:
    if moment is None:
        return ""
    if item.all_day:
        return moment.astimezone(info.institution.tz).date().isoformat()
    return _date(moment, info)


def _date(moment: datetime, info: FeedInfo) -> str:
    return moment.astimezone(info.institution.tz).isoformat("T", "seconds")


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty: JSON Feed has no null. False stays, it says something."""
    return {key: value for key, value in values.items() if value or value is False}
