"""A `promo up` in a process of its own, whose console the test reads."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Stage:
    """One run of the supervisor with the small programs of `stage.py`."""

    def __init__(self, home: Path, **environ: str) -> None:
        web, rehearsal, smtp = free_ports(3)
        self.home = home
        self.environ = {
            "PATH": os.environ["PATH"],
            "PROMO_HOME": str(home),
            "PROMO_PORT": str(web),
            "PROMO_REHEARSAL_PORT": str(rehearsal),
            "PROMO_REHEARSAL_SMTP_PORT": str(smtp),
            "REDIS_URL": "redis://elsewhere",
            "DATABASE_URL": "postgresql://elsewhere",
            **environ,
        }
        self.said: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.supervisor.stage"],
            cwd=ROOT,
            env={key: value for key, value in self.environ.items() if value},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def hear(self, words: str) -> str:
        """Read the console up to the line with these words."""
        assert self.process
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if words in line:
                return line.rstrip()
        raise AssertionError("\n".join(["never said: " + words, *self.said]))

    def ready(self) -> None:
        """Start it, and return once every program is there."""
        self.start()
        self.hear("Ctrl-C stops it.")
        names = ["web", "worker", "beat", "tick"]
        if not self.environ["DATABASE_URL"]:
            names.append("rehearsal")
        for name in names:
            if not any(f"WARNING {name} is here" in line for line in self.said):
                self.hear(f"WARNING {name} is here")

    def send(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def end(self) -> int:
        """Read the console to its end; the exit code."""
        assert self.process
        rest, _ = self.process.communicate()
        self.said += rest.splitlines()
        return self.process.returncode

    @property
    def played(self) -> list[str]:
        return (self.home / "played").read_text().splitlines()

    def pid_of(self, name: str) -> int:
        """The process id with which the program started last."""
        starts = [line.split() for line in self.played if not line.startswith("-")]
        return int([pid for program, pid in starts if program == name][-1])


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    stages: list[Stage] = []

    def make(**environ: str) -> Stage:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        stages.append(Stage(home, **environ))
        return stages[-1]

    yield make
    for one in stages:
        if one.process and one.process.poll() is None:
            one.process.kill()
            one.process.communicate()
