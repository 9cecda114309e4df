"""The connections that a relay allows, shared by all workers of all machines.

Who holds how many stands in one hash in Redis: {holder: "connections until kind"}. Each run tells
again and again how many it has open and hears how many it may. More are granted only from those
that nobody holds; a run with more than its part gives back, so that whoever comes later gets some
within a second, and only then are they somebody else's. What a killed worker held is free once its
lease is over. A single mail takes one connection for a moment, before all runs.

The clock is Redis's own: workers with wrong clocks agree.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import redis
from django.utils.translation import gettext as _

from promo.errors import RateLimited
from promo.mailing.relay import Relay

_KEPT = 3600
"""Seconds after the last word of anybody until Redis forgets all holders."""

_LOOK_EVERY = 0.1
"""Seconds between two looks for a connection: one of an issue's is free within half a second."""

_FREE_SOON = timedelta(seconds=10)

# KEYS: the holders. ARGV: who asks, how many the relay allows, how many the asker has open, the
# seconds of its lease, its kind, and how long all is kept. Gives how many it may have open.
_CLAIM = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local me, allowed, open, kind = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[5]
local known, held, first, runs = false, 0, 0, {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
    local count, ends, what = string.match(all[i + 1], '^(%d+) (%S+) (%a+)$')
    if tonumber(ends) <= now then redis.call('HDEL', KEYS[1], all[i])
    elseif all[i] == me then known = true
    else
        held = held + count
        if what == 'single' then first = first + 1 else table.insert(runs, tonumber(count)) end
    end
end
local most = math.max(allowed - held, 0)
if kind == 'single' then most = math.min(most, 1)
else
    local ours = math.max(allowed - first, 0)
    local part = math.min(math.max(math.floor(ours / (#runs + 1)), 1), ours)
    local theirs = 0
    for _, count in ipairs(runs) do theirs = theirs + math.max(count, part) end
    most = math.min(most, math.max(part, ours - theirs))
    -- Redis has lost its memory: all those who still have some open are to be heard first.
    if not known and open > 0 then most = math.min(most, open) end
end
redis.call('HSET', KEYS[1], me, string.format('%d %.6f %s', math.max(open, most),
    now + tonumber(ARGV[4]), kind))
redis.call('EXPIRE', KEYS[1], ARGV[6])
return most
"""


class Share:
    """What one run, or one single mail, holds of a relay's connections.

    `redis.RedisError` comes through.
    """

    def __init__(
        self, client: redis.Redis, relay: Relay, *, lease: timedelta, single: bool = False
    ) -> None:
        self._client = client
        self._key = f"promo:connections:{relay.name}"
        self._holder = uuid4().hex
        self._shape = (lease.total_seconds(), "single" if single else "run", _KEPT)
        self._allowed = relay.connections
        self._script: Any = client.register_script(_CLAIM)

    def claim(self, *, open_now: int = 0) -> int:
        """How many connections may be open, for so long as the lease lasts.

        Where they are fewer than are open, the rest is to be closed, and counts as held until the
        next call says that it is.
        """
        asked = [self._holder, self._allowed, open_now, *self._shape]
        return int(self._script(keys=[self._key], args=asked))

    def wait_for_one(self, *, until: float) -> None:
        """Wait for a connection, until this reading of `time.monotonic`.

        Raises RateLimited where none is free by then.
        """
        while not self.claim():
            if time.monotonic() > until:
                raise RateLimited(
                    _("All connections that the mail server allows are in use."),
                    retry_after=_FREE_SOON,
                )
            time.sleep(_LOOK_EVERY)

    def give_back(self) -> None:
        """None is open any more."""
        self._client.hdel(self._key, self._holder)
