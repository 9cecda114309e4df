"""PostgreSQL is restarted and killed in the middle of an issue, again and again.

It is a server of this test's own, as it is shipped: a commit is on the disk before it is answered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promo.embedded import Postgres
from tests.faults.databases import database_of_our_own, kill, restart
from tests.faults.figures import Figures
from tests.faults.sending import (
    KILLS,
    REAL_WORKERS,
    ROUNDS,
    Sheet,
    chance_of,
    is_over,
    readers,
    started,
    workshop,
)
from tests.faults.sinks import Sink
from tests.processes import Hatchery

pytestmark = REAL_WORKERS


@pytest.fixture
def engine(transactional_db: None, tmp_path: Path) -> Iterator[Postgres]:
    with database_of_our_own(tmp_path / "home") as own:
        yield own


@ROUNDS
@pytest.mark.parametrize("fall", [restart, kill])
def test_a_database_that_falls_in_the_middle_costs_nobody_the_issue(
    turn: int,
    *,
    fall: Callable[[Postgres], None],
    engine: Postgres,
    hatchery: Hatchery,
    figures: Figures,
    tmp_path: Path,
) -> None:
    chance = chance_of(turn)
    never = threading.Event()
    falls = 0
    with (
        Sink.started(tmp_path / "taken.txt", delay=20) as sink,
        workshop(hatchery, tmp_path, sink=sink) as shop,
    ):
        mailing = started("leave", count=readers(2000))
        shop.hatch()
        while falls < KILLS and not is_over(mailing):
            shop.go_on(mailing)
            never.wait(chance.uniform(0.0, 0.3))
            fall(engine)
            falls += 1
        shop.finish(mailing)
        sheet = Sheet.of(mailing, sink.taken())
    number = "14: PostgreSQL restarted" if fall is restart else "15: PostgreSQL killed"
    figures(number, sheet.columns(kills=falls))
    assert falls >= KILLS // 2, "otherwise nothing was tested"
    sheet.nobody_in_doubt()  # the worker lives: it knows what became of every mail
