"""A desk that the demonstration may fill: prepared, untouched, with a folder for its pictures."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from promo.services import demo
from tests import making
from tests.demo.nights import NIGHT


@pytest.fixture
def desk(db, settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    making.installation()


@pytest.fixture(scope="module")
def library(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """The filled desk for a whole module, undone after it; each test is undone on its own."""
    media = str(tmp_path_factory.mktemp("media"))
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=media),
        transaction.atomic(),
    ):
        making.installation()
        with time_machine.travel(NIGHT):
            demo.fill(now=NIGHT)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def filled(library: None, db: None) -> datetime:
    """The instant at which the desk was filled: a night from Saturday to Sunday."""
    return NIGHT
