"""Rehearsing at the desk: ask for one, look at it by the hour, remove it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from promo.desk import rehearsal_report
from promo.services import rehearsals
from promo.services.rehearsals import Progress, Rehearsal, Stage
from tests.desk.rehearsed import NOW, SEEN, played
from tests.desk.scenes import Scene

HERE = "/desk/rehearse/"


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME = tmp_path
    return rehearsals.place(tmp_path)


@pytest.fixture
def rehearsal(place: Path) -> Rehearsal:
    return played(place)


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name))
    return client


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_approver_sees_each_hour_as_followers_and_readers_saw_it(
    scene: Scene, rehearsal: Rehearsal
) -> None:
    page = text_of(client_of("ewa"), f"{HERE}{rehearsal.key}/")
    assert "Zapraszamy na Noc bibliotek!" in page
    assert "zofia@readers.rehearsal.example" in page
    assert "Za późno." in page
    assert "data-live" not in page


def test_a_mail_is_shown_in_a_frame_that_runs_nothing(scene: Scene, rehearsal: Rehearsal) -> None:
    page = text_of(client_of("ewa"), f"{HERE}{rehearsal.key}/")
    assert "<script>alert(1)" not in page
    assert '<iframe sandbox srcdoc="&lt;p&gt;Dzień &lt;b&gt;' in page


def test_while_one_plays_its_screen_follows_it_and_no_other_can_be_started(
    scene: Scene, rehearsal: Rehearsal, place: Path
) -> None:
    client = client_of("ewa")
    with rehearsals.alone(rehearsal):
        rehearsal.tell(Progress(Stage.PLAYING, 1, NOW, NOW + timedelta(days=1), NOW + timedelta(2)))
        page = text_of(client, f"{HERE}{rehearsal.key}/")
        assert f'data-live="{HERE}{rehearsal.key}/progress/"' in page
        assert 'value="50"' in text_of(client, f"{HERE}{rehearsal.key}/progress/")
        assert 'name="days"' not in text_of(client, HERE)
        client.post(f"{HERE}{rehearsal.key}/", {"act": "remove"})
    assert rehearsals.kept(place=place) == [rehearsal]


def test_removing_asks_first(scene: Scene, rehearsal: Rehearsal, place: Path) -> None:
    client = client_of("ewa")
    asked = client.post(f"{HERE}{rehearsal.key}/", {"act": "ask"})
    assert 'value="remove"' in asked.content.decode()
    assert rehearsals.kept(place=place) == [rehearsal]
    assert client.post(f"{HERE}{rehearsal.key}/", {"act": "remove"}).status_code == 302
    assert rehearsals.kept(place=place) == []


def test_what_cannot_be_played_is_told_at_its_field(scene: Scene, place: Path) -> None:
    given = {"days": "3", "start": "2001-01-01"}
    answer = client_of("ewa").post(HERE, given)
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {"start"}
    assert rehearsals.kept(place=place) == []


def test_rehearsing_is_for_those_who_approve(scene: Scene, rehearsal: Rehearsal) -> None:
    assert client_of("ewa").get(HERE).status_code == 200
    for address in (HERE, f"{HERE}{rehearsal.key}/", f"{HERE}{rehearsal.key}/progress/"):
        assert client_of("jan").get(address).status_code == 302
    assert client_of("jan").post(f"{HERE}{rehearsal.key}/", {"act": "remove"}).status_code == 302
    assert rehearsal.folder.exists()


def test_the_report_is_one_file_that_needs_no_other(scene: Scene, rehearsal: Rehearsal) -> None:
    rehearsal_report.write(rehearsal, rehearsal.progress)
    answer = client_of("ewa").get(f"{HERE}{rehearsal.key}/report/")
    page = b"".join(answer).decode()  # type: ignore[arg-type]
    assert "attachment" in answer["Content-Disposition"]
    assert "Zapraszamy na Noc bibliotek!" in page
    assert 'rel="stylesheet"' not in page
    assert "<script" not in page


def test_the_console_gets_each_entry_once(rehearsal: Rehearsal) -> None:
    first = rehearsal_report.lines(SEEN, skip=0)
    assert "17:00 Strona biblioteki: Zapraszamy na Noc bibliotek!" in first
    assert "17:05 ✉ zofia@readers.rehearsal.example: Co słychać" in first
    later = rehearsal_report.lines(SEEN, skip=2)
    assert "Noc bibliotek" not in later
    assert "18:01 · Strona biblioteki: Wieczór poezji – pominięta. Za późno." in later
    assert rehearsal_report.lines(SEEN, skip=3) == ""
    last = rehearsal_report.ending(rehearsal)
    assert "Wieczór poezji → Strona biblioteki: pominięta. Za późno." in last
    assert str(rehearsal.report) in last
