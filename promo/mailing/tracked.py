"""What a mail provider told us of one of our mails, in django-anymail's words, kept and read.

The providers' forms differ; what is kept is what they have in common, with all that may name the
mail. Opens and clicks are not kept: nothing follows from them; deliveries only where nobody knows
yet whether the mail was taken.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from promo.mailing import bounces, clues, statuses
from promo.mailing.bounces import Kind, Returned
from promo.mailing.clues import Clues
from promo.mailing.replies import Category

_TEXT = 300
_MOST_KEPT = 20_000

TELLING = frozenset({"bounced", "rejected", "failed", "complained", "unsubscribed"})
"""The event types that something follows from."""

PROVING = frozenset({"sent", "delivered"})
"""The event types that prove that the mail was taken, and nothing else."""

_TYPES = {
    "sent": (Kind.NOTICE, ""),
    "delivered": (Kind.NOTICE, ""),
    "complained": (Kind.COMPLAINT, ""),
    "unsubscribed": (Kind.LEAVE, ""),
    "failed": (Kind.POLICY, Category.CONTENT),
}
_REJECTED = {
    "invalid": (Kind.HARD, Category.ADDRESS),
    "bounced": (Kind.HARD, Category.ADDRESS),
    "timed_out": (Kind.SOFT, Category.NETWORK),
    "spam": (Kind.COMPLAINT, ""),
    "unsubscribed": (Kind.LEAVE, ""),
}


def keep(event: Mapping[str, str], names: object) -> bytes:
    """The event as octets to be stored; `names`: whatever of it may name the mail."""
    told = json.dumps(names, ensure_ascii=False, default=str)[:_MOST_KEPT]
    return json.dumps({**event, "names": told}, ensure_ascii=False, sort_keys=True).encode()


def read(raw: bytes) -> Returned:
    """What an event kept by `keep` says."""
    event: dict[str, str] = json.loads(raw)
    found = _named(event)
    if event["type"] not in PROVING:  # what proves one mail proves no other to the same reader
        found = replace(found, reader=event["recipient"])
    at = datetime.fromisoformat(event["at"]) if event["at"] else None
    words = event["text"]
    kind, why = _verdict(event, words)
    status = statuses.read("", words)
    return Returned(kind, found, why, status.enhanced, status.code, words[:_TEXT], at)


def _named(event: Mapping[str, str]) -> Clues:
    """What in an event names one mail for certain."""
    return clues.search([event["message_id"], event["names"]])


def _verdict(event: Mapping[str, str], words: str) -> tuple[Kind, Category | str]:
    sort, reason = event["type"], event["reason"]
    if sort in _TYPES:
        return _TYPES[sort]
    if sort == "rejected":
        return _REJECTED.get(reason, (Kind.POLICY, Category.POLICY))
    status = statuses.read("", words)
    if not status.why and reason == "invalid":
        return Kind.HARD, Category.ADDRESS
    return bounces.judge(status), status.why
