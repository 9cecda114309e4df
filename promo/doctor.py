"""`promo doctor`: is everything here that Promo needs? In plain words, with what to do."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from promo import catalogs
from promo.embedded.postgres import postgres_binary
from promo.embedded.redis import redis_binary
from promo.errors import ConfigurationError
from promo.mailing.logfile import LogUnreadable, reach
from promo.supervisor import Options, read_state
from promo.supervisor.health import greets

Level = Literal["good", "note", "bad"]
_GIB = 2**30
_CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `note` is worth knowing, `bad` keeps Promo from working."""

    level: Level
    text: str
    advice: str = ""


def examine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Everything there is to say, the most basic first."""
    yield _python()
    try:
        options = Options.read(environ)
    except ConfigurationError as error:
        yield Finding("bad", error.text)
        return
    yield _engine("PostgreSQL", "DATABASE_URL", environ, postgres_binary)
    yield _engine("Redis", "REDIS_URL", environ, redis_binary)
    yield from _root(environ)
    yield from _home(options.home)
    yield _ports(options)
    yield _translations()
    yield _settings(options)
    yield from _proxies(environ)
    yield from _returned_mail(options)
    yield from _relay_log(environ)
    yield from _for_developers()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info < (3, 13):
        return Finding("good", f"Python {version}")
    return Finding("bad", f"Python {version}", "Promo needs Python 3.11 or 3.12.")


def _engine(
    label: str, variable: str, environ: Mapping[str, str], find: Callable[[], Path]
) -> Finding:
    if environ.get(variable):
        return Finding("good", f"{label} elsewhere, by {variable}")
    try:
        return Finding("good", f"{label} for this machine: {find()}")
    except ConfigurationError as error:
        return Finding("bad", f"{label} is missing", error.text)


def _root(environ: Mapping[str, str]) -> Iterator[Finding]:
    if os.geteuid() != 0 or environ.get("DATABASE_URL"):
        return
    if shutil.which("setpriv"):
        yield Finding(
            "note",
            "Promo runs as root; PostgreSQL, which refuses that, gets an account without rights",
            "An ordinary user of its own is safer.",
        )
    else:
        yield Finding(
            "bad",
            "PostgreSQL refuses to run as root",
            "Start Promo as an ordinary user, or install util-linux.",
        )


def _home(home: Path) -> Iterator[Finding]:
    nearest = next(place for place in (home, *home.parents) if place.exists())
    if not os.access(nearest, os.W_OK):
        yield Finding("bad", f"{nearest} cannot be written to", "Set PROMO_HOME to another place.")
        return
    free = shutil.disk_usage(nearest).free
    text = f"{free / _GIB:.1f} GiB free for {home}"
    if free > 2 * _GIB:
        yield Finding("good", text)
    else:
        yield Finding("bad" if free < _GIB / 4 else "note", text, "Make room, or move PROMO_HOME.")


def _ports(options: Options) -> Finding:
    if state := read_state(options.layout):
        return Finding("good", f"Promo runs here (process {state.pid}) at {state.url}")
    try:
        options.check_ports()
    except ConfigurationError as error:
        return Finding("bad", "A port is taken", error.text)
    return Finding("good", f"Ports are free: {options.port} and those of the rehearsal world")


def _translations() -> Finding:
    stale = [source.parent.parent.name for source in catalogs.stale()]
    if stale:
        return Finding(
            "bad", f"Translations not compiled: {', '.join(stale)}", "Run: promo compile"
        )
    return Finding("good", "Translations are compiled")


def _settings(options: Options) -> Finding:
    """Let Django check itself, in a process of its own: the settings may be wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "promo.cli", "check"],
        env=options.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return Finding("good", "The settings are in order")
    said = (done.stderr or done.stdout).strip().splitlines()
    return Finding("bad", "The settings are not in order", "\n".join(said[-6:]))


def _proxies(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Behind a proxy that nobody has named, everybody comes from one address."""
    if environ.get("DATABASE_URL") and not environ.get("PROMO_TRUSTED_PROXIES"):
        yield Finding(
            "note",
            "No reverse proxy is trusted: sign-ups are not limited for each network",
            "Set PROMO_TRUSTED_PROXIES to the proxy's address (docs/operations.md).",
        )


def _returned_mail(options: Options) -> Iterator[Finding]:
    """The listener and the mailbox, where they are wanted and the database can be asked."""
    listen = options.listen
    if not (read_state(options.layout) or options.environ.get("DATABASE_URL")):
        return
    if listen:
        if greets(*listen):
            yield Finding("good", f"Returned mail is taken at {listen[0]}:{listen[1]}")
        else:
            advice = "Start it: promo bounces. Its log is logs/bounces.log."
            yield Finding("bad", f"Nobody takes returned mail at {listen[0]}:{listen[1]}", advice)
    done = subprocess.run(
        [sys.executable, "-m", "promo.cli", "mailbox"],
        env=options.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        yield Finding("good", done.stdout.strip())
    else:
        said = (done.stderr or done.stdout).strip().splitlines()
        yield Finding("bad", "The mailbox of returned mail cannot be read", "\n".join(said[-3:]))


def _relay_log(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Where the mail server's log is to tell what became of mails: does it?"""
    path = environ.get("PROMO_RELAY_LOG")
    if not path:
        return
    try:
        here = ZoneInfo(environ.get("PROMO_ZONE") or "Europe/Warsaw")
        begins_at, ends_at = reach(Path(path), zones=(here, UTC))
    except LogUnreadable as error:
        yield Finding(
            "bad",
            f"The mail server's log tells nothing: {error.detail}",
            "Let the worker's account read PROMO_RELAY_LOG and its directory; until then mails "
            "whose outcome is unknown stay unknown (docs/operations.md).",
        )
        return
    text = f"The mail server's log goes from {begins_at:%Y-%m-%d %H:%M} to {ends_at:%Y-%m-%d %H:%M}"
    yield Finding("good", text)


def _for_developers() -> Iterator[Finding]:
    found = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if found:
        yield Finding("good", f"Chromium for the browser tests: {found}")
    else:
        yield Finding(
            "note", "No Chromium: browser tests are left out", "Debian: chromium-headless-shell"
        )
    if ctypes.util.find_library("ical"):
        yield Finding("good", "libical for the calendar tests")
    else:
        yield Finding("note", "No libical: a calendar check is left out", "Debian: libical3")
