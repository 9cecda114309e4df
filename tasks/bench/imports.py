"""How fast readers come in from a file: `promo bench import`.

The file is as libraries have them: Polish names, dates, one row in a hundred bad and one twice. The
real service reads it, from the upload to the commit; in the same run the same data goes by a bare
COPY into a plain table.
"""

from __future__ import annotations

import csv
import os
import random
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NAMES = ("Anna", "Małgorzata", "Łukasz", "Paweł", "Agnieszka", "Józef", "Zofia", "Michał")
SURNAMES = ("Nowak", "Wiśniewska", "Wójcik", "Kowalczyk", "Zieliński", "Dąbrowska", "Żółkiewska")
DOMAINS = ("gmail.com", "wp.pl", "o2.pl", "onet.pl", "interia.pl", "biblioteka.example.org")
WRONG = ("brak", "anna.nowak@", "@wp.pl", "jan kowalski@wp.pl", "")
WORDING = "Zgadzam się na otrzymywanie newslettera biblioteki. Zgodę mogę wycofać w każdej chwili."
BLOCK = 2**20


def write(path: Path, *, rows: int, seed: int = 20_260_401) -> None:
    """A file of so many rows below its heading."""
    pick = random.Random(seed)  # noqa: S311  (an example, no secret)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["E-mail", "Imię", "Nazwisko", "Język", "Data zgody"])
        address = "pierwsza@example.org"
        for number in range(rows):
            name, surname = pick.choice(NAMES), pick.choice(SURNAMES)
            chance = pick.random()
            if chance >= 0.01:  # noqa: PLR2004  (else the last address once more)
                letters = pick.choice("abcdefghijklmnoprstuwz") + pick.choice("aeiouy")
                address = f"{letters}.{number}@{pick.choice(DOMAINS)}"
            date = f"{pick.randint(1, 28):02}.{pick.randint(1, 12):02}.{pick.randint(2018, 2025)}"
            given = pick.choice(WRONG) if chance > 0.99 else address  # noqa: PLR2004
            table.writerow([given, name, surname, pick.choice(["pl", "pl", "en", ""]), date])


def run(*, rows: int) -> dict[str, Any]:
    """The figures of one run on the database of the settings, which must be migrated.

    `rows_per_second` counts from the upload to the commit, `copy_rows_per_second` is the bare COPY;
    `peak_rss_mb` is this process'.
    """
    from promo.models import ReaderImport  # noqa: PLC0415  (needs Django's apps)
    from promo.services import newsletters, reader_imports  # noqa: PLC0415
    from promo.services.clock import database_now  # noqa: PLC0415

    newsletter = newsletters.create(
        name="Bench",
        slug=f"bench-{time.time_ns()}",
        from_name="Bench",
        from_email="bench@example.org",
    )
    with tempfile.TemporaryDirectory(prefix="promo-bench-") as folder:
        path = Path(folder) / "readers.csv"
        write(path, rows=rows)
        copied = _seconds(lambda: _bare_copy(path))
        with _Memory() as memory:
            started = time.perf_counter()
            asked = reader_imports.upload(
                newsletter=newsletter,
                user=None,
                name=path.name,
                blocks=_blocks(path),
                source="bench",
                wording=WORDING,
                now=database_now(),
            )
            reader_imports.start(asked=asked)
            uploaded = time.perf_counter() - started
            reader_imports.read(asked.id)
            seconds = time.perf_counter() - started
    done = ReaderImport.objects.get(id=asked.id)
    return {
        "rows": done.rows,
        "state": done.state,
        "seconds": round(seconds, 2),
        "upload_seconds": round(uploaded, 2),
        "rows_per_second": round(done.rows / seconds),
        "copy_rows_per_second": round(rows / copied),
        "added": done.added,
        "refused": done.refused,
        "duplicates": done.duplicates,
        "peak_rss_mb": memory.peak_mb,
        "rss_grown_mb": memory.grown_mb,
    }


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _bare_copy(path: Path) -> None:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_copy (a text, b text, c text, d text, e text)")
        with cursor.copy("COPY bench_copy FROM STDIN (FORMAT csv, DELIMITER ';', HEADER)") as copy:
            for block in _blocks(path):
                copy.write(block)
        cursor.execute("DROP TABLE bench_copy")


def _seconds(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


class _Memory:
    """How the resident memory of this process goes up while something runs."""

    def __enter__(self) -> _Memory:
        self._first = self._peak = _resident_mb()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()
        self._peak = max(self._peak, _resident_mb())

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self._peak = max(self._peak, _resident_mb())

    @property
    def peak_mb(self) -> float:
        return round(self._peak, 1)

    @property
    def grown_mb(self) -> float:
        return round(self._peak - self._first, 1)


def _resident_mb() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:  # no Linux: the most there ever was
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
