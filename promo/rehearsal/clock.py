"""The virtual clock: real time plus an offset that `POST /api/clock` moves."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from promo.rehearsal.state import State


class Clock:
    """Tells the rehearsal world's time in seconds since 1970. The offset outlives a restart."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.offset = float(state.fact("clock_offset", "0"))

    def now(self) -> float:
        return time.time() + self.offset

    def move(self, offset_seconds: float) -> None:
        """Set the offset from real time (not add to it)."""
        self._state.set_fact("clock_offset", repr(offset_seconds))
        self.offset = offset_seconds


def graph_time(seconds: float) -> str:
    """Meta's way to write an instant: `2019-05-17T16:24:04+0000`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def iso_time(seconds: float) -> str:
    """ISO 8601 with microseconds, in UTC: for our own JSON."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
