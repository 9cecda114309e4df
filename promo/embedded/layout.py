"""Where one Promo keeps its things, and the addresses that follow from it."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from promo.errors import ConfigurationError

DATABASE = "promo"
_LONGEST_SOCKET_PATH = 100  # bytes; Linux takes 107, macOS 103
_LOG_LIMIT = 5_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything is below `home` (PROMO_HOME)."""

    home: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "home", Path(self.home).expanduser().resolve())

    @property
    def postgres(self) -> Path:
        return self.home / "postgres"

    @property
    def redis(self) -> Path:
        return self.home / "redis"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def media(self) -> Path:
        return self.home / "media"

    @property
    def sockets(self) -> Path:
        """`run`, or a short private directory where a socket's path would not do."""
        longest = os.fsencode(self.run / "pg" / ".s.PGSQL.5432")
        # libpq takes a comma for the end of a host and the start of another.
        if len(longest) <= _LONGEST_SOCKET_PATH and b"," not in longest:
            return self.run
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        # Not TMPDIR: it may differ between the process that starts and the one that connects.
        return Path("/", "tmp", f"promo-{os.geteuid()}-{name}")

    @property
    def postgres_sockets(self) -> Path:
        return self.sockets / "pg"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    def make(self) -> None:
        """Make the directories. Raises `ConfigurationError` where one cannot be had."""
        for directory in (self.home, self.media):
            _make(directory)
        for directory in (self.run, self.sockets, self.logs):
            make_private(directory)

    def sweep(self) -> None:
        """Take the short directory away again, once nobody has a socket in it."""
        if self.sockets != self.run:
            with suppress(OSError):
                self.postgres_sockets.rmdir()
            with suppress(OSError):
                self.sockets.rmdir()

    def open_log(self, name: str) -> IO[bytes]:
        """The log `name`, to append to; where there is no room for one, nothing is kept."""
        self.trim_log(name)
        try:
            return (self.logs / f"{name}.log").open("ab")
        except OSError:
            return Path(os.devnull).open("ab")

    def trim_log(self, name: str) -> None:
        """Past 5 MB keep what the log holds beside it, as far as there is room for it, and empty
        it: its writers only append.
        """
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > _LOG_LIMIT:
            with suppress(OSError):
                shutil.copyfile(path, path.with_suffix(".log.1"))
            with suppress(OSError):
                os.truncate(path, 0)


def database_url(home: Path) -> str:
    """The embedded database's address, for Django and psycopg."""
    return f"postgresql://{DATABASE}@/{DATABASE}?host={quote(str(Layout(home).postgres_sockets))}"


def redis_url(home: Path) -> str:
    """The embedded Redis' address, for redis-py."""
    return f"unix://{quote(str(Layout(home).redis_socket))}?db=0"


def broker_url(home: Path) -> str:
    """The embedded Redis' address, for Celery's broker."""
    return f"redis+socket://{quote(str(Layout(home).redis_socket))}"


def make_private(directory: Path) -> None:
    """Make `directory` ours alone. Raises `ConfigurationError` where that cannot be."""
    _make(directory)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise ConfigurationError(
            f"{directory} belongs to another user. Start Promo as that user, "
            "or set PROMO_HOME to another place."
        )
    if found.st_mode & 0o077:
        directory.chmod(0o700)


def last_lines(log: Path, count: int = 12) -> list[str]:
    """The end of a log."""
    if not log.exists():
        return []
    end = log.read_bytes()[-20_000:].decode(errors="replace")
    return end.strip().splitlines()[-count:]


def _make(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The directory {directory} cannot be made ({error.strerror}). "
            "Set PROMO_HOME to a place you may write to."
        ) from error
