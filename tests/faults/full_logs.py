"""19: the disk of the logs is full: whoever writes there is told so, from the first line on."""

from __future__ import annotations

from pathlib import Path

import pytest

FULL = Path("/dev/full")


def full_logs(folder: Path, *names: str) -> None:
    """What is to be logged in `folder` finds no room. Skips the test where that cannot be."""
    if not FULL.exists():
        pytest.skip("there is no disk without room here")
    for name in names:
        (folder / name).symlink_to(FULL)
