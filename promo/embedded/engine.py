"""A server run as a child process: started once for each home, stopped cleanly, found again."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import IO, ClassVar

from promo.embedded.layout import Layout
from promo.errors import ConfigurationError

_START_LIMIT = 120.0  # seconds; recovery after a crash reads back at most `max_wal_size`
_STOP_LIMIT = 60.0
_GLANCE = 0.05  # seconds between two looks at a process that starts or ends


class Engine(ABC):
    """What PostgreSQL and Redis have in common."""

    name: ClassVar[str]
    label: ClassVar[str]
    process_names: ClassVar[frozenset[str]]
    stop_signal: ClassVar[signal.Signals]
    hard_stop_signal: ClassVar[signal.Signals]

    def __init__(self, layout: Layout, *, settings: Mapping[str, str] | None = None) -> None:
        """`settings` are handed to the server after our own, and win."""
        self.layout = layout
        self.settings = dict(settings or {})
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def data(self) -> Path: ...

    @property
    @abstractmethod
    def socket_path(self) -> Path: ...

    @abstractmethod
    def prepare(self) -> None:
        """Put in place what must be there before the server starts."""

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def is_ready(self) -> bool:
        """Does the server this object started serve yet?"""

    def leaders(self, remains: set[int]) -> set[int]:
        """Those of the processes an earlier start left behind which are to be asked to end."""
        return remains

    @property
    def pid(self) -> int | None:
        """The server's process id, if this object started it."""
        return self._process.pid if self._process else None

    @property
    def log(self) -> Path:
        return self.layout.logs / f"{self.name}.log"

    def start(self) -> None:
        """Start the server and return once it serves. Raises `ConfigurationError`."""
        if self.is_alive():
            return
        self.layout.make()
        self._take_lock()
        try:
            self._clear_remains()
            self.prepare()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server this object started, if any, and let others start it."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(self.stop_signal)
            try:
                self._process.wait(_STOP_LIMIT)
            except subprocess.TimeoutExpired:
                self._process.send_signal(self.hard_stop_signal)
                self._process.wait()
        self._process = None
        if self._lock:
            self.layout.sweep()
            self._lock.close()
            self._lock = None

    def is_alive(self) -> bool:
        """Does the server this object started still run?"""
        return self._process is not None and self._process.poll() is None

    def is_running(self) -> bool:
        """Does a server listen at the socket, whoever started it?"""
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket_path))
            except OSError:
                return False
            return True

    def _take_lock(self) -> None:
        if self._lock:
            return
        lock = (self.layout.run / f"{self.name}.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise ConfigurationError(
                f"{self.label} of {self.layout.home} is already in use by process {holder}. "
                "Stop that Promo first, or set PROMO_HOME to another place."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _clear_remains(self) -> None:
        """End what a killed starter left running: the lock is ours, so nobody else uses it."""
        deadline = time.monotonic() + _STOP_LIMIT
        asked: set[int] = set()
        while remains := _inhabitants(self.data, self.process_names):
            for pid in self.leaders(remains) - asked:
                os.kill(pid, self.stop_signal)
                asked.add(pid)
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"{self.label} was left running by an earlier start and does not end "
                    f"(processes {', '.join(map(str, sorted(remains)))}). End it, then start again."
                )
            time.sleep(_GLANCE)

    def _launch(self) -> None:
        with self.layout.open_log(self.name) as log:
            log_start = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 -- our own engines
                self.command(),
                cwd="/",
                env=plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C at the terminal reaches the supervisor, which stops the engines last.
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_LIMIT
        while not self.is_ready():
            if _ended(self._process) or time.monotonic() > deadline:
                raise ConfigurationError(self._why_not(log_start))

    def _why_not(self, log_start: int) -> str:
        with self.log.open("rb") as log:
            log.seek(log_start)
            said = log.read().decode(errors="replace").strip().splitlines()[-8:]
        return "\n".join([f"{self.label} did not start. The end of {self.log}:", *said])


def wheel_file(package: str, name: str) -> Path | None:
    """A file of an installed package, found without importing it (the import starts things)."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / name
    return path if path.exists() else None


def plain_environment() -> dict[str, str]:
    """Nothing of the starter's PGPORT, PGDATA or locale reaches the engines."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _inhabitants(directory: Path, process_names: frozenset[str]) -> set[int]:
    """Process ids of the servers that work in `directory` (Linux; elsewhere none is seen)."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            name = (entry / "comm").read_text(encoding="utf-8", errors="replace").strip()
            if name in process_names and (entry / "cwd").readlink() == directory:
                found.add(int(entry.name))
        except OSError:  # it ended meanwhile, or is somebody else's
            continue
    return found


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Has it ended? Looks for a moment."""
    try:
        process.wait(_GLANCE)
    except subprocess.TimeoutExpired:
        return False
    return True
