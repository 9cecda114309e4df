"""Limits on the real Redis: all workers together keep to them, and waste little of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
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


def test_workers_together_keep_to_a_pace_within_two_percent(client: redis.Redis) -> None:
    """Four at once for a while; what was granted is compared with the time it took by Redis."""
    name, rate, seconds = str(uuid4()), 500, 1.5
    granted = []
    began = redis_time(client)

    def work() -> None:
        with redis.Redis.from_url(settings.REDIS_URL) as own:
            ours = meter(own, f"{rate}/s", name)
            while (at := redis_time(own)) < began + seconds:
                count, wait = ours.grant(20)
                granted.append((at, count))
                if not count:
                    time.sleep(wait)

    threads = [threading.Thread(target=work) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(count for _at, count in granted)
    took = redis_time(client) - began
    assert total <= rate * took * 1.02 + rate * 0.1


def redis_time(client: redis.Redis) -> float:
    whole, micro = client.time()
    return float(whole + micro / 1e6)


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
