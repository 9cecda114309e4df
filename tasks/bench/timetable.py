"""`promo bench timetable`: a tick with very many planned rows, and very many due at one instant.

What is due goes through real Celery workers to the page of a rehearsal world, which is the witness:
a run in which a post is missing or stands there twice gives no figures.
"""

from __future__ import annotations

import math
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from promo.errors import ConfigurationError
from tasks.bench import stage

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from promo.models import Destination, Publication

TICKS = 300
"""So many ticks are timed, after a few that warm up."""

WARM_UP = 20
WORKERS = 2
"""Worker processes, as `promo up` starts them."""

EVERY = 1.0
"""Seconds from tick to tick, as beat has it."""

_READY = re.compile(r"(http://\S+?)/ ")
_STARTS_WITHIN = 60
_STALLS_AFTER = 120


def run(*, planned: int, due: int) -> dict[str, Any]:
    """The figures, by the names of the JSON keys in docs/benchmarks.md."""
    with _rehearsal() as url, stage.engines(_environment(url)) as ours:
        worker = stage.python(
            *("-m", "celery", "-A", "config", "worker", "-Q", "publish", "--loglevel", "WARNING"),
            *("--concurrency", str(WORKERS), "--without-gossip", "--without-mingle"),
        )
        target = page()
        plan(target, planned)
        ticks = tick(planned)
        rows = prepare(target, due)
        with stage.process(worker, log=ours.home / "worker.log"):
            _await_worker()
            return ticks | publish(rows, url=url)


def _environment(url: str) -> dict[str, str]:
    return {
        "PROMO_REHEARSAL_URL": url,
        "PROMO_FACEBOOK_GRAPH_URL": f"{url}/graph",
        "PROMO_BASE_URL": "https://biblioteka.example.org",
    }


@contextmanager
def _rehearsal() -> Iterator[str]:
    """A rehearsal world of our own; gives its address."""
    with tempfile.TemporaryDirectory(prefix="promo-bench-") as folder:
        command = ("-m", "promo.rehearsal", "--home", folder, "--port", "0", "--smtp-port", "0")
        with stage.process(stage.python(*command), log=Path(folder) / "world.log") as world:
            ready = _READY.search(world.stdout.readline() if world.stdout else "")
            if ready is None:
                message = "The rehearsal world did not start."
                raise ConfigurationError(message)
            yield ready[1]


def page() -> Destination:
    from promo.models import Destination  # noqa: PLC0415 -- needs Django's apps, as all below
    from promo.services import first_run  # noqa: PLC0415

    first_run.prepare()
    return Destination.objects.get(channel="facebook_page")


def _publication(destination: Destination, *, slot: str, at: datetime) -> Publication:
    from promo.models import Item, Publication  # noqa: PLC0415

    item, _made = Item.objects.get_or_create(
        kind="announcement",
        title="Biblioteka w wakacje",
        defaults={"lead": "Od lipca czynne od 9 do 15. Wstęp wolny."},
    )
    return Publication(
        item=item, destination=destination, slot=slot, variant="news", planned_at=at, due_at=at
    )


# -- the tick


