"""The desk of a small library, for the Django client (`scene`) and for a browser (`at_work`)."""

from __future__ import annotations

import pytest

from tests.desk import scenes
from tests.desk.scenes import Scene


@pytest.fixture
def scene(db: None, settings: object, tmp_path: object) -> Scene:
    """The busy desk, undone after the test; its pictures lie in a folder of the test's own."""
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]
    return scenes.desk()
