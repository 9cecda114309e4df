"""The desk of a small library: for the Django client (`scene`), and before a browser.

`at_work` stands for a whole module whose tests only look (and are marked `django_db`, so that
pytest-django makes the database); `fresh` is built anew for each test that changes something.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import Browser, expect
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from tests import first_rows
from tests.browser import PATIENCE, OpenPage, browser, open_page, windows
from tests.desk import snapshots
from tests.desk.browsing import Desk
from tests.desk.hands import Hand, Keys, Mouse
from tests.desk.scenes import Scene
from tests.desk.web import WebProcess

__all__ = ["browser", "open_page", "windows"]

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def scene(db: None, settings: Settings, tmp_path: Path) -> Scene:
    """The busy desk, undone after the test; its pictures lie in a folder of the test's own."""
    settings.MEDIA_ROOT = str(tmp_path)
    return snapshots.desk()


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[None]:
    """While the browser's loop runs here, Django keeps a connection for it: closed with it."""
    yield
    connections.close_all()


@pytest.fixture(scope="module")
def at_work(
    window: None,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    """The busy desk behind a real web server, gone after the module."""
    log = tmp_path_factory.mktemp("web") / "web.log"
    with django_db_blocker.unblock():
        try:
            with WebProcess.started(log=log) as web:
                yield Desk.opened(web.url)
        finally:
            first_rows.leave()


@pytest.fixture
def fresh(window: None, transactional_db: None, tmp_path: Path) -> Iterator[Desk]:
    """The busy desk behind a real web server, for one test."""
    with WebProcess.started(log=tmp_path / "web.log") as web:
        yield Desk.opened(web.url)


@pytest.fixture(params=[Mouse, Keys], ids=["by mouse", "by keyboard"])
def hand(request: pytest.FixtureRequest, at_work: Desk, open_page: OpenPage) -> Hand:
    """An approver at the busy desk, once with each of her hands."""
    hand: Hand = request.param(at_work.enter(open_page(width=1280, height=900), name="ewa"))
    return hand
