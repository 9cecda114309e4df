"""A network that is away or asks us to wait: its destination rests, then one publication tries."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from promo.errors import RateLimited
from promo.models import Attempt, Destination, Publication
from promo.models.publications import TRIES
from promo.protocol import State
from promo.services import breaker, channels, destinations, looking, publications, publishing
from tests import making
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]


@pytest.fixture
def nobody_at_home(page: Destination, settings: Settings) -> str:
    """The network cannot be reached; gives the address at which it will be again."""
    there: str = settings.PROMO_FACEBOOK_GRAPH_URL
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    settings.PROMO_FACEBOOK_GRAPH_URL = f"http://127.0.0.1:{port}/graph"
    return there


def due(page: Destination, many: int) -> list[Publication]:
    return [making.due_publication(page, title=f"Spotkanie nr {n}") for n in range(many)]


def tried(rows: Sequence[Publication]) -> int:
    """How many attempts were begun."""
    ids = [row.pk for row in rows]
    return Attempt.objects.filter(publication__in=ids, event=Attempt.Event.MARKED).count()


def out(rows: Sequence[Publication]) -> int:
    ids = [row.pk for row in rows]
    return Publication.objects.filter(pk__in=ids, state=State.PUBLISHED).count()


def creates(world: World) -> int:
    return sum(call["path"].endswith("/feed") for call in world.calls())


def test_after_five_failures_in_a_row_nothing_is_tried_for_a_while(
    nobody_at_home: str, page: Destination, clock: Clock
) -> None:
    rows = due(page, 7)
    tick(clock)
    page.refresh_from_db()
    assert tried(rows) == breaker.OPENS_AFTER
    assert page.rests_until_at == clock() + breaker.RESTS[0]
    assert page.rests_because
    tick(clock)
    clock.forward(minutes=4)
    tick(clock)
    assert tried(rows) == breaker.OPENS_AFTER


def test_after_the_rest_one_tries_and_a_failure_makes_the_next_rest_longer(
    nobody_at_home: str, page: Destination, clock: Clock
) -> None:
    rows = due(page, 7)
    tick(clock)
    clock.at += breaker.RESTS[0]
    tick(clock)
    page.refresh_from_db()
    assert tried(rows) == breaker.OPENS_AFTER + 1
    assert page.rests_until_at == clock() + breaker.RESTS[1]


def test_once_it_gets_through_all_the_others_follow(
    nobody_at_home: str, page: Destination, clock: Clock, settings: Settings, outside: World
) -> None:
    rows = due(page, 7)
    tick(clock)
    settings.PROMO_FACEBOOK_GRAPH_URL = nobody_at_home
    clock.at += breaker.RESTS[0]
    tick(clock)
    page.refresh_from_db()
    assert (page.rests_until_at, page.troubles, page.probe) == (None, 0, None)
    assert out(rows) == len(outside.posts()) == len(rows)


def test_a_success_between_failures_counts_anew(
    nobody_at_home: str, page: Destination, clock: Clock, settings: Settings
) -> None:
    nowhere = settings.PROMO_FACEBOOK_GRAPH_URL
    due(page, breaker.OPENS_AFTER - 1)
    tick(clock)
    settings.PROMO_FACEBOOK_GRAPH_URL = nobody_at_home
    due(page, 1)
    tick(clock)
    settings.PROMO_FACEBOOK_GRAPH_URL = nowhere
    due(page, 1)
    tick(clock)
    page.refresh_from_db()
    assert (page.rests_until_at, page.troubles) == (None, 1)


def test_a_throttled_page_is_left_alone_and_then_served_with_gaps(
    page: Destination, clock: Clock, outside: World
) -> None:
    rows = due(page, 4)
    outside.fault(fault="throttle", code=613, regain_minutes=20, path="/feed", times=1)
    tick(clock)
    clock.forward(minutes=19)
    tick(clock)
    assert creates(outside) == 1
    clock.forward(minutes=1)
    tick(clock)
    assert (creates(outside), out(rows)) == (2, 1)
    for number in (2, 3, 4):
        clock.forward(seconds=59)
        tick(clock)
        assert out(rows) == number - 1
        clock.forward(seconds=1)
        tick(clock)
        assert out(rows) == number
    assert creates(outside) == 5


def test_a_page_that_is_throttled_again_rests_again_after_one_call(
    page: Destination, clock: Clock, outside: World
) -> None:
    due(page, 4)
    outside.fault(fault="throttle", code=80001, regain_minutes=20, path="/feed")
    tick(clock)
    clock.forward(minutes=20)
    tick(clock)
    tick(clock)
    assert creates(outside) == 2
    page.refresh_from_db()
    assert page.rests_until_at == clock() + timedelta(minutes=20)


def test_the_spam_brake_lets_nothing_out_for_six_hours(
    page: Destination, clock: Clock, outside: World
) -> None:
    due(page, 2)
    outside.fault(fault="refuse", code=368, subcode=1390008, path="/feed", times=1)
    tick(clock)
    page.refresh_from_db()
    assert page.rests_until_at == clock() + timedelta(hours=6)
    assert creates(outside) == 1


def test_other_destinations_go_on(
    page: Destination, website: Destination, clock: Clock, outside: World
) -> None:
    breaker.rest(page, until=clock() + timedelta(hours=1), because="próba")
    waits, goes = making.due_publication(page), making.due_publication(website, title="Inne")
    tick(clock)
    assert (out([waits]), out([goes])) == (0, 1)


def test_a_refusal_of_the_one_that_tries_shows_that_the_network_is_back(
    page: Destination, clock: Clock, outside: World
) -> None:
    rows = due(page, 2)
    breaker.rest(page, until=clock(), because="próba")
    outside.fault(fault="refuse", code=100, path="/feed", times=1)
    tick(clock)
    clock.forward(seconds=1)
    tick(clock)
    rows[0].refresh_from_db()
    assert rows[0].state == State.FAILED
    assert out(rows) == 1


def test_when_the_one_that_tries_is_lost_the_others_wait_on(
    page: Destination, clock: Clock, outside: World
) -> None:
    rows = due(page, 3)
    breaker.rest(page, until=clock(), because="próba")
    Destination.objects.update(troubles=breaker.OPENS_AFTER)
    outside.fault(fault="create_then_cut", path="/feed", times=1)
    tick(clock)
    tick(clock)
    page.refresh_from_db()
    assert creates(outside) == 1
    assert page.rests_until_at == clock() + breaker.RESTS[1]
    assert tried(rows) == 1


def test_a_worker_that_dies_while_it_tries_costs_one_lease(
    page: Destination, clock: Clock, outside: World, settings: Settings
) -> None:
    rows = due(page, 2)
    breaker.rest(page, until=clock(), because="próba")
    claim = publishing.claim(rows[0].pk, now=clock())
    assert claim is not None
    assert publishing.mark(claim, now=clock())
    assert publishing.claim(rows[1].pk, now=clock()) is None
    clock.at += settings.PROMO_LEASE
    tick(clock)
    rows[0].refresh_from_db()
    assert rows[0].state == State.UNKNOWN
    assert out(rows[1:]) == 1


def test_what_was_claimed_before_the_rest_is_not_sent_in_it(
    page: Destination, clock: Clock, outside: World
) -> None:
    (row,) = due(page, 1)
    claim = publishing.claim(row.pk, now=clock())
    assert claim is not None
    breaker.rest(page, until=clock() + timedelta(minutes=5), because="próba")
    assert publishing.mark(claim, now=clock()) is False
    clock.forward(minutes=5)
    tick(clock)
    assert out([row]) == 1


def test_what_has_become_stale_in_a_rest_does_not_try_for_the_others(
    page: Destination, clock: Clock, outside: World
) -> None:
    stale, fresh = due(page, 2)
    Publication.objects.filter(pk=stale.pk).update(not_after_at=clock())
    breaker.rest(page, until=clock() + timedelta(hours=1), because="próba")
    clock.forward(hours=1)
    tick(clock)
    stale.refresh_from_db()
    assert stale.state == State.MISSED
    assert out([fresh]) == 1


def test_a_person_may_end_a_rest(page: Destination, clock: Clock, outside: World) -> None:
    rows = due(page, 2)
    breaker.rest(page, until=clock() + timedelta(hours=6), because="próba")
    tick(clock)
    destinations.resume(destination=page)
    tick(clock)
    assert out(rows) == 2


def test_a_used_up_budget_of_calls_is_remembered_and_keeps_the_rest_of_it_for_publishing(
    page: Destination, clock: Clock, outside: World
) -> None:
    rows = due(page, 2)
    outside.fault(fault="usage", percent=80, regain_minutes=15)
    tick(clock)
    assert out(rows) == 2
    page.refresh_from_db()
    assert page.used_percent == 80
    asked = len(outside.calls())
    channel = channels.channel_for(page)
    with pytest.raises(RateLimited):
        channel.look_up(rows[0].marker, rows[0].message)
    assert destinations.check(destination=page, now=clock())
    assert len(outside.calls()) == asked
    Destination.objects.update(used_until_at=timezone.now())
    page.refresh_from_db()
    assert channels.channel_for(page).look_up(rows[0].marker, rows[0].message) is not None


def test_what_used_up_its_attempts_is_listed_and_gets_as_many_anew(
    nobody_at_home: str,
    page: Destination,
    clock: Clock,
    settings: Settings,
    admin_user: User,
) -> None:
    (row,) = due(page, 1)
    for _try in range(TRIES):
        tick(clock)
        clock.forward(hours=3)
    row.refresh_from_db()
    assert (row.state, tried([row])) == (State.FAILED, TRIES)
    assert row.problem
    assert list(publications.given_up()) == [row]
    publications.retry(publication_id=row.pk, user=admin_user, now=clock())
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.WAITING
    assert not publications.given_up().exists()
    settings.PROMO_FACEBOOK_GRAPH_URL = nobody_at_home
    clock.forward(hours=3)
    tick(clock)
    assert out([row]) == 1


def test_a_poison_is_listed_as_well_and_a_plain_refusal_is_not(
    page: Destination, clock: Clock, outside: World
) -> None:
    poison, refused = due(page, 2)
    for _death in range(publishing.CLAIMS_WITHOUT_MARK):
        assert publishing.claim(poison.pk, now=clock())
        looking.sweep(now=clock.forward(minutes=6))
    assert publishing.claim(poison.pk, now=clock()) is None
    outside.fault(fault="refuse", code=100, path="/feed")
    publishing.publish(refused.pk, clock=clock)
    refused.refresh_from_db()
    assert refused.state == State.FAILED
    assert list(publications.given_up()) == [poison]
