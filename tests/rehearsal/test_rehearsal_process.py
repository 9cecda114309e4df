"""The process itself: start, stop, crash, and what it may import."""

from __future__ import annotations

import signal
import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from promo.rehearsal import seed
from tests.rehearsal.client import Rehearsal, spawn


def test_it_imports_nothing_else_of_promo() -> None:
    code = (
        "import sys, promo.rehearsal.__main__\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'django'"
        " or name.startswith('promo.') and not name.startswith('promo.rehearsal')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_polite_signal_ends_it_with_zero(tmp_path: Path, number: signal.Signals) -> None:
    with Rehearsal.start(tmp_path / "new" / "home") as world:
        world.fault("create_then_hang", seconds=600)
        assert world.get("/healthz").json()["status"] == "ok"
        assert world.end(number) == 0


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for ports in ({"port": port}, {"smtp_port": port}):
            process = spawn(tmp_path, **ports)
            _out, err = process.communicate(timeout=20)
            assert process.returncode == 2
            assert err.count("\n") == 1
            assert f"127.0.0.1:{port}" in err


def test_a_kill_loses_nothing_that_was_accepted(tmp_path: Path) -> None:
    with Rehearsal.start(tmp_path) as world:
        world.fault("refuse", match_text="nie", after=1)
        world.clock(3600)
        post_id = world.publish("zostaje").json()["id"]
        later = world.publish("b", published="false", scheduled_publish_time="+1 hour").json()["id"]
        with smtplib.SMTP("127.0.0.1", world.smtp_port, timeout=20) as smtp:
            smtp.sendmail("a@x.example", "b@x.example", "Message-ID: <1@x>\r\n\r\nx\r\n")
            assert world.end(signal.SIGKILL) == -signal.SIGKILL
            smtp.close()

    with Rehearsal.start(tmp_path) as world:
        assert [post["id"] for post in world.posts()] == [post_id]
        assert [mail["message_id"] for mail in world.mails()] == ["<1@x>"]
        assert [line["kind"] for line in world.log()] == ["post", "post", "mail"]
        assert world.get("/api/clock").json()["offset_seconds"] == 3600
        assert [rule["after"] for rule in world.get("/api/faults").json()] == [1]
        world.clock(2 * 3600 + 60)
        assert [post["id"] for post in world.posts()] == [later, post_id]


def test_clearing_goes_back_to_the_first_day(tmp_path: Path) -> None:
    with Rehearsal.start(tmp_path) as world:
        world.fault("token_dies", times=1)
        world.publish()
        world.clock(999)
        world.post("/api/world", page={"likes": 1})

        world.post("/api/clear").raise_for_status()

        counts = world.get("/api/counts").json()
        assert counts == {"posts": 0, "mails": 0, "faults": 0, "calls": 0}
        assert world.get("/api/world").json()["page"]["likes"] == 1240
        assert world.get("/api/clock").json()["offset_seconds"] == 0
        assert world.publish().ok


def test_the_seed_is_told(tmp_path: Path) -> None:
    with Rehearsal.start(tmp_path) as world:
        told = world.get("/api/seed").json()
        assert told["page_token"] == seed.PAGE_TOKEN == "rehearsal-page-token"
        assert told["page_name"] == seed.PAGE_NAME
        assert told["graph_url"] == f"{world.base}/graph"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/nic", {}, 404),
        ("GET", "/api/clear", {}, 405),
        ("POST", "/api/clock", {"offset_seconds": "soon"}, 400),
        ("POST", "/api/clock", {"offset_seconds": 1e300}, 400),
        ("POST", "/api/world", {"page": {"likes": "many"}}, 400),
        ("POST", "/api/world", {"app": 1}, 400),
    ],
)
def test_bad_calls_are_told_what_is_wrong(
    world: Rehearsal, method: str, path: str, body: dict[str, object], status: int
) -> None:
    answer = world.get(path) if method == "GET" else world.post(path, **body)
    assert answer.status_code == status
    assert answer.json()["error"]
