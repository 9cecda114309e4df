"""Where mail is handed over: the relay's address, its encryption, how long each step may take."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.utils.translation import gettext as _

from promo.errors import ConfigurationError
from promo.mailing.limits import Limit, parse_limits


class Tls(StrEnum):
    """How the way to the relay is encrypted. There is no "if possible": asked for is demanded."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait. `final` is the wait for the answer to the final dot.

    RFC 5321, 4.5.3.2: five minutes for a command, three for a block of the body, ten for the
    final dot. A shorter `final` turns every slow relay into an unknown outcome.
    """

    connect: float = 30
    command: float = 300
    body: float = 180
    final: float = 600


@dataclass(frozen=True, slots=True)
class Relay:
    """One mail relay. Raises ConfigurationError where a password would cross a network in clear."""

    host: str
    port: int = 25
    tls: Tls = Tls.NONE
    username: str = ""
    password: str = field(default="", repr=False)
    timeouts: Timeouts = field(default_factory=Timeouts)
    hello: str = ""
    connections: int = 20
    """As many at once from all workers together (`promo.mailing.shares`)."""
    mails_per_connection: int = 0
    """After so many a new connection is opened; 0: no limit."""
    limits: tuple[Limit, ...] = ()
    """What all workers together keep to."""

    def __post_init__(self) -> None:
        if self.password and self.tls is Tls.NONE and not _is_loopback(self.host):
            raise ConfigurationError(
                _("The mail relay has a password but no encryption: use smtp+tls:// or smtps://.")
            )

    @property
    def name(self) -> str:
        """What its limits are counted under."""
        return f"{self.username}@{self.host}:{self.port}"

    @property
    def local_name(self) -> str:
        """The name we greet with: as set, or our own full name, or an address literal."""
        name = self.hello or socket.gethostname()
        return name if "." in name or name.startswith("[") else "[127.0.0.1]"


_SCHEMES: Mapping[str, tuple[Tls, int]] = {
    "smtp": (Tls.NONE, 25),
    "smtp+tls": (Tls.STARTTLS, 587),
    "smtp+starttls": (Tls.STARTTLS, 587),
    "smtps": (Tls.IMPLICIT, 465),
    "smtp+ssl": (Tls.IMPLICIT, 465),
}
_TIMEOUTS = ("connect", "command", "body", "final")
_COUNTS = {"connections": "connections", "mails": "mails_per_connection"}
_MOST_CONNECTIONS = 500


def parse_email_url(url: str) -> Relay:
    """The relay of `smtp+tls://user:pass@host:587/?hello=desk.example.org&final=600`.

    `smtp` is unencrypted (port 25), `smtp+tls` is STARTTLS (587), `smtps` and `smtp+ssl` are TLS
    from the first byte (465). User and password are percent-encoded. The query may set `hello`, the
    timeouts in seconds, `connections`, `mails` (for each connection) and `limits`, such as
    `20/s+5000/h`. Raises ConfigurationError, which never shows the password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(_("EMAIL_URL is not an address.")) from error
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.path not in {"", "/"}:
        raise ConfigurationError(
            _("EMAIL_URL must look like smtp+tls://user:password@relay.example.org:587/.")
        )
    tls, default_port = _SCHEMES[parts.scheme]
    options = _options(parts)
    return Relay(
        host=parts.hostname,
        port=port or default_port,
        tls=tls,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        timeouts=_timeouts(options),
        hello=options.get("hello", ""),
        limits=parse_limits(options.get("limits", "")),
        **_counts(options),
    )


def _options(parts: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(options) - {"hello", "limits", *_TIMEOUTS, *_COUNTS}):
        raise ConfigurationError(
            _("EMAIL_URL has an option that does not exist: %(name)s.") % {"name": unknown[0]}
        )
    return options


def _timeouts(options: Mapping[str, str]) -> Timeouts:
    try:
        given = {name: float(options[name]) for name in _TIMEOUTS if name in options}
    except ValueError as error:
        raise ConfigurationError(_("EMAIL_URL has a timeout that is not a number.")) from error
    return Timeouts(**given)


def _counts(options: Mapping[str, str]) -> dict[str, int]:
    given = {name: options[name] for name in _COUNTS if name in options}
    if not all(value.isdecimal() for value in given.values()):
        raise ConfigurationError(_("EMAIL_URL has a count that is not a whole number."))
    if not 1 <= int(given.get("connections", 1)) <= _MOST_CONNECTIONS:
        raise ConfigurationError(
            _("EMAIL_URL may ask for 1 to %(most)d connections.") % {"most": _MOST_CONNECTIONS}
        )
    return {_COUNTS[name]: int(value) for name, value in given.items()}


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
