"""The web process as it is shipped, on the test's own database."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import requests
from django.test.utils import override_settings

from tests.processes import ROOT, environment

STARTS_WITHIN = 60
LOOK_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class WebProcess:
    """A running granian. What it is to see must be committed."""

    url: str

    @classmethod
    @contextmanager
    def started(cls, *, log: Path) -> Iterator[Self]:
        """On a free port, which is also what links in mails and previews lead to while it runs."""
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        with override_settings(PROMO_BASE_URL=url), log.open("ab") as file:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "granian", "--interface", "wsgi"),
                    *("--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "4"),
                    "config.wsgi:application",
                ],
                cwd=ROOT,
                env={**environment(), "DJANGO_SETTINGS_MODULE": "tests.desk.web_settings"},
                stdout=file,
                stderr=file,
            )
            try:
                _wait(url, process, log)
                yield cls(url)
            finally:
                process.terminate()
                process.wait()


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
