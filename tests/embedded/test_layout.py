"""Where things are, and that nobody else gets in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import psycopg.conninfo
import pytest
import redis
from kombu import Connection

from promo.embedded import Layout, broker_url, database_url, redis_url
from promo.embedded.layout import make_private
from promo.errors import ConfigurationError

ODD = Path("/srv/Biblioteka Gdańsk/b%c#d?e")


def test_the_database_address_leads_to_the_socket_however_the_home_is_spelt() -> None:
    parts = psycopg.conninfo.conninfo_to_dict(database_url(ODD))
    assert parts == {"user": "promo", "dbname": "promo", "host": str(ODD / "run" / "pg")}


def test_the_redis_address_leads_to_the_socket_however_the_home_is_spelt() -> None:
    pool = redis.ConnectionPool.from_url(redis_url(ODD))
    assert pool.connection_kwargs["path"] == str(ODD / "run" / "redis.sock")
    assert pool.connection_kwargs["db"] == 0


def test_the_broker_address_leads_to_the_socket_however_the_home_is_spelt() -> None:
    connection = Connection(broker_url(ODD))
    assert connection.as_uri() == f"redis+socket://{ODD}/run/redis.sock"


def test_a_home_too_long_for_sockets_gets_a_short_directory_of_its_own() -> None:
    first, second = (Layout(Path("/srv", name * 90)) for name in "ab")
    assert first.sockets != second.sockets
    assert len(os.fsencode(first.postgres_sockets / ".s.PGSQL.5432")) < 100
    assert first.run.is_relative_to(first.home)


def test_a_home_with_a_comma_gets_a_directory_without_one() -> None:
    layout = Layout(Path("/srv/gdańsk, filia 2"))
    assert "," not in str(layout.sockets)


def test_what_is_made_is_private(layout: Layout) -> None:
    layout.make()
    for directory in (layout.home, layout.run, layout.sockets, layout.logs):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_an_open_directory_is_closed(tmp_path: Path) -> None:
    open_to_all = tmp_path / "run"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    make_private(open_to_all)
    assert stat.S_IMODE(open_to_all.stat().st_mode) == 0o700


def test_a_link_somebody_laid_in_our_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").symlink_to(tmp_path)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        make_private(tmp_path / "run")


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="Set PROMO_HOME"):
        Layout(tmp_path / "file" / "home").make()


def test_a_log_past_its_size_is_put_aside(layout: Layout) -> None:
    layout.make()
    log = layout.logs / "web.log"
    log.write_bytes(b"x" * 5_000_001)
    with log.open("ab") as writer:
        layout.trim_log("web")
        writer.write(b"new")
    assert log.read_bytes() == b"new"
    assert (layout.logs / "web.log.1").stat().st_size == 5_000_001


FULL = Path("/dev/full")
"""A disk without room, for whoever writes to it."""

on_linux = pytest.mark.skipif(not FULL.exists(), reason="there is no such disk here")


@on_linux
def test_a_log_past_its_size_is_emptied_though_there_is_no_room_to_put_it_aside(
    layout: Layout,
) -> None:
    layout.make()
    (layout.logs / "web.log.1").symlink_to(FULL)
    log = layout.logs / "web.log"
    log.write_bytes(b"x" * 5_000_001)
    layout.trim_log("web")
    assert log.stat().st_size == 0


def test_whoever_has_no_room_for_a_log_goes_without(layout: Layout) -> None:
    layout.make()
    layout.logs.rmdir()
    layout.logs.touch()
    with layout.open_log("web") as log:
        log.write(b"heard by nobody")
