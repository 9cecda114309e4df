"""docker-compose.yml: true to the specification, no default for a secret, narrow rights."""

from __future__ import annotations

import re
from typing import Any

import pytest

from promo.supervisor.programs import QUEUES
from tests.deploy.composefile import GIVEN, ROOT, TEXT, Missing, filled, services

OURS = ("prepare", "web", "worker", "beat", "tick", "bounces")


def test_the_file_is_true_to_the_compose_specification() -> None:
    compose_spec = pytest.importorskip("compose_spec")
    read = compose_spec.PyOptions(apply_merge=True).from_yaml
    compose = read(filled(GIVEN))
    compose.validate()
    assert set(compose.service_names()) == {*OURS, "postgres", "redis"}
    with pytest.raises(ValueError, match="stop_grace_periode"):
        read(filled(GIVEN).replace("stop_grace_period:", "stop_grace_periode:"))


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_what_must_be_given_has_no_default_and_is_asked_for_by_name(name: str) -> None:
    given = {key: value for key, value in GIVEN.items() if key != name}
    with pytest.raises(Missing, match=f"{name}: set "):
        filled(given)


def test_no_password_stands_in_the_file() -> None:
    secret = re.compile(r"^\s*\w*(?:PASSWORD|SECRET|KEY|URL)\w*: *(.*)$", re.MULTILINE)
    values = secret.findall(TEXT)
    assert len(values) > 6
    assert all("${" in value for value in values)


@pytest.mark.parametrize("name", OURS)
def test_our_own_processes_have_no_rights_to_spare(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_worker_can_be_had_several_times_and_gets_the_time_it_needs() -> None:
    worker = services()["worker"]
    assert "container_name" not in worker
    assert "ports" not in worker
    assert worker["stop_grace_period"] == "885s"


def test_database_and_queue_are_reached_from_inside_only() -> None:
    for name in ("postgres", "redis"):
        service = services()[name]
        assert service["networks"] == ["inside"]
        assert "ports" not in service


def test_the_web_is_published_to_this_machine_only() -> None:
    assert services()["web"]["ports"] == ["127.0.0.1:8000:8000"]


@pytest.mark.parametrize("name", ["web", "worker", "beat", "bounces", "postgres", "redis"])
def test_everything_that_serves_has_a_health_check(name: str) -> None:
    assert services()[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_returned_mail_is_taken_only_where_that_is_asked_for_and_from_this_machine() -> None:
    service = services()["bounces"]
    assert service["profiles"] == ["bounces"]
    assert service["ports"] == ["127.0.0.1:2525:2525"]
    assert service["environment"]["PROMO_BOUNCES_LISTEN"] == "0.0.0.0:2525"
    others = [name for name, other in services().items() if "profiles" in other]
    assert others == ["bounces"]


def test_the_queue_evicts_nothing() -> None:
    command = " ".join(services()["redis"]["command"])
    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command


def test_what_is_kept_lies_in_volumes() -> None:
    kept = {name: services()[name]["volumes"] for name in ("web", "worker", "postgres", "redis")}
    shared = ["media:/var/lib/promo/media", "imports:/var/lib/promo/imports"]
    assert kept == {
        "web": shared,
        "worker": shared,
        # Where the image of PostgreSQL 18 keeps its data; up to 17 it was a directory below.
        "postgres": ["postgres:/var/lib/postgresql"],
        "redis": ["redis:/data"],
    }


def test_the_worker_of_the_file_hears_every_queue() -> None:
    command: list[Any] = services()["worker"]["command"]
    assert command[command.index("-Q") + 1].split(",") == list(QUEUES)


@pytest.fixture
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_runs_as_nobody_special(dockerfile: str) -> None:
    final = dockerfile.rpartition("FROM ")[2]
    assert "\nUSER promo\n" in final


def test_the_image_installs_only_what_is_locked(dockerfile: str) -> None:
    installs = [line for line in dockerfile.splitlines() if "pip install" in line]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps --no-build-isolation" in installs[1]
