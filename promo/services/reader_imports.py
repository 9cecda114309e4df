"""Imports of readers: uploaded, described, started, cancelled, read in the background, reported.

The row is the queue. A claim is a lease with a fencing token; a dead worker's import is begun anew,
for nothing of it is in the tables before all of it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import Error, connection
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from promo.errors import InvalidInput, NotAllowed, PromoError
from promo.importing.readers_csv import BROKEN, Cells
from promo.importing.readers_rows import Reader, RefusedCell, row_reader
from promo.models import Institution, Newsletter, ReaderImport, RefusedRow
from promo.services import hints, reader_files, reader_lease, reader_merge
from promo.services.clock import Clock, database_now
from promo.services.reader_lease import AT_WORK, Heartbeat, NewWatch, State, Watch
from promo.services.reader_merge import Lost
from promo.vault import address_hasher

log = structlog.get_logger()

MOST_BYTES = 500 * 2**20
KEPT = timedelta(days=30)
"""How long the refused rows can be read: they hold addresses."""

UNUSED = timedelta(days=1)
"""How long a file waits for its import to be started."""

LOOK_EVERY = 4096
"""Rows between two looks whether the import was cancelled."""

LINE_LENGTH = 300
RowRead = Callable[[Cells], Reader]
SHOWN = 10


def upload(
    *,
    newsletter: Newsletter,
    user: User | None,
    name: str,
    blocks: Iterable[bytes],
    source: str,
    wording: str,
    now: datetime,
) -> ReaderImport:
    """Keep the file and look into it; raises InvalidInput for one that cannot be read at all."""
    asked = ReaderImport(
        newsletter=newsletter,
        started_by=user,
        created_at=now,
        file_name=name[-200:],
        source=source,
        wording=wording,
    )
    try:
        asked.size = reader_files.store(asked, _bounded(blocks))
        if not asked.size:
            raise InvalidInput(_("The file is empty."), field="file")
        found = reader_files.shape(asked)
        asked.format, asked.encoding = found.format, found.encoding
        asked.delimiter, asked.has_heading = found.delimiter, found.has_heading
        asked.columns = found.columns
        asked.expected_rows = reader_files.expected_rows(asked)
        asked.save()
    except BaseException:
        reader_files.remove(asked)
        raise
    return asked


def _bounded(blocks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > MOST_BYTES:
            raise InvalidInput(_("The file is larger than 500 MB."), field="file")
        yield block


def describe(
    *,
    asked: ReaderImport,
    encoding: str,
    delimiter: str,
    has_heading: bool,
    columns: dict[str, int] | None,
) -> None:
    """How staff say that the file is to be read; without `columns` they are guessed anew.

    Raises NotAllowed once it has been started.
    """
    asked.encoding, asked.delimiter, asked.has_heading = encoding, delimiter, has_heading
    asked.columns = reader_files.columns_of(asked) if columns is None else columns
    changed = ReaderImport.objects.filter(id=asked.id, state=State.UPLOADED).update(
        encoding=encoding, delimiter=delimiter, has_heading=has_heading, columns=asked.columns
    )
    if not changed:
        raise NotAllowed(_("This import has been started already."))


@dataclass(frozen=True, slots=True)
class Sample:
    """A row as it will be read. `reason` is a key of `RefusedRow.Reason`, "" for a good one."""

    row: int
    cells: Cells
    address: str = ""
    name: str = ""
    language: str = ""
    consent_at: datetime | None = None
    source: str = ""
    reason: str = ""


def headings(asked: ReaderImport) -> list[str]:
    """What stands over each column: its heading, or its first cell."""
    return next(iter(reader_files.rows(asked)), [])


def sample(asked: ReaderImport, *, now: datetime) -> list[Sample]:
    """The first rows as they will be read."""
    reader = _reader(asked, now)
    return list(islice((_sample(reader, *row) for row in _numbered(asked)), SHOWN))


def _sample(reader: RowRead, row: int, cells: Cells) -> Sample:
    try:
        address, name, language, at, source = reader(_whole(cells))
    except RefusedCell as error:
        return Sample(row, cells, reason=error.reason)
    consent_at = datetime.fromisoformat(at) if at else None
    return Sample(row, cells, address, name, language, consent_at, source)


def start(*, asked: ReaderImport) -> None:
    """Hand it to the workers. Raises InvalidInput without a column of addresses, NotAllowed where
    it has been started already."""
    if "email" not in asked.columns:
        raise InvalidInput(_("Say which column holds the e-mail addresses."), field="email")
    ready = ReaderImport.objects.filter(id=asked.id, state=State.UPLOADED)
    if not ready.update(state=State.WAITING, hinted_at=None):
        raise NotAllowed(_("This import has been started already."))


def cancel(*, asked: ReaderImport, now: datetime) -> None:
    """Nothing of it stays, and a worker that has it stops within a second.

    Raises NotAllowed where it is over: then all of it is in already, or nothing.
    """
    under_way = Q(state__in=[State.UPLOADED, State.WAITING, *AT_WORK])
    if not ReaderImport.objects.filter(under_way, id=asked.id).update(
        state=State.CANCELLED, finished_at=now, lease_until_at=None
    ):
        raise NotAllowed(_("This import is already over."))
    reader_files.remove(asked)


def hand_out(*, now: datetime) -> list[int]:
    """Ids of imports that wait for a worker, or lost theirs; one hinted at lately is passed by."""
    stale = Q(hinted_at__isnull=True) | Q(hinted_at__lte=now - settings.PROMO_HINT_AGAIN)
    ready = Q(state=State.WAITING) | Q(state__in=AT_WORK, lease_until_at__lte=now)
    return hints.take(ReaderImport.objects.filter(stale, ready), limit=10, hinted_at=now)


def forget_old(*, now: datetime) -> None:
    """Refused rows after some weeks, files that nobody has started an import of."""
    rows = RefusedRow.objects.filter(reader_import=OuterRef("pk"))
    over = ReaderImport.objects.filter(Exists(rows), finished_at__lte=now - KEPT)
    if ids := list(over.values_list("id", flat=True)):
        RefusedRow.objects.filter(reader_import__in=ids).delete()
    unused = ReaderImport.objects.filter(state=State.UPLOADED, created_at__lte=now - UNUSED)
    for asked in unused[:10]:
        cancel(asked=asked, now=now)


def read(import_id: int, *, clock: Clock = database_now, watch: NewWatch = Heartbeat) -> None:
    """Read the file and bring its readers in, if that is to be done. All of it, or nothing.

    Raises what the database raises: the import is then taken up again once its lease has ended.
    """
    asked = reader_lease.claim(import_id, now=clock())
    if asked is None:
        return
    try:
        if asked.token > reader_lease.MOST_CLAIMS:
            raise NotAllowed(
                _("The program stopped each time it read this file. Nothing was imported.")
            )
        _read(asked, watch, clock)
    except Lost:
        log.info("import", id=asked.id, lost=True)
    except PromoError as error:
        _fail(asked, error, now=clock())
    _tidy(asked)


def _read(asked: ReaderImport, watch: NewWatch, clock: Clock) -> None:
    with watch(asked, _interrupter()) as claim:
        try:
            # Made first: while COPY takes the lines in, its connection answers nothing else.
            reader = _reader(asked, clock())
            reader_merge.stage(_lines(asked, claim, reader))
            held = ReaderImport.objects.filter(reader_lease.held(asked))
            if not held.update(state=State.MERGING):
                raise Lost

            def tell(step: int) -> None:
                claim.merged = step

            counts = reader_merge.merge(asked, now=clock(), tell=tell)
        except Error as error:
            if claim.lost:
                raise Lost from error
            raise
    log.info("import", id=asked.id, counts=counts)


def _interrupter() -> Callable[[], None]:
    """Ends the statement that this thread's connection is busy with; called from another."""
    connection.ensure_connection()
    busy = connection.connection
    return lambda: busy.cancel_safe(timeout=5)


