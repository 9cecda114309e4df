"""The other side loses answers, lags, throttles and refuses: one copy or none, and the right word.

Every test goes through the services and the real channel; what followers see is the witness. While
time passes, `Watch` holds that nothing is called published that is not out.
"""

from __future__ import annotations

import dataclasses
import socket
from datetime import timedelta
from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from promo.models import Attempt, Destination, Publication
from promo.protocol import State
from promo.services import destinations, publications
from tests import making
from tests.driving import Clock, Watch, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]


@pytest.fixture
def page(watch: Watch) -> Destination:
    return making.page(watch.world)


@pytest.fixture
def row(page: Destination) -> Publication:
    return making.due_publication(page)


def state(row: Publication) -> State:
    row.refresh_from_db()
    return State(row.state)


def is_in(row: Publication, *states: State) -> bool:
    return state(row) in states


def events(row: Publication) -> list[str]:
    return [line.event for line in row.ledger.all()]


def creates(world: World) -> int:
    """How many times we asked for a post."""
    calls = [call for call in world.calls() if call["method"] == "POST"]
    return sum(call["path"].endswith("/feed") for call in calls)


LOST = [
    {"fault": "create_then_500"},
    {"fault": "create_then_500", "code": 1, "subcode": 99},
    {"fault": "create_then_400"},
    {"fault": "create_then_cut", "how": "reset"},
    {"fault": "create_then_cut", "how": "close"},
    {"fault": "create_then_cut", "how": "partial"},
    {"fault": "service_unavailable", "apply": True},
    {"fault": "success_false", "apply": True},
    {"fault": "bad_gateway", "apply": True},
    {"fault": "hidden_duplicate"},
]


@pytest.mark.parametrize("rule", LOST, ids=lambda rule: "-".join(map(str, rule.values())))
def test_a_lost_answer_is_unknown_until_the_post_is_seen(
    watch: Watch, row: Publication, rule: dict[str, object]
) -> None:
    watch.world.fault(**rule, path="/feed")
    tick(watch.clock)
    assert state(row) is State.UNKNOWN
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=1)
    (post,) = watch.world.all_posts()
    assert post["id"] == row.remote_id
    assert creates(watch.world) == 1
    assert events(row) == [Attempt.Event.MARKED, Attempt.Event.LOST, Attempt.Event.FOUND]


def test_seven_lost_answers_in_a_row_make_seven_posts_and_no_more(
    watch: Watch, page: Destination
) -> None:
    rows = [making.due_publication(page, title=f"Spotkanie nr {number}") for number in range(7)]
    watch.world.fault(fault="create_then_500", path="/feed", times=7)
    watch.until(lambda: all(is_in(row, State.PUBLISHED) for row in rows), minutes=1)
    posts = watch.world.all_posts()
    assert len(posts) == creates(watch.world) == 7
    assert {post["id"] for post in posts} == {row.remote_id for row in rows}


def test_an_answer_that_comes_after_the_deadline_is_not_waited_for(
    watch: Watch, row: Publication, settings: Settings
) -> None:
    settings.PROMO_LONGEST_CALL = timedelta(seconds=1)
    watch.world.fault(fault="create_then_hang", path="/feed", seconds=3, times=1)
    tick(watch.clock)
    assert state(row) is State.UNKNOWN
    settings.PROMO_LONGEST_CALL = timedelta(seconds=120)
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=1)
    assert len(watch.world.all_posts()) == creates(watch.world) == 1


def test_an_error_that_created_nothing_is_sent_again_after_two_looks_within_25_minutes(
    watch: Watch, row: Publication
) -> None:
    due_at = watch.clock.at
    watch.world.fault(fault="create_then_500", apply=False, path="/feed", times=1)
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=25)
    assert len(watch.world.all_posts()) == 1
    assert creates(watch.world) == 2
    assert row.absences == 0
    assert watch.clock.at - due_at > timedelta(minutes=15)


def test_no_look_before_the_quiet_period_is_over_sends_anything_again(
    watch: Watch, row: Publication
) -> None:
    watch.world.fault(fault="create_then_500", apply=False, path="/feed", times=1)
    tick(watch.clock)
    watch.pass_by(minutes=14.5)
    assert state(row) is State.UNKNOWN
    assert row.looks >= 4
    assert row.absences == 0
    assert creates(watch.world) == 1


