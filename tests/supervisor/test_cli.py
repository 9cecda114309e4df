"""The command `promo` as a person meets it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.supervisor.conftest import ROOT, free_ports


def promo(*words: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "promo.cli", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PROMO_HOME": str(home), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_word_it_tells_its_commands(tmp_path: Path) -> None:
    done = promo(home=tmp_path)
    assert done.returncode == 0
    for command in ("up", "demo", "status", "doctor", "compile", "messages", "item"):
        assert f"\n    {command} " in done.stdout


def test_a_wrong_port_is_told_without_a_trace(tmp_path: Path) -> None:
    done = promo("up", home=tmp_path, PROMO_PORT="eighty")
    assert done.returncode == 2
    assert done.stderr == "PROMO_PORT is 'eighty', which is not a port (1 to 65535).\n"


def test_one_port_for_two_things_is_told(tmp_path: Path) -> None:
    [port] = free_ports(1)
    done = promo("up", "--port", str(port), home=tmp_path, PROMO_REHEARSAL_PORT=str(port))
    assert done.returncode == 2
    assert done.stderr == (
        f"PROMO_REHEARSAL_PORT and PROMO_PORT are both {port}. Give them different ports.\n"
    )


def test_a_missing_setting_of_production_is_named_without_a_trace(tmp_path: Path) -> None:
    done = promo("check", home=tmp_path, DATABASE_URL="postgresql://localhost/promo")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "is missing. Set it in the environment" in done.stderr


def test_publishing_for_real_needs_a_mail_relay(tmp_path: Path) -> None:
    done = promo("up", "--no-rehearsal", home=tmp_path)
    assert done.returncode == 2
    assert "Set EMAIL_URL" in done.stderr


def test_a_demonstration_is_cut_off_from_the_real_outside(tmp_path: Path) -> None:
    """Even where the environment names a real relay, `demo` has none to use."""
    done = promo("demo", "--no-rehearsal", home=tmp_path, EMAIL_URL="smtp://mail.example.org")
    assert done.returncode == 2
    assert "Set EMAIL_URL" in done.stderr


def test_status_says_that_nothing_answers(tmp_path: Path) -> None:
    [port] = free_ports(1)
    done = promo("status", home=tmp_path, PROMO_PORT=str(port))
    assert done.returncode == 1
    assert done.stdout == f"Promo at http://127.0.0.1:{port} does not answer.\n"


def test_status_speaks_json(tmp_path: Path) -> None:
    [port] = free_ports(1)
    done = promo("status", "--json", home=tmp_path, PROMO_PORT=str(port))
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "healthy": False,
        "url": f"http://127.0.0.1:{port}",
        "health": {},
        "up": None,
    }


def test_status_leaves_no_home_behind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    promo("status", home=home)
    assert not home.exists()


def test_the_doctor_names_a_taken_port_and_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = promo("doctor", home=tmp_path, PROMO_PORT=str(port))
    assert done.returncode == 1
    assert " BAD   A port is taken" in done.stdout
    assert f"Port {port} is in use by another program" in done.stdout


def test_the_doctor_knows_the_engines_of_this_machine(tmp_path: Path) -> None:
    done = promo("doctor", home=tmp_path)
    assert "  ok   PostgreSQL for this machine: " in done.stdout
    assert "  ok   Redis for this machine: " in done.stdout


def test_the_doctor_says_why_the_mail_servers_log_tells_nothing(tmp_path: Path) -> None:
    done = promo("doctor", home=tmp_path, PROMO_RELAY_LOG=str(tmp_path / "mail.log"))
    assert done.returncode == 1
    assert " BAD   The mail server's log tells nothing: " in done.stdout
    assert "No such file" in done.stdout
