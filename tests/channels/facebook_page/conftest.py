"""Fixtures of the tests against the rehearsal world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promo.channels.base import Access, Wires
from promo.channels.facebook_page import Channel
from promo.values import Message, Receipt
from tests.world import World, rehearsal, world

__all__ = ["rehearsal", "world"]


class Hasty(Channel):
    """The channel with a deadline that a test can wait for."""

    deadline = timedelta(seconds=1)


def access(world: World, **changes: str) -> Access:
    seed = {**world.seed(), **changes}
    return Access(
        config={key: seed[key] for key in ("page_id", "page_name", "app_id")},
        secrets={key: seed[key] for key in ("page_token", "app_secret")},
    )


def wires(world: World, *, graph_url: str = "") -> Wires:
    def enqueue(_access: Access, _message: Message, _key: str) -> Receipt:
        raise NotImplementedError

    return Wires(
        http=world.http,
        now=lambda: datetime.now(UTC),
        enqueue=enqueue,
        settings={"PROMO_FACEBOOK_GRAPH_URL": graph_url or world.graph_url},
    )


@pytest.fixture
def channel(world: World) -> Channel:
    return Channel(access(world), wires(world))


@pytest.fixture
def hasty(world: World) -> Channel:
    return Hasty(access(world), wires(world))
