"""Rehearsals: their folders, the one that runs, and what is left of one whose process is gone."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from promo.errors import InvalidInput, NotAllowed
from promo.services import rehearsals
from promo.services.rehearsals import Asked, Progress, Rehearsal, Stage
from tests.processes import environment, until

DOES_NOT_ANSWER = "The desk’s database does not answer. Is Promo running?"
NOW = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def made(place: Path, asked: Asked | None = None) -> Rehearsal:
    return rehearsals.make(place=place, asked=asked or Asked(), campaign_name="", now=NOW)


def test_what_was_asked_is_read_again(tmp_path: Path) -> None:
    asked = Asked(days=3, start=date(2026, 12, 1), campaign=7, troubles=("answer-lost",))
    kept = rehearsals.make(place=tmp_path, asked=asked, campaign_name="Ferie", now=NOW)
    assert rehearsals.read(place=tmp_path, key=kept.key) == kept
    assert kept.asked_at == NOW


def test_the_newest_is_listed_first_and_other_folders_are_none(tmp_path: Path) -> None:
    first = made(tmp_path)
    second = rehearsals.make(
        place=tmp_path, asked=Asked(), campaign_name="", now=NOW + timedelta(hours=1)
    )
    (tmp_path / "notes").mkdir()
    assert rehearsals.kept(place=tmp_path) == [second, first]
    assert rehearsals.kept(place=tmp_path / "nowhere") == []


@pytest.mark.parametrize("key", ["", "..", "../20261123-103000-abcd", "20261123-103000-abcd"])
def test_a_key_that_is_none_leads_nowhere(tmp_path: Path, key: str) -> None:
    assert rehearsals.read(place=tmp_path, key=key) is None


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Asked(days=0), "days"),
        (Asked(days=32), "days"),
        (Asked(start=TODAY - timedelta(days=1)), "start"),
        (Asked(start=TODAY + timedelta(days=32)), "start"),
        (Asked(troubles=("earthquake",)), "troubles"),
    ],
)
def test_what_cannot_be_played_is_told_with_its_field(asked: Asked, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked.check(today=TODAY)
    assert refused.value.field == field


def test_progress_tells_how_far_it_is(tmp_path: Path) -> None:
    rehearsal = made(tmp_path)
    told = Progress(
        stage=Stage.DONE, pid=5, begins_at=NOW, at=NOW + timedelta(hours=6),
        ends_at=NOW + timedelta(hours=24),
    )  # fmt: skip
    rehearsal.tell(told)
    assert rehearsal.progress == told
    assert rehearsal.progress.percent == 25


def test_one_runs_at_a_time_and_is_known_as_long_as_it_does(tmp_path: Path) -> None:
    rehearsal = made(tmp_path)
    assert rehearsals.running(tmp_path) == ""
    with rehearsals.alone(rehearsal):
        rehearsal.tell(Progress(stage=Stage.PLAYING))
        assert rehearsals.running(tmp_path) == rehearsal.key
        assert rehearsal.progress.stage == Stage.PLAYING
        with pytest.raises(NotAllowed):
            made(tmp_path)
        with pytest.raises(NotAllowed):
            rehearsals.remove(rehearsal=rehearsal)
    assert rehearsals.running(tmp_path) == ""


def test_one_whose_process_is_gone_without_a_word_has_failed(tmp_path: Path) -> None:
    rehearsal = made(tmp_path)
    rehearsal.tell(Progress(stage=Stage.PLAYING))
    assert rehearsal.progress.stage == Stage.FAILED
    assert rehearsal.progress.problem


def test_what_a_killed_one_left_is_cleared_away_by_the_next(tmp_path: Path) -> None:
    killed = made(tmp_path)
    (killed.stage_home / "postgres").mkdir(parents=True)
    with rehearsals.alone(made(tmp_path)):
        assert not killed.stage_home.exists()
        assert killed.folder.exists()


def test_stopping_asks_the_process_and_removing_forgets_it(tmp_path: Path) -> None:
    rehearsal = made(tmp_path)
    with pytest.raises(NotAllowed):
        rehearsals.stop(rehearsal=rehearsal)
    with (
        subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process,
        rehearsals.alone(rehearsal),
    ):
        rehearsal.tell(replace(Progress(), pid=process.pid))
        rehearsals.stop(rehearsal=rehearsal)
        assert process.wait() == -signal.SIGTERM
    rehearsals.remove(rehearsal=rehearsal)
    assert rehearsals.kept(place=tmp_path) == []


def test_one_that_cannot_reach_the_desk_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun as from the desk's screen: it runs from the first moment on, and tells how it ended."""
    nowhere = quote(str(tmp_path / "nowhere"), safe="")
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://promo@/promo?host={nowhere}")
    place = tmp_path / "rehearsals"
    rehearsal = rehearsals.begin(place=place, asked=Asked(days=1), campaign_name="", now=NOW)
    until(lambda: not rehearsals.running(place), within=60, what="the process has ended")
    assert rehearsal.progress.stage == Stage.FAILED
    assert rehearsal.progress.pid
    assert rehearsal.progress.problem == DOES_NOT_ANSWER
    assert not rehearsal.stage_home.exists()
