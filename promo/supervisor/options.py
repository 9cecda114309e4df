"""What `promo up` was asked for, and the environment its processes get."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from promo.embedded import Layout
from promo.errors import ConfigurationError

PORTS = {
    "PROMO_PORT": (8000, "the desk and the public pages"),
    "PROMO_REHEARSAL_PORT": (8001, "the rehearsal world"),
    "PROMO_REHEARSAL_SMTP_PORT": (8025, "the rehearsal mailboxes"),
}
# What ties an installation to the outside. A demonstration must reach none of it.
OUTSIDE = (
    "DATABASE_URL",
    "REDIS_URL",
    "CELERY_BROKER_URL",
    "EMAIL_URL",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "PROMO_ADDRESS_KEY",
    "PROMO_ENCRYPTION_KEYS",
    "PROMO_BASE_URL",
    "PROMO_REHEARSAL_URL",
    "PROMO_FACEBOOK_GRAPH_URL",
    "PROMO_FACEBOOK_DIALOG_URL",
    "PROMO_BOUNCE_URL",
    "PROMO_BOUNCES_LISTEN",
    "PROMO_RELAY_LOG",
    "ALLOWED_HOSTS",
)


@dataclass(frozen=True, slots=True)
class Options:
    """One start. `environ` is what the caller was given; `environment` is what the children get."""

    home: Path
    environ: Mapping[str, str]
    host: str = "127.0.0.1"
    port: int = 8000
    rehearsal_port: int = 8001
    smtp_port: int = 8025
    rehearsal: bool = True
    demo: bool = False
    listen: tuple[str, int] | None = None
    """Where returned mail is taken, if it is."""

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """What the environment asks for. Raises `ConfigurationError` for a port that is none."""
        port, rehearsal_port, smtp_port = (_port(environ, variable) for variable in PORTS)
        return cls(
            home=Layout(Path(environ.get("PROMO_HOME") or "var")).home,
            environ=environ,
            host=environ.get("PROMO_HOST") or "127.0.0.1",
            port=port,
            rehearsal_port=rehearsal_port,
            smtp_port=smtp_port,
            # With a database of its own this is production: the outside is real.
            rehearsal="DATABASE_URL" not in environ,
            listen=_listen(environ.get("PROMO_BOUNCES_LISTEN", "")),
        )

    def as_demo(self) -> Self:
        """The same, in a home of its own and cut off from everything outside this machine."""
        kept = {key: value for key, value in self.environ.items() if key not in OUTSIDE}
        return replace(
            self, home=self.home / "demo", environ=kept, demo=True, rehearsal=True, listen=None
        )

    def without_rehearsal(self) -> Self:
        """The same against the real outside. Raises `ConfigurationError` without a mail relay."""
        if not self.environ.get("EMAIL_URL"):
            raise ConfigurationError(
                "Without the rehearsal world Promo needs a mail relay. Set EMAIL_URL, for example "
                "smtp+tls://user:password@mail.example.org:587."
            )
        return replace(self, rehearsal=False)

    @property
    def layout(self) -> Layout:
        return Layout(self.home)

    @property
    def local_url(self) -> str:
        """Where this machine reaches the web."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 -- compared
        return f"http://{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """Where people reach the web."""
        return (self.environ.get("PROMO_BASE_URL") or self.local_url).rstrip("/")

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PROMO_HOME": str(self.home),
            "PROMO_PORT": str(self.port),
            "PROMO_REHEARSAL_PORT": str(self.rehearsal_port),
            "PROMO_REHEARSAL_SMTP_PORT": str(self.smtp_port),
            "PYTHONUNBUFFERED": "1",
        }
        real = {} if self.rehearsal else {"PROMO_REHEARSAL_URL": ""}
        return {**self.environ, **own, **real}

    def check_ports(self) -> None:
        """Raises `ConfigurationError` with the port in use and the variable that changes it."""
        wanted = {"PROMO_PORT": self.port}
        if self.rehearsal:
            wanted["PROMO_REHEARSAL_PORT"] = self.rehearsal_port
            wanted["PROMO_REHEARSAL_SMTP_PORT"] = self.smtp_port
        chosen: dict[int, str] = {}
        for variable, port in wanted.items():
            if port in chosen:
                raise ConfigurationError(
                    f"{variable} and {chosen[port]} are both {port}. Give them different ports."
                )
            chosen[port] = variable
            if not is_free(self.host, port):
                raise ConfigurationError(
                    f"Port {port} is in use by another program; Promo wants it for "
                    f"{PORTS[variable][1]}. Stop that program, or choose another port: "
                    f"{variable}={port + 100}."
                )
        if self.listen and not is_free(*self.listen):
            raise ConfigurationError(
                f"Port {self.listen[1]} is in use by another program; Promo wants it for returned "
                "mail. Stop that program, or choose another port: PROMO_BOUNCES_LISTEN."
            )


def is_free(host: str, port: int) -> bool:
    """May a server listen there now?"""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise ConfigurationError(
                f"Port {port} is kept for root. Choose one above 1023."
            ) from error
        except OSError:
            return False
        return True


def _listen(given: str) -> tuple[str, int] | None:
    host, _colon, port = given.rpartition(":")
    if not given:
        return None
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ConfigurationError(
            f"PROMO_BOUNCES_LISTEN is {given!r}. It must look like 127.0.0.1:2525."
        )
    return host.strip("[]"), int(port)


def _port(environ: Mapping[str, str], variable: str) -> int:
    value = environ.get(variable) or str(PORTS[variable][0])
    if not value.isdecimal() or not 0 < int(value) < 2**16:
        raise ConfigurationError(f"{variable} is {value!r}, which is not a port (1 to 65535).")
    return int(value)
