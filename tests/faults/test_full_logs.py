"""19: the disk of the logs is full. Worker, beat and the loop, as they are shipped, live on."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis
from django.conf import settings

from promo.services import health
from promo.services.clock import database_now
from promo.supervisor import Options, plan
from tests.faults.beats import ClockProcess
from tests.faults.full_logs import FULL, full_logs
from tests.processes import ROOT, environment, until

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("falls"),
    pytest.mark.django_db(transaction=True),
]

STARTED = ("worker", "beat", "tick")


def test_worker_beat_and_loop_live_though_their_logs_have_no_room(tmp_path: Path) -> None:
    full_logs(tmp_path, *STARTED)
    (tmp_path / "run").mkdir()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(settings.BEAT_KEY)  # an earlier one's
    programs = plan(Options.read({"PROMO_HOME": str(tmp_path)})).programs
    commands = {program.name: program.command for program in programs}
    with ExitStack() as running:
        started = [
            running.enter_context(ClockProcess(commands[name], environment(), log=tmp_path / name))
            for name in STARTED
        ]
        until(_all_give_signs_of_life, within=120, what="worker and beat give signs of life")
        assert all(one.is_alive() for one in started)


def _all_give_signs_of_life() -> bool:
    return all(health.parts(now=database_now()).values())


TELLS = """
import django
django.setup()
import structlog
structlog.get_logger().warning("publish", outcome="OutcomeUnknown")
open({told!r}, "w").close()
"""


def test_what_a_service_tells_breaks_nothing_where_there_is_no_room_for_it(tmp_path: Path) -> None:
    full_logs(tmp_path, "log")
    told = tmp_path / "and it went on"
    program = [sys.executable, "-c", TELLS.format(told=str(told))]
    with FULL.open("ab") as log:
        subprocess.run(program, cwd=ROOT, env=environment(), stdout=log, stderr=log, check=False)
    assert told.exists()
