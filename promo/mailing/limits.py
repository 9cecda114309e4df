"""How fast a relay may be fed: limits that all workers share.

A limit of seconds or minutes is a pace: mails leave evenly, kept as the instant up to which its
capacity is used (the "theoretical arrival time" of the generic cell rate algorithm, ITU-T I.371).
A limit of hours or days is a quota, as providers sell them: it may be used at once, and no stretch
of its length sees more; it is counted in fiftieths, so that 2 % of it may wait a little longer. A
tenth of a second that a pace may catch up would be a tenth of a second's limit, so that is both.

What goes first may be one mail ahead of a pace. Of a quota a little is kept for it: whoever sends
many mails leaves it alone.

A relay or a provider that complains is obeyed as well (`promo.mailing.brake`).

The clock is Redis's own: workers with wrong clocks agree.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
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

    @property
    def is_pace(self) -> bool:
        """Mails leave evenly; else it is a quota."""
        return self.seconds <= LONGEST_PACE

    @property
    def for_many(self) -> int:
        """What is left of a quota without the part kept for what goes first: a hundredth, or five
        mails where that is more, but no more than a twentieth.
        """
        if self.is_pace:
            return self.count
        return self.count - min(max(self.count // 100, 5), self.count // 20)

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


# KEYS: one for each rule, and the brake. ARGV: how many are wanted (fewer than 0: given back), the
# burst of a pace in seconds, the slots of a quota, the recovery of a brake, how many mails a pace
# may be ahead, the instant or "" for Redis's own, then for each rule whether it is a pace, its
# count and its seconds. Gives how many are granted, and the seconds until one more may.
_GRANT = (
    f"""{brake.PACE}"""
    + """
local wanted, burst, slots = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local first, now = tonumber(ARGV[5]), tonumber(ARGV[6])
if not now then
    local time = redis.call('TIME')
    now = time[1] + time[2] / 1000000
end
local granted, wait = wanted, 0
local held = KEYS[#KEYS]
local slow = braked(held, now, tonumber(ARGV[4]))

local function rule(i)
    return ARGV[4 + 3 * i] == 'pace', tonumber(ARGV[5 + 3 * i]), tonumber(ARGV[6 + 3 * i])
end

local function room_of(used, gap)
    local room = math.max(burst, gap) + first * gap
    local ahead = math.max(tonumber(used or 0) - now, 0)
    local free = math.floor((room - ahead) / gap + 0.001)
    if free < 1 then wait = math.max(wait, ahead + gap - room) end
    return free
end

local function slots_of(key, width)
    local all, found, since = redis.call('HGETALL', key), {}, math.floor(now / width) - slots
    for j = 1, #all, 2 do
        local slot, n = tonumber(all[j]), tonumber(all[j + 1])
        if slot < since or n <= 0 then redis.call('HDEL', key, all[j])
        else table.insert(found, {slot, n}) end
    end
    table.sort(found, function(one, other) return one[1] < other[1] end)
    return found
end

-- From the oldest slots: whichever it was granted in, that one never leaves the count too early.
local function take_back(key, width, count)
    for _, slot in ipairs(slots_of(key, width)) do
        local some = math.min(slot[2], count)
        redis.call('HINCRBY', key, string.format('%d', slot[1]), -some)
        count = count - some
        if count == 0 then return end
    end
end

local function free_of(key, count, seconds)
    local used, sum = slots_of(key, seconds / slots), 0
    for _, slot in ipairs(used) do sum = sum + slot[2] end
    if sum >= count and used[1] then
        wait = math.max(wait, (used[1][1] + slots + 1) * seconds / slots - now)
    end
    return count - sum
end

if wanted > 0 then
    if slow then granted = room_of(redis.call('HGET', held, 'used'), 1 / slow) end
    for i = 1, #KEYS - 1 do
        local is_pace, count, seconds = rule(i)
        local free = is_pace and room_of(redis.call('GET', KEYS[i]), seconds / count)
            or free_of(KEYS[i], count, seconds)
        granted = math.min(granted, free)
    end
    granted = math.max(math.min(granted, wanted), 0)
end
if granted ~= 0 then
    if slow then
        local used = math.max(tonumber(redis.call('HGET', held, 'used') or 0), now)
        redis.call('HSET', held, 'used', string.format('%.6f', used + granted / slow))
    end
    for i = 1, #KEYS - 1 do
        local key = KEYS[i]
        local is_pace, count, seconds = rule(i)
        local width = seconds / slots
        if is_pace then
            local used = math.max(tonumber(redis.call('GET', key) or 0), now)
            used = used + granted * seconds / count
            redis.call('SET', key, string.format('%.6f', used), 'EX',
                math.max(math.ceil(used - now), 0) + 60)
        elseif granted < 0 then
            take_back(key, width, -granted)
        else
            redis.call('HINCRBY', key, string.format('%d', math.floor(now / width)), granted)
            redis.call('EXPIRE', key, 2 * math.max(seconds, 60))
        end
    end
end
return {granted, string.format('%.6f', wait)}
"""
)


def _rules_of(limit: Limit) -> list[tuple[Limit, str]]:
    """What a limit is kept as; each is counted under a key of its own."""
    kinds = ["pace"] * limit.is_pace + ["quota"] * (limit.seconds not in range(2, LONGEST_PACE + 1))
    return [(limit, kind) for kind in kinds]


def _count(limit: Limit, kind: str, *, first: bool, many: bool) -> int:
    if kind == "quota" and limit.is_pace:
        return limit.count + first
    return limit.for_many if many and not first else limit.count


class Meter:
    """The limits of one relay, or of one provider, and its brake.

    `redis.RedisError` comes through: while Redis is away no worker may know what others send.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        name: str,
        limits: Sequence[Limit],
        many: bool = False,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """With `many` a part of each quota is left to what goes first. `clock` gives seconds since
        1970; without one it is Redis's own.
        """
        self.limits = tuple(limits)
        self._client = client
        self._name = name
        self._clock = clock
        kept = [rule for limit in limits for rule in _rules_of(limit)]
        self._keys = [
            f"promo:limit:{name}:{limit.seconds}" + ":quota" * (limit.is_pace and kind == "quota")
            for limit, kind in kept
        ]
        self._keys.append(brake.key_of(name))
        self._for_first, self._for_others = (
            [
                number
                for limit, kind in kept
                for number in (kind, _count(limit, kind, first=first, many=many), limit.seconds)
            ]
            for first in (True, False)
        )
        self._script: Any = client.register_script(_GRANT)

    def grant(self, wanted: int, *, goes_first: bool = False) -> tuple[int, float]:
        """How many of the wanted mails may leave now, and the seconds until one more may.

        What goes first may be one mail ahead of a pace, for which the others then wait: however
        many of them ask, it need not compete with them.
        """
        if not wanted:
            return 0, 0.0
        now = "" if self._clock is None else self._clock()
        shape = [_BURST_SECONDS, _SLOTS, brake.RECOVERY, int(goes_first), now]
        rules = self._for_first if goes_first else self._for_others
        granted, wait = self._script(keys=self._keys, args=[wanted, *shape, *rules])
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
