"""The journal of a batch: which mails were on the wire, and which the relay has answered.

PostgreSQL hears of answers in bulk, a little later. Whoever takes over the batch of a killed worker
reads here what that worker knew: begun and answered is settled, begun and not answered is unknown,
not begun may be sent. A record is written before the body it speaks of leaves us; octets that a
dead process has written to a socket still arrive.

The journal is one string in Redis for each claim of a batch, made of fixed records. Should Redis
have been started anew since the mark, or the string be gone, it proves nothing: see `Journal.run`.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis

from promo.errors import PromoError
from promo.mailing.conversation import Outcome, Outgoing, Verdict

KEEP_SECONDS = 7 * 86_400
"""Longer than any lease; a journal that nobody has read by then helps nobody."""

_RECORD = struct.Struct("<QBH")  # the delivery, what happened, the reply's code
_BEGUN = 0
_KINDS = {verdict: number for number, verdict in enumerate(Verdict, start=1)}
_VERDICTS = {number: verdict for verdict, number in _KINDS.items()}


class JournalLost(PromoError):
    """Redis cannot be written to: what follows cannot be proved."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record: `verdict` None means that the mail's body was about to leave."""

    delivery_id: int
    verdict: Verdict | None
    code: int = 0


def records(begun: Iterable[Outgoing], outcomes: Iterable[Outcome]) -> bytes:
    """What one turn of a courier has brought about; answers first."""
    pack = _RECORD.pack
    said = [pack(one.mail.id, _KINDS[one.verdict], one.code) for one in outcomes]
    said += [pack(mail.id, _BEGUN, 0) for mail in begun]
    return b"".join(said)


def lines(journal: bytes) -> Iterator[Line]:
    """The records of a journal, in order; an unfinished last one is passed by."""
    whole = len(journal) - len(journal) % _RECORD.size
    for delivery_id, kind, code in _RECORD.iter_unpack(journal[:whole]):
        yield Line(delivery_id, _VERDICTS.get(kind), code)


class Journal:
    """Writes the journals of one worker over a connection of its own.

    Answers are not waited for in each turn: `check` reads them, before every mark.
    """

    def __init__(self, url: str) -> None:
        pool = redis.ConnectionPool.from_url(url, socket_timeout=5, socket_connect_timeout=5)
        self._connection: Any = pool.make_connection()
        self._unread = 0
        self._run = ""
        self._lock = threading.Lock()

    @property
    def run(self) -> str:
        """The run of the Redis that we write to; "" while there is none.

        A mark names it. Where another run reads the journal, its end may be missing.
        """
        return self._run

    def begin(self, key: str) -> None:
        """A new, empty journal. Raises JournalLost where it cannot be proved to be there."""
        with self._safely():
            if not self._run:
                self._connection.connect()
                self._run = self._ask_run()
            self._send(self._connection.pack_command("SET", key, b"", "EX", KEEP_SECONDS))
            self._read_answers()

    def write(self, key: str, data: bytes) -> None:
        """Add records. Returns when the operating system has them. Raises JournalLost."""
        head = b"*3\r\n$6\r\nAPPEND\r\n$%d\r\n%b\r\n$%d\r\n" % (len(key), key.encode(), len(data))
        with self._safely():
            self._send([head + data + b"\r\n"])

    def check(self) -> None:
        """Read the answers to everything written. Raises JournalLost where one was no success."""
        with self._safely():
            self._read_answers()

    def forget(self, key: str) -> None:
        """The batch is settled: its journal is of no further use. Raises JournalLost."""
        with self._safely():
            self._send(self._connection.pack_command("UNLINK", key))

    def _ask_run(self) -> str:
        self._connection.send_command("INFO", "server", check_health=False)
        told = self._connection.read_response()
        text = told if isinstance(told, str) else told.decode()
        named = (line for line in text.splitlines() if line.startswith("run_id:"))
        return next(named).partition(":")[2]

    def _send(self, command: list[bytes]) -> None:
        self._connection.send_packed_command(command, check_health=False)
        self._unread += 1

    def _read_answers(self) -> None:
        while self._unread:
            self._connection.read_response()
            self._unread -= 1

    @contextmanager
    def _safely(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (redis.RedisError, OSError) as error:
                self.close()
                message = "The journal of mailings (Redis) cannot be reached."
                raise JournalLost(message, detail=str(error)) from error

    def close(self) -> None:
        self._connection.disconnect()
        self._run = ""
        self._unread = 0


def read(client: redis.Redis, key: str) -> bytes | None:
    """A journal as it stands; None where there is none."""
    found = client.get(key)
    return found if isinstance(found, bytes) or found is None else bytes(found)
