"""`promo up`: starting, watching, stopping."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from promo.embedded import Layout, Postgres, Redis
from promo.supervisor import read_state
from tests.supervisor.conftest import Stage

Make = Callable[..., Stage]


def test_it_tells_the_addresses_and_the_first_way_in_once_the_web_answers(stage: Make) -> None:
    up = stage()
    up.ready()
    said = "\n".join(up.said)
    assert f"http://127.0.0.1:{up.environ['PROMO_PORT']}/desk/" in said
    assert "http://127.0.0.1/way-in  (works once)" in said
    assert "User name     ada" in said
    assert "web: 2026-10-03 10:00:00 WARNING web is here" in said
    assert "nothing to see" not in said


def test_ctrl_c_stops_the_programs_in_order_and_ends_well(stage: Make) -> None:
    up = stage(DATABASE_URL="", REDIS_URL="")
    up.ready()
    up.send(signal.SIGINT)
    assert up.end() == 0
    ended = [line[1:] for line in up.played if line.startswith("-")]
    assert ended == ["beat", "tick", "web", "worker", "rehearsal"]
    layout = Layout(up.home)
    assert not Postgres(layout).is_running()
    assert not Redis(layout).is_running()
    assert read_state(layout) is None


def test_a_terminate_signal_does_the_same(stage: Make) -> None:
    up = stage()
    up.ready()
    up.send(signal.SIGTERM)
    assert up.end() == 0
    assert "-worker" in up.played


def test_with_a_real_database_there_is_no_rehearsal(stage: Make) -> None:
    up = stage()
    up.ready()
    assert not any("ehearsal" in line for line in up.said)
    assert not any(line.startswith("rehearsal") for line in up.played)


def test_a_copy_of_the_database_is_told_apart_and_said_once(stage: Make) -> None:
    up = stage(DATABASE_URL="")
    up.ready()
    up.send(signal.SIGTERM)
    assert up.end() == 0
    assert not any("backup" in line for line in up.said)
    original, copy = up.home / "postgres", up.home / "copy"
    shutil.copytree(original, copy)
    shutil.rmtree(original)
    copy.rename(original)
    for told in (True, False):
        again = stage(DATABASE_URL="")
        again.ready()
        again.send(signal.SIGTERM)
        assert again.end() == 0
        backup = [line for line in again.said if line.startswith("This is a backup.")]
        assert bool(backup) is told
        assert all(line.endswith("/desk/stop/") for line in backup)


def test_a_second_start_says_who_runs_and_where(stage: Make) -> None:
    first = stage()
    first.ready()
    second = stage()
    second.start()
    assert second.end() == 2
    assert first.process
    port = first.environ["PROMO_PORT"]
    assert second.said == [
        f"Promo is already running (process {first.process.pid}) at http://127.0.0.1:{port}."
    ]


def test_a_taken_port_is_named_with_the_variable_that_changes_it(stage: Make) -> None:
    up = stage()
    with socket.create_server(("127.0.0.1", int(up.environ["PROMO_PORT"]))):
        up.start()
        assert up.end() == 2
    [line] = up.said
    assert f"Port {up.environ['PROMO_PORT']} is in use by another program" in line
    assert "PROMO_PORT=" in line


def test_a_program_that_is_killed_is_started_again_and_that_is_said(stage: Make) -> None:
    up = stage()
    up.ready()
    killed = up.pid_of("tick")
    os.kill(killed, signal.SIGKILL)
    assert "killed by SIGKILL" in up.hear("tick ended unexpectedly")
    up.hear("WARNING tick is here")
    assert up.pid_of("tick") != killed
    state = read_state(Layout(up.home))
    assert state
    assert state.processes["tick"].restarts == 1


def test_an_engine_that_is_killed_is_started_again_and_that_is_said(stage: Make) -> None:
    up = stage(REDIS_URL="")
    up.ready()
    state = read_state(Layout(up.home))
    assert state
    pid = state.processes["redis"].pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    up.hear("Redis ended unexpectedly")
    up.send(signal.SIGTERM)
    assert up.end() == 0


def test_an_engine_that_cannot_be_started_yet_is_tried_again(stage: Make) -> None:
    up = stage(REDIS_URL="")
    up.ready()
    state = read_state(Layout(up.home))
    assert state
    pid = state.processes["redis"].pid
    assert pid
    data = Layout(up.home).redis
    data.rename(data.with_name("elsewhere"))
    data.touch()
    os.kill(pid, signal.SIGKILL)
    up.hear("Redis is tried again")
    data.unlink()
    up.hear("Redis runs again")
    up.send(signal.SIGTERM)
    assert up.end() == 0


def test_a_web_that_cannot_start_is_told_with_the_end_of_its_log(stage: Make) -> None:
    up = stage()
    (up.home / "web.broken").touch()
    up.start()
    assert up.end() == 2
    assert "this program is broken" in up.said
    started = [line.split()[1] for line in up.played if not line.startswith("-")]
    assert not any(Path("/proc", pid).exists() for pid in started)


def test_a_preparation_that_fails_is_told_with_the_end_of_its_log(stage: Make) -> None:
    up = stage()
    (up.home / "prepare.broken").touch()
    up.start()
    assert up.end() == 2
    assert "no tables for you" in up.said
    assert not (up.home / "played").exists()


def test_a_second_ctrl_c_hurries(stage: Make) -> None:
    up = stage()
    (up.home / "worker.deaf").touch()
    up.ready()
    up.send(signal.SIGINT)
    up.hear("Waiting for worker to finish its work")
    up.send(signal.SIGINT)
    assert up.end() == 0
    assert "-worker" not in up.played


def test_the_programs_end_when_the_supervisor_is_killed(stage: Make) -> None:
    up = stage(DATABASE_URL="", REDIS_URL="")
    up.ready()
    watched = [os.pidfd_open(up.pid_of(name)) for name in ("web", "worker", "beat", "tick")]
    up.send(signal.SIGKILL)
    up.end()
    for watch in watched:
        select.select([watch], [], [])  # a process' descriptor can be read once it has ended
        os.close(watch)
    again = stage(DATABASE_URL="", REDIS_URL="")
    again.ready()
    again.send(signal.SIGTERM)
    assert again.end() == 0


def test_what_it_says_about_itself_is_for_its_owner_only(stage: Make) -> None:
    up = stage()
    up.ready()
    told = up.home / "run" / "up.json"
    assert up.process
    assert json.loads(told.read_text())["pid"] == up.process.pid
    assert Path(told).parent.stat().st_mode & 0o077 == 0
