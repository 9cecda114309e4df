"""When a whole conversation must be over, however many calls it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock `clock`, in seconds."""

    ends: float
    clock: Callable[[], float]

    @classmethod
    def after(cls, length: timedelta, clock: Callable[[], float]) -> Self:
        return cls(ends=clock() + length.total_seconds(), clock=clock)

    @property
    def left(self) -> timedelta:
        return timedelta(seconds=max(0.0, self.ends - self.clock()))

    def earlier(self, length: timedelta) -> Deadline:
        """The same deadline, moved forward by `length`."""
        return Deadline(ends=self.ends - length.total_seconds(), clock=self.clock)
