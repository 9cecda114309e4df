"""What `promo up` reads and hands on."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from config.celery import app
from promo.errors import ConfigurationError
from promo.supervisor import Options, plan
from promo.supervisor.options import OUTSIDE
from promo.supervisor.programs import STOP_ORDER
from tests.supervisor.conftest import free_ports

REAL = dict.fromkeys(OUTSIDE, "real") | {"PROMO_BOUNCES_LISTEN": "127.0.0.1:2525"}


def test_the_demonstration_knows_nothing_of_the_outside() -> None:
    demo = Options.read({"PROMO_HOME": "/srv/promo", "LANG": "pl_PL.UTF-8", **REAL}).as_demo()
    assert demo.home == Path("/srv/promo/demo")
    assert not set(demo.environment) & set(OUTSIDE)
    assert demo.environment["LANG"] == "pl_PL.UTF-8"
    assert demo.rehearsal


def test_the_children_are_told_where_everything_is() -> None:
    options = Options.read({"PROMO_HOME": "/srv/promo", "PROMO_PORT": "9000"})
    assert options.environment == {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PROMO_HOME": "/srv/promo",
        "PROMO_PORT": "9000",
        "PROMO_REHEARSAL_PORT": "8001",
        "PROMO_REHEARSAL_SMTP_PORT": "8025",
        "PYTHONUNBUFFERED": "1",
    }


def test_without_the_rehearsal_world_nobody_is_sent_there() -> None:
    options = Options.read({"EMAIL_URL": "smtp://mail.example.org"}).without_rehearsal()
    assert options.environment["PROMO_REHEARSAL_URL"] == ""
    assert "rehearsal" not in [program.name for program in plan(options).programs]


def test_people_are_sent_to_the_address_they_know() -> None:
    options = Options.read(
        {"PROMO_BASE_URL": "https://promo.example.org/", "PROMO_HOST": "0.0.0.0"}
    )
    assert options.base_url == "https://promo.example.org"
    assert options.local_url == "http://127.0.0.1:8000"


def test_returned_mail_is_taken_where_an_address_is_given_and_nowhere_else() -> None:
    names = [program.name for program in plan(Options.read({})).programs]
    assert "bounces" not in names
    options = Options.read({"PROMO_BOUNCES_LISTEN": "127.0.0.1:2525"})
    assert options.listen == ("127.0.0.1", 2525)
    assert [program.name for program in plan(options).programs] == [*names, "bounces"]
    assert "bounces" in STOP_ORDER
    assert plan(options.as_demo()).programs == plan(Options.read({}).as_demo()).programs


@pytest.mark.parametrize("given", ["2525", "127.0.0.1", ":2525", "127.0.0.1:x", "a:0", "a:65536"])
def test_where_nobody_can_listen_is_told(given: str) -> None:
    with pytest.raises(ConfigurationError, match="PROMO_BOUNCES_LISTEN"):
        Options.read({"PROMO_BOUNCES_LISTEN": given})


def test_a_taken_port_for_returned_mail_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        web, rehearsal, smtp = map(str, free_ports(3))
        options = Options.read(
            {
                "PROMO_BOUNCES_LISTEN": address,
                "PROMO_PORT": web,
                "PROMO_REHEARSAL_PORT": rehearsal,
                "PROMO_REHEARSAL_SMTP_PORT": smtp,
            }
        )
        with pytest.raises(ConfigurationError, match="PROMO_BOUNCES_LISTEN"):
            options.check_ports()


def test_a_relative_home_means_the_same_place_for_every_process() -> None:
    options = Options.read({"PROMO_HOME": "var"})
    assert options.home.is_absolute()
    assert options.environment["PROMO_HOME"] == str(options.home)


def test_the_worker_gets_the_time_its_longest_task_may_take() -> None:
    worker = next(p for p in plan(Options.read({})).programs if p.name == "worker")
    app.loader.import_default_modules()
    longest = max(task.time_limit or app.conf.task_time_limit for task in app.tasks.values())
    assert worker.patience >= longest + 30, "a pool process' last wait"
