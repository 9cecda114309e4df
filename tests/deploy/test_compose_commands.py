"""The very commands of docker-compose.yml, run by hand in production's settings."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from promo.embedded import Layout, Redis, broker_url, redis_url
from tests.deploy.composefile import services
from tests.supervisor.conftest import ROOT, free_ports
from tests.template import copied

PAUSE = 2.0
"""Seconds between two checks, each of which starts a Python."""

STAYING = ("beat", "tick", "bounces", "web", "worker")
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("compose")]


@pytest.fixture(scope="module")
def environ(
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, str]]:
    """What Compose would give, with engines of this machine behind the addresses."""
    home = tmp_path_factory.mktemp("compose") / "home"
    port, returned = map(str, free_ports(2))
    redis = Redis(Layout(home))
    redis.start()
    with ExitStack() as engines:
        engines.callback(redis.stop)
        engines.enter_context(django_db_blocker.unblock())
        database = engines.enter_context(copied("compose"))
        yield {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PROMO_HOME": str(home),
            "PROMO_PORT": port,
            "GRANIAN_HOST": "127.0.0.1",
            "GRANIAN_PORT": port,
            "DATABASE_URL": database,
            "REDIS_URL": redis_url(home),
            "CELERY_BROKER_URL": broker_url(home),
            "SECRET_KEY": "s" * 50,
            "PROMO_ENCRYPTION_KEYS": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "PROMO_BASE_URL": "https://promo.example.org",
            "ALLOWED_HOSTS": "promo.example.org",
            "EMAIL_URL": "smtp://127.0.0.1:9",
            "PROMO_BOUNCES_LISTEN": f"127.0.0.1:{returned}",
            "PROMO_FROM_EMAIL": "promo@example.org",
        }


class Stack:
    """The services that stay, each as a process of its own."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.home = Path(environ["PROMO_HOME"])
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        command = services()[name]["command"]
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(self.home / "beat") if word == "/tmp/beat" else word for word in command],
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def complete(self) -> None:
        """Start anew what a test has stopped; the checks of one ask for the others."""
        for name in STAYING:
            if name not in self.processes or self.processes[name].poll() is not None:
                self.start(name)

    def stop(self, name: str) -> int:
        self.processes[name].terminate()
        return self.processes[name].wait()


@pytest.fixture(scope="module")
def stack(environ: dict[str, str]) -> Iterator[Stack]:
    """Static files as the image has them, `prepare` to its end, then everything that stays."""
    run(["promo", "compile", "--static"], environ)
    run(services()["prepare"]["command"], environ)
    made = Stack(environ)
    made.complete()
    yield made
    for name in STAYING:
        made.stop(name)


def run(command: list[str], environ: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["web", "worker", "beat", "bounces"])
def test_each_becomes_healthy_by_its_own_check_and_ends_well(
    name: str, stack: Stack, environ: dict[str, str]
) -> None:
    stack.complete()
    kind, *check = services()[name]["healthcheck"]["test"]
    command = ["sh", "-c", *check] if kind == "CMD-SHELL" else check
    never = threading.Event()
    while subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, check=False
    ).returncode:
        assert stack.processes[name].poll() is None, f"{name} ended"
        never.wait(PAUSE)
    assert stack.stop(name) == 0


def test_the_second_clock_goes_on(stack: Stack) -> None:
    assert stack.processes["tick"].poll() is None
