"""How fast a relay may be fed: limits that all workers share.

A limit of seconds or minutes is a pace: mails leave evenly, kept as the instant up to which its
capacity is used (the "theoretical arrival time" of the generic cell rate algorithm, ITU-T I.371).
A limit of hours or days is a quota, as providers sell them: it may be used at once, and no stretch
of its length sees more; it is counted in fiftieths, so that 2 % of it may wait a little longer.

A relay or a provider that complains is obeyed as well (`promo.mailing.brake`).

The clock is Redis's own: workers with wrong clocks agree.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis
from django.utils.translation import gettext as _

from promo.errors import ConfigurationError, RateLimited
from promo.mailing import brake

_PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LETTERS = {seconds: letter for letter, seconds in _PERIODS.items()}
_LIMIT = re.compile(r"([1-9][0-9]{0,8})/([smhd])")
LONGEST_PACE = 60
_BURST_SECONDS = 0.1
_SLOTS = 50


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` mails in `seconds`."""

    count: int
    seconds: int

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.count}/{_LETTERS[self.seconds]}"


def parse_limits(text: str) -> tuple[Limit, ...]:
    """`20/s 5000/h` or `20/s + 5000/h` as limits, all of which hold. Raises ConfigurationError."""
    found = []
    for word in text.replace("+", " ").split():
        match = _LIMIT.fullmatch(word)
        if match is None:
            raise ConfigurationError(
                _("“{word}” is no limit: write 20/s, 600/m, 5000/h or 50000/d.").format(word=word)
            )
        found.append(Limit(int(match[1]), _PERIODS[match[2]]))
    return tuple(found)


# KEYS: one for each limit, and the brake. ARGV: how many are wanted (fewer than 0: given back), the
# longest pace, the burst of a pace in seconds, the slots of a quota, the recovery of a brake, how
# many mails a pace may be ahead, then count and seconds of each limit. Gives how many are granted,
# and the seconds until one more may.
_GRANT = (
    f"""{brake.PACE}"""
    + """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local wanted, longest, burst, slots = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]),
    tonumber(ARGV[4])
local granted, wait, first = wanted, 0, tonumber(ARGV[6])
local held = KEYS[#KEYS]
local slow = braked(held, now, tonumber(ARGV[5]))

local function limit(i) return tonumber(ARGV[5 + 2 * i]), tonumber(ARGV[6 + 2 * i]) end

local function room_of(used, gap)
    local room = math.max(burst, gap) + first * gap
    local ahead = math.max(tonumber(used or 0) - now, 0)
    local free = math.floor((room - ahead) / gap + 0.001)
    if free < 1 then wait = math.max(wait, ahead + gap - room) end
    return free
end

if slow then
    granted = math.min(granted, math.max(room_of(redis.call('HGET', held, 'used'), 1 / slow), 0))
end
for i = 1, #KEYS - 1 do
    local key = KEYS[i]
    local count, seconds = limit(i)
    local free
    if seconds <= longest then
        free = room_of(redis.call('GET', key), seconds / count)
    else
        local width, sum, oldest = seconds / slots, 0, nil
        local first = math.floor(now / width) - slots
        for slot, n in pairs((function()
            local all, found = redis.call('HGETALL', key), {}
            for j = 1, #all, 2 do found[tonumber(all[j])] = tonumber(all[j + 1]) end
            return found
        end)()) do
            if slot < first then redis.call('HDEL', key, string.format('%d', slot))
            else
                sum = sum + n
                if n > 0 and (oldest == nil or slot < oldest) then oldest = slot end
            end
        end
        free = count - sum
        if free < 1 and oldest then wait = math.max(wait, (oldest + slots + 1) * width - now) end
    end
    if free < granted then granted = math.max(free, 0) end
end
if granted ~= 0 then
    if slow then
        local used = math.max(tonumber(redis.call('HGET', held, 'used') or 0), now)
        redis.call('HSET', held, 'used', string.format('%.6f', used + granted / slow))
    end
    for i = 1, #KEYS - 1 do
        local key = KEYS[i]
        local count, seconds = limit(i)
        if seconds <= longest then
            local used = math.max(tonumber(redis.call('GET', key) or 0), now)
            used = used + granted * seconds / count
            redis.call('SET', key, string.format('%.6f', used), 'EX',
                math.max(math.ceil(used - now), 0) + longest)
        else
            redis.call('HINCRBY', key, string.format('%d', math.floor(now / (seconds / slots))),
                granted)
            redis.call('EXPIRE', key, 2 * seconds)
        end
    end
end
return {granted, string.format('%.6f', wait)}
"""
)


class Meter:
    """The limits of one relay, or of one provider, and its brake.

    `redis.RedisError` comes through: while Redis is away no worker may know what others send.
    """

    def __init__(self, client: redis.Redis, *, name: str, limits: Sequence[Limit]) -> None:
        self.limits = tuple(limits)
        self._client = client
        self._name = name
        self._keys = [f"promo:limit:{name}:{limit.seconds}" for limit in limits]
        self._keys.append(brake.key_of(name))
        self._numbers = [number for limit in limits for number in (limit.count, limit.seconds)]
        self._script: Any = client.register_script(_GRANT)

    def grant(self, wanted: int, *, goes_first: bool = False) -> tuple[int, float]:
        """How many of the wanted mails may leave now, and the seconds until one more may.

        What goes first may be one mail ahead of a pace, for which the others then wait: however
        many of them ask, it need not compete with them.
        """
        if not wanted:
            return 0, 0.0
        shape = [LONGEST_PACE, _BURST_SECONDS, _SLOTS, brake.RECOVERY, int(goes_first)]
        granted, wait = self._script(keys=self._keys, args=[wanted, *shape, *self._numbers])
        return int(granted), float(wait)

    def take_turn(self, *, until: float) -> None:
        """Wait for the turn of one mail that goes first, until this reading of `time.monotonic`.

        Raises RateLimited where it would come later.
        """
        while True:
            granted, wait = self.grant(1, goes_first=True)
            if granted:
                return
            if time.monotonic() + wait > until:
                raise RateLimited(
                    _("The limit for mail is used up for now."), retry_after=timedelta(seconds=wait)
                )
            time.sleep(wait)

    def give_back(self, count: int) -> None:
        """So many of the granted mails did not leave."""
        self.grant(-count)

    def slow_down(self, *, measured: float) -> None:
        """We were asked to. `measured`: mails a second before."""
        brake.press(self._client, self._name, measured=measured)
