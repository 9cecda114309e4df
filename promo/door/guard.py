"""What the door lets through: the form of an address, its ports, and who is trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from promo.door.addresses import Address, Resolver, is_public, look_up, system_resolver
from promo.errors import FetchRefused

PORTS = frozenset({80, 443})
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_URL = 2048
"""Longer than any address a stranger needs; calls to a configured API may be longer."""

# White space, controls and backslashes are where URL parsers disagree about the host.
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Guard:
    """Whom the door trusts. By default nobody: public addresses only, on ports 80 and 443.

    `allowed_hosts` are names an operator vouches for (a host of the own network, the rehearsal
    world): their addresses are not judged, and `allowed_ports` are open on them besides 80 and 443.
    Write them in lower case, IPv6 addresses without brackets. `ca_file` (PEM) replaces the usual
    certificate authorities; `resolver` looks names up.
    """

    allowed_hosts: frozenset[str] = frozenset()
    allowed_ports: frozenset[int] = frozenset()
    ca_file: str = ""
    resolver: Resolver = field(default=system_resolver, repr=False)

    def vouches_for(self, host: str) -> bool:
        return host.lower().rstrip(".") in self.allowed_hosts


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: `host` without brackets, `port` filled in."""

    scheme: str
    host: str
    port: int

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"


def check_url(url: str, *, guard: Guard, longest: int = MAX_URL) -> Target:
    """Where the URL leads; raises `FetchRefused` if its form, scheme or port is not for us.

    No name is looked up here: addresses are judged when the connection is made.
    """
    if len(url) > longest:
        raise _malformed(f"length: {len(url)}")
    target = _parse(url)
    ports = PORTS | guard.allowed_ports if guard.vouches_for(target.host) else PORTS
    if target.port not in ports:
        raise FetchRefused(
            _("This address names an unusual port. Only the usual ports of the web are read."),
            detail=f"port: {target.port}",
        )
    is_one_word = not {".", ":"} & set(target.host.rstrip("."))
    if is_one_word and not guard.vouches_for(target.host):
        # A single word is a machine of our own network ("intranet"), or localhost.
        raise _not_public(f"name: {target.host}")
    return target


def checked_addresses(
    host: str, port: int, *, guard: Guard, seconds: float | None
) -> tuple[Address, ...]:
    """The addresses to connect to; raises `FetchRefused` if any one is not public, else `OSError`.

    One bad address condemns the name: which of them we would reach is the other side's choice.
    """
    addresses = look_up(host, port, resolver=guard.resolver, seconds=seconds)
    if not guard.vouches_for(host):
        for address in addresses:
            if not is_public(address):
                raise _not_public(f"address: {address} of {host}")
    return addresses


def _parse(url: str) -> Target:
    if _UNSAFE.search(url):
        raise _malformed("characters: white space, a control character or a backslash")
    try:
        parsed, second = parse_url(url), urlsplit(url)
        second_host, second_port = second.hostname or "", second.port
    except (LocationParseError, ValueError) as error:
        raise _malformed(f"form: {error}") from error
    if parsed.scheme not in DEFAULT_PORTS:
        raise FetchRefused(
            _("This is not a web address. It must begin with https:// or http://."),
            detail=f"scheme: {parsed.scheme}",
        )
    if parsed.auth is not None:
        raise FetchRefused(
            _("This address contains a user name or password. Such addresses are not read."),
            detail="credentials: in the address",
        )
    host = (parsed.host or "").removeprefix("[").removesuffix("]")
    if not host or "%" in host:
        raise _malformed(f"host: {host!r}")
    # The HTTP library uses the first reading. Where the standard library reads another host, other
    # programs on the way may too.
    if host.isascii() and second_host.isascii() and host.lower() != second_host:
        raise _malformed(f"form: {host!r} or {second_host!r}")
    if parsed.port != second_port:
        raise _malformed(f"form: port {parsed.port} or {second_port}")
    port = DEFAULT_PORTS[parsed.scheme] if parsed.port is None else parsed.port
    return Target(scheme=parsed.scheme, host=host, port=port)


def _malformed(detail: str) -> FetchRefused:
    return FetchRefused(_("This is not a valid web address."), detail=detail)


def _not_public(detail: str) -> FetchRefused:
    return FetchRefused(
        _("This address does not lead to the public internet. Such addresses are not read."),
        detail=detail,
    )
