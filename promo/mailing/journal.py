"""The journal of a batch: which mails were on the wire, and which the relay has answered.

PostgreSQL hears of answers in bulk, a little later. Whoever takes over the batch of a killed worker
reads here what that worker knew: begun and answered is settled, begun and not answered is unknown,
not begun may be sent. A record is written before the body it speaks of leaves us; octets that a
dead process has written to a socket still arrive.

The journal is one string in Redis for each claim of a batch, made of fixed records after a head.
Should Redis have been started anew since the mark, it proves nothing: see `Journal.run`. Nor does a
string that was lost meanwhile (emptied, evicted) and begun anew by a later record: it has no head.
"""

from __future__ import annotations

import struct
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis

from promo.errors import PromoError
from promo.mailing.conversation import Outcome, Outgoing, Verdict
from promo.mailing.replies import Phase, enhanced_status

KEEP_SECONDS = 7 * 86_400
"""Longer than any lease; a journal that nobody has read by then helps nobody."""

_HEAD = b"promo jrn 2"
_RECORD = struct.Struct("<QBHBI")
"""The delivery, what happened, the reply's code, its phase, and its enhanced status as a number."""

_BEGUN = 0
_KINDS = {verdict: number for number, verdict in enumerate(Verdict, start=1)}
_VERDICTS = {number: verdict for verdict, number in _KINDS.items()}
_NUMBERS = {phase: number for number, phase in enumerate(Phase, start=1)}
_PHASES = {number: phase for phase, number in _NUMBERS.items()}
_THOUSAND = 1000


class JournalLost(PromoError):
    """Redis cannot be written to: what follows cannot be proved."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record: `verdict` None means that the mail's body was about to leave.

    Of a refusal the numbers are kept that decide what follows for its reader, not the words.
    """

    delivery_id: int
    verdict: Verdict | None
    code: int = 0
    phase: Phase | None = None
    enhanced: str = ""


def records(begun: Iterable[Outgoing], outcomes: Iterable[Outcome]) -> bytes:
    """What one turn of a courier has brought about; answers first."""
    pack = _RECORD.pack
    said = [
        pack(
            one.mail.id,
            _KINDS[one.verdict],
            one.code,
            _NUMBERS[one.phase],
            0 if one.verdict is Verdict.ACCEPTED else _number(enhanced_status(one.text)),
        )
        for one in outcomes
    ]
    said += [pack(mail.id, _BEGUN, 0, 0, 0) for mail in begun]
    return b"".join(said)


def _number(enhanced: str) -> int:
    """`5.1.1` as 5001001; no status as 0."""
    number = 0
    for part in enhanced.split(".") if enhanced else ():
        number = number * _THOUSAND + int(part)
    return number


def _enhanced(number: int) -> str:
    upper, detail = divmod(number, _THOUSAND)
    first, subject = divmod(upper, _THOUSAND)
    return f"{first}.{subject}.{detail}" if number else ""


def lines(journal: bytes) -> Iterator[Line]:
    """The records of a journal, in order; an unfinished last one is passed by."""
    said = journal.removeprefix(_HEAD)
    whole = len(said) - len(said) % _RECORD.size
    for delivery_id, kind, code, phase, status in _RECORD.iter_unpack(said[:whole]):
        yield Line(delivery_id, _VERDICTS.get(kind), code, _PHASES.get(phase), _enhanced(status))


class Journal:
    """Writes the journals of one worker over a connection of its own, from any of its threads.

    Answers are not waited for in each turn: `check` reads them, before every mark. After a
    JournalLost nothing can be written until the next `begin`: what was on its way may be missing.
    """

    def __init__(self, url: str) -> None:
        pool = redis.ConnectionPool.from_url(url, socket_timeout=5, socket_connect_timeout=5)
        self._connection: Any = pool.make_connection()
        self._awaited: deque[int | None] = deque()
        """For each answer that is still unread: the length of the journal that it must tell."""
        self._lengths: dict[str, int] = {}
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
            self._send(self._connection.pack_command("SET", key, _HEAD, "EX", KEEP_SECONDS))
            self._lengths[key] = len(_HEAD)
            self._read_answers()

    def write(self, key: str, data: bytes) -> None:
        """Add records. Returns when the operating system has them. Raises JournalLost."""
        head = b"*3\r\n$6\r\nAPPEND\r\n$%d\r\n%b\r\n$%d\r\n" % (len(key), key.encode(), len(data))
        with self._safely():
            self._lengths[key] = length = self._lengths.get(key, 0) + len(data)
            self._send([head + data + b"\r\n"], length)

    def check(self) -> None:
        """Read the answers to everything written. Raises JournalLost where one was no success."""
        with self._safely():
            self._read_answers()

    def forget(self, key: str) -> None:
        """The batch is settled: its journal is of no further use. Raises JournalLost."""
        with self._safely():
            self._lengths.pop(key, None)
            self._send(self._connection.pack_command("UNLINK", key))

    def close(self) -> None:
        """End the connection; the journals stay."""
        with self._lock:
            self._end()

    def _ask_run(self) -> str:
        self._connection.send_command("INFO", "server", check_health=False)
        told = self._connection.read_response()
        text = told if isinstance(told, str) else told.decode()
        for line in text.splitlines():
            name, _colon, run = line.partition(":")
            if name == "run_id":
                return run
        message = "INFO names no run_id"
        raise redis.RedisError(message)

    def _send(self, command: list[bytes], length: int | None = None) -> None:
        if not self._run:  # redis-py would connect again by itself, and hide the gap
            message = "not begun, or lost"
            raise redis.ConnectionError(message)
        self._connection.send_packed_command(command, check_health=False)
        self._awaited.append(length)

    def _read_answers(self) -> None:
        while self._awaited:
            told = self._connection.read_response()
            wanted = self._awaited.popleft()
            if wanted is not None and told != wanted:
                message = f"a journal is {told} octets long instead of {wanted}"
                raise redis.RedisError(message)

    @contextmanager
    def _safely(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (redis.RedisError, OSError) as error:
                self._end()
                message = "The journal of mailings (Redis) cannot be reached."
                raise JournalLost(message, detail=str(error)) from error

    def _end(self) -> None:
        self._connection.disconnect()
        self._run = ""
        self._awaited.clear()
        self._lengths.clear()


def read(client: redis.Redis, key: str) -> bytes | None:
    """A journal as it stands; None where there is none, or only a part of one."""
    found = client.get(key)
    return found if isinstance(found, bytes) and found.startswith(_HEAD) else None
