"""Limits on the real Redis: all workers together keep to them, and waste little of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Protocol
from uuid import uuid4

import pytest
import redis
from django.conf import settings

from promo.errors import ConfigurationError
from promo.mailing.limits import Limit, Meter, parse_limits


@pytest.fixture
def client() -> Iterator[redis.Redis]:
    made = redis.Redis.from_url(settings.REDIS_URL)
    yield made
    made.close()


def meter(client: redis.Redis, limits: str, name: str = "") -> Meter:
    return Meter(client, name=name or str(uuid4()), limits=parse_limits(limits))


def test_limits_are_written_as_counts_in_a_time() -> None:
    assert parse_limits("20/s 5000/h") == (Limit(20, 1), Limit(5000, 3600))
    assert (
        parse_limits("20/s + 5000/h") == parse_limits("20/s+5000/h") == parse_limits("20/s 5000/h")
    )
    assert parse_limits("") == ()
    assert [str(limit) for limit in parse_limits("20/s 7/m 5000/h 9/d")] == [
        *("20/s", "7/m", "5000/h", "9/d")
    ]


@pytest.mark.parametrize("text", ["20", "0/s", "-1/s", "20/w", "20 / s", "1.5/s", "9999999999/s"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_limits(text)


def test_without_limits_everything_is_granted(client: redis.Redis) -> None:
    assert meter(client, "").grant(1000) == (1000, 0.0)


def test_a_quota_may_be_used_at_once_and_not_a_second_time(client: redis.Redis) -> None:
    ours = meter(client, "100/h")
    assert ours.grant(70) == (70, 0.0)
    assert ours.grant(70)[0] == 30
    granted, wait = ours.grant(1)
    assert granted == 0
    assert 3600 * 0.98 < wait <= 3600 * 1.04


def test_a_pace_is_granted_in_small_steps(client: redis.Redis) -> None:
    ours = meter(client, "50/s")
    assert ours.grant(1000)[0] == 5, "a tenth of a second at once"
    granted, wait = ours.grant(1000)
    assert granted == 0
    assert 0 < wait <= 1 / 50


def test_the_narrowest_of_several_limits_decides(client: redis.Redis) -> None:
    ours = meter(client, "1000/s 30/h 40/d")
    assert ours.grant(100)[0] == 30
    assert ours.grant(100)[0] == 0


def test_what_did_not_leave_is_given_back(client: redis.Redis) -> None:
    ours = meter(client, "50/s 10/h")
    assert ours.grant(5)[0] == 5
    ours.give_back(3)
    assert ours.grant(3)[0] == 3


def test_a_limit_of_a_provider_is_kept_beside_the_relays(client: redis.Redis) -> None:
    """As the throttle asks: the provider's meter, then the relay's, and back what is too much."""
    theirs, ours = meter(client, "1000/h"), meter(client, "30/h")
    granted = theirs.grant(100)[0]
    left = ours.grant(granted)[0]
    theirs.give_back(granted - left)
    assert (granted, left) == (100, 30)
    assert theirs.grant(2000)[0] == 970


# -- within 2 %: several workers at once, by a clock that is handed in

AFTER_1970 = 1_800_000_000.0
TAKERS = 5
SPANS = 12


class Course:
    """Takers who ask again and again over so many times the length of a limit.

    `left` has the instant of each mail that was granted and not given back.
    """

    def __init__(self, client: redis.Redis, seconds: int, *, seed: int) -> None:
        self.left: list[float] = []
        self._client = client
        self._seconds = seconds
        self._now = AFTER_1970
        self._longest = 0.0
        self._dice = Random(seed)

    def meter(self, limits: str, name: str, *, many: bool = False) -> Meter:
        parsed = parse_limits(limits)
        return Meter(self._client, name=name, limits=parsed, many=many, clock=lambda: self._now)

    def run(self, *takers: Take, idles: bool) -> None:
        """Each asks for some, and again once more may be granted. Idle ones take their time, and
        now and then all rest.
        """
        whole = self._seconds
        self._longest = whole / 200 if idles else 0.01
        turns = [(AFTER_1970 + whole / 50 * self._dice.random(), taker) for taker in takers]
        rests_at = AFTER_1970 + (1.5 * whole if idles else 2 * SPANS * whole)
        while (turn := min(turns, key=lambda one: one[0]))[0] < AFTER_1970 + SPANS * whole:
            turns.remove(turn)
            at, taker = turn
            self._now = max(self._now, at)
            if self._now > rests_at:
                rests_at += 4 * whole
                turns = [(at + whole * (1 + self._dice.random()), one) for at, one in turns]
            wait = self._take(taker)
            turns.append((self._now + max(wait, whole / 1000) * self._dice.uniform(1, 1.05), taker))

    def _take(self, take: Take) -> float:
        """Some give some back a little later: a worker that finds fewer readers than it asked for,
        or sets some aside.
        """
        count, wait = take.grant(self._dice.randrange(1, 40))
        at = self._now
        self._now += self._longest * self._dice.random()
        spare = self._dice.randrange(count + 1) if self._dice.random() < 0.1 else 0
        take.give_back(spare)
        self.left += [at] * (count - spare)
        return wait

    def shortest(self, count: int) -> float:
        """The seconds from a mail to the one that comes so many after it, at their shortest."""
        return min(
            (after - before for before, after in zip(self.left, self.left[count:], strict=False)),
            default=float("inf"),
        )


class Take(Protocol):
    """A meter, or two of them."""

    def grant(self, wanted: int, /) -> tuple[int, float]: ...
    def give_back(self, count: int, /) -> None: ...


@dataclass
class First:
    """Asks for one at a time, as single mails do."""

    meter: Meter

    def grant(self, _wanted: int) -> tuple[int, float]:
        return self.meter.grant(1, goes_first=True)

    def give_back(self, count: int) -> None:
        self.meter.give_back(count)


@dataclass
class Both:
    """As the throttle asks for a provider's readers."""

    theirs: Meter
    ours: Meter

    def grant(self, wanted: int) -> tuple[int, float]:
        count, wait = self.theirs.grant(wanted)
        if not count:
            return 0, wait
        left, wait = self.ours.grant(count)
        self.theirs.give_back(count - left)
        return left, wait

    def give_back(self, count: int) -> None:
        self.theirs.give_back(count)
        self.ours.give_back(count)


