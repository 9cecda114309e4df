"""26: a mail server whose encryption fails. Nothing leaves until it is well, and never in clear."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.figures import Figures
from tests.faults.moody import Mood
from tests.faults.sending import (
    REAL_WORKERS,
    SOON_AGAIN,
    Sheet,
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


@pytest.mark.parametrize("does", ["hidden", "454 4.7.0 not now", "drop", "expired"])
def test_an_issue_waits_for_encryption_and_never_goes_without(
    does: str, hatchery: Hatchery, figures: Figures, tmp_path: Path
) -> None:
    good, trusted = made(tmp_path / "good", ends=timedelta(days=1))
    expired, also = made(tmp_path / "expired", ends=-timedelta(hours=1))
    both = tmp_path / "trusted.pem"
    both.write_bytes(trusted.read_bytes() + also.read_bytes())
    mood = Mood(
        "tls", str(expired) if does == "expired" else does, times=FAILS, certificate=str(good)
    )
    with MoodySink.in_a(mood, tmp_path / "record.txt") as sink:
        url = sink.url(connections=CONNECTIONS).replace("smtp:", "smtp+tls:")
        with workshop(hatchery, tmp_path, sink=sink, url=url, **SOON_AGAIN) as shop:
            mailing = started("leave", count=readers(20))
            shop.hatch(more={"SSL_CERT_FILE": str(both)})
            shop.finish(mailing)
        sheet = Sheet.of(mailing, sink.taken())
        figures(f"26: encryption {does}", sheet.columns(in_clear=len(sink.told("clear"))))
        assert not sink.told("clear")
        sheet.nobody_in_doubt()
        assert sink.told("failed")


def made(folder: Path, *, ends: timedelta) -> tuple[Path, Path]:
    """A certificate with its key, and what to trust for it."""
    folder.mkdir()
    _context, trusted = certificate(folder, address="127.0.0.1", ends=ends)
    return folder / "server.pem", trusted
