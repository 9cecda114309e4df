"""The course of a rehearsal: what is due next, and how the publications ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from promo.models import Attempt, Publication
from promo.protocol import State
from promo.services import ledger, rehearsal_course
from tests import making
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(world: World) -> Publication:
    return making.due_publication(making.page(world))


def change(row: Publication, **values: object) -> None:
    Publication.objects.filter(pk=row.pk).update(**values)


def test_the_next_moment_is_the_nearest_of_all_that_wait(row: Publication) -> None:
    now = timezone.now()
    change(row, due_at=now + timedelta(hours=3), arm_at=now + timedelta(hours=2))
    assert rehearsal_course.next_moment(now=now) == now + timedelta(hours=2)
    change(row, arm_at=now - timedelta(hours=1))
    assert rehearsal_course.next_moment(now=now) == now + timedelta(hours=3)


def test_what_is_held_or_over_has_no_next_moment(row: Publication) -> None:
    now = timezone.now()
    change(row, due_at=now + timedelta(hours=3), held=True)
    assert rehearsal_course.next_moment(now=now) is None


def test_the_lease_of_a_lost_worker_and_the_next_look_are_moments(row: Publication) -> None:
    now = timezone.now()
    change(row, state=State.SENDING, lease_until_at=now + timedelta(minutes=5))
    assert rehearsal_course.next_moment(now=now) == now + timedelta(minutes=5)
    change(row, state=State.UNKNOWN, lease_until_at=None, look_at=now + timedelta(minutes=2))
    assert rehearsal_course.next_moment(now=now) == now + timedelta(minutes=2)


def test_notes_are_told_once_and_without_what_only_operators_read(row: Publication) -> None:
    now = timezone.now()
    ledger.write(row, Attempt.Event.MARKED, at=now)
    ledger.write(row, Attempt.Event.LOST, at=now, text="Nie wiadomo, czy się ukazało.")
    notes, last = rehearsal_course.notes(after=0)
    assert [(note.subject, note.text, note.bad) for note in notes] == [
        (row.subject, "Nie wiadomo, czy się ukazało.", True)
    ]
    assert rehearsal_course.notes(after=last) == ([], last)


@pytest.mark.parametrize(
    ("state", "copies", "wrong"),
    [
        (State.PUBLISHED, 1, 0),
        (State.PUBLISHED, 0, 1),
        (State.PUBLISHED, 2, 1),
        (State.MISSED, 0, 0),
        (State.MISSED, 1, 1),
        (State.UNKNOWN, 1, 0),
        (State.ARMED, 1, 0),
    ],
)
def test_what_followers_see_is_held_against_what_the_desk_says(
    row: Publication, state: State, copies: int, wrong: int
) -> None:
    change(row, state=state, published_at=timezone.now())
    (ending,) = rehearsal_course.endings(
        ids=[row.pk],
        behind=row.pk,
        until=timezone.now(),
        pages=[row.destination_id],
        seen=[f"Zapraszamy https://example.org/k/{row.marker}", "other"] * copies,
    )
    assert ending.copies == copies
    counted = rehearsal_course.counts([ending])
    assert counted["wrong"] == wrong
    assert counted.get(state.value, counted["waiting"]) == 1


def test_what_was_planned_meanwhile_counts_too(row: Publication) -> None:
    found = rehearsal_course.endings(
        ids=[], behind=row.pk - 1, until=timezone.now() + timedelta(days=1), pages=[], seen=[]
    )
    assert [(one.subject, one.copies) for one in found] == [(row.subject, None)]
    assert rehearsal_course.counts(found)["waiting"] == 1


def test_what_is_due_in_its_time_is_on_the_list(row: Publication) -> None:
    now = timezone.now()
    until = now + timedelta(days=1)
    assert rehearsal_course.cast_list(since=None, until=until) == [row.pk]
    assert rehearsal_course.cast_list(since=now, until=until) == []
    change(row, due_at=now + timedelta(hours=1))
    assert rehearsal_course.first_due(since=now, until=until) == now + timedelta(hours=1)
