"""What a rehearsal stands on: engines, world and worker of its own, with no way to the real ones.

The environment is made of what is named here, and of nothing else: neither an address of the real
outside nor a key of the desk can come along. Its own keys open nothing that the desk has sealed.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Event

from promo.embedded import Layout, Postgres, Redis, database_url
from promo.errors import ConfigurationError
from promo.supervisor.child import Child, Program
from promo.supervisor.programs import QUEUES
from tasks.rehearse.world import World

KEPT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "LD_LIBRARY_PATH"),
    *("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"),
    # What the same messages are made of: none of it leads anywhere.
    *("PROMO_BASE_URL", "PROMO_PORT", "PROMO_ZONE", "PROMO_FROM_EMAIL", "PROMO_TEMPLATE_ROOTS"),
    *("PROMO_FACEBOOK_GRAPH_VERSION", "PROMO_QUIET_PERIOD_SECONDS", "PROMO_LOOK_SECONDS"),
    *("PROMO_LEASE_SECONDS", "PROMO_LONGEST_CALL_SECONDS"),
)
"""Of the desk's environment."""

HASTY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""Nothing here need outlive a power cut."""

GLANCE = 0.05
_STARTS_WITHIN = 60.0
_READY = re.compile(r"(http://[\d.]+:\d+)/ \(mail: ([\d.]+:\d+)\)")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a play needs of it."""

    world: World
    worker: Child


def desk_database(environ: Mapping[str, str]) -> str:
    """The address of the desk's own database."""
    home = Layout(Path(environ.get("PROMO_HOME") or "var")).home
    return environ.get("DATABASE_URL") or database_url(home)


@contextmanager
def world_and_engines(home: Path) -> Iterator[World]:
    """A new home with all but the worker, and Django set up for it; gone afterwards.

    To be entered before anything has read the settings: this process' environment becomes the
    stage's.
    """
    with ExitStack() as stack:
        layout = Layout(home)
        layout.make()
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        for engine in (
            Postgres(layout, settings=HASTY),
            Redis(layout, settings={"appendonly": "no"}),
        ):
            stack.callback(engine.stop)
            engine.start()
        world = stack.enter_context(_world(layout))
        _move_in(home, world)
        _prepare(home, world)
        stack.callback(_close_connections)
        yield world


@contextmanager
def worker(home: Path) -> Iterator[Child]:
    """The worker as it is shipped, ready to work."""
    celery = (sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", ",".join(QUEUES))
    plain = ("--concurrency", "2", "--loglevel", "WARNING", "--without-gossip", "--without-mingle")
    with _child(Program("worker", (*celery, *plain)), Layout(home), os.environ) as started:
        app = import_module("config.celery").app
        _until(lambda: bool(app.control.ping(timeout=0.5)), started)
        yield started


@contextmanager
def _world(layout: Layout) -> Iterator[World]:
    command = (
        *(sys.executable, "-m", "promo.rehearsal", "--home", str(layout.home / "world")),
        *("--port", "0", "--smtp-port", "0"),
    )
    with _child(Program("world", command), layout, _kept()) as started:
        _until(lambda: _READY.search(started.log.read_text()) is not None, started)
        told = _READY.search(started.log.read_text())
        if told is None:
            raise ConfigurationError("The rehearsal world did not start.")
        yield World(url=told[1], mail=told[2])


@contextmanager
def _child(program: Program, layout: Layout, environment: Mapping[str, str]) -> Iterator[Child]:
    child = Child(program, layout=layout, environment=environment)
    child.start()
    try:
        yield child
    finally:
        child.kill()  # nothing of it is needed any more


def _until(reached: Callable[[], bool], child: Child) -> None:
    ends = time.monotonic() + _STARTS_WITHIN
    never = Event()
    while not reached():
        if not child.is_alive() or time.monotonic() > ends:
            raise ConfigurationError(f"“{child.name}” did not start: see {child.log}.")
        never.wait(GLANCE)


def _kept() -> dict[str, str]:
    """What may come along of the environment."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}


def _move_in(home: Path, world: World) -> None:
    """Make the stage's environment this process' own."""
    media = Path(os.environ.get("PROMO_HOME") or "var").resolve() / "media"
    kept = _kept()
    os.environ.clear()
    os.environ.update(
        kept
        | {
            "PROMO_HOME": str(home),
            "PROMO_REHEARSAL_URL": world.url,
            "EMAIL_URL": f"smtp://{world.mail}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PROMO_LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
        }
    )
    # The originals are only read; what is made of them is written beside, on the stage.
    originals = Layout(home).media / "original_images"
    if (media / "original_images").is_dir() and not originals.exists():
        originals.symlink_to(media / "original_images", target_is_directory=True)


def _prepare(home: Path, world: World) -> None:
    """Raises ConfigurationError should the settings lead outside, against all that is said here."""
    import django  # noqa: PLC0415 -- reads the settings
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    own = (
        settings.DATABASES["default"]["HOST"] == str(Layout(home).postgres_sockets),
        settings.PROMO_FACEBOOK_GRAPH_URL.startswith(f"{world.url}/"),
        settings.EMAIL_URL.removeprefix("smtp://") == world.mail,
    )
    if not all(own):
        raise ConfigurationError("A rehearsal must not reach the outside: it is not played.")
    # Without the wiring a hint would go to nobody's broker. By name: the arrows point from it.
    import_module("config.celery")
    call_command("migrate", verbosity=0, interactive=False)


def _close_connections() -> None:
    from django.db import connections  # noqa: PLC0415 -- needs the settings

    connections.close_all()
