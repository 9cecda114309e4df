"""Workers killed with -9 while an issue goes out, and what the other side then has."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Killer:
    """Kills one of the processes every so many seconds while it is entered; 0 kills none."""

    def __init__(self, pids: Callable[[], Sequence[int]], *, every: float) -> None:
        self.kills = 0
        self._pids = pids
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        if self._every:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._every:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._every):
            with suppress(ProcessLookupError, IndexError):  # between two of them there may be none
                os.kill(random.choice(self._pids()), signal.SIGKILL)  # noqa: S311  (no secret)
                self.kills += 1


def told(killer: Killer, record: Path) -> dict[str, int]:
    """How many readers got nothing, how many mails came twice, and what the ledger says of them.

    `unknown` are in doubt at the end; some that were listed may have been sent again meanwhile.
    """
    from promo.models import Delivery, DeliveryEvent, Subscriber  # noqa: PLC0415 -- needs Django's apps

    taken = Counter(record.read_text().split())
    everybody: Any = Subscriber.objects.values_list("email", flat=True)
    doubtful = DeliveryEvent.objects.filter(kind=DeliveryEvent.Kind.UNKNOWN)
    listed = set(doubtful.values_list("delivery__subscriber__email", flat=True))
    without = {address for address in everybody.iterator() if address not in taken}
    return {
        "kills": killer.kills,
        "listed_in_doubt": len(listed),
        "unknown": Delivery.objects.filter(state=Delivery.State.UNKNOWN).count(),
        "without_a_mail": len(without),
        "lost": len(without - listed),
        "second_copies": taken.total() - len(taken),
        "second_copies_not_listed": len({one for one, n in taken.items() if n > 1} - listed),
    }
