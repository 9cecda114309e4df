"""The thread that talks to PostgreSQL for one run: claims, marks, renews, settles, gives back.

While a window is on the wire it marks the next one, and it settles answers in bulk. What it shares
with the courier's thread are plain values in deques.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

import redis
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from promo import stops
from promo.errors import PublishError, Unauthorized
from promo.mailing.journal import Journal, JournalLost
from promo.mailing.limits import Meter
from promo.models import Mailing, UnknownPolicy
from promo.services import batches
from promo.services.batches import Claim, Place
from promo.services.clock import Clock
from promo.services.settling import Heard, settle

log = structlog.get_logger()

BUDGET = timedelta(seconds=120)
"""A run begins no mail after this long; the tick hints at what is left."""

LARGEST_WINDOW = 500
FIRST_WINDOW = 100
SMALLEST_WINDOW = 8
WINDOW_SECONDS = 0.1
"""A mark is good for what is sent in this time: so soon acts whoever leaves, pauses or cancels."""

SETTLE_SECONDS = 0.25
SETTLE_MANY = 1000
LOOK_SECONDS = 0.3
"""How often it looks whether the mailing may go on."""

AFTER_AWAY = timedelta(seconds=30)
AFTER_NO_ACCESS = timedelta(minutes=5)
"""When a batch is due again whose relay could not be reached, or did not let us in."""

_SENDS_FOR = 2 / 3
"""After this part of a lease without a mark or a renewal nothing more begins."""

LONGEST_REST = 5.0
"""Seconds a run waits for a limit of the relay; for longer its batches are given back."""

DATABASE_PAUSE = 0.5
DATABASE_TRIES = 120


class Clerk:
    """One run's clerk: `run` is its thread's work. `ready` holds readers the courier may take."""

    def __init__(
        self,
        mailing: Mailing,
        journal: Journal,
        meter: Meter,
        *,
        wake: Callable[[], None],
        clock: Clock,
    ) -> None:
        self.ready: deque[Place] = deque()
        self.nothing_left = False
        self.held = False
        """The mailing was paused, cancelled or taken from us: nothing more may begin."""
        self._mailing = mailing
        self._policy = UnknownPolicy(mailing.unknown_policy)
        self._journal = journal
        self._meter = meter
        self._rests_until = 0.0
        self._wake_courier = wake
        self._clock = clock
        self._until = clock() + BUDGET
        self._bell = threading.Event()
        self._stopping = False
        self._heard: deque[Heard] = deque()
        self._claims: list[Claim] = []
        self._marking: Claim | None = None
        self._sends_until = float("inf")
        self._settled_at = self._renewed_at = self._looked_at = time.monotonic()
        self._window = FIRST_WINDOW
        self._lease = settings.PROMO_MAIL_LEASE.total_seconds()
        self._retry_after = timedelta()
        self._problem = ""
        self._sender_refused = ""

    # -- called from the courier's thread

    def may_send(self) -> bool:
        """A worker that has slept through its lease sends nothing: somebody else may be at it."""
        return not self.held and time.monotonic() < self._sends_until

    def hear(self, settled: Sequence[Heard]) -> None:
        """What became of these readers; it is written down soon."""
        self._heard.extend(settled)
        if len(self._heard) >= SETTLE_MANY:
            self._bell.set()

    def hurry(self) -> None:
        """The courier has nothing to carry."""
        self._bell.set()

    def unprove(self, error: JournalLost) -> None:
        """From now on what leaves stands in no journal; written down before it leaves."""
        log.warning("journal", error=str(error))
        claims = [claimed for claimed in self._claims if claimed.proved]
        for claimed in claims:
            claimed.proved = False
        batches.unprove(claims)

    def relay_is_away(self, error: PublishError) -> bool:
        """No connection can be had. True: go on trying while the budget lasts."""
        self._problem = error.text
        log.warning("relay", error=str(error))
        if isinstance(error, Unauthorized):
            self._retry_after = AFTER_NO_ACCESS
            self.nothing_left = True
            self.held = True
            return False
        self._retry_after = AFTER_AWAY
        return not self.nothing_left

    def sender_refused(self, said: str) -> None:
        """The relay does not take mails from us: that is no reader's fault, and a person's work."""
        self._sender_refused = said
        self.held = self.nothing_left = True
        self.ready.clear()

    def stop(self, in_doubt: Sequence[Heard]) -> None:
        """Let the thread settle what is left, give the batches back, and end."""
        self._heard.extend(in_doubt)
        self._stopping = True
        self._bell.set()

    # -- the thread itself

    def run(self) -> None:
        try:
            while not self._stopping:
                self._bell.clear()
                self._try(self._turn)
                self._bell.wait(0.02 if len(self.ready) < self._window else 0.05)
            self._end()
        finally:  # after an error of our own the courier must not wait for us
            self.held = self.nothing_left = True
            self._wake_courier()
            connection.close()

    def _try(self, act: Callable[[], None]) -> bool:
        """Do it; where PostgreSQL is away for a moment nothing is lost: the next turn does it."""
        try:
            act()
        except (OperationalError, InterfaceError) as error:
            log.warning("clerk", error=str(error))
            connection.close()
            self._bell.wait(DATABASE_PAUSE)
            return False
        return True

    def _turn(self) -> None:
        now = time.monotonic()
        if self._heard and (
            len(self._heard) >= SETTLE_MANY or now - self._settled_at >= SETTLE_SECONDS
        ):
            self._settle()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._look()
        if now - self._renewed_at >= self._lease / 4:
            self._renew()
        if not self.held and not self.nothing_left and len(self.ready) < self._window:
            self._mark()

    def _mark(self) -> None:
        """The next window, or the next batch, or the end."""
        if self._clock() >= self._until:
            self.ready.clear()
            self.nothing_left = True
            self._wake_courier()
            return
        if self._marking is None:
            self._marking = self._claim()
            if self._marking is None:
                self.nothing_left = True
                self._wake_courier()
                return
        claimed = self._marking
        self._check_journal()
        granted = self._granted(self._window if claimed.proved else SMALLEST_WINDOW)
        if not granted:
            return
        before = time.monotonic()
        readers = batches.mark(claimed, most=granted, now=self._clock())
        self._meter.give_back(granted - len(readers))
        if not readers:
            self._marking = None
            self._look()
            return
        stops.reached(stops.AFTER_MARK)
        self._sends_until = before + self._lease * _SENDS_FOR
        claimed.open += len(readers)
        self.ready.extend(Place(claimed, reader) for reader in readers)
        self._wake_courier()

    def _granted(self, wanted: int) -> int:
        """How many may be marked now by the relay's limits; a long wait ends the run."""
        if time.monotonic() < self._rests_until:
            return 0
        try:
            granted, wait = self._meter.grant(wanted)
        except redis.RedisError as error:  # nobody knows what the other workers send
            log.warning("limits", error=str(error))
            granted, wait = 0, LONGEST_REST
        if not granted and wait > LONGEST_REST:
            self._retry_after = timedelta(seconds=wait)
            self._problem = _("The mail server’s limit is used up for now; it goes on by itself.")
            self.nothing_left = True
            self._wake_courier()
        elif not granted:
            self._rests_until = time.monotonic() + wait
        return granted

    def _claim(self) -> Claim | None:
        claimed = batches.claim(self._mailing.id, now=self._clock())
        if claimed is None:
            return None
        stops.reached(stops.AFTER_CLAIM)
        try:
            self._journal.begin(claimed.journal_key)
            batches.prove(claimed, run=self._journal.run)
            claimed.proved = True
        except JournalLost as error:
            log.warning("journal", error=str(error))
        self._claims.append(claimed)
        return claimed

    def _check_journal(self) -> None:
        try:
            self._journal.check()
        except JournalLost as error:
            self.unprove(error)

    def _look(self) -> None:
        """May it go on? Otherwise nothing more begins, and what was marked is given back."""
        for claimed in self._claims:
            if not batches.may_go_on(claimed):
                self.held = self.nothing_left = True
                self.ready.clear()
                self._wake_courier()
                return

    def _renew(self) -> None:
        before = time.monotonic()
        if self._claims and not batches.renew(self._claims, now=self._clock()):
            self._look()
            return
        self._renewed_at = before
        self._sends_until = before + self._lease * _SENDS_FOR

    def _settle(self) -> None:
        """Write down what was heard, and let go of batches of which nothing is left."""
        before = self._settled_at
        self._settled_at = time.monotonic()
        heard = list(self._heard)
        settle(heard, policy=self._policy, now=self._clock())
        for _one in heard:
            self._heard.popleft()
        for place, _what in heard:
            place.claimed.open -= 1
        stops.reached(stops.AFTER_SETTLE)
        self._adapt(len(heard), self._settled_at - before)
        for claimed in [one for one in self._claims if not one.open and one is not self._marking]:
            self._let_go(claimed)

    def _adapt(self, count: int, seconds: float) -> None:
        """The window follows the rate: some tenth of a second of sending."""
        wanted = int(count / seconds * WINDOW_SECONDS) if seconds else LARGEST_WINDOW
        self._window = max(SMALLEST_WINDOW, min(LARGEST_WINDOW, wanted))

    def _let_go(self, claimed: Claim) -> None:
        batches.release(claimed, due_at=self._clock() + self._retry_after)
        self._claims.remove(claimed)
        try:
            self._journal.forget(claimed.journal_key)
        except JournalLost as error:  # what the other batches wrote may be lost as well
            self.unprove(error)

    def _end(self) -> None:
        """Everything that was begun has been answered, or is in doubt and said so."""
        for _try in range(DATABASE_TRIES):
            if self._try(self._give_back):
                return
        # PostgreSQL stays away: the leases end, and the journal tells whoever takes over.

    def _give_back(self) -> None:
        if self._heard:
            self._settle()
        for claimed in list(self._claims):
            self._let_go(claimed)
        ours = Mailing.objects.filter(id=self._mailing.id)
        ours.exclude(problem=self._problem).update(problem=self._problem)
        if self._sender_refused:
            said = _("The mail server does not take mails from us: {said}")
            ours.filter(state=Mailing.State.RUNNING).update(
                state=Mailing.State.PAUSED, problem=said.format(said=self._sender_refused)[:500]
            )
