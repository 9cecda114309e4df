"""`python -m tests.faults.moody RECORD MOOD`: a mail server that misbehaves with some mails.

RECORD gets a line for each event before anybody is answered: `taken ADDRESS`, `met ADDRESS` for
each time the fault struck (with no address where none was named yet), `came ADDRESS SECONDS` for
each recipient named, `failed` for each connection without encryption, `clear` for a mail begun on
one. It prints its port. MOOD is a `Mood` in JSON.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
import socket
import ssl
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

SEGMENT = 1000
BUFFER = 4096
"""Octets: so little the sockets hold that a mail does not leave whole while nobody reads it."""


LONGEST = 2**20
"""Octets of a mail."""


@dataclass(frozen=True, slots=True)
class Mood:
    """What goes wrong, at which point, and how often.

    `at`: banner, mail, rcpt, data, body, dot (before the mail is taken), taken (after it), full (a
    connection that has carried `one_in` mails), tls. `does`: a reply to say, or drop, hang, wait
    (for so many seconds, then all is well). At banner and mail it strikes one in so many of all,
    later one in so many readers, each `times` times (0: always). At tls: the first `times`
    connections; `does` is hidden, a reply, drop, or a certificate's file.
    """

    at: str = ""
    does: str = ""
    one_in: int = 1
    times: int = 1
    seconds: float = 0.0
    certificate: str = ""
    """A file with the good one: STARTTLS is offered, and demanded before MAIL."""


class Server:
    def __init__(self, record: Path, mood: Mood) -> None:
        self.mood = mood
        self.record = record.open("ab", buffering=0)
        self.came: Counter[str] = Counter()
        self.connections = itertools.count()
        self.mails = itertools.count()

    def note(self, *words: object) -> None:
        self.record.write(" ".join(map(str, words)).encode() + b"\n")

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The client has had enough, or we have.
        with suppress(OSError, EOFError, _Over, asyncio.CancelledError):
            await _Talk(self, reader, writer).run()
        with suppress(OSError):
            writer.transport.abort()


class _Over(Exception):
    """This connection ends."""


class _Talk:
    """One connection."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.number = next(server.connections)
        self.recipient = ""
        self.taken = 0
        self.secure = False

    async def run(self) -> None:
        if self.unwell:
            self.server.note("failed")
        await self.answer("banner", "220 moody")
        while line := await self.reader.readline():
            verb, _space, words = line.decode().strip().partition(" ")
            verb = verb.lower()
            if verb == "rcpt":
                self.recipient = words.partition("<")[2].partition(">")[0]
                self.server.came[self.recipient] += 1
                self.server.note("came", self.recipient, time.monotonic())
            if verb == "mail" and self.server.mood.certificate and not self.secure:
                self.server.note("clear")
            await self.obey(verb)

    async def obey(self, verb: str) -> None:
        if verb == "data":
            await self.take()
        elif verb == "ehlo":
            await self.say("250-moody", *self.offers(), "250 PIPELINING")
        elif verb == "starttls":
            await self.encrypt()
        elif verb == "quit":
            await self.say("221 bye")
            raise _Over
        else:
            usual = await self.answer(verb, "250 fine")
            if verb == "rcpt" and not usual:
                self.recipient = ""

    async def take(self) -> None:
        if not self.recipient:
            await self.say("554 no valid recipients")
            return
        if not await self.answer("data", "354 go on"):
            return
        await self.meet("body")
        await self.reader.readuntil(b"\r\n.\r\n")
        if await self.meet("dot"):
            return
        self.server.note("taken", self.recipient)
        self.taken += 1
        await self.answer("taken", "250 queued")
        mood = self.server.mood
        if mood.at == "full" and self.taken >= mood.one_in:
            await self.strike()

    async def answer(self, point: str, usual: str) -> bool:
        """Say the usual, unless something else was said. Whether it was the usual."""
        struck = await self.meet(point)
        if not struck:
            await self.say(usual)
        return not struck

    async def meet(self, point: str) -> bool:
        """Has the fault said something here?"""
        return self.strikes(point) and await self.strike()

    def strikes(self, point: str) -> bool:
        mood = self.server.mood
        if mood.at != point:
            return False
        if point in {"banner", "mail"}:
            nth = self.number if point == "banner" else next(self.server.mails)
            return nth % mood.one_in == mood.one_in - 1
        lot = int.from_bytes(sha256(self.recipient.encode()).digest()[:4])
        chosen = lot % mood.one_in == 0
        return chosen and (not mood.times or self.server.came[self.recipient] <= mood.times)

    async def strike(self) -> bool:
        mood = self.server.mood
        self.server.note("met", self.recipient)
        if mood.does == "wait":
            await asyncio.sleep(mood.seconds)
            return False
        if mood.does == "hang":
            self.writer.transport.pause_reading()  # type: ignore[attr-defined]  # TCP's can
            await asyncio.sleep(mood.seconds)
            raise _Over
        if mood.does == "drop":
            raise _Over
        await self.say(mood.does)
        if mood.does.startswith("421"):
            raise _Over
        return True

    # -- encryption

    @property
    def unwell(self) -> str:
        """What is wrong with this connection's encryption."""
        mood = self.server.mood
        return mood.does if mood.at == "tls" and self.number < mood.times else ""

    def offers(self) -> list[str]:
        wanted = self.server.mood.certificate and not self.secure and self.unwell != "hidden"
        return ["250-STARTTLS"] if wanted else []

    async def encrypt(self) -> None:
        if self.unwell[:3].isdigit():
            await self.say(self.unwell)
            return
        await self.say("220 go ahead")
        if self.unwell == "drop":
            raise _Over
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.unwell or self.server.mood.certificate)
        await self.writer.start_tls(context)
        self.secure = True

    async def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()


async def _serve(record: Path, mood: Mood) -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    listener = socket.socket()
    if mood.at == "body":  # before anybody may connect
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
    listener.bind(("127.0.0.1", 0))
    server = Server(record, mood)
    await asyncio.start_server(server.talk, sock=listener, limit=LONGEST, backlog=200)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    await over.wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Mood(**json.loads(sys.argv[2]))))
