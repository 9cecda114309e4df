"""The responsible person hears what became of a turn, once, and patiently."""

from __future__ import annotations

from datetime import timedelta

import pytest

from promo.models import Filling
from promo.services import fillings, telling
from tests.driving import Clock
from tests.services.filling_scene import composed, editor, event, weekly
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]


def mail_all(clock: Clock) -> None:
    for filling_id in telling.due(now=clock()):
        telling.tell(filling_id, now=clock())


@pytest.fixture
def filling(db: None, clock: Clock) -> Filling:
    rhythm = weekly()
    event("Noc bajek")
    made = composed(rhythm)
    clock.at = made.composed_at
    return made


def test_a_draft_is_told_with_its_address_and_its_time(
    filling: Filling, clock: Clock, outside: World
) -> None:
    mail_all(clock)
    mail_all(clock)
    (mail,) = outside.mails()
    assert mail["to"] == [editor().email]
    assert mail["subject"] == "Do akceptacji: Noc bajek"
    assert f"/desk/issues/edit/{filling.issue_id}/" in mail["text"]
    assert "Jest w nim 1 pozycja." in mail["text"]
    filling.refresh_from_db()
    assert (filling.tell_at, filling.told_at) == (None, clock())


def test_a_missed_one_is_told_as_well(filling: Filling, clock: Clock, outside: World) -> None:
    mail_all(clock)
    fillings.sweep(now=clock.forward(days=3))
    mail_all(clock)
    assert [mail["subject"] for mail in outside.mails()] == [
        *("Nie wysłano: Noc bajek", "Do akceptacji: Noc bajek")
    ]


def test_no_issue_is_told_with_the_next_date(clock: Clock, outside: World) -> None:
    rhythm = weekly()
    clock.at = composed(rhythm).composed_at
    mail_all(clock)
    (mail,) = outside.mails()
    assert mail["subject"].startswith("Tym razem bez numeru: ")
    assert "Znaleziono 0 pozycji." in mail["text"]
    assert "Następny w planie: czwartek," in mail["text"]


def test_a_busy_relay_puts_it_off_and_loses_nothing(
    filling: Filling, clock: Clock, outside: World
) -> None:
    outside.fault(fault="smtp_refuse", stage="RCPT", code=450, times=1)
    mail_all(clock)
    assert outside.mails() == []
    filling.refresh_from_db()
    assert filling.tell_at == clock() + timedelta(minutes=1)
    clock.forward(minutes=1)
    mail_all(clock)
    assert len(outside.mails()) == 1


def test_who_has_no_address_is_not_mailed(filling: Filling, clock: Clock, outside: World) -> None:
    person = editor()
    person.email = ""
    person.save()
    mail_all(clock)
    filling.refresh_from_db()
    assert filling.tell_at is None
    assert filling.problem
    assert outside.mails() == []
