"""A Postfix of the test's own: the package's programs with a configuration, queue and log apart.

It takes mail on a port of this machine, logs by its own postlogd, and hands everything on to a
sink, which is the witness of copies. It needs root, as Postfix does.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from tests.validators import missing

PROGRAM = Path("/usr/sbin/postfix")
DAEMONS = Path("/usr/lib/postfix/sbin")

_MAIN = """\
compatibility_level = 3.6
command_directory = {commands}
daemon_directory = {daemons}
queue_directory = {home}/queue
data_directory = {home}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {log}
maillog_file_prefixes = {home}
myhostname = relay.example.org
mydestination =
alias_maps =
alias_database =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtp_tls_security_level = none
default_transport = smtp:[127.0.0.1]:{sink}
smtp_destination_concurrency_limit = 8
smtp_connection_cache_on_demand = yes
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - 8 smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running one. `log` is its mail log."""

    port: int
    home: Path
    log: Path

    @classmethod
    @contextmanager
    def started(cls, *, sink: int) -> Iterator[Self]:
        """One that hands everything on to this port. Skips the test where there can be none."""
        if not PROGRAM.exists():
            missing("Debian's postfix")
        if os.geteuid() != 0:
            pytest.skip("only root may start a Postfix")
        # Its daemons give their rights away: they must reach it by a path open to everybody.
        home = Path(tempfile.mkdtemp(prefix="promo-postfix-", dir="/tmp"))
        home.chmod(0o755)
        relay = cls(_free_port(), home, home / "mail.log")
        try:
            relay._configure(sink=sink)
            relay._run("start")
            try:
                yield relay
            finally:
                relay._run("stop")
        finally:
            shutil.rmtree(home)

    def url(self, *, connections: int = 2) -> str:
        return f"smtp://127.0.0.1:{self.port}/?connections={connections}"

    def is_empty(self) -> bool:
        """Everything it has taken is handed on."""
        folders = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")
        return not any(
            one.is_file() for name in folders for one in (self.home / "queue" / name).rglob("*")
        )

    def _configure(self, *, sink: int) -> None:
        for name in ("conf", "queue", "data"):
            (self.home / name).mkdir()
        shutil.chown(self.home / "data", "postfix")
        main = _MAIN.format(
            home=self.home,
            log=self.log,
            sink=sink,
            commands=PROGRAM.parent,
            daemons=DAEMONS,
        )
        (self.home / "conf" / "main.cf").write_text(main)
        (self.home / "conf" / "master.cf").write_text(_MASTER.format(port=self.port))

    def _run(self, act: str) -> None:
        command = [PROGRAM, "-c", self.home / "conf", act]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        log = self.log.read_text() if self.log.exists() else ""
        assert done.returncode == 0, f"postfix {act}: {done.stderr}{log}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
