"""Connections that lead where the guard looked, and that can all be cut at one instant.

The address is checked at connect time, by the one look-up whose answer is connected to; the name
stays in the Host header, in SNI and in the certificate check. `requests` knows time-outs for each
read only (a server that drips a byte a second holds `timeout=2` for as long as it likes), so a
total deadline shuts the sockets down from outside, whether in TLS handshake, headers or body.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, cast

from django.utils.translation import gettext as _
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.poolmanager import PoolManager

from promo.door.addresses import Address
from promo.door.guard import Guard, checked_addresses
from promo.errors import FetchRefused

MOST_TRIED = 6
"""Addresses of one name: a name with a thousand of them would cost a thousand time-outs."""


class Lines:
    """The open connections of one session, and when they end."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._open: set[socket.socket] = set()
        self._let_go: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._ends_at: float | None = None
        self._is_cut = False

    def arm(self, limit: timedelta) -> threading.Timer:
        """Start the clock; the timer cuts everything when it rings."""
        with self._lock:
            self._ends_at = time.monotonic() + limit.total_seconds()
            self._is_cut = False
        timer = threading.Timer(limit.total_seconds(), self.cut)
        timer.daemon = True
        timer.start()
        return timer

    def disarm(self, timer: threading.Timer) -> None:
        timer.cancel()
        timer.join()
        with self._lock:
            self._ends_at = None
            self._is_cut = False
            self._sweep()

    def cut(self) -> None:
        """Shut every open connection down; reads and writes under way end at once."""
        with self._lock:
            self._is_cut = True
            for line in self._open:
                with suppress(OSError):  # the other side was faster
                    line.shutdown(socket.SHUT_RDWR)

    @property
    def is_cut(self) -> bool:
        """Is the time up?"""
        return self._is_cut or self.seconds_left(1.0) == 0

    def seconds_left(self, timeout: float | None) -> float | None:
        """The shorter of a time-out and what is left of the deadline."""
        if self._ends_at is None:
            return timeout
        left = max(0.0, self._ends_at - time.monotonic())
        return left if timeout is None else min(timeout, left)

    def connect(self, host: str, port: int, *, timeout: float | None) -> socket.socket:
        """A connection to a checked address; raises `FetchRefused`, `OSError` or `TimeoutError`."""
        left = self.seconds_left(timeout)
        addresses = checked_addresses(host, port, guard=self.guard, seconds=left)
        error = OSError(f"{host} has no address")
        for address in addresses[:MOST_TRIED]:
            try:
                return self._connect(address, port, timeout=self.seconds_left(timeout))
            except OSError as failure:
                error = failure
        raise error

    def watch(self, line: socket.socket) -> socket.socket:
        """A second handle on the connection, for cutting it: TLS takes the first one over."""
        handle = line.dup()
        with self._lock:
            self._sweep()
            self._open.add(handle)
            if self._is_cut:
                with suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)
        return handle

    def let_go(self, handle: socket.socket, line: socket.socket | None) -> None:
        """The connection is closed; `line` may live on in an answer that is still being read."""
        with self._lock:
            self._let_go.append((handle, line or handle))
            self._sweep()

    def close(self) -> None:
        with self._lock:
            for handle in self._open:
                handle.close()
            self._open.clear()
            self._let_go.clear()

    def _sweep(self) -> None:
        still_read = []
        for handle, line in self._let_go:
            if line is not handle and line.fileno() != -1:
                still_read.append((handle, line))
            else:
                self._open.discard(handle)
                handle.close()
        self._let_go = still_read

    def _connect(self, address: Address, port: int, *, timeout: float | None) -> socket.socket:
        if timeout == 0:  # would mean "non-blocking" to the socket
            raise TimeoutError("the deadline has passed")
        line = socket.create_connection((str(address), port), timeout)
        try:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = line.getpeername()
            if ip_address(peer[0]) != address or peer[1] != port:
                raise FetchRefused(
                    _("This address leads somewhere else than it says. It is not read."),
                    detail=f"peer: {peer[0]} port {peer[1]} instead of {address} port {port}",
                )
        except BaseException:
            line.close()
            raise
        return line


class _Guarded(HTTPConnection):
    """What the plain and the TLS connection share: connecting through `Lines`, and letting go."""

    lines: Lines
    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        timeout = self.timeout if isinstance(self.timeout, int | float) else None
        try:
            line = self.lines.connect(self.host, self.port, timeout=timeout)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"Connecting to {self.host}: {error}") from error
        except OSError as error:
            raise NewConnectionError(self, f"Connecting to {self.host}: {error}") from error
        self._handle = self.lines.watch(line)
        return line

    def close(self) -> None:
        # http.client closes before the body is read where the server ends the connection after it.
        line = self.sock
        super().close()
        if self._handle is not None:
            self.lines.let_go(self._handle, line)
            self._handle = None


class _GuardedTLS(_Guarded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded
    lines: Lines

    def _new_conn(self) -> Any:
        connection = cast("_Guarded", super()._new_conn())
        connection.lines = self.lines
        return connection


class _PoolTLS(_Pool, HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS


class Pools(PoolManager):
    """urllib3's pools, making guarded connections only."""

    def __init__(self, lines: Lines, connections: int, maxsize: int, **settings: Any) -> None:
        super().__init__(connections, maxsize=maxsize, **settings)
        self.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}
        self._lines = lines

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> HTTPConnectionPool:
        pool = cast("_Pool", super()._new_pool(scheme, host, port, request_context))
        pool.lines = self._lines
        return pool

    def clear(self) -> None:
        """Let go of every connection now; urllib3 would wait until the last answer is forgotten."""
        for key in self.pools.keys():  # noqa: SIM118 - the container refuses to be iterated
            pool = self.pools.get(key)
            if pool is not None:
                pool.close()
        super().clear()
