"""The outside world and the clock of the fault tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from tests import first_rows
from tests.world import World

first_rows.come_back()


@dataclass
class Clock:
    """A clock that stands until it is put forward; a service takes it as `clock=`."""

    at: datetime = field(default_factory=timezone.now)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **length: float) -> datetime:
        self.at += timedelta(**length)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def connected(rehearsal: World) -> Iterator[World]:
    """Everything that leaves us goes to the rehearsal world."""
    with override_settings(
        PROMO_FACEBOOK_GRAPH_URL=rehearsal.graph_url,
        EMAIL_URL=f"smtp://{rehearsal.host}:{rehearsal.smtp_port}",
    ):
        yield rehearsal