def plan(destination: Destination, planned: int) -> None:
    """So many publications of the coming weeks; their messages, which no tick reads, are empty."""
    from django.db import connection  # noqa: PLC0415

    from promo.models import Publication  # noqa: PLC0415
    from promo.services.clock import database_now  # noqa: PLC0415

    if not planned:
        return
    first = _publication(destination, slot="first", at=database_now() + timedelta(days=1))
    first.save()
    own = {
        "uuid": "gen_random_uuid()",
        "slot": "'later-' || number",
        "marker": "left(md5('later-' || number), 20)",
        "planned_at": "planned_at + number * interval '1 second'",
        "due_at": "due_at + number * interval '1 second'",
    }
    columns = [field.column for field in Publication._meta.concrete_fields[1:]]  # noqa: SLF001  (Django's own name for it)
    values = [own.get(column, column) for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO promo_publication ({", ".join(columns)}) SELECT {", ".join(values)}
            FROM promo_publication, generate_series(1, %s) number WHERE slot = 'first'
            """,  # noqa: S608  (the columns of our own table)
            [planned - 1],
        )
        cursor.execute("ANALYZE promo_publication")


def tick(planned: int) -> dict[str, Any]:
    """How long one tick takes: everything that happens every second, with nothing due."""
    from tasks import upkeep  # noqa: PLC0415

    times = []
    for number in range(WARM_UP + TICKS):
        began = time.perf_counter()
        upkeep.tick()
        if number >= WARM_UP:
            times.append((time.perf_counter() - began) * 1000)
    return {
        "planned": planned,
        "tick_ms": {"p50": round(_part(times, 0.5), 2), "p99": round(_part(times, 0.99), 2)},
    }


def _part(numbers: Sequence[float], part: float) -> float:
    """The number that so great a part of them does not pass."""
    return sorted(numbers)[max(0, math.ceil(len(numbers) * part) - 1)]


# -- what is due


def prepare(destination: Destination, due: int) -> list[Publication]:
    """Composed publications that are held; `publish` sets them free. One more than is measured."""
    from promo.models import Publication  # noqa: PLC0415
    from promo.services import composing  # noqa: PLC0415
    from promo.services.clock import database_now  # noqa: PLC0415

    at = database_now()
    rows = [_publication(destination, slot=f"due-{number}", at=at) for number in range(due + 1)]
    for row in rows:
        composing.recompose(row)
        row.held = True
    return Publication.objects.bulk_create(rows)


def publish(rows: Sequence[Publication], *, url: str) -> dict[str, Any]:
    """Let them become due at one instant, tick every second, and see when they are out.

    Workers must be running. The instant lies right after a tick: it could not be a worse one. The
    first row goes out beforehand, in this process. `url` is the address of the rehearsal world.
    """
    from promo.models import Publication  # noqa: PLC0415

    first, *rest = rows
    statements = _statements(first)
    mine = Publication.objects.filter(pk__in=[row.pk for row in rest])
    due_at, handed_out = _tick_until_out(mine, many=len(rest))
    _insist_that_each_is_there_once(rows, url)
    late = [(row.published_at - due_at).total_seconds() for row in mine if row.published_at]
    return {
        "due": len(rest),
        "handed_out_seconds": round(handed_out, 2),
        "published_seconds": round(max(late), 2),
        "lateness_seconds": {
            "p50": round(_part(late, 0.5), 2),
            "p99": round(_part(late, 0.99), 2),
            "max": round(max(late), 2),
        },
        "statements_per_publication": statements,
    }


def _statements(row: Publication) -> int:
    """How many statements it takes to publish this one, transactions' beginnings and ends too."""
    from django.db import connection, reset_queries  # noqa: PLC0415

    from promo.services import publishing  # noqa: PLC0415

    type(row).objects.filter(pk=row.pk).update(held=False)
    connection.force_debug_cursor = True
    reset_queries()
    try:
        publishing.publish(row.pk)
        return len(connection.queries)
    finally:
        connection.force_debug_cursor = False


def _tick_until_out(mine: QuerySet[Publication], *, many: int) -> tuple[datetime, float]:
    """The instant at which these became due, and seconds from it until all were handed out."""
    from promo.protocol import State  # noqa: PLC0415
    from promo.services.clock import database_now  # noqa: PLC0415
    from tasks import upkeep  # noqa: PLC0415

    next_tick = time.monotonic()
    upkeep.hand_out()
    began, due_at = time.monotonic(), database_now()
    mine.update(held=False, planned_at=due_at, due_at=due_at)
    handed_out, out, moved = 0.0, 0, began
    while out < many:
        next_tick += EVERY
        time.sleep(max(0.0, next_tick - time.monotonic()))
        upkeep.hand_out()
        if not handed_out and not mine.filter(hinted_at=None, state=State.PLANNED).exists():
            handed_out = time.monotonic() - began
        before, out = out, mine.filter(state=State.PUBLISHED).count()
        if out > before:
            moved = time.monotonic()
        elif time.monotonic() - moved > _STALLS_AFTER:
            message = f"Nothing has moved for {_STALLS_AFTER} s: {many - out} still wait."
            raise ConfigurationError(message)
    return due_at, handed_out


def _insist_that_each_is_there_once(rows: Sequence[Publication], url: str) -> None:
    """Return if followers see each of these exactly once."""
    with requests.Session() as http:
        http.trust_env = False
        posts = http.get(f"{url}/api/posts", timeout=60).json()
    seen = Counter(post["link"] for post in posts)
    copies = [seen[row.message.link] for row in rows]
    if copies != [1] * len(rows):
        message = f"Not each is out once: {dict(Counter(copies))} (copies: publications)."
        raise ConfigurationError(message)


def _await_worker() -> None:
    from tasks import publishing  # noqa: PLC0415

    ends = time.monotonic() + _STARTS_WITHIN
    while not publishing.publish.app.control.ping(timeout=0.5):
        if time.monotonic() > ends:
            message = "The worker did not start."
            raise ConfigurationError(message)
