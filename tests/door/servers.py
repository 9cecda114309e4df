"""Real servers on loopback that answer as they are told, byte by byte."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"


@dataclass
class Request:
    """What arrived: `headers` in lower case."""

    path: str
    headers: Mapping[str, str]


Answer = Callable[["Line", Request], None]


@dataclass
class Line:
    """The server's end of one connection."""

    socket: socket.socket
    closing: threading.Event

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, data: bytes) -> None:
        """One byte at a time, over and over, until the client or the test has had enough."""
        while True:
            for byte in data:
                self.socket.sendall(bytes([byte]))
                if self.closing.wait(0.02):
                    return


@dataclass
class Server:
    """A running server: `seen` holds the requests, `connections` how many lines were opened."""

    host: str
    port: int
    answers: dict[str, Answer]
    scheme: str = "http"
    seen: list[Request] = field(default_factory=list)
    connections: int = 0
    server_names: list[str] = field(default_factory=list)

    def url(self, path: str = "/", *, host: str = "") -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"


def reply(
    body: bytes = b"", *, status: str = "200 OK", headers: Mapping[str, str] | None = None
) -> Answer:
    """An answer of announced length that leaves the connection open."""

    def answer(line: Line, request: Request) -> None:
        lines = [f"HTTP/1.1 {status}"]
        merged = {"Content-Length": str(len(body)), **(headers or {})}
        lines += [f"{name}: {value}" for name, value in merged.items()]
        line.send("\r\n".join(lines).encode("latin-1") + HEAD_END + body)

    return answer


def raw(data: bytes) -> Answer:
    """These bytes, then the end of the connection."""

    def answer(line: Line, request: Request) -> None:
        line.send(data)
        line.socket.shutdown(socket.SHUT_WR)

    return answer


def redirect(location: str, *, status: str = "302 Found", cookie: str = "") -> Answer:
    headers = {"Location": location} | ({"Set-Cookie": cookie} if cookie else {})
    return reply(b"moved", status=status, headers=headers)


@contextmanager
def serve(
    answers: dict[str, Answer], *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[Server]:
    """A server on a free port; everything it started has ended when the block ends."""
    listener = socket.create_server((host, 0))
    closing = threading.Event()
    server = Server(host, listener.getsockname()[1], answers, "https" if tls else "http")
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            server.connections += 1
            thread = threading.Thread(target=_talk, args=(connection, server, closing, tls))
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        closing.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [acceptor, *threads]:
            thread.join()


def _talk(
    connection: socket.socket, server: Server, closing: threading.Event, tls: ssl.SSLContext | None
) -> None:
    with suppress(OSError):  # the client may break off whenever it likes
        connection.settimeout(10)
        stream = tls.wrap_socket(connection, server_side=True) if tls else connection
        with stream:
            while (request := _read(stream)) is not None:
                server.seen.append(request)
                server.answers[request.path](Line(stream, closing), request)
    connection.close()


def _read(stream: socket.socket) -> Request | None:
    head = b""
    while not head.endswith(HEAD_END):
        byte = stream.recv(1)
        if not byte:
            return None
        head += byte
    first, *rest = head.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
    return Request(path=first.split(" ")[1], headers=headers)
