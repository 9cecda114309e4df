"""The state file: one SQLite database, committed and synced before anything is answered."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id));

CREATE TABLE IF NOT EXISTS posts (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    page_id TEXT NOT NULL, app_id TEXT NOT NULL, user_id TEXT NOT NULL,
    message TEXT NOT NULL, link TEXT NOT NULL, photo_ids TEXT NOT NULL, kind TEXT NOT NULL,
    stamp REAL NOT NULL, exists_at REAL NOT NULL, updated_at REAL NOT NULL,
    published_at REAL, scheduled_for REAL, deleted_at REAL,
    development INTEGER NOT NULL, hidden INTEGER NOT NULL DEFAULT 0,
    announced INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS posts_to_announce ON posts (published_at) WHERE announced = 0;

CREATE TABLE IF NOT EXISTS photos (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    page_id TEXT NOT NULL, app_id TEXT NOT NULL, caption TEXT NOT NULL, alt TEXT NOT NULL,
    mime_type TEXT NOT NULL, body BLOB NOT NULL, stamp REAL NOT NULL, post_id TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS cards (
    link TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT NOT NULL, image TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mail_from TEXT NOT NULL, recipients TEXT NOT NULL, subject TEXT NOT NULL,
    message_id TEXT NOT NULL, received_at REAL NOT NULL, raw BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS mails_message_id ON mails (message_id);

CREATE TABLE IF NOT EXISTS rules (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0, hits INTEGER NOT NULL DEFAULT 0);

CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, app_id TEXT NOT NULL, body TEXT NOT NULL,
    due_at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0);

CREATE TABLE IF NOT EXISTS ledger (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL,
    object_id TEXT NOT NULL, text TEXT NOT NULL, link TEXT NOT NULL, fault TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS ledger_keeps_its_lines BEFORE UPDATE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS ledger_loses_no_line BEFORE DELETE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TABLE IF NOT EXISTS calls (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, method TEXT NOT NULL,
    path TEXT NOT NULL, status INTEGER NOT NULL, fault TEXT NOT NULL);
"""

# New-experience Pages have long ids such as 122115185157011938; ours look alike.
FIRST_NUMBERS = (
    ("posts", 122_100_000_000_000_000),
    ("photos", 122_200_000_000_000_000),
)


class State:
    """The open database. Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        # FULL syncs the log at each commit: even a power cut loses nothing that was answered.
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)
        for table, first in FIRST_NUMBERS:
            self._db.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT ?, ?"
                " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?)",
                (table, first, table),
            )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction: synced to disk at the end, or nothing at all."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def fact(self, name: str, default: str = "") -> str:
        row = self.row("SELECT value FROM facts WHERE name = ?", name)
        return str(row["value"]) if row else default

    def set_fact(self, name: str, value: str) -> None:
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, value))
