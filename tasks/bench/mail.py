"""`promo bench mail`: a whole issue through real workers, beside what the sink can take at most."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from promo.errors import ConfigurationError
from tasks.bench import kills, stage
from tasks.bench.kills import Killer
from tasks.bench.stage import Stage

SIZE = 15_000
"""Octets of one mail on the wire, about what an issue with twelve items has."""

LINKS = 12
SOURCE_SESSIONS = 20
SOURCE_MOST = 50_000
_STARTS_WITHIN = 30
_STALLS_AFTER = 90
_LOOK_EVERY = 0.1
_NAMES = ("Anna Żółć", "Jan Kowalski", "", "Łucja Gęś", "Ewa Nowak")
_DOMAINS = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure. `delay` is milliseconds before each answer of the built-in sink.

    With `kill` a sending worker is killed with -9 every so many seconds, and the built-in sink
    writes down what it takes.
    """

    recipients: int
    relay: str = ""
    workers: int = 1
    connections: int = 20
    delay: float = 0.0
    kill: float = 0.0


def run(asked: Asked) -> dict[str, Any]:
    """The figures, by the names of the JSON keys in docs/benchmarks.md."""
    with _relay(asked) as (url, sink, record), _environment(asked, url) as ours:
        publication_id = _seed(asked.recipients)
        limit = None if asked.delay or asked.kill else _limit(url, asked)
        worker_command = stage.python(
            *("-m", "celery", "-A", "config", "worker", "-Q", "mail", "--loglevel", "WARNING"),
            *("--concurrency", str(asked.workers), "--without-gossip", "--without-mingle"),
        )
        with (
            stage.process(worker_command, log=ours.home / "worker.log") as worker,
            Killer(lambda: stage.family(worker.pid)[1:], every=asked.kill) as killer,
        ):
            _await_worker()
            families = {
                "worker": lambda: stage.family(worker.pid)[1:],
                "postgres": lambda: ours.pids("postgres"),
                "redis": lambda: ours.pids("redis"),
                **({"sink": lambda: [sink]} if sink else {}),
            }
            before = {name: stage.cpu_seconds(pids()) for name, pids in families.items()}
            started, seconds, peaks = _send(publication_id, asked, families)
            used = {
                name: stage.cpu_seconds(pids()) - before[name] for name, pids in families.items()
            }
        rate = asked.recipients / seconds
        return {
            "messages": asked.recipients,
            "seconds": round(seconds, 2),
            "start_seconds": round(started, 2),
            "messages_per_second": round(rate),
            "limit_messages_per_second": limit and round(limit),
            "ratio": limit and round(rate / limit, 2),
            "cpu_seconds_per_1000": {
                name: round(spent / asked.recipients * 1000, 4) for name, spent in used.items()
            },
            "peak_rss_mb": peaks,
            **(kills.told(killer, record) if record else {}),
        }


# -- the other side


@contextmanager
def _relay(asked: Asked) -> Iterator[tuple[str, int, Path | None]]:
    """The relay's address, the process id of a sink of ours (0 for somebody else's), its record."""
    if asked.relay:
        yield asked.relay, 0, None
        return
    log = Path(os.devnull)
    if asked.delay or asked.kill or not _tool("smtp-sink"):
        with tempfile.TemporaryDirectory(prefix="promo-bench-") as folder:
            record = Path(folder) / "taken.txt" if asked.kill else None
            command = stage.python(
                *("-m", "tasks.bench.sink", "--delay", str(asked.delay)),
                *(("--record", str(record)) if record else ()),
            )
            with stage.process(command, log=log) as sink:
                said = sink.stdout.readline().strip() if sink.stdout else ""
                yield f"smtp://127.0.0.1:{said}", sink.pid, record
        return
    port = _free_port()
    account = ("-u", "nobody") if os.geteuid() == 0 else ()
    with stage.process(
        (_tool("smtp-sink"), *account, f"127.0.0.1:{port}", "1000"), log=log
    ) as sink:
        _await_port(port)
        yield f"smtp://127.0.0.1:{port}", sink.pid, None


