"""Signs of life: of the worker as a row, of beat as a key that ends by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.test import override_settings

from promo.models import Destination, Publication
from promo.protocol import NEEDS_A_HAND, State
from promo.services import health
from tests import making
from tests.driving import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def beat() -> Iterator[redis.Redis]:
    """Redis, without a sign of life of beat's."""
    with redis.Redis.from_url(settings.REDIS_URL) as connection:
        connection.delete(settings.BEAT_KEY)
        yield connection
        connection.delete(settings.BEAT_KEY)


def note(*, now: datetime) -> None:
    """A worker's sign of life."""
    health.next_turn({health.WORKER: health.NOTED_EVERY}, now=now)


def test_nothing_is_called_alive_that_was_never_seen(clock: Clock, beat: redis.Redis) -> None:
    expected = {"database": True, "redis": True, "worker": False, "beat": False}
    assert health.parts(now=clock()) == expected


def test_a_worker_is_alive_for_a_while_after_its_last_sign(clock: Clock, beat: redis.Redis) -> None:
    note(now=clock())
    note(now=clock.forward(seconds=30))
    assert health.parts(now=clock.forward(seconds=89))["worker"]
    assert not health.parts(now=clock.forward(seconds=1))["worker"]


def test_beat_is_alive_as_long_as_its_key_is(clock: Clock, beat: redis.Redis) -> None:
    beat.set(settings.BEAT_KEY, "1", ex=20)
    assert health.parts(now=clock())["beat"]
    assert beat.ttl(settings.BEAT_KEY) <= 20


def test_without_redis_the_rest_is_still_told(clock: Clock) -> None:
    note(now=clock())
    with override_settings(REDIS_URL="unix:///nowhere/redis.sock"):
        parts = health.parts(now=clock())
    assert parts == {"database": True, "redis": False, "worker": True, "beat": False}


def test_the_figures_count_what_waits_and_what_waits_for_a_person(
    website: Destination, clock: Clock
) -> None:
    rows = [
        making.due_publication(website, title=f"Wpis {number}")
        for number in range(len(NEEDS_A_HAND) + 2)
    ]
    for row, state in zip(rows, NEEDS_A_HAND, strict=False):
        Publication.objects.filter(pk=row.pk).update(state=state)
    Publication.objects.filter(pk=rows[-1].pk).update(due_at=clock() + timedelta(days=1))
    assert health.figures(now=clock()) == {"due": 1, "needs_a_hand": len(NEEDS_A_HAND)}
    assert State.UNKNOWN in NEEDS_A_HAND


def test_a_turn_is_taken_once_by_what_has_waited_longest(clock: Clock) -> None:
    every = {"often": timedelta(seconds=10), "seldom": timedelta(seconds=60)}
    taken = [health.next_turn(every, now=clock()) for _asked in range(3)]
    assert sorted(taken[:2]) == ["often", "seldom"]
    assert taken[2] is None
    assert health.next_turn(every, now=clock.forward(seconds=9)) is None
    assert health.next_turn(every, now=clock.forward(seconds=1)) == "often"
    clock.forward(seconds=51)  # "seldom" has waited for one second too long, "often" for 41
    assert [health.next_turn(every, now=clock()) for _asked in range(3)] == [
        "often",
        "seldom",
        None,
    ]
