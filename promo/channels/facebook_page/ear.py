"""What Facebook tells by itself (webhooks): who may say it, and of which posts it speaks.

Told twice, late, out of order or once more by somebody who has kept it: all of that happens, and a
signature has no date. So nothing is taken from it but where to look.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import ClassVar, cast

from django.utils.translation import gettext_lazy

from promo.channels.base import Notice

MOST = 1000
"""Changes in one request, by Meta's documentation; more are not read."""

SAFE = re.compile(r"[\w.-]{1,200}", re.ASCII)
POST_ID = re.compile(r"\d{1,40}(?:_\d{1,40})?", re.ASCII)
NO_POST = frozenset({"comment", "reaction", "like"})
"""Items that are about a post and are none."""


def _(text: str) -> str:
    """The text in the reader's language, looked up when it is shown."""
    return cast("str", gettext_lazy(text))


class Ear:
    """The webhooks of an app: one address for all pages that are connected through it."""

    speaker_key: ClassVar[str] = "app_id"
    place_key: ClassVar[str] = "page_id"
    what_for: ClassVar[str] = _(
        "Facebook can tell Promo that a post has come out. Promo then looks at once where an "
        "answer was lost, instead of some minutes later. Everything works without it as well. "
        "It needs an address that can be reached from the internet."
    )
    steps: ClassVar[Sequence[str]] = (
        _("In your app at Meta add the product “Webhooks” and choose “Page” there."),
        _("Enter the address and the verify token from below, and save."),
        _("In the list that appears subscribe to “feed”."),
        _("Subscribe the page itself as well; docs/facebook.md tells how, with one call."),
    )

    @staticmethod
    def challenge(query: Mapping[str, str], *, token: str) -> str:
        """The challenge, for a request to subscribe that knows the token."""
        said = query.get("hub.challenge", "")
        known = hmac.compare_digest(query.get("hub.verify_token", "").encode(), token.encode())
        asks = query.get("hub.mode") == "subscribe"
        return said if known and asks and SAFE.fullmatch(said) else ""

    @staticmethod
    def is_genuine(body: bytes, headers: Mapping[str, str], secrets: Mapping[str, str]) -> bool:
        """Is it signed with the app's secret, octet for octet?"""
        secret = secrets.get("app_secret", "").strip()
        digest = hmac.new(secret.encode(), body, "sha256").hexdigest()
        given = headers.get("X-Hub-Signature-256", "")
        return bool(secret) and hmac.compare_digest(given.encode(), f"sha256={digest}".encode())

    @staticmethod
    def notices(body: bytes) -> list[Notice]:
        """What is told of posts on pages."""
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return []
        if not isinstance(told, dict) or told.get("object") != "page":
            return []
        return list(islice(_notices(told), MOST))


def _notices(told: Mapping[str, object]) -> Iterator[Notice]:
    for entry in _objects(told.get("entry")):
        for change in _objects(entry.get("changes")):
            value = change.get("value")
            if change.get("field") == "feed" and isinstance(value, dict):
                yield _notice(str(entry.get("id")), value)


def _objects(found: object) -> list[Mapping[str, object]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _notice(place: str, value: Mapping[str, object]) -> Notice:
    post_id = str(value.get("post_id"))
    return Notice(
        place=place,
        remote_id=post_id if POST_ID.fullmatch(post_id) else "",
        text=f"{value.get('message')} {value.get('link')}",
        removed=value.get("verb") == "remove" and str(value.get("item")) not in NO_POST,
    )
