"""Whence a visitor comes, also behind reverse proxies, and how often a network may sign up.

`X-Forwarded-For` may be written by anybody. It is read from the right, as long as what has written
the next address is a proxy of ours (PROMO_TRUSTED_PROXIES); the first that is none is the visitor.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import (
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import redis
import structlog
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from promo.door.addresses import Address, is_public, network_of
from promo.errors import ConfigurationError
from promo.mailing.limits import Meter, parse_limits

log = structlog.get_logger()

Network = IPv4Network | IPv6Network

_PATIENCE = 2


def address_of(request: HttpRequest) -> str | None:
    """The visitor's own address; None where there is none (a socket)."""
    found = _address(request)
    return str(found) if found else None


def public_address_of(request: HttpRequest) -> str:
    """The visitor's public address; "" where only a proxy's or the house's own is seen."""
    found = _address(request)
    return str(found) if found and is_public(found) else ""


def may_sign_up(request: HttpRequest) -> bool:
    """Count a sign-up of the visitor's network. False: it has had as many as it may.

    Addresses that are not public are not counted: the house's own network, or a proxy that nobody
    has named. While Redis is away nobody is turned away; the caps in PostgreSQL hold.
    """
    found = _address(request)
    if found is None or not is_public(found):
        return True
    network = network_of(found)
    limits = parse_limits(settings.PROMO_SIGN_UP_LIMITS)
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
    ) as client:
        try:
            granted, _wait = Meter(client, name=f"sign-up:{network}", limits=limits).grant(1)
        except redis.RedisError as error:
            log.warning("sign-up", error=str(error))
            return True
    return bool(granted)


def _address(request: HttpRequest) -> Address | None:
    trusted = _networks(tuple(settings.PROMO_TRUSTED_PROXIES))
    found = _parsed(request.META.get("REMOTE_ADDR", ""))
    told = request.headers.get("X-Forwarded-For", "").split(",")
    while found is not None and told and any(found in network for network in trusted):
        before = _parsed(told.pop())
        if before is None:
            break
        found = before
    return found


def _parsed(text: str) -> Address | None:
    """Some proxies add a port; IPv4 may come in the clothes of IPv6."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found


@lru_cache(maxsize=8)
def _networks(names: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(name.strip(), strict=False) for name in names)
    except ValueError as error:
        message = _("PROMO_TRUSTED_PROXIES contains something that is not a network: {what}")
        raise ConfigurationError(message.format(what=error)) from error
