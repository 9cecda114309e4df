"""The rehearsed Facebook tells our web over HTTP: it verifies, signs and repeats as in earnest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import override_settings
from pytest_django.live_server_helper import LiveServer

from promo.models import Destination, Publication
from promo.protocol import State
from promo.services import hearing
from promo.services.clock import database_now
from tests import making
from tests.driving import Clock, tick
from tests.processes import until
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("rehearsal")]

PATIENCE = 60


@pytest.fixture
def page(live_server: LiveServer, outside: World) -> Iterator[Destination]:
    """A page whose posts nobody looks for before the quiet period is over, unless told."""
    with override_settings(PROMO_BASE_URL=live_server.url, PROMO_LOOKS=[]):
        yield making.page(outside)
        outside.clear()  # so that nobody is told any more before nobody listens


@pytest.fixture
def told(page: Destination) -> hearing.SetUp:
    found = hearing.set_up(destination=page)
    assert found is not None
    return found


def test_the_address_is_verified_only_with_the_token_that_the_desk_shows(
    outside: World, told: hearing.SetUp
) -> None:
    refused = outside.tells(told.address, token=told.token[::-1])
    assert refused.json()["error"]["code"] == 2200
    assert outside.tells(told.address, token=told.token).json() == {"success": True}


def test_what_is_told_fifty_times_is_looked_for_once_and_found(
    page: Destination, outside: World, told: hearing.SetUp
) -> None:
    outside.tells(told.address, token=told.token).raise_for_status()
    outside.fault(fault="webhook_duplicate", copies=50)
    outside.fault(fault="webhook_batch", seconds=3, every=2)
    outside.fault(fault="create_then_cut", path="/feed", times=1)
    row = making.due_publication(page)
    clock = Clock(database_now())
    tick(clock)

    def is_sooner() -> bool:
        row.refresh_from_db()
        return row.look_at is not None and row.look_at <= clock() + timedelta(minutes=1)

    row.refresh_from_db()
    assert row.state == State.UNKNOWN
    assert timedelta(minutes=1) < settings.PROMO_QUIET_PERIOD, "else it is looked for anyway"
    until(is_sooner, within=PATIENCE, what="it is looked for sooner")
    assert row.look_at is not None
    clock.at = row.look_at
    tick(clock)
    assert Publication.objects.get().state == State.PUBLISHED
    assert [call["method"] for call in outside.calls()].count("GET") == 1
    assert len(outside.posts()) == 1
