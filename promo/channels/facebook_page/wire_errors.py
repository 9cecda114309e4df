"""Network failures: had anything of the request left us, or not?

The answer is read from urllib3's reason types, never from a message. "Nothing left" is said only
where it is certain; every other failure of a create is an unknown outcome. The time-outs and resets
of a TLS handshake look like those of a sent request, so they count as sent.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import requests
import urllib3

from promo.channels.facebook_page import words
from promo.channels.facebook_page.graph_errors import Stake, lost
from promo.errors import PublishError, Unreachable

BEFORE_THE_WIRE = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
    urllib3.exceptions.NewConnectionError,  # refused, no route; NameResolutionError is one
    urllib3.exceptions.ConnectTimeoutError,
    ssl.SSLCertVerificationError,
)
"""Types that say by themselves that no byte of the request was sent."""

HANDSHAKE_REASONS = frozenset(
    {
        "HTTP_REQUEST",
        "NO_PROTOCOLS_AVAILABLE",
        "NO_SHARED_CIPHER",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "TLSV1_UNRECOGNIZED_NAME",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)
"""`ssl.SSLError.reason`s that exist only before the first byte of a request."""


def of(
    error: requests.RequestException | urllib3.exceptions.HTTPError, stake: Stake
) -> PublishError:
    """The error to raise for a failure of the wire.

    The detail names types only: a message of requests holds the address with its parameters.
    """
    detail = " < ".join(type(link).__name__ for link in _chain(error))
    if nothing_left(error):
        return Unreachable(str(words.UNREACHABLE), detail=detail)
    return lost(stake, detail=detail)


def nothing_left(error: BaseException) -> bool:
    """True where it is certain that no byte of the request reached the other side."""
    return any(
        isinstance(link, BEFORE_THE_WIRE) or getattr(link, "reason", None) in HANDSHAKE_REASONS
        for link in _chain(error)
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, then what it wraps: requests keeps urllib3's in `args`, that one its `reason`."""
    seen: set[int] = set()
    pending: list[object] = [error]
    while pending:
        link = pending.pop(0)
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            pending += [*link.args, getattr(link, "reason", None), link.__cause__]
