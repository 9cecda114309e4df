"""Mail servers in processes of their own: they write down a mail they take, then say so."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from tests.faults.moody import Mood
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
        command = ["-m", "tasks.bench.sink", "--delay", str(delay), "--record", str(record)]
        with _running(command) as port:
            yield cls(port, record)

    def url(self, *, connections: int, **options: object) -> str:
        more = "".join(f"&{name}={value}" for name, value in options.items())
        return f"smtp://127.0.0.1:{self.port}/?connections={connections}{more}"

    def taken(self) -> Counter[str]:
        """How many mails to each address."""
        return Counter(self.record.read_text().split())


@dataclass(frozen=True, slots=True)
class MoodySink(Sink):
    """One that misbehaves (`tests/faults/moody.py`), and also tells with whom it did."""

    @classmethod
    @contextmanager
    def in_a(cls, mood: Mood, record: Path) -> Iterator[Self]:
        record.touch()
        command = ["-m", "tests.faults.moody", str(record), json.dumps(asdict(mood))]
        with _running(command) as port:
            yield cls(port, record)

    def taken(self) -> Counter[str]:
        return Counter(words[1] for words in self.told("taken"))

    def met(self) -> Counter[str]:
        """How often the fault struck each address; "" where none had been named."""
        return Counter(" ".join(words[1:]) for words in self.told("met"))

    def told(self, what: str) -> list[list[str]]:
        """The lines of the record that tell of this."""
        lines = (line.split() for line in self.record.read_text().splitlines())
        return [words for words in lines if words[0] == what]


@contextmanager
def _running(command: list[str]) -> Iterator[int]:
    """The port that this program prints; it ends afterwards."""
    with subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()
