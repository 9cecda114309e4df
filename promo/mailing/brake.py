"""Slower when asked to, and by and by at full speed again: for a relay or a reader's provider.

Additive increase, multiplicative decrease, as TCP does it (RFC 5681, 3.1): each complaint halves
the pace; without one it grows from nothing to the old speed within `RECOVERY`. What is braked is
one hash in Redis, shared by all workers: {pace, top, at, used}, the pace at the instant `at` by
Redis's own clock. It expires when full speed is reached: nothing has to be undone.
"""

from __future__ import annotations

from typing import cast

import redis

RECOVERY = 300.0
"""Seconds from standing still to the speed at the first complaint."""

DEAF = 2.0
"""Complaints within so many seconds are one: most are about mails that were on their way."""

LEAST = 1.0
"""Mails a second below which complaints slow nothing."""

LOWEST_TOP = 10.0
"""Mails a second that count as full speed where less was measured: a run that has just begun."""

_BRAKES = "promo:brakes"

PACE = """
local function braked(key, now, recovery)
    local brake = redis.call('HMGET', key, 'pace', 'top', 'at')
    if not brake[1] then return nil end
    local pace, top, at = tonumber(brake[1]), tonumber(brake[2]), tonumber(brake[3])
    return pace + top * (now - at) / recovery, top, at
end
"""
"""A function for scripts: mails a second now, at full speed, and since when; nil where free."""

# KEYS: the brake, and all brakes by when they end. ARGV: the name, mails a second as measured, and
# the constants above.
_PRESS = f"""{PACE}
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local recovery, deaf, least = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local pace, top, at = braked(KEYS[1], now, recovery)
if pace and now - at < deaf then return end
if not pace then pace, top = tonumber(ARGV[2]), tonumber(ARGV[2]) end
pace = math.max(pace / 2, least)
redis.call('HSET', KEYS[1], 'pace', string.format('%.6f', pace), 'top', string.format('%.6f', top),
    'at', string.format('%.6f', now))
local lasts = (top - pace) / top * recovery
redis.call('PEXPIRE', KEYS[1], math.ceil(lasts * 1000))
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.6f', now))
redis.call('ZADD', KEYS[2], string.format('%.6f', now + lasts), ARGV[1])
"""


def key_of(name: str) -> str:
    """Where the brake of this relay or provider stands."""
    return f"promo:brake:{name}"


def press(client: redis.Redis, name: str, *, measured: float) -> None:
    """Half as fast from now on. `measured`: mails a second before. Raises redis.RedisError."""
    top = max(measured, LOWEST_TOP)
    client.register_script(_PRESS)(
        keys=[key_of(name), _BRAKES], args=[name, top, RECOVERY, DEAF, LEAST]
    )


def slowed(client: redis.Redis) -> dict[str, float]:
    """Who has asked us to slow down, with the mails a second now. Raises redis.RedisError."""
    seconds, micro = client.time()
    now = seconds + micro / 1e6
    found = cast("list[bytes]", client.zrangebyscore(_BRAKES, now, "inf"))
    names = [name.decode() for name in found]
    if not names:
        return {}
    asked = client.pipeline(transaction=False)
    for name in names:
        asked.hmget(key_of(name), ["pace", "top", "at"])
    told = zip(names, asked.execute(), strict=True)
    return {
        name: float(pace) + float(top) * (now - float(at)) / RECOVERY
        for name, (pace, top, at) in told
        if pace is not None
    }
