"""The real `promo up`: every process of Promo, on one machine, from nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError

import pytest

from promo.embedded import Layout, Postgres, Redis
from tests.processes import descendants, until
from tests.supervisor.conftest import ROOT, free_ports

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("real-up")]


class Promo:
    """One `promo up` whose console is read line by line."""

    def __init__(self, home: Path) -> None:
        web, rehearsal, smtp = free_ports(3)
        self.home = home
        self.url = f"http://127.0.0.1:{web}"
        self.rehearsal_url = f"http://127.0.0.1:{rehearsal}"
        self.environ = {
            "PATH": os.environ["PATH"],
            "PROMO_HOME": str(home),
            "PROMO_PORT": str(web),
            "PROMO_REHEARSAL_PORT": str(rehearsal),
            "PROMO_REHEARSAL_SMTP_PORT": str(smtp),
        }
        self.said: list[str] = []
        self.process = self._started()

    def start_again(self) -> None:
        self.process = self._started()

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "promo.cli", "up"],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def hear(self, words: str) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if words in line:
                return
        raise AssertionError("\n".join(["never said: " + words, *self.said]))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate()
        self.said += rest.splitlines()
        return self.process.returncode


@pytest.fixture(scope="module")
def promo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Promo]:
    running = Promo(tmp_path_factory.mktemp("real") / "home")
    try:
        running.hear("Ctrl-C stops it.")
        yield running
    finally:
        if running.process.returncode is None:
            running.stop()


def get(url: str) -> tuple[int, str]:
    """Like a browser: a page that sets a cookie and leads on is followed."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(url) as answer:
        return answer.status, answer.read().decode()


def test_the_desk_asks_for_a_name(promo: Promo) -> None:
    status, page = get(f"{promo.url}/desk/")
    assert status == 200
    assert 'name="username"' in page


def test_the_first_way_in_lets_a_password_be_chosen(promo: Promo) -> None:
    lines = [line for line in promo.said if "First login" in line]
    status, page = get(lines[-1].split()[2])
    assert status == 200
    assert 'type="password"' in page


def test_the_public_pages_and_the_rehearsal_world_answer(promo: Promo) -> None:
    assert get(f"{promo.url}/")[0] == 200
    assert get(f"{promo.rehearsal_url}/")[0] == 200


def test_worker_and_beat_give_signs_of_life(promo: Promo) -> None:
    """The worker's comes with the first task beat hands out: asked until it is there."""
    until(lambda: _answers(f"{promo.url}/healthz"), within=120, what="everything is alive")
    done = subprocess.run(
        [sys.executable, "-m", "promo.cli", "status", "--json"],
        cwd=ROOT,
        env=promo.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    health = json.loads(done.stdout)["health"]
    alive = {key: value for key, value in health.items() if isinstance(value, bool)}
    assert alive
    assert all(alive.values())


def _answers(url: str) -> bool:
    try:
        return get(url)[0] == 200
    except HTTPError:
        return False


def test_the_whole_takes_no_more_memory_than_promised(promo: Promo) -> None:
    assert proportional_memory(promo.process.pid) < 700 * 2**20


def test_it_stops_cleanly_and_nothing_stays(promo: Promo) -> None:
    assert promo.stop() == 0
    assert promo.said[-1] == "Stopped."
    layout = Layout(promo.home)
    assert not Postgres(layout).is_running()
    assert not Redis(layout).is_running()
    promo.start_again()
    promo.hear("Ctrl-C stops it.")


def proportional_memory(root: int) -> int:
    """Bytes of a process and all below it; what several share is counted once."""
    total = 0
    for pid in (root, *descendants(root)):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(rollup.partition("\nPss:")[2].split()[0]) * 1024
    return total
