"""Golden files, compared whole. PROMO_WRITE_GOLDEN=1 writes them anew: read the diff."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).with_name("golden")


def assert_golden(name: str, content: bytes) -> None:
    """The content is what the file holds, byte for byte."""
    path = FOLDER / name
    if os.environ.get("PROMO_WRITE_GOLDEN") == "1":
        path.write_bytes(content)
    assert path.read_bytes().decode() == content.decode()
