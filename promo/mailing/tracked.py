"""What a mail provider told us of one of our mails, in django-anymail's words, kept and read.

The providers' forms differ; what is kept is what they have in common, with all that may name the
mail. Opens, clicks and deliveries are not kept: nothing follows from them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from promo.mailing import bounces, clues, statuses
from promo.mailing.bounces import Kind, Returned
from promo.mailing.replies import Category

_TEXT = 300
_MOST_KEPT = 20_000

TELLING = frozenset({"bounced", "rejected", "failed", "complained", "unsubscribed"})
"""The event types that something follows from."""

_REJECTED = {
    "invalid": (Kind.HARD, Category.ADDRESS),
    "bounced": (Kind.HARD, Category.ADDRESS),
    "timed_out": (Kind.SOFT, Category.NETWORK),
    "spam": (Kind.COMPLAINT, ""),
    "unsubscribed": (Kind.LEAVE, ""),
}


def keep(event: Mapping[str, str], names: object) -> bytes:
    """The event as octets to be stored; `names`: whatever of it may name the mail."""
    named = json.dumps(names, ensure_ascii=False, default=str)[:_MOST_KEPT]
    return json.dumps({**event, "names": named}, ensure_ascii=False, sort_keys=True).encode()


def read(raw: bytes) -> Returned:
    """What an event kept by `keep` says."""
    event: dict[str, str] = json.loads(raw)
    found = replace(clues.search([event["message_id"], event["names"]]), reader=event["recipient"])
    at = datetime.fromisoformat(event["at"]) if event["at"] else None
    words = event["text"]
    kind, why = _verdict(event, words)
    status = statuses.read("", words)
    return Returned(kind, found, why, status.enhanced, status.code, words[:_TEXT], at)


def _verdict(event: Mapping[str, str], words: str) -> tuple[Kind, Category | str]:
    sort, reason = event["type"], event["reason"]
    if sort == "complained":
        return Kind.COMPLAINT, ""
    if sort == "unsubscribed":
        return Kind.LEAVE, ""
    if sort == "failed":
        return Kind.POLICY, Category.CONTENT
    if sort == "rejected":
        return _REJECTED.get(reason, (Kind.POLICY, Category.POLICY))
    status = statuses.read("", words)
    if not status.why and reason == "invalid":
        return Kind.HARD, Category.ADDRESS
    return bounces.judge(status), status.why
