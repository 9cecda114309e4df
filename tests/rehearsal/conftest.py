"""One process for each module, put back to its first day before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rehearsal.client import Rehearsal


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with Rehearsal.start(tmp_path_factory.mktemp("rehearsal")) as world:
        yield world


@pytest.fixture
def world(running: Rehearsal) -> Rehearsal:
    running.post("/api/clear").raise_for_status()
    return running