def _fail(asked: ReaderImport, error: PromoError, *, now: datetime) -> None:
    log.warning("import", id=asked.id, error=str(error))
    ReaderImport.objects.filter(reader_lease.held(asked)).update(
        state=State.FAILED, finished_at=now, lease_until_at=None, problem=error.text[:500]
    )


def _tidy(asked: ReaderImport) -> None:
    """The file goes with the end of its import; one that another worker has is still needed."""
    if not ReaderImport.objects.filter(id=asked.id, state__in=[State.WAITING, *AT_WORK]).exists():
        reader_files.remove(asked)


def _reader(asked: ReaderImport, now: datetime) -> RowRead:
    zone = Institution.load().tz
    return row_reader(asked.columns, language=asked.newsletter.language, zone=zone, now=now)


def _numbered(asked: ReaderImport) -> Iterator[tuple[int, Cells]]:
    """The rows below the heading, counted as a spreadsheet does, without the empty ones."""
    rows = enumerate(reader_files.rows(asked), start=1)
    if asked.has_heading:
        next(rows, None)
    return (row for row in rows if row[1] is BROKEN or any(row[1]))


def _whole(cells: Cells) -> Cells:
    if cells is BROKEN:
        raise RefusedCell("unreadable")
    return cells


def _lines(asked: ReaderImport, claim: Watch, reader: RowRead) -> Iterator[str]:
    """A line of COPY for each row."""
    hashed, staged = address_hasher(), reader_merge.staged
    count = 0
    for number, cells in _numbered(asked):
        count += 1
        if not count % LOOK_EVERY:
            claim.rows = count
            if claim.lost:
                raise Lost
        try:
            given = reader(_whole(cells))
        except RefusedCell as error:
            yield reader_merge.refused(number, _shown(cells), error.reason)
        else:
            yield staged(number, given, hashed(given[0]))
    claim.rows = count


def _shown(cells: Cells) -> str:
    """A refused row as people find it in their file, on one line."""
    line = "; ".join(cells)[: 2 * LINE_LENGTH]
    return "".join(sign if sign.isprintable() else " " for sign in line)[:LINE_LENGTH]
