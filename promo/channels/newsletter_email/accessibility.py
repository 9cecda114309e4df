"""A static check of a mail's HTML: the gate at the desk and the rule of our tests.

Contrast, dark mode and the order of reading need a browser; the rest is here. The thresholds are
those of the accessible-mail rules (E1–E14).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from django.utils.translation import gettext as _
from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from promo.values import Problem

MIN_FONT_PX = 14
MAX_BYTES = 100 * 1024  # Gmail cuts a mail near 102 KB
BANNED_LINK_TEXTS = frozenset(
    {
        "tu",
        "tutaj",
        "kliknij",
        "kliknij tu",
        "kliknij tutaj",
        "więcej",
        "czytaj więcej",
        "link",
        "zobacz",
        "sprawdź",
        "here",
        "click",
        "click here",
        "more",
        "read more",
        "see",
        "learn more",
    }
)
_SAFE_PICTURE = re.compile(r"https://|cid:|http://(localhost|127\.0\.0\.1|\[::1\])[:/]")
_FONT_PX = re.compile(r"font-size\s*:\s*(\d+(?:\.\d+)?)px")
_HIDDEN = re.compile(r"display\s*:\s*none")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def find_faults(html: str, *, language: str) -> list[Problem]:
    """What keeps the mail from some of its readers; an empty list means nothing was found."""
    if not html.strip():
        return [Problem("html_missing", _("The mail has no HTML part."))]
    document = lxml_html.document_fromstring(html)
    return [
        *_document_faults(document, language),
        *_table_faults(document),
        *_picture_faults(document),
        *_heading_faults(document),
        *_link_faults(document),
        *_size_faults(document),
        *_weight_faults(html),
    ]


def _document_faults(document: HtmlElement, language: str) -> Iterator[Problem]:
    if not (document.get("lang") or "").startswith(language):
        yield Problem("lang_missing", _("The mail does not say which language it is in."))
    if not (document.findtext(".//title") or "").strip():
        yield Problem("title_missing", _("The mail has no title."), field="subject")


def _table_faults(document: HtmlElement) -> Iterator[Problem]:
    for table in document.iter("table"):
        if table.get("role") not in {"presentation", "none"} and table.find(".//th") is None:
            yield Problem(
                "table_without_headers",
                _("A table has no header cells. Give its columns names, or write a list."),
            )
            return


def _picture_faults(document: HtmlElement) -> Iterator[Problem]:
    for image in document.iter("img"):
        if image.get("alt") is None:
            yield alt_missing()
        if not _SAFE_PICTURE.match(image.get("src") or ""):
            yield Problem(
                "picture_address",
                _("A picture has no secure address (https), so mail programs will not show it."),
                field="pictures",
            )


def _heading_faults(document: HtmlElement) -> Iterator[Problem]:
    levels = [int(cast("str", heading.tag)[1]) for heading in document.iter(*_HEADINGS)]
    if levels.count(1) != 1:
        yield Problem("h1_not_one", _("The mail must have exactly one main heading."))
    if any(level > before + 1 for before, level in zip([0, *levels], levels, strict=False)):
        yield Problem("heading_skipped", _("A heading skips a level."))
    if any(not _said(heading.text_content()) for heading in document.iter(*_HEADINGS)):
        yield Problem("heading_empty", _("A heading has no text."))


def _link_faults(document: HtmlElement) -> Iterator[Problem]:
    targets: dict[str, str] = {}
    for link in document.iter("a"):
        text, target = link_text(link), link.get("href") or ""
        if not text:
            yield Problem("link_empty", _("A link has no text: say where it leads."))
        elif text in BANNED_LINK_TEXTS:
            yield Problem(
                "link_text_banned",
                _("The link text “{text}” says nothing on its own: name what is behind it.").format(
                    text=text
                ),
            )
        elif targets.setdefault(text, target) != target:
            yield Problem(
                "link_text_repeated",
                _("Two links are called “{text}” but lead to different places.").format(text=text),
                level="warning",
            )


def _size_faults(document: HtmlElement) -> Iterator[Problem]:
    for element in document.iter(etree.Element):
        size = _FONT_PX.search(element.get("style") or "")
        if size and 0 < float(size[1]) < MIN_FONT_PX and _shows_text(element):
            yield Problem(
                "text_small",
                _("Some text is smaller than {size} pixels.").format(size=MIN_FONT_PX),
            )
            return


def _weight_faults(html: str) -> Iterator[Problem]:
    weight = len(html.encode("utf-8", "replace"))
    if weight > MAX_BYTES:
        yield Problem(
            "mail_heavy",
            _("The mail weighs {size} KB; Gmail cuts off what is over 100 KB.").format(
                size=round(weight / 1024)
            ),
            level="warning",
        )


def alt_missing() -> Problem:
    """A picture that some readers cannot have described to them."""
    return Problem(
        "alt_missing",
        _("A picture has no description: say what it shows, for those who cannot see it."),
        field="pictures",
    )


def link_text(link: HtmlElement) -> str:
    """What a screen reader calls the link, in lower case: its text, else its pictures' alt."""
    pictures = " ".join(image.get("alt") or "" for image in link.iter("img"))
    return _said(link.text_content()) or _said(pictures)


def _said(text: str) -> str:
    return " ".join(text.split()).lower().strip(" .:!…»>→")


def _shows_text(element: HtmlElement) -> bool:
    """Is there text in it (not in a smaller element of its own size) that is not hidden?"""
    if any(_HIDDEN.search(e.get("style") or "") for e in [element, *element.iterancestors()]):
        return False
    own = [element.text or "", *(child.tail or "" for child in element)]
    nested = [
        child.text_content()
        for child in element
        if isinstance(child.tag, str) and not _FONT_PX.search(child.get("style") or "")
    ]
    return any(text.strip() for text in (*own, *nested))
