"""The rehearsal world as a witness: a real process with its own Facebook page and mailboxes.

    def test_something(world: World) -> None:
        world.fault(fault="create_then_cut", how="reset")
        ...
        assert len(world.posts()) == 1

Import the fixtures `rehearsal` (one process for the session) and `world` (that process, emptied) in
the `conftest.py` of the tests that need them. `docs/rehearsal.md` lists the faults.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
import requests

from promo.door import Guard, GuardedSession, open_session

READY = re.compile(r"http://(?P<host>[\d.]+):(?P<port>\d+)/ \(mail: [\d.]+:(?P<smtp_port>\d+)\)")
TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class World:
    """A running rehearsal world, seen from outside. All of it is on the loopback."""

    host: str
    port: int
    smtp_port: int
    session: requests.Session = field(repr=False, compare=False)

    @classmethod
    @contextmanager
    def started(cls, home: Path) -> Iterator[Self]:
        """A new process on free ports, stopped in the end."""
        command = [sys.executable, "-m", "promo.rehearsal", "--home", str(home)]
        with (
            requests.Session() as session,
            subprocess.Popen(
                [*command, "--port", "0", "--smtp-port", "0"], stdout=subprocess.PIPE, text=True
            ) as process,
        ):
            session.trust_env = False
            try:
                line = process.stdout.readline() if process.stdout else ""
                ready = READY.search(line)
                assert ready, f"the rehearsal world did not start: {line!r}"
                yield cls(ready["host"], int(ready["port"]), int(ready["smtp_port"]), session)
            finally:
                process.terminate()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def graph_url(self) -> str:
        return f"{self.url}/graph"

    def http(self) -> GuardedSession:
        """A session through the guarded door that may reach this world."""
        return open_session(
            guard=Guard(allowed_hosts=frozenset({self.host}), allowed_ports=frozenset({self.port}))
        )

    def posts(self) -> list[dict[str, Any]]:
        """What followers see on the page, newest first: id, text, link, photos, public_at."""
        return list(self.get("/api/posts"))

    def all_posts(self) -> list[dict[str, Any]]:
        """Every post that exists, public or not."""
        return list(self.get("/api/posts?all=1"))

    def mails(self, **query: object) -> list[dict[str, Any]]:
        """Delivered mails, newest first; `to`, `message_id`, `after_id`, `limit`, `brief`."""
        return list(self.get("/api/mails", **query))

    def calls(self) -> list[dict[str, Any]]:
        """The Graph calls it was asked, in order, without their tokens."""
        return list(self.get("/api/calls"))

    def seed(self) -> dict[str, str]:
        """The ids and keys of the first day."""
        return dict(self.get("/api/seed"))

    def fault(self, **rule: object) -> dict[str, Any]:
        """Set a fault rule, e.g. `fault="create_then_500", times=1`."""
        return dict(self.post("/api/faults", rule))

    def forget_faults(self) -> None:
        self._send("DELETE", "/api/faults")

    def change(self, **facts: object) -> dict[str, Any]:
        """Change the seeded app and page, e.g. `app={"development": True}`."""
        return dict(self.post("/api/world", facts))

    def tells(self, address: str, *, token: str) -> requests.Response:
        """Subscribe the seeded app and page, as a person does at Meta: posts are told there."""
        seed = self.seed()
        app = {"object": "page", "callback_url": address, "verify_token": token, "fields": "feed"}
        calls = (
            (seed["app_id"], "subscriptions", f"{seed['app_id']}|{seed['app_secret']}", app),
            (seed["page_id"], "subscribed_apps", seed["page_token"], {"subscribed_fields": "feed"}),
        )
        with self.http() as session:
            for node, edge, key, data in calls:
                form = {**data, "access_token": key}
                answer = session.post(f"{self.graph_url}/{node}/{edge}", data=form, timeout=TIMEOUT)
                if not answer.ok:
                    break
        return answer

    def clear(self) -> None:
        """Back to the first day: no posts, no mails, no faults, all tokens alive."""
        self.post("/api/clear", {})

    def get(self, path: str, **query: object) -> Any:
        return self._send("GET", path, params=query)

    def post(self, path: str, body: object) -> Any:
        return self._send("POST", path, json=body)

    def _send(self, method: str, path: str, **more: Any) -> Any:
        answer = self.session.request(method, self.url + path, timeout=TIMEOUT, **more)
        assert answer.ok, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.started(tmp_path_factory.mktemp("rehearsal")) as started:
        yield started


@pytest.fixture
def world(rehearsal: World) -> World:
    rehearsal.clear()
    return rehearsal