def test_a_post_that_appears_eight_minutes_after_the_cut_stays_the_only_one(
    watch: Watch, row: Publication
) -> None:
    watch.world.fault(fault="create_late", path="/feed", late_seconds=480, times=1)
    shared = dataclasses.replace(watch, shared=True)
    shared.until(lambda: is_in(row, State.PUBLISHED), minutes=25)
    assert len(watch.world.all_posts()) == creates(watch.world) == 1


def test_reads_that_show_the_past_for_ten_minutes_lead_to_no_second_post(
    watch: Watch, row: Publication
) -> None:
    watch.world.fault(fault="create_then_cut", path="/feed", times=1)
    watch.world.fault(fault="read_lag", seconds=600)
    shared = dataclasses.replace(watch, shared=True)
    shared.until(lambda: is_in(row, State.PUBLISHED), minutes=25)
    assert len(watch.world.all_posts()) == creates(watch.world) == 1


def test_while_nobody_can_look_it_stays_unknown_and_is_found_afterwards(
    watch: Watch, row: Publication
) -> None:
    watch.world.fault(fault="create_then_cut", path="/feed", times=1)
    watch.world.fault(fault="reads_down")
    watch.pass_by(minutes=24 * 60)
    assert state(row) is State.UNKNOWN
    assert creates(watch.world) == 1
    assert set(events(row)[2:]) == {Attempt.Event.LOOK_FAILED}
    assert len(events(row)) < 50, "the looks must get rarer"
    watch.world.forget_faults()
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=120)
    assert len(watch.world.all_posts()) == 1


def test_a_person_may_say_that_an_unknown_one_is_out(
    watch: Watch, row: Publication, admin_user: User
) -> None:
    watch.world.fault(fault="create_then_cut", path="/feed", times=1)
    watch.world.fault(fault="reads_down")
    tick(watch.clock)
    publications.it_is_out(
        publication_id=row.pk, url="https://example.org/1", user=admin_user, now=watch.clock()
    )
    watch.pass_by(minutes=30)
    assert state(row) is State.PUBLISHED
    assert creates(watch.world) == len(watch.world.all_posts()) == 1


def test_a_lost_answer_past_the_too_late_time_is_missed_and_not_sent_again(
    watch: Watch, row: Publication
) -> None:
    not_after = watch.clock.at + timedelta(minutes=10)
    Publication.objects.filter(pk=row.pk).update(not_after_at=not_after)
    watch.world.fault(fault="create_then_500", apply=False, path="/feed", times=1)
    watch.until(lambda: is_in(row, State.MISSED), minutes=25)
    watch.pass_by(minutes=10)
    assert creates(watch.world) == 1
    assert watch.world.all_posts() == []


def test_a_post_that_turns_up_after_it_was_given_up_is_called_published(
    watch: Watch, row: Publication
) -> None:
    """Evidence may always be written: what was missed is out after all, and may be taken down."""
    watch.world.fault(fault="create_then_cut", path="/feed", times=1)
    tick(watch.clock)
    (post,) = watch.world.all_posts()
    Publication.objects.filter(pk=row.pk).update(state=State.MISSED)
    admin = User.objects.create_superuser("admin")
    url = f"{watch.world.url}/page/{post['id']}"
    publications.it_is_out(publication_id=row.pk, url=url, user=admin, now=watch.clock())
    assert state(row) is State.PUBLISHED


def test_a_dead_token_pauses_the_page_and_costs_no_attempt(watch: Watch, page: Destination) -> None:
    first, second = (making.due_publication(page, title=title) for title in ("Pierwsze", "Drugie"))
    watch.world.fault(fault="token_dies", path="/feed", after=1, times=1)
    watch.until(lambda: is_in(first, State.PUBLISHED), minutes=1)
    page.refresh_from_db()
    assert page.paused_at is not None
    assert page.paused_because
    assert state(second) in {State.WAITING, State.PLANNED}
    assert second.held
    assert second.attempts == 0
    calls = creates(watch.world)
    watch.pass_by(minutes=30)
    assert creates(watch.world) == calls, "a paused destination is left alone"
    assert Attempt.Event.REFUSED not in events(second)

    watch.world.change(revive_tokens=True)
    destinations.resume(destination=page)
    watch.until(lambda: is_in(second, State.PUBLISHED), minutes=1)
    assert len(watch.world.all_posts()) == 2


