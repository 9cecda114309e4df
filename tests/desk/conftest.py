"""The desk of a small library: for the Django client (`scene`), and before a browser.

`at_work` stands for a whole module whose tests only look; `fresh` is built anew for each test that
changes something.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import override_settings
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import SettingsWrapper
from pytest_django.live_server_helper import LiveServer

from tests.browser import browser, open_page
from tests.desk import scenes
from tests.desk.browsing import Desk
from tests.desk.scenes import Scene

__all__ = ["browser", "open_page"]


@pytest.fixture
def scene(db: None, settings: SettingsWrapper, tmp_path: Path) -> Scene:
    """The busy desk, undone after the test; its pictures lie in a folder of the test's own."""
    settings.MEDIA_ROOT = str(tmp_path)
    return scenes.desk()


@pytest.fixture(scope="module")
def at_work(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    """The busy desk behind a real web server; what was before comes back after the module."""
    media = tmp_path_factory.mktemp("media")
    server = LiveServer("127.0.0.1")
    addresses = {"PROMO_BASE_URL": server.url, "MEDIA_ROOT": str(media)}
    with django_db_blocker.unblock(), override_settings(**addresses):
        try:
            yield Desk(server.url, scenes.desk())
        finally:
            server.stop()
            _as_it_was()


def _as_it_was() -> None:
    """What Django's own tests with `serialized_rollback` do: empty all, put the first rows back."""
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    connection.creation.deserialize_db_from_string(connection._test_serialized_contents)  # noqa: SLF001


@pytest.fixture
def fresh(
    live_server: LiveServer,
    django_db_serialized_rollback: None,
    settings: SettingsWrapper,
    tmp_path: Path,
) -> Desk:
    """The busy desk behind a real web server, for one test."""
    settings.PROMO_BASE_URL = live_server.url
    settings.MEDIA_ROOT = str(tmp_path)
    return Desk(live_server.url, scenes.desk())
