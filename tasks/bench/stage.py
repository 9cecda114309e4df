"""What every benchmark stands on: engines of its own, its processes, and what they cost."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from promo.embedded import Layout, Postgres, Redis

ROOT = Path(__file__).resolve().parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_UTIME, _CSTIME = 11, 14  # proc(5), counted after the name


@dataclass(frozen=True, slots=True)
class Stage:
    """A home with running engines."""

    home: Path
    engines: Mapping[str, Postgres | Redis]

    def pids(self, engine: str) -> list[int]:
        """The processes of one engine."""
        pid = self.engines[engine].pid
        return family(pid) if pid else []


@contextmanager
def engines(environment: Mapping[str, str]) -> Iterator[Stage]:
    """PostgreSQL and Redis below a new home, tables made, Django set up for them; gone afterwards.

    To be entered before anything has read the settings.
    """
    with tempfile.TemporaryDirectory(prefix="promo-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # PostgreSQL may run as another account
        for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"):
            os.environ.pop(name, None)
        os.environ.update(
            {
                "PROMO_HOME": str(home),
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "PROMO_LOG_LEVEL": "WARNING",
                **environment,
            }
        )
        running: dict[str, Postgres | Redis] = {
            "postgres": Postgres(Layout(home)),
            "redis": Redis(Layout(home)),
        }
        for engine in running.values():
            engine.start()
        try:
            _prepare()
            yield Stage(home, running)
        finally:
            from django.db import connections  # noqa: PLC0415 -- needs the settings

            connections.close_all()
            for engine in reversed(running.values()):
                engine.stop()


def _prepare() -> None:
    import django  # noqa: PLC0415 -- reads the settings
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    # Without the wiring a hint would go to nobody's broker. By name: the arrows point from it.
    import_module("config.celery")
    call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def process(command: Sequence[str], *, log: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in a group of its own, told to end afterwards."""
    with (
        log.open("a") as file,
        subprocess.Popen(  # noqa: S603  (ours, or Postfix's)
            [*command], cwd=ROOT, stdout=subprocess.PIPE, stderr=file, text=True
        ) as started,
    ):
        try:
            yield started
        finally:
            started.terminate()
            started.wait(timeout=60)


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def family(parent: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    found, waiting = [], [parent]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children[pid]
    return found


def cpu_seconds(pids: Sequence[int]) -> float:
    """The processor time these processes and their children that have ended have used so far."""
    return sum(sum(map(int, _stat(pid)[_UTIME : _CSTIME + 1])) for pid in pids) / _TICKS


def peak_rss_mb(pids: Sequence[int]) -> float:
    """The most memory one of these processes has had resident, in MB."""
    most = 0
    for pid in pids:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        most = max([most, *(int(line.split()[1]) for line in lines)])
    return round(most / 1024, 1)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name (proc(5)); empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
