"""A real PostgreSQL, started, stopped and killed."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from pathlib import Path

import psycopg
import pytest

from promo.embedded import Layout, Postgres, database_url
from promo.errors import ConfigurationError
from tests.embedded.conftest import ask
from tests.embedded.starters import Starter


def test_the_first_start_makes_the_database(postgres: Postgres) -> None:
    assert postgres.is_running()
    assert ask(postgres.layout, "SELECT current_database()") == "promo"
    assert str(ask(postgres.layout, "SHOW server_version")).startswith("18.")


def test_commits_are_durable_and_nothing_listens_on_the_network(postgres: Postgres) -> None:
    settings = {
        name: ask(postgres.layout, f"SHOW {name}")
        for name in ("fsync", "synchronous_commit", "listen_addresses", "server_encoding")
    }
    assert settings == {
        "fsync": "on",
        "synchronous_commit": "on",
        "listen_addresses": "",
        "server_encoding": "UTF8",
    }


def test_polish_letters_have_upper_and_lower_case(postgres: Postgres) -> None:
    assert ask(postgres.layout, "SELECT lower('ZAŻÓŁĆ GĘŚLĄ JAŹŃ')") == "zażółć gęślą jaźń"


def test_what_was_written_is_there_after_a_stop_and_a_start(postgres: Postgres) -> None:
    with psycopg.connect(database_url(postgres.layout.home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    postgres.stop()
    assert not postgres.is_running()
    postgres.start()
    assert ask(postgres.layout, "SELECT n FROM kept") == 7


def test_a_second_start_is_refused_and_names_the_first(postgres: Postgres) -> None:
    with pytest.raises(ConfigurationError, match=f"in use by process {os.getpid()}"):
        Postgres(postgres.layout).start()
    assert ask(postgres.layout, "SELECT 1") == 1


def test_a_refused_start_leaves_the_first_alone_when_it_is_stopped(postgres: Postgres) -> None:
    second = Postgres(postgres.layout)
    with pytest.raises(ConfigurationError):
        second.start()
    second.stop()
    assert postgres.is_running()


def test_it_starts_again_after_a_kill(postgres: Postgres) -> None:
    with psycopg.connect(database_url(postgres.layout.home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert postgres.pid
    os.kill(postgres.pid, signal.SIGKILL)
    while postgres.is_alive():
        os.sched_yield()
    postgres.start()
    assert ask(postgres.layout, "SELECT n FROM kept") == 7


def test_it_starts_again_after_its_starter_was_killed(layout: Layout) -> None:
    starter = Starter("Postgres", layout.home)
    with psycopg.connect(database_url(layout.home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    starter.kill()
    engine = Postgres(layout)
    engine.start()
    try:
        assert engine.pid != starter.engine_pid
        assert ask(layout, "SELECT n FROM kept") == 7
    finally:
        engine.stop()


def test_a_process_id_that_was_taken_again_does_not_keep_it_from_starting(layout: Layout) -> None:
    engine = Postgres(layout)
    engine.start()
    pid_file = engine.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    engine.stop()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")
    engine.start()
    assert engine.is_running()
    engine.stop()


def test_a_first_start_that_was_cut_off_is_begun_anew(layout: Layout) -> None:
    layout.make()
    half = layout.home / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    engine = Postgres(layout)
    engine.start()
    engine.stop()
    assert not half.exists()


def test_settings_may_be_given(layout: Layout) -> None:
    engine = Postgres(layout, settings={"fsync": "off"})
    engine.start()
    try:
        assert ask(layout, "SHOW fsync") == "off"
    finally:
        engine.stop()


def test_a_setting_it_does_not_know_is_told_with_the_servers_own_words(layout: Layout) -> None:
    engine = Postgres(layout, settings={"no_such_thing": "1"})
    with pytest.raises(ConfigurationError, match="unrecognized configuration parameter"):
        engine.start()
    assert not engine.is_running()


def test_nothing_of_the_callers_environment_reaches_it(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "5999")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("LC_ALL", "pl_PL.UTF-8")
    engine = Postgres(layout)
    engine.start()
    monkeypatch.delenv("PGPORT")
    try:
        assert ask(layout, "SHOW port") == "5432"
    finally:
        engine.stop()


def test_data_of_another_version_is_not_touched(layout: Layout) -> None:
    layout.make()
    layout.postgres.mkdir()
    (layout.postgres / "PG_VERSION").write_text("16\n")
    with pytest.raises(ConfigurationError, match="made by PostgreSQL 16"):
        Postgres(layout).start()


def test_a_copied_home_is_a_whole_backup(postgres: Postgres, tmp_path: Path) -> None:
    with psycopg.connect(database_url(postgres.layout.home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    postgres.stop()
    copy = Layout(tmp_path / "restored")
    shutil.copytree(postgres.layout.home, copy.home)
    restored = Postgres(copy)
    restored.start()
    try:
        assert ask(copy, "SELECT n FROM kept") == 7
    finally:
        restored.stop()


def test_a_home_with_a_very_long_name_works(tmp_path: Path) -> None:
    layout = Layout(tmp_path / ("long" * 25))
    engine = Postgres(layout)
    engine.start()
    try:
        assert ask(layout, "SELECT 1") == 1
        assert not layout.sockets.is_relative_to(layout.home)
    finally:
        engine.stop()
    assert not layout.sockets.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may not run PostgreSQL")
class TestAsRoot:
    def test_the_server_runs_as_somebody_without_rights(self, postgres: Postgres) -> None:
        status = Path(f"/proc/{postgres.pid}/status").read_text()
        uids = status.partition("Uid:")[2].split()[:4]
        assert "0" not in uids
        assert "NoNewPrivs:\t1" in status

    def test_no_directory_above_the_data_is_opened(self, postgres: Postgres) -> None:
        private = postgres.layout.home.parent
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert stat.S_IMODE(postgres.layout.home.stat().st_mode) == 0o700
        assert private.stat().st_uid == 0

    def test_it_may_read_past_directories_and_nothing_more(self, postgres: Postgres) -> None:
        status = Path(f"/proc/{postgres.pid}/status").read_text()
        effective = int(status.partition("CapEff:")[2].split()[0], 16)
        assert effective in {1 << 1, 1 << 2}  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH

    def test_an_ordinary_user_runs_it_as_themselves(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        home.mkdir(mode=0o700)
        os.chown(home, 65534, 65534)
        starter = Starter("Postgres", home, prefix=as_ordinary_user(65534))
        assert Path(f"/proc/{starter.engine_pid}").stat().st_uid == 65534
        assert starter.let_go() == 0


def as_ordinary_user(uid: int) -> list[str]:
    """Somebody without rights, but for reading past the private directories the tests live in."""
    kept = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *kept]
