"""How fast one run may go: the relay's limits, the providers', and what both have asked for.

Used by the clerk's thread. `apart`, `held` and `may_open` are read by the courier's as well: they
are replaced, never changed. Readers of the providers in `apart` travel in batches of their own, so
that a provider at its limit holds up nobody else.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar, cast

import redis
import structlog
from django.conf import settings

from promo.mailing import replies
from promo.mailing.conversation import Outcome, Verdict
from promo.mailing.headers import domain_of
from promo.mailing.limits import Limit, Meter
from promo.mailing.relay import Relay
from promo.mailing.shares import Share
from promo.services import providers
from promo.services.batches import Place
from promo.services.settling import Heard, is_taken, is_unwanted

log = structlog.get_logger()

LONGEST_REST = 5.0
"""Seconds a run waits for a limit; for longer what it holds up is given back."""

SHARE_SECONDS = 0.3
"""How often a run says how many connections it has: so soon another one may get some of them."""

UNMEASURED = 100.0
"""Mails a second that are halved where less was measured: a relay that asks at once, before a run
has got into its stride, would otherwise be left standing. One that is slower asks again."""

SLOW_AFTER = 3
HOLD_AFTER = 10
"""So many replies of one provider in a row, with no mail taken between, say that it means us."""

_ROWS = "promo:complaints"
_FORGET = 86_400
"""Seconds after the last complaint of anybody until all rows of them are forgotten."""

_FAST, _POLICY = "fast:", "policy:"

_REDIS_PAUSE = 30.0
"""Seconds in which a Redis that was away is not asked again: each try may take five."""

_Answer = TypeVar("_Answer")


class Grant(NamedTuple):
    """How many mails may leave now; if none, the seconds until one may, and whose limit it is.

    `domain` is "" for the relay's.
    """

    mails: int
    wait: float = 0.0
    domain: str = ""


class Throttle:
    """One run's view of what all workers keep to."""

    def __init__(self, client: redis.Redis, relay: Relay) -> None:
        self._client = client
        self._relay = Meter(client, name=relay.name, limits=relay.limits, many=True)
        self._meters: dict[str, Meter] = {}
        self._rules: dict[str, tuple[Limit, ...]] = {}
        self._slowed: frozenset[str] = frozenset()
        self._complaining: set[str] = set()
        self._redis_not_before = 0.0
        # A dead worker's connections are closed already: they need not wait as its batches do.
        self._share = Share(client, relay, lease=settings.PROMO_MAIL_LEASE / 2)
        self._shared_at = float("-inf")
        self.open_now = 0
        """How many connections to the relay are open: the courier's thread says so."""
        self.may_open = 0
        """And how many may be, beside those of all other workers."""
        self.apart: frozenset[str] = frozenset()
        self.held: frozenset[str] = frozenset()

    def refresh(self) -> None:
        """Look again what staff have set, who is held, and who asks us to go slower."""
        self._rules = providers.limits()
        self.held = providers.held()
        nothing: list[str] = []
        self._slowed, rows = self._try(self._look, (self._slowed, nothing))
        self._complaining = {row.partition(":")[2] for row in rows}
        self._sort_out()

    def _look(self) -> tuple[frozenset[str], list[str]]:
        rows = cast("list[bytes]", self._client.hkeys(_ROWS))
        return frozenset(providers.slowed(self._client)), [row.decode() for row in rows]

    def share_connections(self) -> bool:
        """From time to time: say how many are open, and hear how many may be. True: that is new.

        Without Redis what was heard last counts, and one where nothing was: a run goes on.
        """
        now, before = time.monotonic(), self.may_open
        if now - self._shared_at < SHARE_SECONDS:
            return False
        self._shared_at = now
        claim = partial(self._share.claim, open_now=self.open_now)
        self.may_open = self._try(claim, before or 1)
        return self.may_open != before

    def hang_up(self) -> None:
        """No connection is open any more, and none is wanted."""
        if self.may_open or self.open_now:
            self._try(self._share.give_back, None)

    def waits(self, place: Place) -> str:
        """The provider for which this reader is set aside; "" where the mail may leave."""
        domain = domain_of(place.reader.email)
        if domain in self.held or (domain in self.apart and not place.claimed.domain):
            return domain
        return ""

    def grant(self, domain: str, wanted: int) -> Grant:
        """For so many mails to readers of a provider; "" for everybody who is not apart."""
        if domain:
            count, wait = self._ask(self._meter(domain), wanted)
            if not count:
                return Grant(0, wait, domain)
            wanted, asked = count, count
        count, wait = self._ask(self._relay, wanted)
        if domain and count < asked:
            self._ask(self._meter(domain), count - asked)
        return Grant(count, wait)

    def give_back(self, domain: str, count: int) -> None:
        """So many of the granted mails did not leave."""
        if count:
            self._ask(self._relay, -count)
            if domain:
                self._ask(self._meter(domain), -count)

    def slow_relay(self, *, measured: float) -> None:
        """The relay has asked for it. `measured`: mails a second before."""
        log.warning("slower", whose="relay", measured=measured)
        self._try(lambda: self._relay.slow_down(measured=max(measured, UNMEASURED)), None)

    def hear(self, heard: Sequence[Heard], *, seconds: float, now: datetime) -> bool:
        """Draw the conclusions from what was said within so many seconds. True: the relay itself
        has asked us to go slower.
        """
        asked = False
        for place, what in heard:
            if is_taken(what):
                if self._complaining:
                    self._forgive(domain_of(place.reader.email))
            elif isinstance(what, Outcome) and what.code:
                asked |= self._weigh(place, what, heard, seconds=seconds, now=now)
        if asked:
            self.slow_relay(measured=len(heard) / seconds if seconds else 0)
        return asked

    def _forgive(self, domain: str) -> None:
        """Whoever takes a mail has no complaint."""
        if domain in self._complaining:
            self._complaining.remove(domain)
            self._forget(_FAST + domain, _POLICY + domain)

    def _weigh(
        self, place: Place, what: Outcome, heard: Sequence[Heard], *, seconds: float, now: datetime
    ) -> bool:
        enhanced = replies.enhanced_status(what.text)
        domain = domain_of(place.reader.email)
        if what.verdict is Verdict.DEFERRED and replies.is_too_fast(what.code, enhanced):
            if replies.speaks_of_relay(what.phase, enhanced):
                return True
            if self._complained(_FAST, domain) >= SLOW_AFTER:
                self._slow_provider(domain, heard, seconds=seconds)
        elif (
            domain not in self.held
            and is_unwanted(what)
            and self._complained(_POLICY, domain) >= HOLD_AFTER
        ):
            providers.hold(domain=domain, said=f"{what.code} {what.text}", now=now)
            self.held |= {domain}
            self._sort_out()
            self._forget(_POLICY + domain)
        return False

    def _complained(self, why: str, domain: str) -> int:
        """How often in a row by now, as far as Redis knows."""
        self._complaining.add(domain)
        return self._try(lambda: self._count(why + domain), 0)

    def _count(self, row: str) -> int:
        self._client.expire(_ROWS, _FORGET)
        return int(self._client.hincrby(_ROWS, row, 1))

    def _forget(self, *rows: str) -> None:
        self._try(lambda: self._client.hdel(_ROWS, *rows), 0)

    def _slow_provider(self, domain: str, heard: Sequence[Heard], *, seconds: float) -> None:
        shares = Counter(domain_of(place.reader.email) for place, _what in heard)
        measured = shares[domain] / seconds if seconds else 0
        log.warning("slower", whose=domain, measured=measured)
        self._try(lambda: self._meter(domain).slow_down(measured=measured), None)
        self._slowed |= {domain}
        self._sort_out()

    def _sort_out(self) -> None:
        self.apart = self.held | self._slowed | frozenset(self._rules)

    def _meter(self, domain: str) -> Meter:
        rules = self._rules.get(domain, ())
        known = self._meters.get(domain)
        if known is None or known.limits != rules:
            name = providers.meter_name(domain)
            known = self._meters[domain] = Meter(self._client, name=name, limits=rules, many=True)
        return known

    def _ask(self, meter: Meter, wanted: int) -> tuple[int, float]:
        """Without Redis nobody knows what the other workers send: where there is a limit, none."""
        otherwise = (0, LONGEST_REST) if meter.limits else (wanted, 0.0)
        return self._try(lambda: meter.grant(wanted), otherwise)

    def _try(self, ask: Callable[[], _Answer], otherwise: _Answer) -> _Answer:
        """What Redis says; `otherwise` while it is away."""
        if time.monotonic() < self._redis_not_before:
            return otherwise
        try:
            return ask()
        except redis.RedisError as error:
            log.warning("limits", error=str(error))
            self._redis_not_before = time.monotonic() + _REDIS_PAUSE
            return otherwise
