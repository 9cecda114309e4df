"""What of a program's log is told at the console."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from promo.embedded import Layout
from promo.supervisor.child import Child, Program


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    layout = Layout(tmp_path / "home")
    layout.make()
    program = Program("worker", (sys.executable, "-c", "import sys; sys.stdin.read()"))
    one = Child(program, layout=layout, environment=os.environ)
    one.start()
    yield one
    one.kill()
    layout.sweep()


def log(child: Child, *lines: str) -> None:
    with child.log.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


@pytest.mark.parametrize(
    "line",
    [
        "2026-10-03 10:00:00,000 ERROR promo.services the page has logged us out",
        "[2026-10-03 10:00:00,000: WARNING/MainProcess] consumer: Connection lost",
        "[WARNING] granian is stopping",
        "Traceback (most recent call last):",
    ],
)
def test_warnings_are_told(child: Child, line: str) -> None:
    log(child, "2026-10-03 10:00:00,000 INFO all is well", line)
    assert child.news() == [line]
    assert child.news() == []


@pytest.mark.parametrize(
    "line",
    [
        "    . logfile -> [stderr]@%WARNING",
        "2026-10-03 10:00:00,000 ERROR django.request Service Unavailable: /healthz",
    ],
)
def test_what_is_no_news_is_not_told(child: Child, line: str) -> None:
    log(child, line)
    assert child.news() == []


def test_a_flood_is_cut_and_says_where_the_rest_is(child: Child) -> None:
    log(child, *[f"[WARNING] {n}" for n in range(100)])
    assert child.news()[-1] == f"… and 95 more: {child.log}"


def test_a_line_is_told_once_it_is_whole(child: Child) -> None:
    with child.log.open("a") as file:
        file.write("[WARNING] half")
        file.flush()
        assert child.news() == []
        file.write(" and half\n")
    assert child.news() == ["[WARNING] half and half"]


def test_news_go_on_after_the_log_was_trimmed(child: Child) -> None:
    log(child, "x" * 5_000_001)
    child.news()
    Layout(child.log.parent.parent).trim_log("worker")
    log(child, "[WARNING] after")
    assert child.news() == ["[WARNING] after"]


def test_a_child_whose_log_has_no_room_is_started_and_has_no_news(child: Child) -> None:
    child.kill()
    child.log.unlink()
    child.log.parent.rmdir()
    child.log.parent.touch()
    child.start()
    assert child.is_alive()
    assert child.news() == []
