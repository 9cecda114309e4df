"""A child process with little time and memory, for parsers of foreign formats.

Nested tags cost feedparser 7 s for each megabyte, a picture of a few kilobytes can unpack to
gigabytes: what goes wrong there must not take a worker with it. The child gets no environment,
hence no secret.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use."""

    cpu_seconds: int = 10
    memory: int = 512 * MEGABYTE

    @property
    def patience(self) -> float:
        """Seconds by the clock: the machine has other work too."""
        return self.cpu_seconds * 3.0


class ChildEnded(Exception):
    """The child was stopped at a limit, or broke down; for the caller to put into words."""


def run_confined(module: str, arguments: list[str], given: bytes, *, limits: Limits) -> bytes:
    """What the module printed, run as a program on what is `given`; raises `ChildEnded`."""
    figures = [str(limits.cpu_seconds), str(limits.memory)]
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and our own module
            [sys.executable, "-E", "-s", "-m", module, *figures, *arguments],
            input=given,
            capture_output=True,
            cwd=ROOT,
            env={},
            timeout=limits.patience,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ChildEnded(f"{module} ran longer than {limits.patience} s") from error
    if ended.returncode:
        last = ended.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ChildEnded(f"{module}: {_how(ended.returncode)} {last}"[:500])
    return ended.stdout


def confine() -> list[str]:
    """The child's first call: set its limits, as named on the command line, and give the rest."""
    cpu_seconds, memory, *rest = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds), int(cpu_seconds) + 1))
    with suppress(ValueError):  # macOS knows no limit of the address space
        resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    return rest


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit {code}"
