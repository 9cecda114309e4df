"""A stop holds whoever comes first, until its file is emptied."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from promo import stops
from tests.processes import until


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    file = tmp_path / "stopped"
    monkeypatch.setenv("PROMO_STOP_AT", stops.AFTER_MARK)
    monkeypatch.setenv("PROMO_STOP_FILE", str(file))
    return file


def test_whoever_comes_first_stops_until_the_file_is_emptied_and_nobody_after_it(
    file: Path,
) -> None:
    first = threading.Thread(target=stops.reached, args=[stops.AFTER_MARK], daemon=True)
    first.start()
    until(lambda: file.exists() and bool(file.read_text()), within=30, what="it has stopped")
    stops.reached(stops.AFTER_MARK)  # another one goes on
    assert first.is_alive()
    file.write_text("")
    first.join(30)
    assert not first.is_alive()


def test_nobody_stops_at_another_point(file: Path) -> None:
    stops.reached(stops.AFTER_CLAIM)
    assert not file.exists()
