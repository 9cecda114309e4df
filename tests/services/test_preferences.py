"""A reader's choice is kept whole, and only where it differs from the default."""

from __future__ import annotations

from datetime import timedelta

import pytest

from promo.models import Preferences, Subscriber
from promo.services import preferences, subscribers
from promo.services.preferences import Choice
from tests import making
from tests.driving import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(db: None) -> Subscriber:
    making.newsletter(readers=1)
    return Subscriber.objects.get()


def test_what_was_chosen_comes_back(reader: Subscriber, clock: Clock) -> None:
    choice = Choice(
        topics=("books", "arts"),
        audiences=("seniors",),
        branches=frozenset([making.branch().pk]),
        frequency="weekly",
        paused_until_on=preferences.today(clock()) + timedelta(days=14),
    )
    preferences.choose(subscriber=reader, choice=choice)
    assert preferences.of(reader, now=clock()) == choice


def test_the_default_needs_no_row(reader: Subscriber, clock: Clock) -> None:
    preferences.choose(subscriber=reader, choice=Choice(topics=("books",)))
    assert Preferences.objects.count() == 1
    preferences.choose(subscriber=reader, choice=Choice())
    assert Preferences.objects.count() == 0
    assert preferences.of(reader, now=clock()) == Choice()


def test_a_break_that_is_over_is_none_and_its_end_touches_nothing_else(
    reader: Subscriber, clock: Clock
) -> None:
    until = preferences.today(clock()) + timedelta(days=2)
    preferences.choose(subscriber=reader, choice=Choice(frequency="monthly", paused_until_on=until))
    preferences.end_pause(subscriber=reader, now=clock())
    assert preferences.of(reader, now=clock()) == Choice(frequency="monthly")
    preferences.choose(subscriber=reader, choice=Choice(paused_until_on=until))
    clock.forward(days=2)
    assert preferences.of(reader, now=clock()) == Choice()


def test_an_erased_reader_leaves_no_choice_behind(reader: Subscriber, clock: Clock) -> None:
    choice = Choice(branches=frozenset([making.branch().pk]))
    preferences.choose(subscriber=reader, choice=choice)
    subscribers.erase(subscriber=reader, now=clock())
    assert Preferences.objects.count() == 0
