"""Two append-only lists: what was accepted, and which Graph calls came in.

An accepted line is written in the same transaction as the thing itself, so that a test may count
intended against accepted after any crash. The database refuses to change or delete a line.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from promo.rehearsal.clock import iso_time
from promo.rehearsal.state import State


def accept(
    db: sqlite3.Connection,
    *,
    kind: str,
    object_id: str,
    text: str = "",
    link: str = "",
    fault: str = "",
) -> None:
    """Add a line inside the caller's transaction. `at` is real time, not the virtual clock's."""
    db.execute(
        "INSERT INTO ledger (at, kind, object_id, text, link, fault) VALUES (?, ?, ?, ?, ?, ?)",
        (time.time(), kind, object_id, text, link, fault),
    )


class Ledger:
    """Reads the lists. A `cleared` line marks where the present run begins."""

    def __init__(self, state: State) -> None:
        self._state = state

    def mark_cleared(self) -> None:
        with self._state.transaction() as db:
            accept(db, kind="cleared", object_id="")
            last = db.execute("SELECT coalesce(max(seq), 0) AS seq FROM calls").fetchone()["seq"]
            db.execute("INSERT OR REPLACE INTO facts VALUES ('first_call', ?)", (str(last),))

    def accepted(self, *, everything: bool, kind: str = "") -> list[dict[str, Any]]:
        """The accepted lines since the world was last cleared, or all there ever were."""
        since = self._state.row("SELECT max(seq) AS seq FROM ledger WHERE kind = 'cleared'")
        first = 0 if everything or since is None or since["seq"] is None else since["seq"]
        rows = self._state.rows(
            "SELECT * FROM ledger WHERE seq > ? AND (? = '' OR kind = ?) ORDER BY seq",
            first,
            kind,
            kind,
        )
        return [{**dict(row), "at": iso_time(row["at"])} for row in rows]

    def add_call(self, *, method: str, path: str, status: int, fault: str) -> None:
        """Note a Graph call. `path` has no query, so no token; status 0: no answer was given."""
        with self._state.transaction() as db:
            db.execute(
                "INSERT INTO calls (at, method, path, status, fault) VALUES (?, ?, ?, ?, ?)",
                (time.time(), method, path, status, fault),
            )

    def count_calls(self) -> int:
        """How many Graph calls came in since the world was last cleared."""
        row = self._state.row("SELECT coalesce(max(seq), 0) AS seq FROM calls")
        return int(row["seq"] if row else 0) - int(self._state.fact("first_call", "0"))

    def calls(self) -> list[dict[str, Any]]:
        first = int(self._state.fact("first_call", "0"))
        rows = self._state.rows("SELECT * FROM calls WHERE seq > ? ORDER BY seq", first)
        return [{**dict(row), "at": iso_time(row["at"])} for row in rows]
