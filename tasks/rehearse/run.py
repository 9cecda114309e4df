"""`python -m tasks.rehearse.run FOLDER`: plays what was asked for. Its starter holds the lock.

Until the stage stands nothing may read the settings, nor translate a word: both would be the
desk's. Exit codes: 0 played to the end, 1 not, 130 stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import psycopg

from promo.errors import ConfigurationError, PromoError
from promo.services import rehearsals
from promo.services.rehearsals import Progress, Rehearsal, Stage
from tasks.rehearse import stage

_STOPPED_BY_HAND = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Play. Gives the exit code."""
    parser = argparse.ArgumentParser(prog="tasks.rehearse.run")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--say", choices=["lines", "json"], help="what to print")
    asked = parser.parse_args(arguments)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, _stop)
    rehearsal = rehearsals.read(place=asked.folder.parent, key=asked.folder.name)
    if rehearsal is None:
        sys.stderr.write(f"There is no rehearsal in {asked.folder}.\n")
        return 1
    code = _run(rehearsal, say=sys.stdout if asked.say == "lines" else None)
    if asked.say == "json" and not code:
        sys.stdout.write(json.dumps(rehearsal.seen, ensure_ascii=False) + "\n")
    return code


def _stop(_number: int, _frame: object) -> None:
    """Break off; what is being put away then is put away whole."""
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)
    raise KeyboardInterrupt


def _run(rehearsal: Rehearsal, *, say: TextIO | None) -> int:
    told = Progress(pid=os.getpid())
    rehearsal.tell(told)
    try:
        _play(rehearsal, say=say)
    except KeyboardInterrupt:
        rehearsal.tell(replace(rehearsal.progress, stage=Stage.STOPPED))
        return _STOPPED_BY_HAND
    except PromoError as error:
        rehearsal.tell(replace(rehearsal.progress, stage=Stage.FAILED, problem=error.text))
        sys.stderr.write(f"{error.text}\n")
        return 1
    return 0


def _play(rehearsal: Rehearsal, *, say: TextIO | None) -> None:
    try:
        desk = psycopg.connect(stage.desk_database(os.environ))
    except psycopg.OperationalError as error:
        message = "The desk’s database does not answer. Is Promo running?"
        raise ConfigurationError(message) from error
    with desk, stage.world_and_engines(rehearsal.stage_home) as world:
        # All of it needs Django's apps, which are there only now.
        from tasks.rehearse import performance  # noqa: PLC0415

        performance.rehearse(rehearsal, world=world, desk=desk, say=say)


if __name__ == "__main__":
    sys.exit(main())
