"""`python -m tasks.bench.sink`: a mail server that takes everything, counts it, and forgets it.

For machines without Postfix's `smtp-sink`, and for relays that are slow to answer (`--delay`).
It prints its port, and on SIGTERM how many mails it has taken.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

_EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
_REPLIES = {
    b"EHLO": _EHLO,
    b"HELO": b"250 sink\r\n",
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"NOOP": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}
_END = b"\r\n.\r\n"


class _Sink(asyncio.Protocol):
    """One connection. Replies to one flight leave together, after the delay."""

    taken = 0
    delay = 0.0
    record: BinaryIO | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]  # TCP's is one
        self.rest = self.reader = b""
        self.in_body = False
        self._answer(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.rest += data
        answer = b""
        while True:
            said = self._body() if self.in_body else self._command()
            if said is None:
                break
            answer += said
        if answer:
            self._answer(answer)

    def _body(self) -> bytes | None:
        """The answer to a whole body; None while its end is missing. What was looked at is gone."""
        end = self.rest.find(_END)
        if end < 0:
            self.rest = self.rest[-len(_END) + 1 :]
            return None
        self.rest = self.rest[end + len(_END) :]
        self.in_body = False
        _Sink.taken += 1
        if _Sink.record is not None:
            _Sink.record.write(self.reader + b"\n")
        return b"250 2.0.0 Ok: taken\r\n"

    def _command(self) -> bytes | None:
        line, end, rest = self.rest.partition(b"\r\n")
        if not end:
            return None
        self.rest = rest
        verb = line[:4].upper()
        if verb == b"RCPT":
            self.reader = line.partition(b"<")[2].partition(b">")[0]
        if verb == b"DATA":
            self.in_body = True
            return b"354 Go on\r\n"
        return _REPLIES.get(verb, b"502 5.5.2 Unknown\r\n")

    def _answer(self, answer: bytes) -> None:
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self.transport.write, answer)
        else:
            self.transport.write(answer)


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, over.set)
    server = await loop.create_server(_Sink, "127.0.0.1", port)
    async with server:
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        await over.wait()
    with suppress(OSError):  # nobody may be listening any more
        sys.stdout.write(f"{_Sink.taken}\n")
        sys.stdout.flush()


def open_record(path: Path | None) -> AbstractContextManager[BinaryIO | None]:
    """The file, unbuffered: what was taken stands there before the relay says so."""
    return path.open("ab", buffering=0) if path else nullcontext()


def main() -> None:
    parser = argparse.ArgumentParser(prog="tasks.bench.sink")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="milliseconds before each answer")
    parser.add_argument("--record", type=Path, help="a file that gets a line for each mail taken")
    asked = parser.parse_args()
    _Sink.delay = asked.delay / 1000
    with open_record(asked.record) as _Sink.record:
        asyncio.run(_serve(asked.port))


if __name__ == "__main__":
    main()
