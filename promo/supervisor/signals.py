"""Waiting for a moment or a signal, whichever comes first."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Any, Self

_WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


class Signals:
    """While entered, signals are written to a pipe that `wait` reads. Main thread only."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        self._former: dict[signal.Signals, Any] = {}
        self._former_fd = -1

    def __enter__(self) -> Self:
        os.set_blocking(self._writer, False)
        os.set_blocking(self._reader, False)
        self._former_fd = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._former = {number: signal.signal(number, _noted) for number in _WATCHED}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._former_fd)
        os.close(self._reader)
        os.close(self._writer)

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until a child ends. Says whether we were asked to stop."""
        ready, _, _ = select.select([self._reader], [], [], seconds)
        came = os.read(self._reader, 1024) if ready else b""
        return any(number != signal.SIGCHLD for number in came)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """The pipe already has it."""
