"""Readers from a file into the tables: COPY into a table of the session, then sets of rows.

Everything that others can see happens in one transaction. The session's own tables vanish with it,
so that a killed worker leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from promo import stops
from promo.errors import NotAllowed
from promo.models import ReaderImport

TRIES = 5
"""How often the transaction is begun anew because somebody signed up in the middle of it."""

WORK_MEMORY = "96MB"
"""For sorting and joining a million rows; of this session only."""


STEPS = 7
"""So many parts has what follows the reading of a file, to tell how far it is."""

BLOCK = 500
"""Lines that are handed to COPY at once: each handing over costs more than a line."""


Tell = Callable[[int], None]


class Overtaken(Exception):
    """A reader of the file signed up or left while we looked: look again."""


class Lost(Exception):
    """The import was cancelled, or another worker has it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows of the file. They add up to `rows`."""

    rows: int
    added: int
    changed: int
    already: int
    left: int
    suppressed: int
    refused: int
    duplicates: int


def stage(lines: Iterable[str]) -> None:
    """COPY the lines into the session's table. A line is `staged` or `refused`, with its end.

    Constant memory. The server takes them in while the next ones are being made.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.promo_reading, pg_temp.promo_reader")
        cursor.execute(
            """
            CREATE TEMP TABLE promo_reading (
                row integer, email text, name text, language text, at timestamptz, source text,
                address_hash text, reason text
            )
            """
        )
        with cursor.copy("COPY pg_temp.promo_reading FROM STDIN") as copy:
            following = iter(lines)
            while block := "".join(islice(following, BLOCK)):
                copy.write(block)


def staged(row: int, reader: tuple[str, str, str, str, str], address_hash: str) -> str:
    """A line of COPY's text format for an accepted row."""
    email, name, language, at, source = reader
    if "\\" in name or "\\" in source:  # an address has none
        name, source = _escaped(name), _escaped(source)
    return (
        f"{row}\t{email}\t{name}\t{language}\t{at or NOTHING}\t{source or NOTHING}\t"
        f"{address_hash}\t{NOTHING}\n"
    )


def refused(row: int, line: str, reason: str) -> str:
    """The same for a refused one. `line` is of one line already."""
    return f"{row}\t{_escaped(line)}\t\t\t{NOTHING}\t{NOTHING}\t\t{reason}\n"


NOTHING = "\\N"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")


def merge(asked: ReaderImport, *, now: datetime, tell: Tell) -> Counts:
    """Bring the staged readers in and write down what became of each row; marks `asked` as done.

    `tell` hears how many of the `STEPS` are done. Raises Lost where it was cancelled meanwhile:
    then nothing has changed.
    """
    with connection.cursor() as cursor:
        rows, valid = _count(cursor)
        unique = _number(cursor)
        for _try in range(TRIES):
            try:
                with transaction.atomic(), _own_keys(cursor):
                    return _Merge(cursor, asked, now, tell).run(rows, valid, unique)
            except (Overtaken, IntegrityError):
                continue
    raise NotAllowed(_("Too much is going on with the readers of this newsletter. Try again."))


def _count(cursor: CursorWrapper) -> tuple[int, int]:
    cursor.execute("SELECT count(*), count(*) FILTER (WHERE reason IS NULL) FROM promo_reading")
    rows, valid = cursor.fetchone()
    return rows, valid


def _number(cursor: CursorWrapper) -> int:
    """The usable rows, with the ids that their people may get; gives how many addresses there are.

    A row whose address stands further up in the file too is `again` there, and gets none. In the
    order of the addresses: their index then grows at its end, and so do those of the ids.
    """
    cursor.execute("SELECT set_config('work_mem', %s, false)", [WORK_MEMORY])
    cursor.execute("DROP TABLE IF EXISTS pg_temp.promo_reader")
    cursor.execute(
        """
        CREATE TEMP TABLE promo_reader AS
        SELECT *, CASE WHEN NOT again THEN nextval('promo_subscriber_id_seq') END AS person,
               CASE WHEN NOT again THEN nextval('promo_subscription_id_seq') END AS tie
        FROM (
            SELECT row, email, lower(email) AS folded, name, language, at, source, address_hash,
                   row_number() OVER (PARTITION BY lower(email) ORDER BY row) > 1 AS again
            FROM promo_reading WHERE reason IS NULL
        ) AS reader
        """
    )
    cursor.execute("ANALYZE pg_temp.promo_reader")
    cursor.execute("SELECT count(*) FROM promo_reader WHERE NOT again")
    (unique,) = cursor.fetchone()
    return int(unique)


