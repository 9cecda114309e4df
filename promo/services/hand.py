"""The batches that one run has in hand: one of everybody's, and some set aside for providers."""

from __future__ import annotations

import time
from datetime import timedelta

import structlog

from promo import stops
from promo.mailing.journal import Journal, JournalLost
from promo.services import batches
from promo.services.batches import Claim
from promo.services.clock import Clock
from promo.services.throttle import Throttle

log = structlog.get_logger()

MOST_APART = 16
"""Batches set aside for providers that one run has in hand at once."""

LOOK_SECONDS = 0.3
"""How often it looks for another batch while there was none."""


class Hand:
    """For the clerk's thread; `unprove` for any."""

    def __init__(
        self, mailing_id: int, journal: Journal, throttle: Throttle, *, clock: Clock
    ) -> None:
        self.claims: list[Claim] = []
        """All that are not given back yet."""
        self.marking: dict[str, Claim] = {}
        """Those of which more may be marked, by provider; "" is everybody else's."""
        self.retry_after = timedelta()
        """What is given back is due again after this."""
        self._mailing_id = mailing_id
        self._journal = journal
        self._throttle = throttle
        self._clock = clock
        self._rests: dict[str, float] = {}
        self._more_at = 0.0
        self._has_called = False

    def take_more(self) -> None:
        """Claim for whoever has nothing in hand: everybody, and the providers that are apart."""
        now = time.monotonic()
        if now < self._more_at:
            return
        apart, found = self._throttle.apart, False
        if "" not in self.marking:
            found = self._claim(apart, among=False)
        free = apart - self._throttle.held - set(self.marking)
        if free and len(self.marking) <= MOST_APART:
            found |= self._claim(free, among=True)
        if not found:
            self._more_at = now + LOOK_SECONDS
        elif not self._has_called:
            batches.call_others(self._mailing_id)
            self._has_called = True

    def look_again(self) -> None:
        """There may be another batch now."""
        self._more_at = 0.0

    def rest(self, domain: str, seconds: float) -> None:
        """Nothing for this provider, or with "" for anybody, for so long."""
        self._rests[domain] = time.monotonic() + seconds

    def rests(self, domain: str) -> bool:
        return time.monotonic() < self._rests.get(domain, 0.0)

    def postpone(self, claimed: Claim, seconds: float) -> None:
        """Its provider takes nothing for so long: neither this batch nor the others set aside."""
        claimed.rest = timedelta(seconds=seconds)
        due_at = self._clock() + claimed.rest
        batches.postpone(self._mailing_id, domain=claimed.domain, due_at=due_at)
        self.put_down(claimed)

    def put_down(self, claimed: Claim) -> None:
        """No more of this batch is marked; it is given back once its mails are answered."""
        del self.marking[claimed.domain]
        self.look_again()
        if not claimed.open:
            self.let_go(claimed)

    def let_go_idle(self) -> None:
        """Give back what is neither marked any more nor on the wire."""
        marking = self.marking.values()
        for claimed in [one for one in self.claims if not one.open and one not in marking]:
            self.let_go(claimed)

    def let_go(self, claimed: Claim) -> None:
        rest = max(self.retry_after, claimed.rest)
        batches.release(claimed, due_at=self._clock() + rest)
        self.claims.remove(claimed)
        try:
            self._journal.forget(claimed.journal_key)
        except JournalLost as error:  # what the other batches wrote may be lost as well
            self.unprove(error)

    def check_journal(self) -> None:
        try:
            self._journal.check()
        except JournalLost as error:
            self.unprove(error)

    def unprove(self, error: JournalLost) -> None:
        """From now on what leaves stands in no journal; written down before it leaves."""
        log.warning("journal", error=str(error))
        claims = [claimed for claimed in self.claims if claimed.proved]
        for claimed in claims:
            claimed.proved = False
        batches.unprove(claims)

    def _claim(self, apart: frozenset[str], *, among: bool) -> bool:
        claimed = batches.claim(self._mailing_id, now=self._clock(), apart=apart, among=among)
        if claimed is None:
            return False
        stops.reached(stops.AFTER_CLAIM)
        try:
            self._journal.begin(claimed.journal_key)
            batches.prove(claimed, run=self._journal.run)
            claimed.proved = True
        except JournalLost as error:
            log.warning("journal", error=str(error))
        self.claims.append(claimed)
        self.marking[claimed.domain] = claimed
        return True
