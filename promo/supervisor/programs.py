"""The processes of one Promo."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from promo.supervisor.child import Program
from promo.supervisor.options import Options

QUEUES = ("publish", "mail", "fetch", "upkeep")
WORKER_PATIENCE = 885.0  # seconds: a mailing's hard limit 840 + a pool child's last wait 30 + 15
STOP_ORDER = ("beat", "tick", "bounces", "web", "worker", "rehearsal")


@dataclass(frozen=True, slots=True)
class Plan:
    """What runs beside the two engines, in the order of starting.

    `preparation` runs once before and ends with {"first_login_url": …, "first_login_user": …,
    "stopped": …}: the address is "" once somebody is in, the reason is "" where nothing is stopped.
    It takes `--copied`. One of the programs is "web".
    """

    preparation: Sequence[str]
    programs: Sequence[Program]


def plan(options: Options) -> Plan:
    """The real one."""
    demo = ("--demo",) if options.demo else ()
    return Plan(
        preparation=(sys.executable, "-m", "promo.supervisor.preparation", *demo),
        programs=_programs(options),
    )


def _programs(options: Options) -> list[Program]:
    python = sys.executable
    # Quiet: its greeting would end it where its log has no room.
    celery = (python, "-m", "celery", "-q", "-A")
    found = [
        Program("web", _web(options), patience=15.0),
        Program(
            "worker",
            (
                *(*celery, "config", "worker", "-Q", ",".join(QUEUES), "--concurrency", "2"),
                *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
            ),
            patience=WORKER_PATIENCE,
        ),
        # No pid file: after a kill -9 it would keep the next beat from starting.
        Program(
            "beat",
            (
                *celery,
                "config.clock",
                "beat",
                "--schedule",
                str(options.layout.run / "beat"),
                "--pidfile=",
            ),
        ),
        # A second clock without Celery: beat drops a tick whenever the broker fails.
        Program("tick", (python, "-m", "promo.cli", "tick", "--loop")),
    ]
    return [
        *([_rehearsal(options)] if options.rehearsal else []),
        *found,
        *([_bounces()] if options.listen else []),
    ]


def _bounces() -> Program:
    """Where it listens it reads from PROMO_BOUNCES_LISTEN."""
    return Program("bounces", (sys.executable, "-m", "promo.cli", "bounces"))


def _web(options: Options) -> tuple[str, ...]:
    # One process with threads: a small machine's memory is better spent on the worker.
    return (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", options.host, "--port", str(options.port)),
        *("--workers", "1", "--blocking-threads", "4"),
        *("--workers-kill-timeout", "10", "config.wsgi:application"),
    )


def _rehearsal(options: Options) -> Program:
    return Program(
        "rehearsal",
        (
            *(sys.executable, "-m", "promo.rehearsal", "--home", str(options.home / "rehearsal")),
            *("--port", str(options.rehearsal_port), "--smtp-port", str(options.smtp_port)),
            *("--desk-url", f"{options.base_url}/desk/"),
        ),
    )
