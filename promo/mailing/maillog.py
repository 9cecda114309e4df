"""What Postfix's log tells of the mails of one mailing: taken, not taken, or begun and not ended.

    smtpd[1]: QID: client=…                             the envelope is taken, a mail is begun
    cleanup[2]: QID: message-id=<…>                     its head has arrived, which is no acceptance
    smtpd[1]: lost connection after DATA, timeout …     it ended before its dot: not taken
    cleanup[2]: QID: reject: …, milter-reject: …        not taken either
    qmgr[3]: QID: from=<…>, size=…, … (queue active)    taken

Postfix answers a final dot once cleanup has written the mail to the queue (cleanup(8)), so that a
mail without a `message-id=` line was certainly never taken. One with it and without an end may wait
in `incoming` for room in the active queue (qmgr(8)) or be on hold. A short body stays in smtpd's
buffer: its end may be logged before its head. Queue ids are used again, unless
`enable_long_queue_ids` is set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_EVENT = re.compile(
    rb"(cleanup|o?qmgr|smtpd)\[(\d+)\]: (?:([0-9A-Za-z]+): )?"
    rb"(client=|message-id=<|from=<|reject: |milter-reject: |"
    rb"lost connection after DATA|timeout after DATA|disconnect from)(.*)"
)
_OURS = re.compile(rb"([0-9a-f]{32})\.([0-9a-f]{32})@")
_SENDER = re.compile(rb"b\+([1-9][0-9]{0,18})-[0-9a-f]{20}@", re.IGNORECASE)
_CUT = (b"lost connection after DATA", b"timeout after DATA")
_LATE = (b"DATA ", b"END-OF-MESSAGE ")
"""What smtpd refuses after it has a queue id and speaks of the mail itself."""


class Search:
    """The mails of some readers of an issue: `feed` it each line of the log, oldest first.

    `readers`: the UUID of each reader, in hexadecimal, and the delivery that is looked for. What it
    keeps does not grow with the log: besides them a line for each open connection.
    """

    def __init__(self, issue: str, readers: Mapping[str, int]) -> None:
        self.taken: set[int] = set()
        """Deliveries whose mail is the relay's now."""
        self.seen = 0
        """Mails of this issue to whomever, whose head arrived: at least as many as were taken."""
        self._issue = issue.encode()
        self._readers = {uuid.encode(): delivery_id for uuid, delivery_id in readers.items()}
        self._open: dict[bytes, int] = {}
        """Queue ids of mails we look for, begun and not ended."""
        self._at_work: dict[bytes, bytes] = {}
        """The queue id that each process of smtpd has in hand."""
        self._cut: set[bytes] = set()
        """Queue ids that ended before their dot and whose head is not told yet."""

    @property
    def begun(self) -> set[int]:
        """Deliveries whose mail was begun, and nothing tells whether it was taken."""
        return set(self._open.values()) - self.taken

    def feed(self, line: bytes) -> None:
        found = _EVENT.search(line)
        if found is None:
            return
        program, process, queue_id, word, rest = found.groups()
        if program == b"smtpd":
            self._smtpd(process, queue_id, word, rest)
        elif queue_id is None:
            return
        elif word == b"message-id=<":
            self._head(queue_id, rest)
        elif word == b"from=<":
            self._active(queue_id, rest)
        elif word.endswith(b"reject: "):
            self._open.pop(queue_id, None)

    def _smtpd(self, process: bytes, queue_id: bytes | None, word: bytes, rest: bytes) -> None:
        if word == b"client=" and queue_id is not None:
            self._at_work[process] = queue_id
            self._cut.discard(queue_id)
        elif word in _CUT:
            ended = self._at_work.pop(process, None)
            if ended is not None and self._open.pop(ended, None) is None:
                self._cut.add(ended)
        elif word == b"disconnect from":
            self._at_work.pop(process, None)
        elif queue_id is not None and word.endswith(b"reject: ") and rest.startswith(_LATE):
            self._open.pop(queue_id, None)

    def _head(self, queue_id: bytes, rest: bytes) -> None:
        self._open.pop(queue_id, None)  # used again: whatever had it is gone
        if queue_id in self._cut:
            self._cut.remove(queue_id)
            return
        named = _OURS.match(rest)
        if named is None or named[2] != self._issue:
            return
        self.seen += 1
        if (wanted := self._readers.get(named[1])) is not None:
            self._open[queue_id] = wanted

    def _active(self, queue_id: bytes, rest: bytes) -> None:
        wanted = self._open.pop(queue_id, None)
        if wanted is None:
            return
        # The same item may go to the same reader by another newsletter: its sender names it.
        sender = _SENDER.match(rest)
        if sender is None or int(sender[1]) == wanted:
            self.taken.add(wanted)
