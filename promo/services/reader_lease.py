"""A worker's right to an import: claimed, renewed every second, lost when it is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

import structlog
from django.db import OperationalError, connection
from django.db.models import F, Q
from django.db.models.functions import Now

from promo.models import ReaderImport
from promo.services.ledger import worker_name

log = structlog.get_logger()

State = ReaderImport.State
AT_WORK = (State.READING, State.MERGING)
LEASE = timedelta(seconds=30)
EVERY = 0.7
"""Seconds between two signs of life: a cancellation acts within a second."""

MOST_CLAIMS = 3
"""A file that has brought down so many workers is not tried again."""


def claim(import_id: int, *, now: datetime) -> ReaderImport | None:
    """Take the import for one lease; None where there is nothing to do, or somebody has it."""
    free = Q(state=State.WAITING) | Q(state__in=AT_WORK, lease_until_at__lte=now)
    taken = ReaderImport.objects.filter(free, id=import_id).update(
        state=State.READING,
        token=F("token") + 1,
        owner=worker_name(),
        lease_until_at=now + LEASE,
        rows=0,
        merged=0,
    )
    if not taken:
        return None
    return ReaderImport.objects.select_related("newsletter").get(id=import_id)


def held(asked: ReaderImport) -> Q:
    """The row, as long as this very claim of it stands."""
    return Q(id=asked.id, token=asked.token, state__in=AT_WORK)


class Watch(Protocol):
    """What looks after a claim while its worker is busy."""

    lost: bool
    rows: int
    merged: int

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


NewWatch = Callable[[ReaderImport, Callable[[], None]], Watch]
"""Makes one for an import; the second argument interrupts what its worker asks of the database."""


class Heartbeat:
    """Renews the lease and tells how far it is, on a connection of its own, in a thread.

    Where the claim is lost it sets `lost` and interrupts what the worker asks of the database.
    """

    def __init__(self, asked: ReaderImport, interrupt: Callable[[], None]) -> None:
        self.lost = False
        self.rows = 0
        self.merged = 0
        self._asked = asked
        self._interrupt = interrupt
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"import {asked.id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._over.wait(EVERY):
                if not self._renewed():
                    self.lost = True
                    self._interrupt()
                    return
        finally:
            connection.close()

    def _renewed(self) -> bool:
        try:
            row = ReaderImport.objects.filter(held(self._asked))
            return bool(
                row.update(lease_until_at=Now() + LEASE, rows=self.rows, merged=self.merged)
            )
        except OperationalError as error:  # the database restarts: the lease outlives a moment
            log.warning("import", id=self._asked.id, error=str(error))
            connection.close()
            return True
