"""The clocks as they are shipped, to be killed: Celery's beat, and `promo tick --loop`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.processes import ROOT

TICK = [sys.executable, "-m", "promo.cli", "tick"]


class ClockProcess:
    """A process that goes on until it is killed."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], *, log: Path
    ) -> None:
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**environment},
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill9()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill9(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class BeatProcess(ClockProcess):
    """It ticks every second, into the queue `upkeep`."""

    def __init__(self, environment: Mapping[str, str], *, folder: Path) -> None:
        command = [sys.executable, "-m", "celery", "-A", "config.clock", "beat", "--pidfile="]
        schedule = ["--schedule", str(folder / "beat")]
        super().__init__([*command, *schedule], environment, log=folder / "beat.log")


class LoopProcess(ClockProcess):
    """It hands out by itself, several times in a second."""

    def __init__(self, environment: Mapping[str, str], *, folder: Path) -> None:
        command = [*TICK, "--loop", "--every", "0.2"]
        super().__init__(command, environment, log=folder / "loop.log")
