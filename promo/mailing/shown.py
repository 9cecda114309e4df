"""A mail from outside as a person reads it at the desk: plain text, whatever is in it."""

from __future__ import annotations

from dataclasses import dataclass

from promo.errors import InvalidInput
from promo.mailing import received
from promo.rendering import clean, to_text

MOST = 4000
"""Characters that are shown: what matters stands at the beginning."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The mail in short. All of it is somebody else's text: it must be escaped."""

    sender: str
    subject: str
    text: str
    is_cut: bool


def shown(raw: bytes) -> Shown:
    """The mail for a person. Never fails: where nothing can be read, the octets are shown."""
    try:
        mail = received.open_mail(raw)
    except InvalidInput:
        return _cut("", "", raw[: 4 * MOST].decode("utf-8", "replace"))
    texts: dict[str, str] = {}
    for part in received.parts(mail):
        texts.setdefault(received.kind_of(part), received.text_of(part))
    text = texts.get("text/plain", "").strip() or _from_html(texts.get("text/html", ""))
    text = text or raw[: 4 * MOST].decode("utf-8", "replace")
    return _cut(received.field(mail, "From"), received.field(mail, "Subject"), text)


def _from_html(html: str) -> str:
    return to_text(clean(html, base_url="https://invalid.invalid/")) if html.strip() else ""


def _cut(sender: str, subject: str, text: str) -> Shown:
    readable = "".join(one for one in text if one.isprintable() or one in "\n\t").strip()
    return Shown(sender, subject, readable[:MOST], is_cut=len(readable) > MOST)
