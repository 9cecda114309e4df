"""A brake on the real Redis: half as fast at each complaint, back at full speed by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
import redis
from django.conf import settings

from promo.mailing import brake
from promo.mailing.limits import Meter, parse_limits


@pytest.fixture
def client() -> Iterator[redis.Redis]:
    made = redis.Redis.from_url(settings.REDIS_URL)
    yield made
    made.close()


@pytest.fixture
def name() -> str:
    return str(uuid4())


def let_pass(client: redis.Redis, name: str, *, seconds: float) -> None:
    """As if the last complaint were so much longer ago."""
    at = client.hget(brake.key_of(name), "at")
    assert at is not None
    client.hset(brake.key_of(name), "at", float(at) - seconds)


def test_without_a_complaint_nothing_is_slowed(client: redis.Redis, name: str) -> None:
    assert name not in brake.slowed(client)
    assert Meter(client, name=name, limits=()).grant(1000) == (1000, 0.0)


def test_a_complaint_halves_the_pace(client: redis.Redis, name: str) -> None:
    brake.press(client, name, measured=1000)
    assert brake.slowed(client)[name] == pytest.approx(500, rel=0.05)
    granted, wait = Meter(client, name=name, limits=()).grant(1000)
    assert 50 <= granted <= 55, "a tenth of a second at once"
    assert wait == 0


def test_complaints_about_mails_that_were_on_their_way_count_once(
    client: redis.Redis, name: str
) -> None:
    for _one in range(20):
        brake.press(client, name, measured=1000)
    assert brake.slowed(client)[name] == pytest.approx(500, rel=0.05)
    let_pass(client, name, seconds=brake.DEAF)
    brake.press(client, name, measured=1000)
    assert brake.slowed(client)[name] == pytest.approx(253, rel=0.05)


def test_the_pace_grows_evenly_until_nothing_is_slowed_any_more(
    client: redis.Redis, name: str
) -> None:
    brake.press(client, name, measured=1000)
    let_pass(client, name, seconds=60)
    assert brake.slowed(client)[name] == pytest.approx(700, rel=0.05)
    left = client.pttl(brake.key_of(name))
    assert left == pytest.approx(1000 * brake.RECOVERY / 2, rel=0.05), "then it is gone by itself"
    client.delete(brake.key_of(name))
    assert name not in brake.slowed(client)
    assert Meter(client, name=name, limits=()).grant(1000) == (1000, 0.0)


def test_complaints_never_stop_everything(client: redis.Redis, name: str) -> None:
    for _one in range(20):
        brake.press(client, name, measured=0)
        let_pass(client, name, seconds=brake.DEAF)
    assert brake.LEAST <= brake.slowed(client)[name] < 2
    assert Meter(client, name=name, limits=()).grant(8)[0] == 1


def test_a_limit_and_a_brake_hold_both(client: redis.Redis, name: str) -> None:
    meter = Meter(client, name=name, limits=parse_limits("30/h"))
    meter.slow_down(measured=2000)
    assert meter.grant(100)[0] == 30
    assert meter.grant(1)[0] == 0
    meter.give_back(5)
    assert meter.grant(100)[0] == 5


def test_workers_together_keep_to_the_pace_asked_for_within_two_percent(
    client: redis.Redis, name: str
) -> None:
    """Four at once; what was granted is compared with the pace, which grows meanwhile."""
    brake.press(client, name, measured=1000)
    began, pace, seconds = redis_time(client), brake.slowed(client)[name], 1.0
    granted: list[int] = []

    def work() -> None:
        with redis.Redis.from_url(settings.REDIS_URL) as own:
            meter = Meter(own, name=name, limits=())
            while redis_time(own) < began + seconds:
                count, wait = meter.grant(20)
                granted.append(count)
                if not count:
                    time.sleep(wait)

    threads = [threading.Thread(target=work) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = redis_time(client) - began
    fastest = brake.slowed(client)[name]
    assert sum(granted) <= (pace + fastest) / 2 * took * 1.02 + fastest * 0.1


def redis_time(client: redis.Redis) -> float:
    whole, micro = client.time()
    return float(whole + micro / 1e6)
