"""Atom 1.0 (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

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
from promo.channels.website.feeds.xml import ATOM, XML_LANG, Element, add, document
from promo.channels.website.text import ascii_url, no_markup

CONTENT_TYPE = "application/atom+xml; charset=utf-8"


def write(entries: Sequence[Entry], info: FeedInfo) -> bytes:
    """The feed; `updated` is the last change of its entries, never the moment of writing."""
    root = etree.Element(f"{{{ATOM}}}feed", {XML_LANG: info.language}, nsmap={None: ATOM})  # type: ignore[dict-item]  # None is the default namespace
    _describe(root, entries, info)
    for entry in in_feed_order(entries):
        _add_entry(add(root, f"{{{ATOM}}}entry"), entry, info)
    return document(root, stylesheet_url=info.stylesheet_url)


def _describe(root: Element, entries: Sequence[Entry], info: FeedInfo) -> None:
    title = no_markup(info.title)
    _add(root, "id", info.feed_id)
    _add(root, "title", title)
    _add(root, "subtitle", no_markup(info.description) or title)
    _add(root, "updated", _date(last_change(entries, info), info))
    author = _add(root, "author")
    _add(author, "name", no_markup(info.institution.name))
    _add(author, "uri", ascii_url(info.home_url))
    _add(root, "link", rel="alternate", type="text/html", href=ascii_url(info.home_url))
    _add(root, "link", rel="self", type="application/atom+xml", href=ascii_url(info.self_url))
    if info.hub_url:
        _add(root, "link", rel="hub", href=ascii_url(info.hub_url))
    _add(root, "generator", "Promo")
    if info.logo_url:
        _add(root, "logo", ascii_url(info.logo_url))


def _add_entry(node: Element, entry: Entry, info: FeedInfo) -> None:
    item = entry.item
    if item.language != info.language:
        node.set(XML_LANG, item.language)
    _add(node, "id", guid(item, info))
    _add(node, "title", markup_free_headline(item))
    _add(node, "link", rel="alternate", type="text/html", href=ascii_url(item.link))
    _add(node, "published", _date(entry.published_at, info))
    _add(node, "updated", _date(entry.updated_at, info))
    for name in categories(item):
        _add(node, "category", term=name)
    if lead := no_markup(item.lead):
        _add(node, "summary", bound(lead, item))
    _add(node, "content", etree.CDATA(body(entry)), type="html")
    for picture in item.pictures[:1]:
        if picture.size > 0 and picture.mime_type and (url := ascii_url(picture.url)):
            _add(
                node,
                "link",
                rel="enclosure",
                type=picture.mime_type,
                length=str(picture.size),
                href=url,
            )


def _add(parent: Element, tag: str, text: str | etree.CDATA = "", **attributes: str) -> Element:
    return add(parent, f"{{{ATOM}}}{tag}", text, **attributes)


def _date(moment: datetime, info: FeedInfo) -> str:
    """RFC 3339 with the offset of that date."""
    return moment.astimezone(info.institution.tz).isoformat("T", "seconds")
