"""The thread that talks to PostgreSQL for one run: claims, marks, renews, settles, gives back.

While a window is on the wire it marks the next one, and it settles answers in bulk. What it shares
with the courier's thread are plain values in deques.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext as _

from promo import stops
from promo.errors import PublishError, RateLimited, Unauthorized
from promo.mailing.journal import Journal, JournalLost
from promo.models import Mailing, UnknownPolicy
from promo.services import batches, takeovers
from promo.services.batches import Claim, Place
from promo.services.clock import Clock
from promo.services.hand import LOOK_SECONDS, Hand
from promo.services.settling import Aside, Heard, Left, settle
from promo.services.throttle import LONGEST_REST, Throttle
from promo.services.window import SMALLEST, Window

log = structlog.get_logger()

BUDGET = timedelta(seconds=20)
"""A run begins no mail after this long: others in the queue have their turn, then it goes on."""

GOOD_FOR = 0.3
"""Seconds after a mark, or a look, within which a mail may begin: longer than two windows take.
Of a slower relay's readers somebody might leave meanwhile, so they are looked at once more."""

SETTLE_SECONDS = 0.25
SETTLE_SOON = 0.05
SETTLE_MANY = 1000
AFTER_NO_ACCESS = timedelta(minutes=5)
"""When a batch is due again whose relay did not let us in."""

_SENDS_FOR = 2 / 3
"""After this part of a lease without a mark or a renewal nothing more begins."""

REFRESH_SECONDS = 1.0
"""How often it looks what providers may get; what this run has heard itself counts at once."""

DATABASE_PAUSE = 0.5
DATABASE_TRIES = 120


