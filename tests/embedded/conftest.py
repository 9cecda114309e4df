"""Engines of a home of their own, which is private and odd to spell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from promo.embedded import Layout, Postgres, Redis, database_url


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    private = tmp_path / "nobody else"
    private.mkdir(mode=0o700)
    layout = Layout(private / "Gdańsk b%c#d")
    yield layout
    layout.sweep()


@pytest.fixture
def postgres(layout: Layout) -> Iterator[Postgres]:
    engine = Postgres(layout)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def redis_server(layout: Layout) -> Iterator[Redis]:
    engine = Redis(layout)
    engine.start()
    yield engine
    engine.stop()


def ask(layout: Layout, sql: str) -> object:
    """The one value a query gives."""
    with psycopg.connect(database_url(layout.home), autocommit=True) as connection:
        row = connection.execute(sql.encode()).fetchone()
    return row[0] if row else None