def _limit(url: str, asked: Asked) -> float | None:
    """What Postfix's load generator reaches against the same relay: mails of the same size."""
    source = _tool("smtp-source")
    if not source:
        return None
    count = min(asked.recipients, SOURCE_MOST)
    address = url.removeprefix("smtp://").partition("/")[0].rpartition("@")[2]
    began = time.perf_counter()
    subprocess.run(  # noqa: S603  (Postfix's own tool)
        [
            source,
            *("-s", str(SOURCE_SESSIONS), "-l", str(SIZE), "-m", str(count)),
            *("-f", "bench@example.org", "-t", "reader@example.org", address),
        ],
        check=True,
    )
    return count / (time.perf_counter() - began)


def _tool(name: str) -> str:
    """Debian keeps Postfix's tools out of an ordinary user's way."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _await_port(port: int) -> None:
    ends = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(_LOOK_EVERY)
        else:
            return
    message = "The sink did not start."
    raise ConfigurationError(message)


# -- our side


@contextmanager
def _environment(asked: Asked, url: str) -> Iterator[Stage]:
    mark = "&" if "?" in url else "?"
    relay = f"{url.rstrip('/')}/{mark}connections={asked.connections * asked.workers}"
    settings = {"EMAIL_URL": relay, "PROMO_BASE_URL": "https://biblioteka.example.org"}
    with stage.engines(settings) as ours:
        yield ours


def _seed(recipients: int) -> int:
    """Readers, and a publication whose mailing may be started; gives the publication's id."""
    from django.db import connection  # noqa: PLC0415 -- needs Django's apps, as all below

    from promo.models import Item, Publication  # noqa: PLC0415
    from promo.services import first_run, newsletters  # noqa: PLC0415
    from promo.services.clock import database_now  # noqa: PLC0415
    from promo.vault import address_hash  # noqa: PLC0415

    first_run.prepare()
    newsletter = newsletters.create(
        name="Co słychać w bibliotece",
        slug="bench",
        from_name="Biblioteka",
        from_email="newsletter@biblioteka.example.org",
    )
    now = database_now()
    with connection.cursor() as cursor:
        copy = (
            "COPY promo_subscriber (uuid, email, address_hash, name, language, created_at)"
            " FROM STDIN"
        )
        with cursor.copy(copy) as rows:
            for number in range(recipients):
                email = f"czytelnik{number}@poczta{number % _DOMAINS}.example.org"
                name = _NAMES[number % len(_NAMES)]
                rows.write_row((uuid4(), email, address_hash(email), name, "pl", now))
        cursor.execute(
            """
            INSERT INTO promo_subscription
                (subscriber_id, newsletter_id, state, confirm_tries, problem)
            SELECT id, %s, 'active', 0, '' FROM promo_subscriber
            """,
            [newsletter.pk],
        )
        cursor.execute("ANALYZE promo_subscriber, promo_subscription")
    message = letter()
    publication = Publication(
        item=Item.objects.create(kind="announcement", title="Wydanie", lead="Wydanie"),
        destination=newsletter.destination,
        slot="bench",
        variant="news",
        planned_at=now,
        due_at=now,
        state="published",
        published_at=now,
        message_json=message.to_json(),
        digest=message.digest,
    )
    publication.save()
    return publication.pk


