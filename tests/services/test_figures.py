"""What people did with posts: read seldom, dead names once, small pages shown as such."""

from __future__ import annotations

from datetime import timedelta

import pytest

from promo.models import DeadMetric, Destination, PostFigures, Publication
from promo.protocol import State
from promo.services import figures
from tests import making
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]


@pytest.fixture
def row(page: Destination, clock: Clock) -> Publication:
    """A post that is out."""
    made = making.due_publication(page)
    tick(clock)
    made.refresh_from_db()
    return made


def read_due(clock: Clock) -> int:
    figures.note_new(now=clock())
    ids = figures.due(now=clock())
    for one in ids:
        figures.read(one, clock=clock)
    return len(ids)


def asked_metrics(world: World) -> int:
    return sum(call["path"].endswith("/insights") for call in world.calls())


def test_a_post_is_read_six_times_and_then_left_alone(row: Publication, clock: Clock) -> None:
    assert row.published_at is not None
    assert read_due(clock) == 0
    reads = 0
    for hours in range(1, 24 * 35):
        clock.at = row.published_at + timedelta(hours=hours)
        reads += read_due(clock) if hours < 8 or hours % 24 == 0 else 0
    assert reads == len(figures.READ_AFTER)
    kept = PostFigures.objects.get()
    assert (kept.reads, kept.next_at) == (6, None)


def test_figures_of_a_page_that_is_large_enough(
    row: Publication, clock: Clock, outside: World
) -> None:
    outside.change(page={"likes": 500})
    clock.forward(hours=2)
    assert read_due(clock) == 1
    kept = PostFigures.objects.get(publication=row)
    assert None not in (kept.reactions, kept.comments, kept.shares)
    assert set(kept.metrics) == {
        "post_media_view",
        "post_total_media_view_unique",
        "post_clicks",
    }
    assert not kept.withheld


def test_a_small_page_has_reactions_and_is_shown_as_too_small(
    row: Publication, clock: Clock, outside: World
) -> None:
    outside.change(page={"likes": 40})
    clock.forward(hours=2)
    read_due(clock)
    kept = PostFigures.objects.get(publication=row)
    assert kept.withheld
    assert kept.metrics == {}
    assert kept.reactions is not None


def test_a_name_that_the_network_does_not_know_is_asked_for_once(
    row: Publication, clock: Clock, outside: World, page: Destination
) -> None:
    outside.fault(fault="refuse", code=100, path="/insights", times=1)
    clock.forward(hours=2)
    read_due(clock)
    dead = list(DeadMetric.objects.values_list("name", flat=True))
    asked = asked_metrics(outside)
    clock.forward(hours=6)
    read_due(clock)
    assert dead
    assert asked_metrics(outside) - asked == 3 - len(dead)
    assert not set(dead) & set(PostFigures.objects.get(publication=row).metrics)


def test_an_answer_that_was_lost_is_asked_for_later(
    row: Publication, clock: Clock, outside: World
) -> None:
    outside.fault(fault="reads_down", times=1)
    clock.forward(hours=2)
    read_due(clock)
    kept = PostFigures.objects.get(publication=row)
    assert kept.read_at is None
    assert read_due(clock) == 0
    clock.forward(hours=1)
    read_due(clock)
    kept.refresh_from_db()
    assert kept.read_at == clock()


def test_nothing_is_read_where_publishing_may_need_the_calls(
    row: Publication, clock: Clock, page: Destination
) -> None:
    clock.forward(hours=2)
    Destination.objects.filter(pk=page.pk).update(
        used_percent=80, used_until_at=clock() + timedelta(minutes=10)
    )
    assert read_due(clock) == 0
    clock.forward(minutes=11)
    assert read_due(clock) == 1


def test_a_post_that_somebody_took_down_over_there_is_said_to_be_gone(
    row: Publication, clock: Clock, outside: World
) -> None:
    outside.clear()
    clock.forward(hours=2)
    read_due(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    assert row.problem
    assert PostFigures.objects.get(publication=row).next_at is None


def test_entries_on_our_own_ground_have_no_such_figures(website: Destination, clock: Clock) -> None:
    making.due_publication(website)
    tick(clock)
    clock.forward(hours=2)
    assert read_due(clock) == 0
    assert not PostFigures.objects.exists()
