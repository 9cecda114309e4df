"""Celery's beat as it is shipped, to be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.processes import ROOT


class BeatProcess:
    """It ticks every second, into the queue `upkeep`."""

    def __init__(self, environment: Mapping[str, str], *, folder: Path) -> None:
        command = [sys.executable, "-m", "celery", "-A", "config.clock", "beat", "--pidfile="]
        with (folder / "beat.log").open("ab") as file:
            self._process = subprocess.Popen(
                [*command, "--schedule", str(folder / "beat")],
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

    def kill9(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
