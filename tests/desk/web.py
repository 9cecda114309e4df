"""The web process as it is shipped, on the test's own database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import requests
from django.test.utils import override_settings

from tests.processes import ROOT, environment

STARTS_WITHIN = 60
LOOK_EVERY = 0.1


class WebProcess:
    """A running granian. What it is to see must be committed."""

    def __init__(self, port: int, *, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextmanager
    def started(cls, *, log: Path) -> Iterator[Self]:
        """On a free port, which is also what links in mails and previews lead to while it runs."""
        web = cls(_free_port(), log=log)
        with override_settings(PROMO_BASE_URL=web.url):
            web.start()
            try:
                yield web
            finally:
                web.stop()

    def start(self) -> None:
        """It answers when this returns."""
        with self._log.open("ab") as file:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "granian", "--interface", "wsgi"),
                    *("--host", "127.0.0.1", "--port", str(self._port), "--blocking-threads", "4"),
                    "config.wsgi:application",
                ],
                cwd=ROOT,
                env={**environment(), "DJANGO_SETTINGS_MODULE": "tests.desk.web_settings"},
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        try:
            _wait(self.url, self._process, self._log)
        except BaseException:
            self.kill9()
            raise

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def kill9(self) -> None:
        """The whole group at once, as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    never = threading.Event()
    with requests.Session() as session:
        session.trust_env = False
        for _look in range(int(STARTS_WITHIN / LOOK_EVERY)):
            assert process.poll() is None, log.read_text()
            try:
                session.get(f"{url}/healthz", timeout=STARTS_WITHIN)
            except requests.ConnectionError:
                never.wait(LOOK_EVERY)
            else:
                return
    pytest_fail = f"the web did not answer within {STARTS_WITHIN} s\n{log.read_text()}"
    raise AssertionError(pytest_fail)
