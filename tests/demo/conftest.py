"""A desk that the demonstration may fill: prepared, untouched, with a folder for its pictures."""

from datetime import datetime
from pathlib import Path

import pytest
import time_machine

from promo.services import demo
from tests import making
from tests.demo.nights import NIGHT


@pytest.fixture
def desk(db, settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    making.installation()


@pytest.fixture
def filled(desk: None) -> datetime:
    """The instant at which the desk was filled: a night from Saturday to Sunday."""
    with time_machine.travel(NIGHT):
        demo.fill(now=NIGHT)
    return NIGHT
