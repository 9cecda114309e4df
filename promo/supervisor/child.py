"""One process under supervision: started in a group of its own, its output kept in its log."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from promo.embedded import Layout
from promo.embedded.unprivileged import dying_with_parent

# Celery writes "[… WARNING/MainProcess]", granian "[WARNING]", our own logs " WARNING ". That
# /healthz reports a missing worker while everything starts is no news.
_TELLING = re.compile(r"^(?!.* /healthz).*[\s\[](WARNING|ERROR|CRITICAL)[\s/\]]|^Traceback ")
_MOST_LINES = 5  # shown at one look; the log has them all
_STEADY = 60.0  # seconds after which an earlier crash no longer counts
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to start. `patience` is how many seconds it gets to end when it is asked to."""

    name: str
    command: tuple[str, ...]
    patience: float = 10.0


class Child:
    """A program and its present process."""

    def __init__(self, program: Program, *, layout: Layout, environment: Mapping[str, str]) -> None:
        self.program = program
        self.restarts = 0
        self.start_again_at: float | None = None
        self._layout = layout
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._crashes = 0
        self._read_to = 0

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def log(self) -> Path:
        return self._layout.logs / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it. Its output is appended to its log, so that it survives us too."""
        with self._layout.open_log(self.name) as log:
            self._read_to = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 -- our own programs
                [*dying_with_parent("TERM"), *self.program.command],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started = time.monotonic()
        self.start_again_at = None

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def has_crashed(self) -> bool:
        """Did it end, and is nothing planned for it yet?"""
        return self._process is not None and not self.is_alive() and self.start_again_at is None

    def plan_restart(self) -> float:
        """Clear away what the crash left; give the seconds until it is started again."""
        self.kill()
        now = time.monotonic()
        self._crashes = 1 if now - self._started > _STEADY else self._crashes + 1
        pause = min(2.0 ** (self._crashes - 1), _LONGEST_PAUSE)
        self.start_again_at = now + pause
        self.restarts += 1
        return pause

    def is_due(self) -> bool:
        return self.start_again_at is not None and time.monotonic() >= self.start_again_at

    def ask_to_end(self) -> None:
        if self._process and self.is_alive():
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End its whole group at once. Promo's ledger is made for that."""
        if self._process is None:
            return
        with suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, for zombies
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def ending(self) -> str:
        """How it ended, in words."""
        code = self._process.returncode if self._process else None
        if code is None:
            return "not ended"
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def news(self) -> list[str]:
        """New lines of the log that a person at the console should see."""
        lines = [line for line in self._new_lines() if _TELLING.search(line)]
        if len(lines) > _MOST_LINES:
            more = f"… and {len(lines) - _MOST_LINES} more: {self.log}"
            return [*lines[:_MOST_LINES], more]
        return lines

    def _new_lines(self) -> list[str]:
        if not self.log.exists():  # there was no room for it
            return []
        with self.log.open("rb") as log:
            if self.log.stat().st_size < self._read_to:  # it was trimmed
                self._read_to = 0
            log.seek(self._read_to)
            fresh = log.read()
        whole, newline, _rest = fresh.rpartition(b"\n")
        self._read_to += len(whole) + len(newline)
        return whole.decode(errors="replace").splitlines()