def letter() -> Any:
    """An issue of twelve linked items that has `SIZE` octets once it is encoded."""
    from promo.mailing.slots import Slot  # noqa: PLC0415
    from promo.values import Message  # noqa: PLC0415

    links = {
        f"Spotkanie autorskie nr {number}": f"https://biblioteka.example.org/w/{number}/?m={number}"
        for number in range(LINKS)
    }
    lead = "Zażółć gęślą jaźń: rozmowa i podpisywanie książek. Wstęp wolny."
    items = "".join(
        f'<h2 style="margin:0 0 8px;font-size:22px"><a href="{link}">{title}</a></h2>\n'
        f"<p>{lead}</p>\n"
        for title, link in links.items()
    )
    foot = "".join(f'<p><a href="{slot.placeholder}">{slot}</a></p>\n' for slot in Slot)
    told = [f"{title}\n{lead}\n{link}\n" for title, link in links.items()]
    text = "\n".join([*told, *(slot.placeholder for slot in Slot)])

    def made(filler: int) -> Message:
        padding = f"<p>{'x' * 60}</p>\n" * filler
        html = f'<!doctype html><html lang="pl"><body>{items}{padding}{foot}</body></html>'
        return Message(
            channel="newsletter_email", subject="Październik w bibliotece", text=text, html=html
        )

    filler = 0
    while wire_size(made(filler + 1)) <= SIZE:
        filler += 1
    return made(filler)


def wire_size(message: Any) -> int:
    from datetime import UTC  # noqa: PLC0415

    from promo.mailing.envelope import Sender, compile_mail  # noqa: PLC0415
    from promo.mailing.headers import DomainName, HeaderText, MailAddress  # noqa: PLC0415
    from promo.mailing.slots import LinkBases  # noqa: PLC0415

    sender = Sender(
        HeaderText("Biblioteka"),
        MailAddress("newsletter@biblioteka.example.org"),
        HeaderText("Co słychać w bibliotece"),
        DomainName("bench.biblioteka.example.org"),
    )
    base = "https://biblioteka.example.org/unsubscribe/"
    compiled = compile_mail(
        message, sender=sender, bases=LinkBases(base, base, base), date=datetime.now(UTC)
    )
    own = 400  # a reader's own header lines
    return (
        own
        + len(compiled.head)
        + sum(len(part) if isinstance(part, bytes) else 30 for part in compiled.body)
    )


def _await_worker() -> None:
    from tasks import mailing  # noqa: PLC0415

    ends = time.monotonic() + _STARTS_WITHIN
    while not mailing.send.app.control.ping(timeout=0.5):
        if time.monotonic() > ends:
            message = "The worker did not start."
            raise ConfigurationError(message)


def _send(
    publication_id: int, asked: Asked, families: Any
) -> tuple[float, float, dict[str, float]]:
    """Seconds of the start, seconds from its beginning to the last settled delivery, and peaks."""
    from django.db.models import Max  # noqa: PLC0415

    from promo.models import Delivery, Mailing, Publication  # noqa: PLC0415
    from promo.services import mailings  # noqa: PLC0415
    from promo.services.clock import database_now  # noqa: PLC0415
    from tasks import mailing as tasks  # noqa: PLC0415

    publication = Publication.objects.get(pk=publication_id)
    peaks: dict[str, float] = {}
    began = database_now()
    mailings.start(destination=publication.destination, key=publication.marker, now=began)
    started = (database_now() - began).total_seconds()
    mailing = Mailing.objects.get(publication=publication)
    moved, left = time.monotonic(), asked.recipients
    while mailing.state != Mailing.State.FINISHED:
        if asked.kill:
            mailings.sweep(now=database_now())
        for mailing_id in mailings.hand_out(now=database_now()):
            tasks.send.delay(mailing_id)
        for name, pids in families.items():
            peaks[name] = max(peaks.get(name, 0.0), stage.peak_rss_mb(pids()))
        time.sleep(_LOOK_EVERY)
        mailing.refresh_from_db()
        due = mailings.progress(mailing)["due"]
        if due < left:
            moved, left = time.monotonic(), due
        elif time.monotonic() - moved > _STALLS_AFTER:
            message = f"Nothing has moved for {_STALLS_AFTER} s: {due} still wait (see the worker)."
            raise ConfigurationError(message)
    told = mailings.progress(mailing)
    if told["accepted"] + told["unknown"] != asked.recipients:
        message = f"Not everybody got it: {told}"
        raise ConfigurationError(message)
    last: datetime = Delivery.objects.aggregate(last=Max("settled_at"))["last"]
    return started, (last - began).total_seconds(), peaks
