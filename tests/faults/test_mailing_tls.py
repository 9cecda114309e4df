"""26: a mail server whose encryption fails. Nothing leaves until it is well, and never in clear."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from promo.models import Mailing
from tests.faults.figures import Figures
from tests.faults.moody import Mood
from tests.faults.sending import (
    FEW,
    REAL_WORKERS,
    ROUNDS,
    SOON_AGAIN,
    Sheet,
    Workshop,
    chance_of,
    readers,
    started,
    workshop,
)
from tests.faults.sinks import MoodySink
from tests.mailing.certificates import certificate
from tests.processes import Hatchery

pytestmark = REAL_WORKERS

CONNECTIONS = 2
FAILS = 3
"""Connections, before all is well."""


FAULTS = ["hidden", "454 4.7.0 not now", "drop", "expired"]


@dataclass(frozen=True, slots=True)
class Post:
    """A mail server that is unwell at first, and workers who trust its certificates."""

    shop: Workshop
    sink: MoodySink
    mailing: Mailing


@contextmanager
def post(does: str, count: int, hatchery: Hatchery, folder: Path) -> Iterator[Post]:
    good, trusted = made(folder / "good", ends=timedelta(days=1))
    expired, also = made(folder / "expired", ends=-timedelta(hours=1))
    both = folder / "trusted.pem"
    both.write_bytes(trusted.read_bytes() + also.read_bytes())
    mood = Mood(
        "tls", str(expired) if does == "expired" else does, times=FAILS, certificate=str(good)
    )
    with MoodySink.in_a(mood, folder / "record.txt") as sink:
        url = sink.url(connections=CONNECTIONS).replace("smtp:", "smtp+tls:")
        with workshop(hatchery, folder, sink=sink, url=url, trusted=both, **SOON_AGAIN) as shop:
            yield Post(shop, sink, started("leave", count=count))


@pytest.mark.parametrize("does", FAULTS)
def test_an_issue_waits_for_encryption_and_never_goes_without(
    does: str, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    with post(does, readers(20), hatchery, tmp_path) as at:
        at.shop.hatch()
        at.shop.finish(at.mailing)
        sheet = Sheet.of(at.mailing, at.sink.taken())
    figures(f"26: encryption {does}", sheet.columns(in_clear=len(at.sink.told("clear"))))
    assert not at.sink.told("clear")
    sheet.nobody_in_doubt()
    assert at.sink.told("failed")


@ROUNDS
def test_workers_killed_meanwhile_send_nothing_without_encryption_either(
    turn: int, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    """Each round has the next fault: so many rounds of all of them as there are times them."""
    does, chance = FAULTS[turn % len(FAULTS)], chance_of(turn)
    with post(does, readers(400), hatchery, tmp_path) as at:
        kills = at.shop.kill_again_and_again(at.mailing, chance, times=FEW)
        at.shop.finish(at.mailing)
        sheet = Sheet.of(at.mailing, at.sink.taken())
    in_clear = len(at.sink.told("clear"))
    figures(f"26: encryption {does}, workers killed", sheet.columns(kills=kills, clear=in_clear))
    assert not in_clear
    sheet.all_doubt_is_listed("leave", most=kills * CONNECTIONS)
    assert at.sink.told("failed")
    assert kills


def made(folder: Path, *, ends: timedelta) -> tuple[Path, Path]:
    """A certificate with its key, and what to trust for it."""
    folder.mkdir()
    _context, trusted = certificate(folder, address="127.0.0.1", ends=ends)
    return folder / "server.pem", trusted
