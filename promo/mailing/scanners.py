"""Telling a mail scanner by what it does, where no reader's code tells whose mail it looks at.

Redis holds which links one neighbourhood followed in the last seconds. The visit with which they
become too many for a person takes back what was counted, and what follows counts nothing.
"""

from __future__ import annotations

from typing import Any

import redis

# KEYS: the links followed of late, and the visits counted of late. ARGV: the instant and the length
# of "of late" in seconds, the link, how many links are a scanner's.
# Gives the link of each visit that is taken back, or nothing and 1: this one counts.
_VISIT = """
local now, seconds, link, most = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
for _, key in ipairs(KEYS) do
    redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.3f', now - seconds))
end
redis.call('ZADD', KEYS[1], ARGV[1], link)
redis.call('EXPIRE', KEYS[1], math.ceil(seconds))
if redis.call('ZCARD', KEYS[1]) < most then
    local number = redis.call('ZCARD', KEYS[2])
    while redis.call('ZADD', KEYS[2], 'NX', ARGV[1], link .. ':' .. number) == 0 do
        number = number + 1
    end
    redis.call('EXPIRE', KEYS[2], math.ceil(seconds))
    return {1, {}}
end
local counted = redis.call('ZRANGE', KEYS[2], 0, -1)
redis.call('DEL', KEYS[2])
return {0, counted}
"""


def changes(
    client: redis.Redis, *, key: str, link: int, most: int, seconds: float, now: float
) -> list[tuple[int, int]]:
    """By how much the counts of links change for this visit. Raises `redis.RedisError`.

    `key` names a neighbourhood for as long as it is remembered.
    """
    script: Any = client.register_script(_VISIT)
    counts, taken_back = script(
        keys=[key, f"{key}:counted"], args=[f"{now:.3f}", seconds, link, most]
    )
    if counts:
        return [(link, 1)]
    back: dict[int, int] = {}
    for member in taken_back:
        one = int(member.partition(b":")[0])
        back[one] = back.get(one, 0) - 1
    return list(back.items())
