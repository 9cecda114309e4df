"""Which addresses belong to the public internet: lists written out by hand, and the name look-up.

`ipaddress.is_private` and `is_global` are not enough: on Python 3.11 to 3.13 `is_global` is True
for 64:ff9b::7f00:1 (NAT64 to loopback), fec0::1, ::7f00:1, multicast and 3fff::/20, on 3.11 for
2002:7f00:1:: (6to4 to loopback) as well. Sources: the IANA special-purpose address registries.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a name, as text. Raises `OSError` (`socket.gaierror`) where there are none."""

NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network; connecting to 0.0.0.0 reaches the machine itself
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared address space of providers (CGNAT); Alibaba's metadata address
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's machine service: public by number, internal by use
        "169.254.0.0/16",  # link-local; cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
    )
)

PUBLIC_6 = IPv6Network("2000::/3")
"""The only global unicast space there is. What lies outside needs no list: ::1, mapped and
compatible IPv4, 64:ff9b::/96 and 64:ff9b:1::/48 (NAT64), 100::/64, fc00::/7, fe80::/10, fec0::/10,
ff00::/8."""

NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries any IPv4 address, loopback too
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


def is_public(address: Address) -> bool:
    """May a stranger's name lead us to this address?"""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_4)
    if address.scope_id is not None or address not in PUBLIC_6:
        return False
    return not any(address in network for network in NOT_PUBLIC_6)


def system_resolver(host: str, port: int) -> Sequence[str]:
    """What the operating system says; raises `OSError`."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))


def look_up(
    host: str, port: int, *, resolver: Resolver, seconds: float | None
) -> tuple[Address, ...]:
    """The addresses of a name; raises `OSError`, and `TimeoutError` when `seconds` were not enough.

    `getaddrinfo` knows no time-out, so that a name server of the other side's choice could hold us
    for half a minute: it runs in a thread of its own, which is left behind when the time is up.
    """
    answers: list[Sequence[str]] = []
    errors: list[OSError] = []

    def ask() -> None:
        try:
            answers.append(resolver(host, port))
        except UnicodeError as error:  # a label longer than 63, from the codec "idna"
            errors.append(OSError(str(error)))
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=ask, name="look-up", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise TimeoutError(f"looking up {host} took longer than {seconds} s")
    return tuple(ip_address(text) for text in answers[0])


def network_of(address: Address) -> IPv4Network | IPv6Network:
    """The part of an address that one customer of a provider has: /24, /48 of IPv6 (RFC 6177)."""
    return ip_network((address, 24 if address.version == 4 else 48), strict=False)  # noqa: PLR2004