LIMITS = ["50/s", "20/s", "3/s", "300/m", "7/m", "500/h", "30/h", "1000/d", "40/d"]


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_stretch_of_a_limits_length_sees_two_percent_more(
    client: redis.Redis, limits: str, seed: int
) -> None:
    name, (limit,) = str(uuid4()), parse_limits(limits)
    course = Course(client, limit.seconds, seed=seed)
    course.run(*(course.meter(limits, name) for _one in range(TAKERS)), idles=True)
    assert len(course.left) > SPANS / 2 * limit.count
    assert course.shortest(limit.count) >= 0.98 * limit.seconds


@pytest.mark.parametrize("limits", LIMITS)
def test_of_a_limit_that_is_always_asked_for_nearly_all_is_used(
    client: redis.Redis, limits: str
) -> None:
    name, (limit,) = str(uuid4()), parse_limits(limits)
    course = Course(client, limit.seconds, seed=3)
    course.run(*(course.meter(limits, name) for _one in range(TAKERS)), idles=False)
    assert len(course.left) > 0.93 * SPANS * limit.count


@pytest.mark.parametrize("limits", LIMITS)
def test_what_goes_first_is_one_mail_ahead_at_most(client: redis.Redis, limits: str) -> None:
    """Of a quota it has its own part: there not one mail is too much."""
    name, (limit,) = str(uuid4()), parse_limits(limits)
    course = Course(client, limit.seconds, seed=4)
    many = [course.meter(limits, name, many=True) for _one in range(TAKERS)]
    course.run(*many, First(course.meter(limits, name)), idles=True)
    assert course.shortest(limit.count + limit.is_pace) >= 0.98 * limit.seconds


@pytest.mark.parametrize(("theirs", "ours"), [("20/s", "50/s"), ("50/m", "40/h"), ("60/h", "70/d")])
@pytest.mark.parametrize("others", [0, 3])
def test_limits_of_a_provider_and_of_the_relay_are_kept_together(
    client: redis.Redis, theirs: str, ours: str, others: int
) -> None:
    provider, relay = str(uuid4()), str(uuid4())
    (narrow,), (wide,) = parse_limits(theirs), parse_limits(ours)
    course = Course(client, wide.seconds, seed=5)
    takers: list[Take] = [
        Both(course.meter(theirs, provider), course.meter(ours, relay)) for _one in range(TAKERS)
    ]
    takers += [course.meter(ours, relay) for _one in range(others)]
    course.run(*takers, idles=True)
    assert course.shortest(wide.count) >= 0.98 * wide.seconds
    if not others:
        assert course.shortest(narrow.count) >= 0.98 * narrow.seconds


# -- what goes first


@pytest.mark.parametrize("braked", [False, True])
def test_what_goes_first_need_not_compete_and_the_others_wait_for_it(
    client: redis.Redis, *, braked: bool
) -> None:
    """A mail a minute: however slow the machine is, no second one is free while the test runs."""
    ours = meter(client, "1/m")
    assert ours.grant(5)[0] == 1
    assert ours.grant(5)[0] == 0
    if braked:
        ours.slow_down(measured=100)
    assert ours.grant(1, goes_first=True)[0] == 1
    assert ours.grant(1, goes_first=True)[0] == 0, "only one is ahead"
    granted, wait = ours.grant(1)
    assert granted == 0
    assert wait > 60, "the others wait for it"


def test_a_quota_that_is_used_up_is_so_for_what_goes_first_too(client: redis.Redis) -> None:
    ours = meter(client, "3/h")
    assert ours.grant(3, goes_first=True)[0] == 3
    assert ours.grant(1, goes_first=True)[0] == 0


@pytest.mark.parametrize(
    ("limits", "kept"),
    [("19/h", 0), ("20/h", 1), ("100/h", 5), ("1000/d", 10), ("50000/d", 500), ("600/m", 0)],
)
def test_a_little_of_a_quota_is_kept_for_what_goes_first(
    client: redis.Redis, limits: str, kept: int
) -> None:
    name, (limit,) = str(uuid4()), parse_limits(limits)
    assert limit.count - limit.for_many == kept
    if limit.is_pace:
        return
    single = meter(client, limits, name)
    many = Meter(client, name=name, limits=[limit], many=True)
    assert many.grant(10**6)[0] == limit.count - kept
    assert many.grant(1)[0] == 0
    assert single.grant(10**6, goes_first=True)[0] == kept
    assert single.grant(1, goes_first=True)[0] == 0
    many.give_back(kept + 1)
    assert many.grant(10**6)[0] == 1, "what is given back is not lost, nor is the part that is kept"