class Clerk:
    """One run's clerk: `run` is its thread's work. `ready` holds readers the courier may take."""

    def __init__(
        self,
        mailing: Mailing,
        journal: Journal,
        throttle: Throttle,
        *,
        wake: Callable[[], None],
        clock: Clock,
    ) -> None:
        self.ready: deque[Place] = deque()
        self.stale: deque[Place] = deque()
        """Those that the courier gives back: they have waited too long to be begun unseen."""
        self.nothing_left = False
        self.held = False
        """The mailing was paused, cancelled or taken from us: nothing more may begin."""
        self.time_is_over = False
        """The budget is used up while readers are left."""
        self._mailing = mailing
        self._policy = UnknownPolicy(mailing.unknown_policy)
        self._throttle = throttle
        self._hand = Hand(mailing.id, journal, throttle, clock=clock)
        self._slow_down = False
        self._settle_after = SETTLE_SECONDS
        self._wake_courier = wake
        self._clock = clock
        self._until = clock() + BUDGET
        self._bell = threading.Event()
        self._stopping = False
        self._heard: deque[Heard] = deque()
        self._sends_until = float("inf")
        self._settled_at = self._renewed_at = self._looked_at = time.monotonic()
        self._refreshed_at = float("-inf")
        self._window = Window()
        self._lease = settings.PROMO_MAIL_LEASE.total_seconds()
        self._problem = ""
        self._sender_refused = ""
        self._rest = timedelta()
        """None of the mailing's batches is due before this."""

    # -- called from the courier's thread

    def may_send(self) -> bool:
        """A worker that has slept through its lease sends nothing: somebody else may be at it."""
        return not self.held and time.monotonic() < self._sends_until

    def hear(self, settled: Sequence[Heard]) -> None:
        """What became of these readers; it is written down soon."""
        self._heard.extend(settled)
        if len(self._heard) >= SETTLE_MANY:
            self._bell.set()

    def waits(self, place: Place) -> bool:
        """Its provider takes nothing now: it is set aside, and must not be begun."""
        if not self._throttle.apart:
            return False
        domain = self._throttle.waits(place)
        if domain:
            self.hear([(place, Aside(domain))])
        return bool(domain)

    def look_again(self, waited: Sequence[Place]) -> None:
        """These have waited too long: they are `ready` again if they still want the mail."""
        self.stale.extend([*waited, *self._drain()])
        self._bell.set()

    def slow_down(self) -> None:
        """The relay asks for it."""
        self._slow_down = True
        self._bell.set()

    def hear_soon(self) -> None:
        """What was heard may end the mails to a provider: the less goes there the better."""
        self._settle_after = SETTLE_SOON
        self._bell.set()

    def hurry(self) -> None:
        """The courier has nothing to carry."""
        self._bell.set()

    def unprove(self, error: JournalLost) -> None:
        """From now on what leaves stands in no journal; written down before it leaves."""
        self._hand.unprove(error)

    def relay_is_away(self, error: PublishError) -> bool:
        """No connection can be had. True: go on trying while the budget lasts."""
        self._problem = error.text
        log.warning("relay", error=str(error))
        if isinstance(error, Unauthorized):
            self._hand.retry_after = AFTER_NO_ACCESS
            self.nothing_left = True
            self.held = True
            return False
        if isinstance(error, RateLimited):
            self.slow_down()
        self._hand.retry_after = settings.PROMO_MAIL_WAITS[0]
        return not self.nothing_left

    def relay_breaks_off(self, said: str) -> None:
        """It ends all connections and answers nobody: soon another run sees whether it still does.

        What is under way is given back, and counts as no reader's attempt.
        """
        log.warning("relay", error=said)
        problem = _("The mail server breaks off every connection: {said}").format(said=said)
        self._problem = problem[:500]
        self._hand.retry_after = self._rest = settings.PROMO_MAIL_WAITS[0]
        self._hold()

    def sender_refused(self, said: str) -> None:
        """The relay does not take mails from us: that is no reader's fault, and a person's work."""
        self._sender_refused = said
        self._hold()

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
                # Also while PostgreSQL is away: as long as some are open they count.
                if self._hand.claims and self._throttle.share_connections():
                    self._wake_courier()
                self._bell.wait(0.02 if len(self.ready) < self._window.size else 0.05)
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
            len(self._heard) >= SETTLE_MANY or now - self._settled_at >= self._settle_after
        ):
            self._settle()
        if now - self._refreshed_at >= REFRESH_SECONDS:
            self._refreshed_at = now
            self._throttle.refresh()
        if self._slow_down:
            self._slow_down = False
            self._throttle.slow_relay(measured=self._window.rate)
            self._take_back()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._look()
        if now - self._renewed_at >= self._lease / 4:
            self._renew()
        if self.stale and not self.held:
            self._look_at_stale()
        waiting = len(self.ready) + len(self.stale)
        if not self.held and not self.nothing_left and waiting < self._window.size:
            self._mark()

    def _look_at_stale(self) -> None:
        """Who left since the mark is skipped; all the others may be begun, for a moment."""
        until = time.monotonic() + GOOD_FOR
        waited = list(self.stale)
        wanted = batches.still_wanted(waited)
        stay = [place for place in waited if place.reader.delivery_id in wanted]
        self.hear([(place, Left()) for place in waited if place.reader.delivery_id not in wanted])
        self.ready.extend(place._replace(good_until=until) for place in stay)
        with suppress(IndexError):  # those that are ready first: the courier must not see none
            for _one in waited:
                self.stale.popleft()
        self._wake_courier()

    def _hold(self) -> None:
        """Nothing more begins in this run."""
        self.held = self.nothing_left = True
        self._drop_marked()

    def _drop_marked(self) -> None:
        """What is marked and not begun is given back with its batch."""
        self.ready.clear()
        self.stale.clear()

    def _take_back(self) -> None:
        """What was marked for full speed and not begun is marked again, at the new pace."""
        taken = self._drain()
        self._heard.extend((place, Aside(place.claimed.domain)) for place in taken)
        if taken:
            self.nothing_left = self.held

    def _drain(self) -> list[Place]:
        """All that are ready, which are so no more. The other thread may take some meanwhile."""
        taken: list[Place] = []
        with suppress(IndexError):
            while True:
                taken.append(self.ready.popleft())
        return taken

    def _mark(self) -> None:
        """The next windows, or the next batches, or the end."""
        if self._clock() >= self._until:
            self.time_is_over = True
            self._drop_marked()
            self._end_marking()
            return
        hand = self._hand
        if hand.rests(""):
            return
        hand.take_more()
        if not hand.marking:
            if any(isinstance(what, Aside) for _place, what in list(self._heard)):
                self._settle()  # whoever is set aside by it may be due at once
                hand.look_again()
            else:
                self._end_marking()
            return
        hand.check_journal()
        for claimed in list(hand.marking.values()):
            if claimed.domain in self._throttle.held:
                hand.put_down(claimed)
            elif not hand.rests(claimed.domain):
                self._mark_window(claimed)

    def _end_marking(self) -> None:
        self.nothing_left = True
        self._wake_courier()

    def _mark_window(self, claimed: Claim) -> None:
        granted = self._granted(claimed, self._window.size if claimed.proved else SMALLEST)
        if not granted:
            return
        before = time.monotonic()
        readers = batches.mark(claimed, most=granted, now=self._clock())
        self._throttle.give_back(claimed.domain, granted - len(readers))
        if not readers:
            self._hand.put_down(claimed)
            self._look()
            return
        stops.reached(stops.AFTER_MARK)
        self._sends_until = before + self._lease * _SENDS_FOR
        claimed.open += len(readers)
        until = before + GOOD_FOR
        places = [Place(claimed, reader, until) for reader in readers]
        if self._throttle.apart:
            places = [place for place in places if not self.waits(place)]
        self.ready.extend(places)
        self._wake_courier()

    def _granted(self, claimed: Claim, wanted: int) -> int:
        """How many may be marked now. After a long wait for a provider its batches are due again;
        one for the relay ends the run.
        """
        grant = self._throttle.grant(claimed.domain, wanted)
        if grant.mails:
            return grant.mails
        if grant.wait <= LONGEST_REST:
            self._hand.rest(grant.domain, grant.wait)
        elif grant.domain:
            self._hand.postpone(claimed, grant.wait)
        else:
            self._hand.retry_after = timedelta(seconds=grant.wait)
            self._problem = _("The mail server’s limit is used up for now; it goes on by itself.")
            self._end_marking()
        return 0

    def _look(self) -> None:
        """May it go on? Otherwise nothing more begins, and what was marked is given back."""
        if not all(batches.may_go_on(claimed) for claimed in self._hand.claims):
            self._hold()
            self._wake_courier()

    def _renew(self) -> None:
        before = time.monotonic()
        if self._hand.claims and not batches.renew(self._hand.claims, now=self._clock()):
            self._look()
            return
        self._renewed_at = before
        self._sends_until = before + self._lease * _SENDS_FOR

    def _settle(self) -> None:
        """Write down what was heard, and let go of batches of which nothing is left."""
        before, self._settle_after = self._settled_at, SETTLE_SECONDS
        self._settled_at = time.monotonic()
        heard = list(self._heard)
        settle(heard, policy=self._policy, now=self._clock())
        for _one in heard:
            self._heard.popleft()
        aside: Counter[str] = Counter()
        for place, what in heard:
            place.claimed.open -= 1
            if isinstance(what, Aside | Left):  # not begun: what was granted is given back
                aside[place.claimed.domain] += 1
        stops.reached(stops.AFTER_SETTLE)
        seconds = self._settled_at - before
        self._window.adapt(len(heard) - aside.total(), seconds=seconds)
        if self._throttle.hear(heard, seconds=seconds, now=self._clock()):
            self._take_back()
        for domain, count in aside.items():
            self._throttle.give_back(domain, count)
        self._hand.let_go_idle()

    def _end(self) -> None:
        """Everything that was begun has been answered, or is in doubt and said so."""
        for _try in range(DATABASE_TRIES):
            if self._try(self._give_back):
                return
        # PostgreSQL stays away: the leases end, and the journal tells whoever takes over.

    def _give_back(self) -> None:
        if self._heard:
            self._settle()
        for claimed in list(self._hand.claims):
            self._hand.let_go(claimed)
        if self._rest:
            batches.rest(self._mailing.id, due_at=self._clock() + self._rest)
        ours = Mailing.objects.filter(id=self._mailing.id)
        ours.exclude(problem=self._problem).update(problem=self._problem)
        if self._sender_refused:
            takeovers.hold(self._mailing.id, said=self._sender_refused)
