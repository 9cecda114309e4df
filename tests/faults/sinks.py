"""A mail server in a process of its own that writes down every mail it takes, before it says so."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.processes import ROOT


@dataclass(frozen=True, slots=True)
class Sink:
    """The witness: what its record holds was taken."""

    port: int
    record: Path

    @classmethod
    @contextmanager
    def started(cls, record: Path, *, delay: float) -> Iterator[Self]:
        """With so many milliseconds before each answer."""
        with subprocess.Popen(
            [
                *(sys.executable, "-m", "tasks.bench.sink"),
                *("--delay", str(delay), "--record", str(record)),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stdout is not None
                yield cls(int(process.stdout.readline()), record)
            finally:
                process.terminate()

    def url(self, *, connections: int) -> str:
        return f"smtp://127.0.0.1:{self.port}/?connections={connections}"

    def taken(self) -> Counter[str]:
        """How many mails to each address."""
        return Counter(self.record.read_text().split())
