"""A mail relay that follows a script on a real socket: what it says, where it hangs or breaks.

`taken` is the witness: the mails whose final dot the relay has read and answered (or swallowed).
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO


class Drop:
    """Close the connection instead of answering."""


class Reset:
    """Break the connection (RST) instead of answering."""


class Hang:
    """Never answer; the connection stays open until the relay stops. `reached` counts them."""

    def __init__(self) -> None:
        self.reached = threading.Semaphore(0)


class Gate:
    """Say nothing until the test opens it, then go on with the step."""

    def __init__(self, words: Step) -> None:
        self.words = words
        self.reached = threading.Event()
        self.opened = threading.Event()
        self.said = threading.Event()


@dataclass(frozen=True)
class Deaf:
    """Say the words, then neither read nor say anything more."""

    words: str


@dataclass(frozen=True)
class Piecemeal:
    """Say the words octet by octet."""

    words: str


class Turns:
    """Another step each time, in whatever connection; the last one from then on."""

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self._lock = threading.Lock()

    def next(self) -> Step:
        with self._lock:
            return self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]


Step = str | Drop | Reset | Hang | Gate | Deaf | Piecemeal | Turns
END = b"\r\n.\r\n"


@dataclass(frozen=True)
class Script:
    """The relay's side of one connection. A string is sent as it is, without its line end."""

    banner: Step = "220 relay.example.org ready"
    ehlo: Step = "250-relay.example.org\r\n250 PIPELINING"
    helo: Step = "250 relay.example.org"
    starttls: Step = "502 no such thing"
    auth: Step = "235 2.7.0 welcome"
    password: Step = "235 2.7.0 welcome"
    """What comes after the password, where `auth` asks for it by a 334."""
    mail: Step = "250 2.1.0 fine"
    rcpt: Step = "250 2.1.5 fine"
    data: Step = "354 go on"
    body: Step | None = None
    dot: Step = "250 2.0.0 queued as A1"
    rset: Step = "250 2.0.0 forgotten"
    quit: Step = "221 2.0.0 bye"
    parting: Step | None = None
    """What comes after each answer to a final dot, unasked."""


class _Over(Exception):
    """The script ends this connection."""


@dataclass
class ScriptedRelay:
    """A listening relay; connection n follows script n, later ones the last.

    `on_body` is told the first line of each body, before the relay goes on. `served` holds for each
    mail of `taken` the number of its connection.
    """

    scripts: Sequence[Script]
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    port: int = 0
    on_body: Callable[[bytes], None] = lambda _line: None
    heard: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    served: list[int] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self.ended = threading.Semaphore(0)
        """Released by each connection that the relay has closed."""
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", self.port))
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
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            given = (connection, script, self.connections)
            talks.append(threading.Thread(target=self._talk, args=given))
            talks[-1].start()
        for talk in talks:
            talk.join()

    def _talk(self, connection: socket.socket, script: Script, number: int) -> None:
        try:
            if self.implicit and self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            _Talk(self, connection, script, number).run()
        except (_Over, OSError):
            pass
        finally:
            connection.close()
            self.ended.release()

    def hold(self, until: threading.Event | None = None) -> None:
        """Wait for the event, or the end."""
        while not self._stopping.wait(0.01 if until else None):
            if until and until.is_set():
                return
        raise _Over


class _Talk:
    """One connection."""

    def __init__(
        self, relay: ScriptedRelay, connection: socket.socket, script: Script, number: int
    ) -> None:
        self.relay, self.connection, self.script = relay, connection, script
        self.number = number
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
        elif verb == "auth" and str(self.script.auth).startswith("334"):
            self.say(self.script.auth)
            self.relay.heard.append(self.lines.readline().decode().rstrip("\r\n"))
            self.say(self.script.password)
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
        step = self.due(self.script.data)
        self.say(step)
        if not _words(step).startswith("354"):
            return
        lines = [self.lines.readline()]
        if not lines[0]:
            raise _Over
        self.relay.on_body(lines[0])
        if self.script.body is not None:
            self.say(self.script.body)
        before = b"\r\n"
        while not (before + lines[-1]).endswith(END):
            before = lines[-1][-2:]
            lines.append(self.lines.readline())
            if not lines[-1]:
                raise _Over
        mail = b"".join(lines)
        step = self.due(self.script.dot)
        if not _words(step).startswith(("4", "5")):
            self.relay.taken.append(mail[: -len(".\r\n")])
            self.relay.served.append(self.number)
        self.say(step)
        if self.script.parting is not None:
            self.say(self.script.parting)

    def due(self, step: Step) -> Step:
        return step.next() if isinstance(step, Turns) else step

    def say(self, step: Step) -> None:
        match self.due(step):
            case str(words):
                self.connection.sendall(words.encode() + b"\r\n")
            case Gate() as gate:
                gate.reached.set()
                self.relay.hold(gate.opened)
                self.say(gate.words)
                gate.said.set()
            case Deaf(words):
                self.say(words)
                self.relay.hold()
            case Piecemeal(words):
                for octet in words.encode() + b"\r\n":
                    self.connection.sendall(bytes([octet]))
            case Hang() as hang:
                hang.reached.release()
                self.relay.hold()
            case Reset():
                lingering = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
                raise _Over
            case Drop():
                raise _Over


def _words(step: Step) -> str:
    return step if isinstance(step, str) else str(getattr(step, "words", ""))


@contextmanager
def relay(
    *scripts: Script,
    tls: ssl.SSLContext | None = None,
    implicit: bool = False,
    port: int = 0,
    on_body: Callable[[bytes], None] = lambda _line: None,
) -> Iterator[ScriptedRelay]:
    scripted = ScriptedRelay(
        scripts or (Script(),), tls=tls, implicit=implicit, port=port, on_body=on_body
    )
    try:
        yield scripted
    finally:
        scripted.stop()
