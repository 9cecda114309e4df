"""Names that lead back to one delivery: the Message-ID, and the sender that hears its bounces.

VERP (variable envelope return path): a bounce comes back to an address that names the delivery
itself, so nothing has to be guessed from its text. The token is signed, so that nobody can
suppress a reader by writing to addresses of their own making.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.mailing.headers import DomainName, MailAddress, MessageId

_PREFIX = "b+"
_MAC_OCTETS = 10  # 80 bits, 16 characters of Base32: each guess costs the forger a mail to us
# Local parts lose their case on the way: small letters and digits only, 64 characters in all.
_NAME = re.compile(r"[a-z0-9]{1,45}")
_TOKEN = re.compile(r"([a-z0-9]{1,45})-([a-z2-7]{16})")


def message_id(issue_uuid: UUID, subscriber_uuid: UUID, domain: DomainName) -> MessageId:
    """The Message-ID of this issue to this subscriber: the same in each attempt."""
    return MessageId(f"<{subscriber_uuid.hex}.{issue_uuid.hex}@{domain}>")


def sign(name: str, *, key: bytes) -> str:
    """The token for a delivery's name (`[a-z0-9]`, up to 45). Raises ValueError for others."""
    if not _NAME.fullmatch(name):
        message = f"not a name for a token: {name!r}"
        raise ValueError(message)
    return f"{name}-{_mac(name, key)}"


def verify(token: str, *, keys: Sequence[bytes]) -> str:
    """The delivery's name in a token signed with one of `keys`. Raises InvalidInput for others."""
    match = _TOKEN.fullmatch(token.lower())
    if match is None or not any(hmac.compare_digest(match[2], _mac(match[1], k)) for k in keys):
        raise InvalidInput(_("This bounce address was not made by us."), field="token")
    return match[1]


def verp(token: str, domain: DomainName) -> MailAddress:
    """The envelope sender `b+<token>@<domain>`. Raises InvalidInput where it makes no address."""
    return MailAddress(f"{_PREFIX}{token}@{domain}")


def token_of(address: str) -> str:
    """The token in an envelope sender made by `verp`. Raises InvalidInput for any other address."""
    local = address.strip().strip("<>").rpartition("@")[0].lower()
    if not local.startswith(_PREFIX):
        raise InvalidInput(_("This bounce address was not made by us."), field="token")
    return local.removeprefix(_PREFIX)


def _mac(name: str, key: bytes) -> str:
    digest = hmac.digest(key, b"verp|v1|" + name.encode(), "sha256")[:_MAC_OCTETS]
    return b32encode(digest).decode("ascii").lower()