def test_a_token_that_dies_again_and_again_makes_no_poison_of_a_post(
    watch: Watch, page: Destination, row: Publication
) -> None:
    for _time in range(15):
        watch.world.fault(fault="token_dies", path="/feed", times=1)
        tick(watch.clock)
        tick(watch.clock)
        assert is_in(row, State.WAITING, State.PLANNED)
        watch.world.change(revive_tokens=True)
        destinations.resume(destination=page)
        watch.clock.forward(minutes=5)
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=1)
    assert len(watch.world.all_posts()) == 1


@pytest.mark.parametrize("code", [4, 32, 613, 80001])
def test_a_throttle_is_waited_out_without_a_call(watch: Watch, row: Publication, code: int) -> None:
    watch.world.fault(fault="throttle", code=code, regain_minutes=5, path="/feed", times=1)
    tick(watch.clock)
    assert state(row) is State.WAITING
    assert row.due_at >= watch.clock.at + timedelta(minutes=5)
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=90)
    assert len(watch.world.all_posts()) == 1
    assert creates(watch.world) == 2
    assert Attempt.Event.LOST not in events(row)


def test_a_refusal_is_told_in_words_and_is_final(watch: Watch, row: Publication) -> None:
    watch.world.fault(fault="refuse", code=100, path="/feed")
    tick(watch.clock)
    assert state(row) is State.FAILED
    assert row.problem
    assert row.problem.isprintable()
    assert "{" not in row.problem
    watch.pass_by(minutes=30)
    assert creates(watch.world) == 1
    assert watch.world.all_posts() == []


def test_a_refused_one_may_be_sent_again_by_a_person(
    watch: Watch, row: Publication, admin_user: User
) -> None:
    watch.world.fault(fault="refuse", code=100, path="/feed", times=1)
    tick(watch.clock)
    publications.retry(publication_id=row.pk, user=admin_user, now=watch.clock())
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=1)
    assert len(watch.world.all_posts()) == 1


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_nobody_at_home_is_tried_again_ever_more_slowly_and_then_missed(
    watch: Watch, row: Publication, settings: Settings, closed_port: int
) -> None:
    settings.PROMO_FACEBOOK_GRAPH_URL = f"http://127.0.0.1:{closed_port}/graph"
    not_after = watch.clock.at + timedelta(minutes=30)
    Publication.objects.filter(pk=row.pk).update(not_after_at=not_after)
    watch.until(lambda: is_in(row, State.MISSED), minutes=60)
    put_off = [line.at for line in row.ledger.filter(event=Attempt.Event.POSTPONED)]
    waits = [later - earlier for earlier, later in pairwise(put_off)]
    assert waits == sorted(waits)
    assert 4 <= len(put_off) <= 8
    assert Attempt.Event.LOST not in events(row)


def test_nobody_at_home_for_a_while_costs_nothing(
    watch: Watch, row: Publication, settings: Settings, closed_port: int
) -> None:
    there = settings.PROMO_FACEBOOK_GRAPH_URL
    settings.PROMO_FACEBOOK_GRAPH_URL = f"http://127.0.0.1:{closed_port}/graph"
    watch.pass_by(minutes=5)
    settings.PROMO_FACEBOOK_GRAPH_URL = there
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=10)
    assert len(watch.world.all_posts()) == creates(watch.world) == 1


def test_two_ticks_at_once_and_a_late_zombie_make_one_post(
    watch: Watch, row: Publication, clock: Clock
) -> None:
    watch.world.fault(fault="create_then_cut", path="/feed", times=1)
    for _time in range(3):
        tick(clock)
        tick(clock)
        clock.forward(minutes=6)
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=30)
    assert len(watch.world.all_posts()) == creates(watch.world) == 1
