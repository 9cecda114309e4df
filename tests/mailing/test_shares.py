"""The connections of a relay, shared on the real Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
import redis
from django.conf import settings

from promo.mailing.relay import Relay
from promo.mailing.shares import Share

LONG = timedelta(hours=1)
OVER = timedelta()


@pytest.fixture
def client() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as made:
        yield made


def relay_of(connections: int) -> Relay:
    """One that no other test has met."""
    return Relay(f"{uuid4().hex}.example.org", connections=connections)


class Run:
    """A run that opens and closes at once what it may."""

    def __init__(
        self, client: redis.Redis, relay: Relay, *, lease: timedelta = LONG, single: bool = False
    ) -> None:
        self.share = Share(client, relay, lease=lease, single=single)
        self.open = 0

    def tell(self) -> int:
        self.open = self.share.claim(open_now=self.open)
        return self.open

    def end(self) -> None:
        self.open = 0
        self.share.give_back()


def test_a_run_that_is_alone_may_open_all(client: redis.Redis) -> None:
    only = Run(client, relay_of(20))
    assert [only.tell(), only.tell()] == [20, 20]


def test_whoever_comes_later_gets_its_part_once_the_first_has_given_back(
    client: redis.Redis,
) -> None:
    relay = relay_of(20)
    first, later = Run(client, relay), Run(client, relay)
    first.tell()
    assert later.tell() == 0, "what is open is nobody else’s"
    assert first.share.claim(open_now=20) == 10, "to be given back"
    assert later.tell() == 0, "and not closed yet"
    first.open = 10
    assert first.tell() == 10
    assert later.tell() == 10
    later.end()
    assert first.tell() == 20


@pytest.mark.parametrize(("allowed", "runs"), [(20, 3), (20, 7), (7, 2), (3, 3), (1, 1)])
def test_after_two_rounds_all_have_their_part_and_nothing_lies_idle(
    client: redis.Redis, allowed: int, runs: int
) -> None:
    relay = relay_of(allowed)
    all_of_them = [Run(client, relay) for _one in range(runs)]
    for _round in range(3):
        for run in all_of_them:
            run.tell()
    parts = [run.open for run in all_of_them]
    assert sum(parts) == allowed
    assert min(parts) >= allowed // runs


def test_where_connections_are_fewer_than_runs_nobody_loses_the_one_it_has(
    client: redis.Redis,
) -> None:
    relay = relay_of(2)
    runs = [Run(client, relay) for _one in range(4)]
    for _round in range(2):
        for run in runs:
            run.tell()
    for _round in range(3):
        assert [run.tell() for run in runs] == [1, 1, 0, 0]
    runs[0].end()
    assert [run.tell() for run in runs[1:]] == [1, 1, 0]


def test_a_single_mail_gets_the_only_connection_of_a_relay_before_a_run(
    client: redis.Redis,
) -> None:
    relay = relay_of(1)
    run, mail = Run(client, relay), Run(client, relay, single=True)
    assert run.tell() == 1
    assert mail.tell() == 0
    assert run.tell() == 0
    run.tell()
    assert mail.tell() == 1
    assert run.tell() == 0
    mail.end()
    assert run.tell() == 1


def test_what_a_dead_worker_held_is_free_once_its_lease_is_over(client: redis.Redis) -> None:
    relay = relay_of(20)
    assert Run(client, relay, lease=OVER).tell() == 20
    assert Run(client, relay, lease=OVER, single=True).tell() == 1
    assert Run(client, relay).tell() == 20


def test_a_redis_that_was_started_anew_hears_first_who_has_some_open(client: redis.Redis) -> None:
    relay = relay_of(20)
    runs = [Run(client, relay), Run(client, relay)]
    for _round in range(3):
        for run in runs:
            run.tell()
    client.delete(f"promo:connections:{relay.name}")
    assert [run.tell() for run in runs] == [10, 10]


def test_two_relays_share_nothing(client: redis.Redis) -> None:
    assert Run(client, relay_of(20)).tell() == 20
    assert Run(client, relay_of(20)).tell() == 20


def test_at_no_moment_are_more_open_than_the_relay_allows(client: redis.Redis) -> None:
    """Eight threads as workers come, grow, are cut, close slowly, go, and never exceed it.

    A connection is counted as open before it is, and as closed after it is.
    """
    allowed, relay = 10, relay_of(10)
    together, lock, most_seen = [0], threading.Lock(), [0]

    def change(by: int) -> None:
        with lock:
            together[0] += by
            most_seen[0] = max(most_seen[0], together[0])

    def work(seed: int) -> None:
        dice = Random(seed)
        with redis.Redis.from_url(settings.REDIS_URL) as own:
            for _life in range(6):
                share, open_now = Share(own, relay, lease=LONG, single=not seed % 4), 0
                for _turn in range(dice.randrange(1, 20)):
                    most = share.claim(open_now=open_now)
                    step = most - open_now
                    if step < 0:  # some are in the middle of a mail
                        step = -dice.randrange(0, 1 - step)
                    change(step)
                    open_now += step
                change(-open_now)
                share.give_back()

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [0]
    assert 0 < most_seen[0] <= allowed