@contextmanager
def _own_keys(cursor: CursorWrapper) -> Iterator[None]:
    """Without the checks of foreign keys row by row, which would take as long as all the rest.

    Each key that is written is one that this transaction has made itself or holds a lock on, so
    there is nothing to check. Who may not set this (a role that is no superuser and was not given
    it) gets the checks.
    """
    cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
    (may,) = cursor.fetchone()
    if may:
        cursor.execute("SET LOCAL session_replication_role = replica")
    yield
    if may:
        cursor.execute("SET LOCAL session_replication_role = origin")


class _Merge:
    """The statements of the one transaction, in their order."""

    def __init__(
        self, cursor: CursorWrapper, asked: ReaderImport, now: datetime, tell: Tell
    ) -> None:
        self._tell = tell
        self._cursor = cursor
        self._asked = asked
        self._values: dict[str, Any] = {
            "newsletter": asked.newsletter_id,
            "import": asked.id,
            "now": now,
            "wording": asked.wording,
            "source": asked.source,
        }

    def run(self, rows: int, valid: int, unique: int) -> Counts:
        if not self._do("SELECT 1 FROM promo_newsletter WHERE id = %(newsletter)s FOR KEY SHARE"):
            raise Lost
        self._tell(1)  # the rows are numbered
        self._find_known()
        self._tell(2)
        added = self._add_new()
        stops.reached(stops.MERGING)
        changed = self._tie_known()
        self._tell(6)
        known = self._fates()
        counts = Counts(
            rows=rows,
            added=added,
            changed=changed,
            already=known["already"],
            left=known["left"],
            suppressed=known["suppressed"],
            refused=rows - valid,
            duplicates=valid - unique,
        )
        self._report()
        self._tell(STEPS)
        self._done(counts)
        return counts

    def _do(self, statement: str) -> int:
        self._cursor.execute(statement, self._values)
        count: int = self._cursor.rowcount
        return count

    def _find_known(self) -> None:
        """Who of the file is known or suppressed. Those who will change are locked as they are."""
        self._do("DROP TABLE IF EXISTS pg_temp.promo_known")
        self._do(
            """
            CREATE TEMP TABLE promo_known ON COMMIT DROP AS
            SELECT reader.row, person.id AS person, tie.id AS tie, CASE
                       WHEN suppression.id IS NOT NULL THEN 'suppressed'
                       WHEN tie.state = 'ended' THEN 'left'
                       WHEN tie.state = 'active' THEN 'already'
                       WHEN tie.state = 'pending' THEN 'waiting'
                       ELSE 'tied elsewhere' END AS fate
            FROM promo_reader AS reader
            LEFT JOIN promo_subscriber AS person ON lower(person.email) = reader.folded
            LEFT JOIN promo_subscription AS tie
                   ON tie.subscriber_id = person.id AND tie.newsletter_id = %(newsletter)s
            LEFT JOIN promo_suppression AS suppression
                   ON suppression.address_hash = reader.address_hash
            WHERE NOT again AND (person.id IS NOT NULL OR suppression.id IS NOT NULL)
            """
        )
        self._do("ANALYZE pg_temp.promo_known")
        expected = self._do("SELECT FROM promo_known WHERE fate IN ('waiting', 'tied elsewhere')")
        locked = self._do(
            """
            SELECT FROM promo_subscriber AS person JOIN promo_known AS known
                     ON known.person = person.id AND fate IN ('waiting', 'tied elsewhere')
            ORDER BY person.id FOR NO KEY UPDATE OF person
            """
        )
        if locked != expected:
            raise Overtaken

    def _add_new(self) -> int:
        """New people, their ties and their consents, in the order of their addresses.

        The id (version 7, RFC 9562) grows like the other keys: its index stays in the cache.
        """
        fresh = """
            FROM promo_reader AS reader
            WHERE NOT again
              AND NOT EXISTS (SELECT FROM promo_known AS known WHERE known.row = reader.row)
        """
        stamp = f"{int(self._values['now'].timestamp() * 1000):012x}7{self._asked.id % 4096:03x}8"
        self._values["stamp"] = stamp
        count = self._do(
            f"""
            INSERT INTO promo_subscriber
                (id, uuid, email, address_hash, name, language, created_at)
            SELECT person,
                   (%(stamp)s || lpad(to_hex(person %% 268435456), 7, '0')
                             || left(address_hash, 8))::uuid,
                   email, address_hash, name, language, %(now)s {fresh}
            """
        )
        self._tell(3)
        self._do(
            f"""
            INSERT INTO promo_subscription
                (id, subscriber_id, newsletter_id, state, confirm_tries, problem, confirmed_at)
            SELECT tie, person, %(newsletter)s, 'active', 0, '', coalesce(at, %(now)s) {fresh}
            """
        )
        self._tell(4)
        self._do(
            f"""
            INSERT INTO promo_consent (subscription_id, act, at, wording, source)
            SELECT tie, 'recorded', coalesce(at, %(now)s), %(wording)s,
                   coalesce(source, %(source)s) {fresh}
            """
        )
        self._tell(5)
        return count

    def _tie_known(self) -> int:
        """Known people who did not read this newsletter: they waited, or read others."""
        waiting = self._do(
            """
            WITH confirmed AS (
                UPDATE promo_subscription AS tie
                SET state = 'active', confirmed_at = coalesce(reader.at, %(now)s), ended_at = NULL,
                    confirm_at = NULL, problem = ''
                FROM promo_known AS known JOIN promo_reader AS reader USING (row)
                WHERE known.tie = tie.id AND known.fate = 'waiting' AND tie.state = 'pending'
                RETURNING tie.id, tie.confirmed_at, reader.source
            )
            INSERT INTO promo_consent (subscription_id, act, at, wording, source)
            SELECT id, 'recorded', confirmed_at, %(wording)s, coalesce(source, %(source)s)
            FROM confirmed
            """
        )
        if waiting != self._do("SELECT FROM promo_known WHERE fate = 'waiting'"):
            raise Overtaken
        tied = self._do(
            """
            INSERT INTO promo_subscription
                (id, subscriber_id, newsletter_id, state, confirm_tries, problem, confirmed_at)
            SELECT reader.tie, known.person, %(newsletter)s, 'active', 0, '',
                   coalesce(reader.at, %(now)s)
            FROM promo_known AS known JOIN promo_reader AS reader USING (row)
            WHERE known.fate = 'tied elsewhere' ORDER BY reader.tie
            """
        )
        self._do(
            """
            INSERT INTO promo_consent (subscription_id, act, at, wording, source)
            SELECT reader.tie, 'recorded', coalesce(reader.at, %(now)s), %(wording)s,
                   coalesce(reader.source, %(source)s)
            FROM promo_known AS known JOIN promo_reader AS reader USING (row)
            WHERE known.fate = 'tied elsewhere' ORDER BY reader.tie
            """
        )
        return waiting + tied

    def _fates(self) -> dict[str, int]:
        self._do("SELECT fate, count(*) FROM promo_known GROUP BY fate")
        return {"already": 0, "left": 0, "suppressed": 0, **dict(self._cursor.fetchall())}

    def _report(self) -> None:
        """The refused rows, each with its reason, in the order of the file."""
        self._do("DELETE FROM promo_refusedrow WHERE reader_import_id = %(import)s")
        self._do(
            """
            INSERT INTO promo_refusedrow (reader_import_id, row, line, reason)
            SELECT %(import)s, row, left(line, 300), reason FROM (
                SELECT row, email AS line, reason FROM promo_reading WHERE reason IS NOT NULL
                UNION ALL
                SELECT row, email, fate FROM promo_known JOIN promo_reader USING (row)
                WHERE fate IN ('suppressed', 'left')
                UNION ALL
                SELECT row, email, 'duplicate' FROM promo_reader WHERE again
            ) AS refused ORDER BY row
            """
        )

    def _done(self, counts: Counts) -> None:
        """The last word: whoever cancelled before it has cancelled all of it."""
        held = ReaderImport.objects.filter(
            id=self._asked.id, token=self._asked.token, state=ReaderImport.State.MERGING
        )
        if not held.update(
            state=ReaderImport.State.DONE,
            finished_at=self._values["now"],
            lease_until_at=None,
            **asdict(counts),
        ):
            raise Lost
