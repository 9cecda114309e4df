"""Mails that somebody waits for, one at a time: they keep to the limits of all, and go first.

Confirmations, links to one's data, test mails and notes to staff pass the same meters as an issue
(`promo.services.throttle`): the relay's, and that of the reader's provider. Each takes one of the
relay's connections for a moment, which issues leave to it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import redis
import structlog
from django.conf import settings

from promo.errors import RateLimited
from promo.mailing.headers import domain_of
from promo.mailing.limits import Meter
from promo.mailing.relay import Relay
from promo.mailing.shares import Share
from promo.mailing.smtp import SmtpConnection
from promo.services import providers

log = structlog.get_logger()

PATIENCE = 2.0
"""Seconds that such a mail waits for its turn; for longer it is put off like a refused one."""

_LEASE = timedelta(seconds=60)
"""So long a dead process keeps the connection it had from others. Few mails take longer."""


@contextmanager
def connection(relay: Relay) -> Iterator[SmtpConnection]:
    """A connection to the relay, each of whose mails waits a moment for its turn.

    Its `deliver` raises RateLimited where a limit leaves no room for longer; and so it does itself
    where no connection is free.
    """
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    toll = _Toll(client, relay).pay
    with client, _place(client, relay), SmtpConnection(relay, toll=toll) as smtp:
        yield smtp


@contextmanager
def _place(client: redis.Redis, relay: Relay) -> Iterator[None]:
    """One of the relay's connections. Raises RateLimited.

    While Redis is away nobody knows how many are open; these few are opened all the same.
    """
    share = Share(client, relay, lease=_LEASE, single=True)
    try:
        until = time.monotonic() + PATIENCE
        with suppress(redis.RedisError):
            share.wait_for_one(until=until)
        yield
    finally:
        with suppress(redis.RedisError):
            share.give_back()


class _Toll:
    def __init__(self, client: redis.Redis, relay: Relay) -> None:
        self._client = client
        self._relay = relay

    def pay(self, address: str) -> None:
        """A token of the provider's and one of the relay's. Raises RateLimited.

        While Redis is away nobody knows what others send; these few mails go all the same.
        """
        domain = domain_of(address)
        name, rules = providers.meter_name(domain), providers.limits().get(domain, ())
        theirs = Meter(self._client, name=name, limits=rules)
        ours = Meter(self._client, name=self._relay.name, limits=self._relay.limits)
        until = time.monotonic() + PATIENCE
        try:
            theirs.take_turn(until=until)
            try:
                ours.take_turn(until=until)
            except RateLimited:
                theirs.give_back(1)
                raise
        except redis.RedisError as error:
            log.warning("limits", error=str(error))
