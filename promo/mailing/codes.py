"""The codes of one delivery: what its links and its bounce address say instead of names.

All of them come from one keyed digest, a slice for each purpose, so that a code for one purpose
never works for another. They are short, lower-case and safe in an address, in a header, in HTML and
in quoted-printable without any escaping: joining them into a mail needs no encoder.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from django.utils.translation import gettext as _

from promo.errors import InvalidInput

_HEX = 20  # 80 bits a purpose: each guess costs the forger a request or a mail to us
_CODE = re.compile(r"([1-9][0-9]{0,18})-([0-9a-f]{20})")


NOBODY = "0"
"""Stands in a link in place of a code, where its reader is not told apart."""


class Purpose(IntEnum):
    """What a code may be used for: its place in the digest."""

    UNSUBSCRIBE = 0
    PREFERENCES = 1
    BOUNCE = 2
    CLICK = 3


class Codes(NamedTuple):
    """A delivery's codes, each `[0-9]+-[0-9a-f]{20}`; `click` may be `NOBODY`."""

    unsubscribe: str
    preferences: str
    bounce: str
    click: str


def codes_of(delivery_id: int, *, key: bytes) -> Codes:
    """The codes of this delivery: always the same ones."""
    digest = _digest(delivery_id, key)
    name = f"{delivery_id}-"
    return Codes(
        name + digest[:20], name + digest[20:40], name + digest[40:60], name + digest[60:80]
    )


def read(purpose: Purpose, code: str, *, keys: Sequence[bytes]) -> int:
    """The delivery that a code names. Raises InvalidInput for a code that was not made by us.

    Letters may have lost their case on the way, as in the local part of an address.
    """
    match = _CODE.fullmatch(code.lower())
    if match is not None:
        delivery_id = int(match[1])
        place = slice(purpose * _HEX, (purpose + 1) * _HEX)
        for key in keys:
            if hmac.compare_digest(match[2], _digest(delivery_id, key)[place]):
                return delivery_id
    raise InvalidInput(_("This code was not made by us."), field="code")


def _digest(delivery_id: int, key: bytes) -> str:
    return hmac.digest(key, b"delivery|v1|%d" % delivery_id, "sha512").hex()
