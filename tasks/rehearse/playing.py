"""The play: tick, let the workers finish, look what can be seen, put the clocks forward.

The clocks go on by themselves while somebody works, and leap only when nobody does: so no lease
ends and nothing is late because a call took its time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

import redis
from celery.signals import after_task_publish
from django.conf import settings

from promo.errors import PromoError
from promo.services import rehearsal_course
from promo.services.clock import database_now
from promo.supervisor.programs import QUEUES
from tasks import upkeep
from tasks.rehearse import clock
from tasks.rehearse.stage import GLANCE, Stage

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
"""Leaps to where nothing is due. They grow while nothing happens: what has no hour of its own
follows upon something else, mostly soon."""

OFF_BEFORE, OFF_AFTER = timedelta(minutes=30), timedelta(hours=2)
"""How long Promo is switched off, around its first publication."""

_ROUNDS = 50
"""So often one instant may bring about something new."""

_STALLS_AFTER = 300.0
"""Seconds of real time after which a worker that does not finish is given up."""

_PREFIX = "promo:"  # `global_keyprefix` in config.broker


@dataclass
class Hints:
    """How many hints this process has handed out."""

    count: int = 0
    _queue: redis.Redis = field(default_factory=lambda: redis.Redis.from_url(settings.REDIS_URL))

    @contextmanager
    def counted(self) -> Iterator[None]:
        def one_more(**_kwargs: object) -> None:
            self.count += 1

        after_task_publish.connect(one_more)
        try:
            yield
        finally:
            after_task_publish.disconnect(one_more)

    def wait_until_done(self, worker_lives: Callable[[], bool]) -> None:
        """Return once the worker has acknowledged all of them."""
        ends = time.monotonic() + _STALLS_AFTER
        never = Event()
        calm = 0
        # Between two of its commands the worker has taken a hint, and not written it down yet:
        # what is to count as done must be so at two looks.
        while calm < 2:  # noqa: PLR2004  (as just said)
            if not worker_lives() or time.monotonic() > ends:
                raise PromoError("The worker of the rehearsal does not come to an end.")
            calm = calm + 1 if self._left() == 0 else 0
            never.wait(GLANCE)

    def _left(self) -> int:
        pipe = self._queue.pipeline()
        for queue in QUEUES:
            pipe.llen(f"{_PREFIX}{queue}")
        pipe.hlen(f"{_PREFIX}unacked")
        return sum(map(int, pipe.execute()))


@dataclass
class Play:
    """One run of the clock.

    `look` is called when all of an instant is done, and tells whether there was anything new;
    `away` when Promo was switched off between two.
    """

    stage: Stage
    look: Callable[[], bool]
    away: Callable[[datetime, datetime], None]
    off: bool = False

    def run(self, *, until: datetime) -> Iterator[datetime]:
        """Play from now on; gives each instant that has been played."""
        began = at = database_now()
        off_from, off_until = self._switched_off(began, until)
        leap = LONGEST
        hints = Hints()
        with hints.counted():
            while True:
                self._settle(hints)
                leap = SHORTEST if self.look() else min(2 * leap, LONGEST)
                yield at
                if at >= until:
                    return
                at = self._next(until, leap)
                if off_from <= at < off_until:
                    at = min(off_until, until)
                    self.away(off_from, at)
                self.stage.world.set_clock(at)
                clock.put(at)

    def _settle(self, hints: Hints) -> None:
        """Tick until nothing more is due at this instant."""
        for _round in range(_ROUNDS):
            before = hints.count
            upkeep.hand_out()
            if hints.count == before:
                return
            hints.wait_until_done(self.stage.worker.is_alive)

    def _next(self, until: datetime, leap: timedelta) -> datetime:
        now = database_now()
        due = rehearsal_course.next_moment(now=now)
        return min(until, now + leap, *([due] if due else []))

    def _switched_off(self, began: datetime, until: datetime) -> tuple[datetime, datetime]:
        """From when to when; nothing lies between where it is not."""
        first = rehearsal_course.first_due(since=began, until=until) if self.off else None
        if first is None:
            return until, until
        return max(began, first - OFF_BEFORE), first + OFF_AFTER
