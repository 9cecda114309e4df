"""Is a post ours? Our app made it and our own link, exactly, is in it. Nothing else counts.

Never "the newest post", never similar text: both have adopted a stranger's post elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

POST_FIELDS = "id,message,created_time,permalink_url,application,attachments{unshimmed_url,url}"

HELD_FIELDS = f"{POST_FIELDS},scheduled_publish_time"

# A link ends where a space, a closing mark or a query begins; a mark may be followed by anything.
_AFTER = r"(?=[.,;:!?…)\]”»’\"'>]*(?:\s|$)|[?#])"
_BEFORE = r"(?<![^\s(\[„«‘\"'<])"


def carries(text_link: str, key: str) -> bool:
    """Does the link hold the key as a whole part, so that finding one means finding the other?"""
    return bool(key) and key in re.split(r"[/?&=#]", text_link)


def is_ours(post: Mapping[str, object], *, app_id: str, link: str) -> bool:
    application = post.get("application")
    if not isinstance(application, dict) or str(application.get("id")) != app_id:
        return False
    return has_link(str(post.get("message") or ""), link) or any(
        _is_same(address, link) for address in _attached(post)
    )


def has_link(text: str, link: str) -> bool:
    """Does the link stand in the text as a whole, not as the beginning or end of a longer one?"""
    return bool(link) and re.search(_BEFORE + re.escape(link) + _AFTER, text) is not None


def _is_same(address: str, link: str) -> bool:
    """The same address, whatever query Facebook has appended to it (`fbclid`)."""
    if urlsplit(link).query:
        return address == link or address.startswith((f"{link}&", f"{link}#"))
    return bool(link) and re.split(r"[?#]", address, maxsplit=1)[0] == link


def _attached(post: Mapping[str, object]) -> Iterator[str]:
    attachments = post.get("attachments")
    rows = attachments.get("data") if isinstance(attachments, dict) else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            yield from (str(row[name]) for name in ("unshimmed_url", "url") if row.get(name))
