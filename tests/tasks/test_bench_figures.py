"""`promo bench mail` and `promo bench import`, tiny: the same way, on the test's own engines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from config.celery import app
from promo.models import Delivery, ReaderImport, Subscriber
from tasks.bench import __main__ as command
from tasks.bench import mail, stage
from tests.processes import environment

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.django_db(transaction=True),
]

Told = Callable[..., dict[str, Any]]


@pytest.fixture
def told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Told:
    """What the command says with --json, and nothing else on its standard output."""

    class Ours(stage.Stage):
        def pids(self, engine: str) -> list[int]:  # whose engines they are is not measured here
            assert engine in {"postgres", "redis"}
            return [os.getpid()]

    @contextmanager
    def engines(settings: Mapping[str, str]) -> Iterator[stage.Stage]:
        with override_settings(**settings):
            for name, value in environment().items():
                monkeypatch.setenv(name, value)
            yield Ours(tmp_path, {})

    monkeypatch.setattr(stage, "engines", engines)

    assert app.conf.broker_url.startswith("redis+socket://"), "the worker would hear nothing"

    def run(*arguments: str) -> dict[str, Any]:
        monkeypatch.setattr(sys, "argv", ["bench", *arguments, "--json"])
        assert command.main() == 0
        figures: dict[str, Any] = json.loads(capfd.readouterr().out)
        return figures

    return run


def test_an_issue_is_sent_through_real_workers_and_measured(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the sink of our own, as where Postfix is not installed."""
    monkeypatch.setattr(mail, "_tool", lambda _name: "")
    figures = told("mail", "--recipients", "300")
    assert figures["messages"] == 300
    assert figures["limit_messages_per_second"] is figures["ratio"] is None
    seconds, rounded = figures["seconds"], 0.01
    assert 0 <= figures["start_seconds"] <= seconds + rounded
    assert 300 / (seconds + rounded) - 1 <= figures["messages_per_second"]
    assert figures["messages_per_second"] * (seconds - rounded) <= 301
    assert figures["cpu_seconds_per_1000"].keys() == figures["peak_rss_mb"].keys()
    assert set(figures["peak_rss_mb"]) == {"worker", "postgres", "redis", "sink"}
    assert figures["cpu_seconds_per_1000"]["worker"] > 0
    assert all(megabytes > 1 for megabytes in figures["peak_rss_mb"].values())
    assert Delivery.objects.filter(state=Delivery.State.ACCEPTED).count() == 300


def test_the_rate_of_postfix_and_our_share_of_it_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its load generator is told the same size and as many sessions as it is compared by."""
    said = tmp_path / "said"
    source = tmp_path / "smtp-source"
    source.write_text(f'#!/bin/sh\necho "$@" > {said}\n')
    source.chmod(0o755)
    monkeypatch.setattr(mail, "_tool", lambda _name: str(source))
    rate = mail._limit(  # noqa: SLF001  (the command would send a whole issue besides)
        "smtp://127.0.0.1:2525", mail.Asked(recipients=40)
    )
    assert rate is not None
    assert rate > 0
    words = said.read_text().split()
    assert words[words.index("-s") + 1] == "20"
    assert (words[words.index("-l") + 1], words[words.index("-m") + 1]) == (str(mail.SIZE), "40")
    assert words[-1] == "127.0.0.1:2525"


def test_readers_come_in_from_a_file_and_are_counted(told: Told) -> None:
    figures = told("import", "--rows", "600")
    done = ReaderImport.objects.get()
    assert (figures["rows"], figures["state"]) == (600, "done")
    assert figures["refused"] == done.refused > 0
    assert figures["added"] == Subscriber.objects.count()
    assert figures["added"] + figures["refused"] + figures["duplicates"] == 600
    assert 0 <= figures["upload_seconds"] <= figures["seconds"]
    assert figures["rows_per_second"] > 0
    assert figures["copy_rows_per_second"] > 0
    assert figures["peak_rss_mb"] > figures["rss_grown_mb"] >= 0
