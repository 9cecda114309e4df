"""A mail relay that follows a script on a real socket: what it says, where it hangs or breaks.

`taken` is the witness: the mails whose final dot the relay has read and answered (or swallowed).
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO


class Drop:
    """Close the connection instead of answering."""


class Reset:
    """Break the connection (RST) instead of answering."""


class Hang:
    """Never answer; the connection stays open until the relay stops."""


Step = str | Drop | Reset | Hang
END = b"\r\n.\r\n"


@dataclass(frozen=True)
class Script:
    """The relay's side of one connection. A string is sent as it is, without its line end."""

    banner: Step = "220 relay.example.org ready"
    ehlo: Step = "250-relay.example.org\r\n250 PIPELINING"
    helo: Step = "250 relay.example.org"
    starttls: Step = "502 no such thing"
    auth: Step = "235 2.7.0 welcome"
    mail: Step = "250 2.1.0 fine"
    rcpt: Step = "250 2.1.5 fine"
    data: Step = "354 go on"
    body: Step | None = None
    dot: Step = "250 2.0.0 queued as A1"
    rset: Step = "250 2.0.0 forgotten"
    quit: Step = "221 2.0.0 bye"


class _Over(Exception):
    """The script ends this connection."""


@dataclass
class ScriptedRelay:
    """A listening relay; connection n follows script n, later ones the last."""

    scripts: Sequence[Script]
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    heard: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with socket.create_connection(("127.0.0.1", self.port)):
            pass  # wakes the accept
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        talks: list[threading.Thread] = []
        while True:
            connection, _address = self._listener.accept()
            if self._stopping.is_set():
                connection.close()
                break
            script = self.scripts[min(self.connections, len(self.scripts) - 1)]
            self.connections += 1
            talks.append(threading.Thread(target=self._talk, args=(connection, script)))
            talks[-1].start()
        for talk in talks:
            talk.join()

    def _talk(self, connection: socket.socket, script: Script) -> None:
        try:
            if self.implicit and self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            _Talk(self, connection, script).run()
        except (_Over, OSError):
            pass
        finally:
            connection.close()

    def hold(self) -> None:
        self._stopping.wait()


class _Talk:
    """One connection."""

    def __init__(self, relay: ScriptedRelay, connection: socket.socket, script: Script) -> None:
        self.relay, self.connection, self.script = relay, connection, script
        self.lines: BinaryIO = connection.makefile("rb")

    def run(self) -> None:
        try:
            self.say(self.script.banner)
            while line := self.lines.readline():
                self.relay.heard.append(line.decode("utf-8", "replace").rstrip("\r\n"))
                self.answer(line.split()[0].decode().lower())
        finally:
            self.lines.close()
            self.connection.close()

    def answer(self, verb: str) -> None:
        if verb == "starttls":
            self.starttls()
        elif verb == "data":
            self.data()
        else:
            self.say(getattr(self.script, verb))
            if verb == "quit":
                raise _Over

    def starttls(self) -> None:
        self.say(self.script.starttls)
        if self.relay.tls is not None:
            self.lines.close()
            self.connection = self.relay.tls.wrap_socket(self.connection, server_side=True)
            self.lines = self.connection.makefile("rb")

    def data(self) -> None:
        self.say(self.script.data)
        if not str(self.script.data).startswith("354"):
            return
        if self.script.body is not None:
            self.lines.readline()
            self.say(self.script.body)
        mail = b""
        while not (b"\r\n" + mail).endswith(END):
            line = self.lines.readline()
            if not line:
                raise _Over
            mail += line
        if not str(self.script.dot).startswith(("4", "5")):
            self.relay.taken.append(mail[: -len(".\r\n")])
        self.say(self.script.dot)

    def say(self, step: Step) -> None:
        match step:
            case str():
                self.connection.sendall(step.encode() + b"\r\n")
            case Hang():
                self.relay.hold()
                raise _Over
            case Reset():
                lingering = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
                raise _Over
            case Drop():
                raise _Over


@contextmanager
def relay(
    *scripts: Script, tls: ssl.SSLContext | None = None, implicit: bool = False
) -> Iterator[ScriptedRelay]:
    scripted = ScriptedRelay(scripts or (Script(),), tls=tls, implicit=implicit)
    try:
        yield scripted
    finally:
        scripted.stop()
