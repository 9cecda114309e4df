"""Workers are killed with -9 in the middle of an issue, again and again, at random moments.

The witness is the mail server: nobody is left out, and who may have got two copies is listed.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from promo import stops
from promo.models import Mailing
from promo.services import mailings
from tests.faults.figures import Figures
from tests.faults.sending import (
    CONNECTIONS,
    KILLS,
    REAL_WORKERS,
    ROUNDS,
    SOON,
    Sheet,
    Workshop,
    chance_of,
    readers,
    started,
    workshop,
)
from tests.faults.sinks import Sink
from tests.processes import Hatchery, until

pytestmark = REAL_WORKERS

READERS = readers(2000)


@ROUNDS
@pytest.mark.parametrize("policy", ["leave", "send_again"])
def test_killed_workers_leave_nobody_out_and_list_everybody_in_doubt(
    policy: str, turn: int, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    chance = chance_of(turn)
    with (
        Sink.started(tmp_path / "taken.txt", delay=8) as sink,
        workshop(hatchery, tmp_path, sink=sink) as shop,
    ):
        mailing = started(policy, count=READERS)
        kills = shop.kill_again_and_again(mailing, chance, times=KILLS)
        shop.finish(mailing)
        sheet = Sheet.of(mailing, sink.taken())
    figures(f"3, 4: workers killed at random, {policy}", sheet.columns(kills=kills))
    sheet.all_doubt_is_listed(policy, most=kills * CONNECTIONS)
    assert not sheet.ended["refused"]
    assert kills >= KILLS // 2, "otherwise nothing was tested"


def reached(stopped: Path, mailing: Mailing, shop: Workshop) -> bool:
    return stopped.exists() or shop.hint(mailing)


POINTS = [stops.AFTER_CLAIM, stops.AFTER_MARK, stops.AFTER_ACCEPT, stops.AFTER_SETTLE]


@ROUNDS
def test_a_worker_killed_at_any_point_of_its_way_puts_in_doubt_what_was_open_and_no_more(
    turn: int, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    with (
        Sink.started(tmp_path / "taken.txt", delay=4) as sink,
        workshop(hatchery, tmp_path, sink=sink) as shop,
    ):
        mailing = started("leave", count=READERS)
        kills = 0
        for point in POINTS * max(1, KILLS // 10):
            stopped = tmp_path / f"{kills}.stopped"
            doomed = shop.hatch(more={"PROMO_STOP_AT": point, "PROMO_STOP_FILE": str(stopped)})
            until(
                partial(reached, stopped, mailing, shop),
                within=SOON,
                what=f"a worker stopped {point}",
            )
            assert stopped.exists(), "the mailing was over before"
            doomed.kill9()
            kills += 1
        shop.hatch()
        shop.finish(mailing)
        sheet = Sheet.of(mailing, sink.taken())
    figures("3: a worker killed at each point, leave", sheet.columns(kills=kills))
    sheet.all_doubt_is_listed("leave", most=kills * CONNECTIONS)
    assert mailings.progress(mailing)["due"] == 0
