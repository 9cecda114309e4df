"""RSS 2.0 (rssboard.org/rss-specification) with the content, event, media and dc modules."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime

from lxml import etree

from promo.channels.website.feeds import (
    Entry,
    FeedInfo,
    body,
    bound,
    categories,
    guid,
    in_feed_order,
    last_change,
    markup_free_headline,
)
from promo.channels.website.feeds.xml import ATOM, CONTENT, DC, EVENT, MEDIA, Element, add, document
from promo.channels.website.places import address_line
from promo.channels.website.recurrence import at_first_date
from promo.channels.website.text import ascii_url, flat, no_markup
from promo.values import ItemFacts, Picture

CONTENT_TYPE = "application/rss+xml; charset=utf-8"
_PREFIXES = {"atom": ATOM, "content": CONTENT, "dc": DC, "ev": EVENT, "media": MEDIA}


def write(entries: Sequence[Entry], info: FeedInfo) -> bytes:
    """The feed; `lastBuildDate` is the last change of its entries, never the moment of writing."""
    root = etree.Element("rss", {"version": "2.0"}, nsmap=_PREFIXES)
    channel = add(root, "channel")
    _describe(channel, entries, info)
    for entry in in_feed_order(entries):
        _add_item(add(channel, "item"), entry, info)
    return document(root, stylesheet_url=info.stylesheet_url)


def _describe(channel: Element, entries: Sequence[Entry], info: FeedInfo) -> None:
    title = no_markup(info.title)
    add(channel, "title", title)
    add(channel, "link", ascii_url(info.home_url))
    add(channel, "description", no_markup(info.description) or title)
    add(channel, "language", info.language)
    if entries:
        add(channel, "lastBuildDate", _date(last_change(entries, info), info))
    add(channel, "generator", "Promo")
    add(channel, "docs", "https://www.rssboard.org/rss-specification")
    add(channel, "ttl", "60")
    if info.logo_url:
        image = add(channel, "image")
        add(image, "url", ascii_url(info.logo_url))
        add(image, "title", title)
        add(image, "link", ascii_url(info.home_url))
    add(
        channel,
        f"{{{ATOM}}}link",
        rel="self",
        type="application/rss+xml",
        href=ascii_url(info.self_url),
    )
    if info.hub_url:
        add(channel, f"{{{ATOM}}}link", rel="hub", href=ascii_url(info.hub_url))


def _add_item(node: Element, entry: Entry, info: FeedInfo) -> None:
    item = entry.item
    add(node, "title", markup_free_headline(item))
    add(node, "link", ascii_url(item.link))
    add(node, "guid", guid(item, info), isPermaLink="false")
    add(node, "pubDate", _date(entry.published_at, info))
    add(node, f"{{{DC}}}creator", flat(info.institution.name))
    if item.language != info.language:
        add(node, f"{{{DC}}}language", item.language)
    for name in categories(item):
        add(node, "category", name)
    # Readers take a description for HTML, so the plain lead is escaped once more.
    add(node, "description", html.escape(bound(flat(item.lead), item), quote=False))
    add(node, f"{{{CONTENT}}}encoded", etree.CDATA(body(entry)))
    _add_pictures(node, item.pictures)
    _add_event(node, item, info)
    add(
        node,
        f"{{{ATOM}}}updated",
        entry.updated_at.astimezone(info.institution.tz).isoformat("T", "seconds"),
    )


def _add_pictures(node: Element, pictures: Sequence[Picture]) -> None:
    """One enclosure (more than one is a fault of the format), every picture as media:content."""
    shown = [(picture, url) for picture in pictures if (url := ascii_url(picture.url))]
    for picture, url in shown[:1]:
        if picture.size > 0 and picture.mime_type:
            add(node, "enclosure", url=url, length=str(picture.size), type=picture.mime_type)
    for picture, url in shown:
        media = add(
            node,
            f"{{{MEDIA}}}content",
            url=url,
            medium="image",
            type=picture.mime_type,
            fileSize=str(picture.size or ""),
            width=str(picture.width or ""),
            height=str(picture.height or ""),
        )
        if alt := no_markup(picture.alt):
            add(media, f"{{{MEDIA}}}description", alt, type="plain")


def _add_event(node: Element, item: ItemFacts, info: FeedInfo) -> None:
    """The event module (purl.org/rss/1.0/modules/event): for machines; people read the text."""
    item = at_first_date(item, info.institution.tz)
    if item.starts_at is None:
        return
    add(node, f"{{{EVENT}}}startdate", _moment(item.starts_at, item, info))
    if item.ends_at and item.ends_at > item.starts_at:
        add(node, f"{{{EVENT}}}enddate", _moment(item.ends_at, item, info))
    if place := address_line(item, info.institution):
        add(node, f"{{{EVENT}}}location", place)
    add(node, f"{{{EVENT}}}organizer", flat(info.institution.name))
    add(node, f"{{{EVENT}}}type", item.kind)


def _moment(moment: datetime, item: ItemFacts, info: FeedInfo) -> str:
    local = moment.astimezone(info.institution.tz)
    return local.date().isoformat() if item.all_day else local.isoformat("T", "seconds")


def _date(moment: datetime, info: FeedInfo) -> str:
    """RFC 822 with English names and a numeric offset, whatever the locale."""
    return format_datetime(moment.astimezone(info.institution.tz))
