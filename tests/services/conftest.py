"""The outside world and the clock of the services' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings

from promo.models import Destination
from promo.services import destinations
from tests import making
from tests.driving import Clock
from tests.world import World


@pytest.fixture
def outside(world: World) -> Iterator[World]:
    """Everything that leaves us goes to the rehearsal world."""
    with override_settings(
        PROMO_FACEBOOK_GRAPH_URL=world.graph_url,
        EMAIL_URL=f"smtp://{world.host}:{world.smtp_port}",
    ):
        yield world


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def page(db: None, outside: World) -> Destination:
    """A Facebook page of the rehearsal world."""
    return making.page(outside)


@pytest.fixture
def website(db: None) -> Destination:
    return destinations.create(channel="website", name="Strona biblioteki")
