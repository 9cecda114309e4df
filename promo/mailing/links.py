"""The links of a message that are counted, and the message with short addresses in their place.

Counted is what staff or an item link to on the web. A reader's own links (unsubscribe, preferences,
the mail in the browser) are placeholders here and stay what they are, as do `mailto:` and `tel:`.
The stored message is never changed: this happens when a mailing's mails are made.
"""

from __future__ import annotations

import dataclasses
import html as html_module
import re
from collections.abc import Mapping
from typing import NamedTuple

from lxml import html as lxml_html
from lxml.html import HtmlElement

from promo.mailing.slots import holds_slot
from promo.values import Message

LONGEST = 2000
"""Characters of an address that is counted; browsers and Django redirect to no longer ones."""

_LABEL = 200
_LINK = re.compile(r'(<a\b[^>]*?\shref=")([^"]*)(")', re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_AFTER = ".,;:!?)]}'’”»"
"""What may stand behind an address in plain text without being a part of it."""

_END = "</body>"


class Link(NamedTuple):
    """An address, and the words of its first link."""

    url: str
    label: str


def links_of(message: Message) -> tuple[Link, ...]:
    """The counted links of the message, each address once, in the order of the mail."""
    labels: dict[str, str] = {}
    found = [html_module.unescape(match[2]) for match in _LINK.finditer(message.html)]
    wanted = {url for url in found if _is_counted(url)}
    if wanted:
        for element in lxml_html.document_fromstring(message.html).iter("a"):
            url = element.get("href", "")
            if url in wanted and not labels.get(url):
                labels[url] = _label(element)
    return tuple(Link(url, labels.get(url, "")) for url in dict.fromkeys(found) if url in wanted)


def _is_counted(url: str) -> bool:
    is_web = url.lower().startswith(("http://", "https://"))
    return is_web and len(url) <= LONGEST and not holds_slot(url)


def _label(element: HtmlElement) -> str:
    pictures = " ".join(image.get("alt", "") for image in element.iter("img"))
    text = f"{element.text_content()} {pictures}"
    return " ".join(text.split())[:_LABEL]


def dressed(message: Message, addresses: Mapping[str, str], *, picture: str) -> Message:
    """The message with `addresses` (address → short one) and the picture that tells of its opening.

    The picture is empty for screen readers, and the last thing in the mail.
    """

    def in_html(match: re.Match[str]) -> str:
        short = addresses.get(html_module.unescape(match[2]))
        return match[0] if short is None else f"{match[1]}{html_module.escape(short)}{match[3]}"

    html = _LINK.sub(in_html, message.html)
    before, end, after = html.rpartition(_END)
    pixel = f'<img src="{html_module.escape(picture)}" width="1" height="1" alt="">'
    return dataclasses.replace(
        message,
        html=f"{before}{pixel}{end}{after}" if end else f"{html}{pixel}",
        text=_ADDRESS.sub(lambda match: _in_text(match[0], addresses), message.text),
    )


def _in_text(found: str, addresses: Mapping[str, str]) -> str:
    url = found
    while url:
        if url in addresses:
            return addresses[url] + found[len(url) :]
        if url[-1] not in _AFTER:
            break
        url = url[:-1]
    return found
