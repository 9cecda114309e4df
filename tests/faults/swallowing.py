"""A way to a server on which bytes can be lost without a word: the connection stays, half open."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

AT_ONCE = 65536

Address = str | tuple[str, int]
"""A unix socket's path, or a host and a port."""


@dataclass(eq=False)
class Link:
    """A client's connection and ours to the server behind it."""

    client: socket.socket
    server: socket.socket
    swallows: bool = False
    pumps: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for source, target in ((self.client, self.server), (self.server, self.client)):
            self.pumps.append(threading.Thread(target=self._pump, args=(source, target)))
            self.pumps[-1].start()

    def is_over(self) -> bool:
        return not any(pump.is_alive() for pump in self.pumps)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while octets := source.recv(AT_ONCE):
                if not self.swallows:
                    target.sendall(octets)
        if not self.swallows:  # nobody at the other end hears of an end, either
            self._shut()

    def _shut(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._shut()
        for pump in self.pumps:
            pump.join()
        self.client.close()
        self.server.close()


@dataclass
class Swallower:
    """Listens at `at` for clients of the server at `behind`."""

    at: Address
    behind: Address
    _links: list[Link] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._door = _socket_for(self.at)
        self._porter = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._door.bind(self.at)
        self._door.listen(64)
        if isinstance(self.at, tuple):
            self.at = self._door.getsockname()
        self._porter.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._porter.join()
        self._door.close()
        for link in self._links:
            link.close()

    def swallow(self) -> int:
        """From now on no byte of the present connections arrives. Gives how many they are."""
        present = [link for link in self._present() if not link.swallows]
        for link in present:
            link.swallows = True
        return len(present)

    def cut(self) -> int:
        """End the present connections at both ends, half open or not. Gives how many they are."""
        present = self._present()
        for link in present:
            link.close()
        return len(present)

    def _present(self) -> list[Link]:
        return [link for link in self._links if not link.is_over()]

    def _serve(self) -> None:
        with suppress(OSError):  # the door is closed
            while True:
                client, _address = self._door.accept()
                server = _socket_for(self.behind)
                try:
                    server.connect(self.behind)
                except OSError:  # it is away: so are we
                    client.close()
                    server.close()
                    continue
                link = Link(client, server)
                link.start()
                self._links = [*self._still_open(), link]

    def _still_open(self) -> list[Link]:
        over = [link for link in self._links if link.is_over()]
        for link in over:
            link.close()
        return [link for link in self._links if link not in over]


def _socket_for(address: Address) -> socket.socket:
    return socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
