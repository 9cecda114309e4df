"""How many readers are marked at once: as many as are mailed in a moment, at the pace measured."""

from __future__ import annotations

LARGEST = 500
FIRST = 100
SMALLEST = 8
SECONDS = 0.1
"""A mark is good for what is sent in this time: so soon acts whoever leaves, pauses or cancels."""


class Window:
    def __init__(self) -> None:
        self.size = FIRST
        self.rate = 0.0
        """Answers a second, lately."""

    def adapt(self, answers: int, *, seconds: float) -> None:
        """So many came in this time."""
        self.rate = answers / seconds if seconds else 0.0
        wanted = int(self.rate * SECONDS) if seconds else LARGEST
        self.size = max(SMALLEST, min(LARGEST, wanted))
