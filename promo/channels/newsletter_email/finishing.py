"""MJML's HTML made accessible: what the builder leaves undone (rules E1–E14 of accessible mail)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from lxml import html as lxml_html
from lxml.html import HtmlElement

from promo.channels.newsletter_email.views import Part

RICH = "rich"
"""The class of what staff wrote: its headings are ours to fit in."""

LINK_STYLE = "color:#0b5c4b;text-decoration:underline;"
STYLES: Mapping[str, str] = {
    "p": "margin:0 0 12px;",
    "ul": "margin:0 0 12px;padding-left:24px;",
    "ol": "margin:0 0 12px;padding-left:24px;",
    "li": "margin:0 0 4px;",
    "h2": "margin:0 0 8px;font-size:22px;line-height:1.3;",
    "h3": "margin:0 0 8px;font-size:18px;line-height:1.3;",
    "h4": "margin:0 0 8px;font-size:16px;line-height:1.4;",
    "h5": "margin:0 0 8px;font-size:16px;line-height:1.4;",
    "a": LINK_STYLE,
    "img": "max-width:100%;height:auto;",
}
_RICH_STYLES: Mapping[str, str] = {
    "caption": "padding:0 0 4px;text-align:left;font-weight:bold;",
    "th": "padding:4px 16px 4px 0;text-align:left;vertical-align:top;",
    "td": "padding:4px 16px 4px 0;text-align:left;vertical-align:top;",
}
"""For the tables that staff wrote; MJML's own have their styles."""

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_DEEPEST = 5


def finish(html: str, parts: Iterable[Part]) -> str:
    """The same mail with sizes on pictures, headings in order, underlined links, styles inline."""
    document = lxml_html.document_fromstring(html)
    shown = [(part, part.picture) for part in parts if part.picture]
    pictures = {picture.url: picture for _part, picture in shown}
    ratios = {url: p.height / p.width for url, p in pictures.items() if p.width and p.height}
    _name_charset(document)
    _give_heights(document, ratios)
    _name_languages(document, {picture.url: part.language for part, picture in shown})
    _order_headings(document)
    _style_what_staff_wrote(document)
    for element in document.iter(*STYLES):
        if not element.get("style"):
            element.set("style", STYLES[element.tag])
    for link in document.iter("a"):
        link.attrib.pop("target", "")
    for cell in document.iter("td"):
        cell.attrib.pop("vertical-align", "")  # MJML's slip: HTML has no such attribute
    return cast("str", lxml_html.tostring(document, doctype="<!doctype html>", encoding="unicode"))


def _name_charset(document: HtmlElement) -> None:
    """In the way libxml2 keeps: it leaves out MJML's own (`http-equiv`)."""
    for meta in document.xpath("//meta[@http-equiv='Content-Type']"):
        meta.getparent().remove(meta)
    document.head.insert(0, lxml_html.Element("meta", charset="utf-8"))


def _give_heights(document: HtmlElement, ratios: Mapping[str, float]) -> None:
    """MJML writes `height="auto"`, which is no number; the style keeps the proportions."""
    for image in document.iter("img"):
        if not image.get("height", "").isdecimal():
            image.attrib.pop("height", "")
        ratio, width = ratios.get(image.get("src", "")), image.get("width", "")
        if ratio and width.isdecimal():
            image.set("height", str(round(int(width) * ratio)))


def _name_languages(document: HtmlElement, languages: Mapping[str, str]) -> None:
    """A picture's description is in the language of its item (WCAG 3.1.2)."""
    for image in document.iter("img"):
        language = languages.get(image.get("src", ""), "")
        if language:
            image.set("lang", language)


def _style_what_staff_wrote(document: HtmlElement) -> None:
    """Tables get room, and text from right to left its own side: MJML puts all to the left."""
    for rich in document.iterfind(f".//div[@class='{RICH}']"):
        for cell in rich.iter(*_RICH_STYLES):
            cell.set("style", _RICH_STYLES[cell.tag])
        for turned in rich.iterfind(".//*[@dir='rtl']"):
            turned.set("style", f"{STYLES.get(turned.tag, '')}text-align:right;")


def _order_headings(document: HtmlElement) -> None:
    """Headings that staff wrote go below the part's own, and none skips a level (WCAG 1.3.1)."""
    before = 0
    for heading in document.iter(*_HEADINGS):
        level = int(cast("str", heading.tag)[1])
        if any(RICH in ancestor.get("class", "").split() for ancestor in heading.iterancestors()):
            level = min(max(level, 3), _DEEPEST)
        level = min(level, before + 1)
        heading.tag = f"h{level}"
        before = level
