"""A real Redis, started, stopped and killed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from promo.embedded import Layout, Redis, redis_url
from promo.embedded.redis import redis_binary
from promo.errors import ConfigurationError
from tests.embedded.starters import ROOT, Starter


def connect(layout: Layout) -> redis.Redis:
    return redis.Redis.from_url(redis_url(layout.home), decode_responses=True)


def test_it_serves_on_a_socket_only_its_owner_may_use(redis_server: Redis) -> None:
    with connect(redis_server.layout) as client:
        assert client.ping()
        assert client.config_get("port") == {"port": "0"}
    assert stat.S_IMODE(redis_server.socket_path.stat().st_mode) == 0o700


def test_it_keeps_everything_and_evicts_nothing(redis_server: Redis) -> None:
    with connect(redis_server.layout) as client:
        kept = [
            client.config_get(name)[name]
            for name in ("appendonly", "appendfsync", "maxmemory-policy")
        ]
    assert kept == ["yes", "everysec", "noeviction"]


def test_what_was_written_is_there_after_a_stop_and_a_start(redis_server: Redis) -> None:
    with connect(redis_server.layout) as client:
        client.set("kept", "7")
    redis_server.stop()
    assert not redis_server.is_running()
    redis_server.start()
    with connect(redis_server.layout) as client:
        assert client.get("kept") == "7"


def test_a_second_start_is_refused_and_names_the_first(redis_server: Redis) -> None:
    with pytest.raises(ConfigurationError, match=f"in use by process {os.getpid()}"):
        Redis(redis_server.layout).start()
    assert redis_server.is_running()


def test_it_starts_again_after_a_kill(redis_server: Redis) -> None:
    with connect(redis_server.layout) as client:
        client.set("kept", "7")
        client.config_set("appendfsync", "always")
        client.set("forced", "to the disk")
    assert redis_server.pid
    os.kill(redis_server.pid, signal.SIGKILL)
    while redis_server.is_alive():
        os.sched_yield()
    redis_server.start()
    with connect(redis_server.layout) as client:
        assert client.get("kept") == "7"


def test_it_starts_again_after_its_starter_was_killed(layout: Layout) -> None:
    starter = Starter("Redis", layout.home)
    starter.kill()
    engine = Redis(layout)
    engine.start()
    try:
        assert engine.pid != starter.engine_pid
        assert engine.is_running()
    finally:
        engine.stop()


def test_without_any_redis_it_is_said_what_to_install(tmp_path: Path) -> None:
    """In a Python without installed packages, so that the wheel is really not there."""
    script = "from promo.embedded.redis import redis_binary; redis_binary()"
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        env={"PYTHONPATH": str(ROOT), "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ConfigurationError: No Redis was found." in done.stderr
    assert "apt install redis-server" in done.stderr


def test_the_systems_own_redis_is_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    valkey = tmp_path / "valkey-server"
    valkey.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert redis_binary() == valkey


def test_data_of_a_newer_redis_is_not_left_behind(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (layout.redis / "appendonlydir").mkdir(parents=True)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigurationError, match="written by Redis 7"):
        Redis(layout).start()
