"""Small IMAP4rev1 and POP3 servers on real sockets, over one box of mails.

    with served(Pop3, box) as server: ...

They know what `promo.mailing.mailboxes` asks, and can break off at a command or drip their answers.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import ClassVar

USER, PASSWORD = "odbicia@example.org", 'h"as\\ło'


@dataclass
class Box:
    """The mails of a mailbox by number; `marked` are those with the flag \\Deleted."""

    mails: dict[int, bytes] = field(default_factory=dict)
    marked: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, *mails: bytes) -> Box:
        return cls(dict(enumerate(mails, 11)))


class Session:
    """One connection: lines in, octets out."""

    greeting: ClassVar[bytes]

    def __init__(self, server: Server, connection: socket.socket) -> None:
        self.server, self.connection = server, connection
        self.file = connection.makefile("rb")

    @property
    def box(self) -> Box:
        return self.server.box

    def run(self) -> None:
        if self.server.drips:
            never = threading.Event()
            while not never.wait(0.05):
                self.connection.sendall(b"*")
        self.say(self.greeting)
        while line := self.file.readline():
            if self.server.breaks_at and self.server.breaks_at in line.upper():
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if not self.obey(line.rstrip(b"\r\n")):
                return

    def say(self, line: bytes) -> None:
        self.connection.sendall(line + b"\r\n")

    def read(self, octets: int) -> bytes:
        return self.file.read(octets)

    def encrypt(self) -> None:
        assert self.server.tls is not None
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.file = self.connection.makefile("rb")

    def obey(self, line: bytes) -> bool:
        raise NotImplementedError


class Imap(Session):
    greeting = b"* OK ready"

    def obey(self, line: bytes) -> bool:
        tag, command, *rest = line.split(b" ", 2)
        words = rest[0] if rest else b""
        name = command.upper()
        if name == b"UID":
            name, _space, words = words.partition(b" ")
            name = name.upper()
        answer = getattr(self, name.decode().lower())(words)
        if name == b"AUTHENTICATE" and answer is None:
            return True
        self.say(tag + b" " + (answer or b"OK done"))
        if name == b"STARTTLS":
            self.encrypt()
        return name != b"LOGOUT"

    def capability(self, _words: bytes) -> None:
        extra = b" UIDPLUS" if self.server.uidplus else b""
        self.say(b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN" + extra)

    def starttls(self, _words: bytes) -> None:
        pass

    def logout(self, _words: bytes) -> None:
        self.say(b"* BYE")

    def authenticate(self, _words: bytes) -> bytes:
        self.say(b"+ ")
        _zone, user, password = base64.b64decode(self.file.readline()).decode().split("\0")
        return b"OK in" if (user, password) == (USER, self.server.password) else b"NO wrong"

    def login(self, words: bytes) -> bytes:
        return b"OK in" if self.server.password.encode() in words else b"NO wrong"

    def select(self, words: bytes) -> bytes:
        self.say(b"* %d EXISTS" % len(self.box.mails))
        return b"OK [READ-WRITE] done" if words == b'"INBOX"' else b"NO there is no such folder"

    def search(self, words: bytes) -> None:
        wanted = (number in self.box.marked for number in self.box.mails)
        hits = [n for n, is_marked in zip(self.box.mails, wanted, strict=True)
                if is_marked == (words.upper() == b"DELETED")]  # fmt: skip
        self.say(b"* SEARCH" + b"".join(b" %d" % number for number in hits))

    def fetch(self, words: bytes) -> None:
        number, most = re.fullmatch(rb"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", words).groups()  # type: ignore[union-attr]
        raw = self.box.mails[int(number)][: int(most)]
        self.say(b"* 1 FETCH (UID %s BODY[]<0> {%d}" % (number, len(raw)))
        self.connection.sendall(raw)
        self.say(b")")

    def store(self, words: bytes) -> None:
        self.box.marked.add(int(words.split()[0]))

    def expunge(self, words: bytes) -> None:
        wanted = {int(one) for one in words.split(b",")} if words else self.box.marked
        for number in wanted & self.box.marked:
            del self.box.mails[number]
        self.box.marked -= wanted


class Pop3(Session):
    greeting = b"+OK ready"

    def obey(self, line: bytes) -> bool:
        command, _space, words = line.partition(b" ")
        name = command.upper()
        if name in {b"USER", b"STLS"}:
            self.say(b"+OK")
            if name == b"STLS":
                self.encrypt()
        elif name == b"CAPA":
            self.say(b"+OK\r\nSTLS\r\nTOP\r\n.")
        elif name == b"PASS":
            self.say(b"+OK" if words.decode() == self.server.password else b"-ERR wrong")
        elif name == b"LIST":
            lines = [b"%d %d" % (n, len(raw)) for n, raw in self.box.mails.items()]
            self.say(b"\r\n".join([b"+OK", *lines, b"."]))
        elif name in {b"RETR", b"TOP"}:
            self._show(words)
        elif name == b"DELE":
            self.box.marked.add(int(words))
            self.say(b"+OK")
        else:
            for number in self.box.marked:
                del self.box.mails[number]
            self.box.marked.clear()
            self.say(b"+OK bye")
            return False
        return True

    def _show(self, words: bytes) -> None:
        number, *most = (int(word) for word in words.split())
        lines = self.box.mails[number].splitlines()[: most[0] if most else None]
        stuffed = [b"." + line if line.startswith(b".") else line for line in lines]
        self.say(b"\r\n".join([b"+OK", *stuffed, b"."]))


@dataclass
class Server:
    """Where it listens, and what is wrong with it."""

    kind: type[Session]
    box: Box
    password: str = PASSWORD
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    uidplus: bool = True
    breaks_at: bytes = b""
    drips: bool = False
    port: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _peer = listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._run, args=[connection], daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        with suppress(OSError):  # the client has had enough
            if self.implicit and self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            session = self.kind(self, connection)
            try:
                session.run()
            finally:
                session.file.close()
                session.connection.close()

    def stop(self) -> None:
        for connection in self._open:
            connection.close()


@contextmanager
def served(server: Server) -> Iterator[Server]:
    """The server, listening on a free port of the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=server.serve, args=[listener], daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            server.stop()
