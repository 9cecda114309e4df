"""Rehearsals: asked for, followed, stopped, read again and removed.

A rehearsal is a process of its own (`tasks.rehearse.run`) with a folder below PROMO_HOME, where it
tells how far it is and what was seen. Nothing of it stands in the desk's database. One runs at a
time: its process holds a lock for as long as it lives, however it ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.embedded.postgres import postgres_binary
from promo.embedded.redis import redis_binary
from promo.errors import ConfigurationError, InvalidInput, NotAllowed
from promo.services import rehearsal_troubles

MOST_DAYS = 31
KEY = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")
PROGRAM = ("-m", "tasks.rehearse.run")
_ONE_AT_A_TIME = gettext_lazy("A rehearsal is running already. Stop it, or wait for it.")


class Stage(StrEnum):
    """How far a rehearsal is."""

    PREPARING = "preparing"
    PLAYING = "playing"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be rehearsed. `start` is the first day shown (empty: today)."""

    days: int = 7
    start: date | None = None
    campaign: int | None = None
    troubles: tuple[str, ...] = ()

    def check(self, *, today: date) -> None:
        """Raises InvalidInput that names the field."""
        if not 1 <= self.days <= MOST_DAYS:
            message = _("A rehearsal takes 1 to {most} days.").format(most=MOST_DAYS)
            raise InvalidInput(message, field="days")
        if self.start is not None and not 0 <= (self.start - today).days <= MOST_DAYS:
            message = _("A rehearsal begins today or within the next {most} days.")
            raise InvalidInput(message.format(most=MOST_DAYS), field="start")
        rehearsal_troubles.named(self.troubles)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"start": self.start.isoformat() if self.start else None}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        start = date.fromisoformat(kept["start"]) if kept["start"] else None
        return cls(kept["days"], start, kept["campaign"], tuple(kept["troubles"]))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: `at` on its way from `begins_at` to `ends_at`, all of its own clock."""

    stage: Stage = Stage.PREPARING
    pid: int = 0
    begins_at: datetime | None = None
    at: datetime | None = None
    ends_at: datetime | None = None
    problem: str = ""

    @property
    def percent(self) -> int:
        if not (self.begins_at and self.at and self.ends_at):
            return 0
        whole = (self.ends_at - self.begins_at).total_seconds()
        return round(100 * (self.at - self.begins_at).total_seconds() / whole) if whole else 100

    def as_json(self) -> dict[str, Any]:
        moments = ("begins_at", "at", "ends_at")
        told = {name: getattr(self, name) for name in moments}
        return asdict(self) | {name: at.isoformat() if at else None for name, at in told.items()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        moments = {
            name: datetime.fromisoformat(kept[name]) if kept[name] else None
            for name in ("begins_at", "at", "ends_at")
        }
        return cls(stage=Stage(kept["stage"]), pid=kept["pid"], problem=kept["problem"], **moments)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One rehearsal: its folder, and what was asked."""

    key: str
    folder: Path
    asked: Asked = field(default_factory=Asked)
    campaign_name: str = ""

    @property
    def stage_home(self) -> Path:
        """Where its engines and its world live while it runs."""
        return self.folder / "stage"

    @property
    def report(self) -> Path:
        return self.folder / "report.html"

    @property
    def log(self) -> Path:
        return self.folder / "rehearsal.log"

    @property
    def asked_at(self) -> datetime:
        return datetime.strptime(self.key[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)

    @property
    def progress(self) -> Progress:
        """What it told last. One whose process is gone without a word has failed."""
        kept = _read(self.folder / "progress.json")
        told = Progress.from_json(kept) if kept else Progress()
        going = told.stage in {Stage.PREPARING, Stage.PLAYING}
        if going and running(self.folder.parent) != self.key:
            return replace(told, stage=Stage.FAILED, problem=_("Its process has ended too early."))
        return told

    @property
    def seen(self) -> dict[str, Any]:
        """What was seen so far: `hours`, `endings`, `counts`; empty before the first hour."""
        return _read(self.folder / "seen.json")

    def tell(self, progress: Progress) -> None:
        _write(self.folder / "progress.json", progress.as_json())

    def keep(self, seen: Mapping[str, Any]) -> None:
        _write(self.folder / "seen.json", seen)


def _read(path: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return kept


def _write(path: Path, told: Mapping[str, Any]) -> None:
    """Whoever reads meanwhile sees the old or the new, never half of it."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    fresh.replace(path)


def place(home: Path) -> Path:
    """Where the rehearsals of this home are kept."""
    return home / "rehearsals"


def make(*, place: Path, asked: Asked, campaign_name: str, now: datetime) -> Rehearsal:
    """A folder for a new rehearsal, with what was asked in it. Raises NotAllowed while one runs."""
    if running(place):
        raise NotAllowed(str(_ONE_AT_A_TIME))
    key = f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    folder = place / key
    folder.mkdir(mode=0o700, parents=True)
    _write(folder / "asked.json", asked.as_json() | {"campaign_name": campaign_name})
    return Rehearsal(key, folder, asked, campaign_name)


def read(*, place: Path, key: str) -> Rehearsal | None:
    """The rehearsal of this key; None where there is none."""
    if not KEY.fullmatch(key):
        return None
    kept = _read(place / key / "asked.json")
    if not kept:
        return None
    return Rehearsal(key, place / key, Asked.from_json(kept), kept["campaign_name"])


def kept(*, place: Path) -> list[Rehearsal]:
    """All there are, the newest first."""
    keys = sorted((path.name for path in place.glob("*")), reverse=True) if place.exists() else []
    return [found for key in keys if (found := read(place=place, key=key))]


def running(place: Path) -> str:
    """The key of the one that runs; "" where none does."""
    try:
        with _lock_path(place).open("r+", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return ""
    except BlockingIOError:
        return _lock_path(place).read_text(encoding="ascii").strip()
    return ""


@contextmanager
def alone(rehearsal: Rehearsal) -> Iterator[IO[str]]:
    """Hold the lock for this one; gives it. Raises NotAllowed while another runs."""
    path = _lock_path(rehearsal.folder.parent)
    with path.open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NotAllowed(str(_ONE_AT_A_TIME)) from error
        for left in rehearsal.folder.parent.glob("*/stage"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        lock.truncate(0)
        lock.write(rehearsal.key)
        lock.flush()
        yield lock


def begin(*, place: Path, asked: Asked, campaign_name: str, now: datetime) -> Rehearsal:
    """Start one in the background. Raises ConfigurationError where it cannot run here.

    The process inherits the lock, so there is no moment at which it is not known to run.
    """
    insist_on_engines()
    rehearsal = make(place=place, asked=asked, campaign_name=campaign_name, now=now)
    try:
        with alone(rehearsal) as lock, rehearsal.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  (ours)
                [sys.executable, *PROGRAM, str(rehearsal.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock.fileno(),),
            )
            rehearsal.tell(Progress(pid=process.pid))
    except (NotAllowed, OSError):
        shutil.rmtree(rehearsal.folder, ignore_errors=True)
        raise
    threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie stays
    return rehearsal


def insist_on_engines() -> None:
    """Raise ConfigurationError where a rehearsal's own PostgreSQL or Redis is missing."""
    try:
        postgres_binary()
        redis_binary()
    except ConfigurationError as error:
        message = _(
            "A rehearsal needs a PostgreSQL and a Redis of its own. Install Promo with its extra "
            "“embedded” on this machine."
        )
        raise ConfigurationError(message) from error


def stop(*, rehearsal: Rehearsal) -> None:
    """Ask it to end; what was seen so far stays. Raises NotAllowed where it does not run."""
    pid = rehearsal.progress.pid
    if running(rehearsal.folder.parent) != rehearsal.key or not pid:
        raise NotAllowed(_("This rehearsal is not running."))
    os.kill(pid, signal.SIGTERM)


def remove(*, rehearsal: Rehearsal) -> None:
    """Forget it, with all that was seen. Raises NotAllowed while it runs."""
    if running(rehearsal.folder.parent) == rehearsal.key:
        raise NotAllowed(_("This rehearsal is still running. Stop it first."))
    shutil.rmtree(rehearsal.folder, ignore_errors=True)


def _lock_path(place: Path) -> Path:
    return place / "running.lock"
