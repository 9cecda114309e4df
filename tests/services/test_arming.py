"""Armed ahead: the network holds it, changes reach it, and it comes out without us."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from promo.errors import NotAllowed
from promo.models import Attempt, Campaign, Destination, Publication
from promo.protocol import State
from promo.services import (
    armed,
    arming,
    campaigns,
    composing,
    destinations,
    looking,
    plans,
    publications,
    publishing,
)
from tests import making
from tests.driving import Clock, Watch, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]


@pytest.fixture
def watch(clock: Clock, outside: World) -> Watch:
    shared = Watch(clock, outside, shared=True)
    shared.set_world()
    return shared


def planned(page: Destination, clock: Clock, **ahead: float) -> Publication:
    """A publication that is due so far ahead."""
    row = making.due_publication(page)
    row.planned_at = row.due_at = clock() + timedelta(**ahead)
    composing.recompose(row)
    armed.plan_arming(row)
    row.save()
    return row


@pytest.fixture
def row(page: Destination, clock: Clock) -> Publication:
    """Armed for a moment two hours ahead."""
    made = planned(page, clock, hours=2)
    tick(clock)
    assert state(made) is State.ARMED
    return made


def state(row: Publication) -> State:
    row.refresh_from_db()
    return State(row.state)


def is_in(row: Publication, *states: State) -> bool:
    return state(row) in states


def held(world: World) -> list[dict[str, Any]]:
    """What nobody sees yet."""
    return [post for post in world.all_posts() if not post["public"]]


def creates(world: World) -> int:
    calls = [call for call in world.calls() if call["method"] == "POST"]
    return sum(call["path"].endswith("/feed") for call in calls)


def time_of(post: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(post["scheduled_for"]).astimezone(UTC)


def test_the_network_holds_the_post_and_shows_it_at_its_time_without_us(
    row: Publication, watch: Watch
) -> None:
    (post,) = held(watch.world)
    assert post["text"] == row.message.text
    assert time_of(post) == row.planned_at.replace(microsecond=0)
    assert watch.world.posts() == []
    watch.clock.forward(hours=2, minutes=2)
    watch.set_world()
    (shown,) = watch.world.posts()
    assert shown["id"] == row.remote_id
    assert state(row) is State.ARMED
    tick(watch.clock)
    assert state(row) is State.PUBLISHED
    assert row.published_at == row.armed_for_at
    assert creates(watch.world) == 1


@pytest.mark.parametrize("ahead", [{"minutes": 20}, {"days": 30}], ids=["too near", "too far"])
def test_outside_the_window_nothing_is_handed_over(
    page: Destination, clock: Clock, outside: World, ahead: dict[str, float]
) -> None:
    row = planned(page, clock, **ahead)
    tick(clock)
    assert state(row) is State.PLANNED
    assert outside.calls() == []


def test_a_destination_may_do_without(page: Destination, clock: Clock, outside: World) -> None:
    page.arm_ahead = False
    page.save()
    row = planned(page, clock, hours=2)
    assert row.arm_at is None
    tick(clock)
    assert state(row) is State.PLANNED
    assert outside.calls() == []


def test_what_is_armed_is_handed_out_once(page: Destination, clock: Clock) -> None:
    row = planned(page, clock, hours=2)
    assert arming.hand_out(now=clock()) == [row.pk]
    assert arming.hand_out(now=clock()) == []
    assert publishing.hand_out(now=clock()) == []


LOST = [
    {"fault": "create_then_500"},
    {"fault": "create_then_cut", "how": "reset"},
    {"fault": "create_then_400"},
    {"fault": "bad_gateway", "apply": True},
]


@pytest.mark.parametrize("rule", LOST, ids=lambda rule: str(rule["fault"]))
def test_a_lost_answer_is_found_among_the_scheduled_posts(
    page: Destination, watch: Watch, rule: dict[str, object]
) -> None:
    row = planned(page, watch.clock, hours=2)
    watch.world.fault(**rule, path="/feed", times=1)
    tick(watch.clock)
    assert state(row) is State.UNKNOWN
    watch.until(lambda: is_in(row, State.ARMED), minutes=1)
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=125)
    assert len(watch.world.posts()) == creates(watch.world) == 1


def test_an_arming_that_created_nothing_is_repeated_only_after_the_quiet_period(
    page: Destination, watch: Watch
) -> None:
    row = planned(page, watch.clock, hours=2)
    watch.world.fault(fault="create_then_500", apply=False, path="/feed", times=1)
    watch.pass_by(minutes=14)
    assert state(row) is State.UNKNOWN
    watch.until(lambda: is_in(row, State.ARMED), minutes=20)
    assert creates(watch.world) == 2
    assert len(held(watch.world)) == 1


def test_an_arming_that_is_applied_late_stays_the_only_one(page: Destination, watch: Watch) -> None:
    row = planned(page, watch.clock, hours=2)
    watch.world.fault(fault="create_late", path="/feed", late_seconds=480, times=1)
    watch.until(lambda: is_in(row, State.ARMED), minutes=20)
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=125)
    assert len(watch.world.all_posts()) == creates(watch.world) == 1


def test_reads_that_show_the_past_for_ten_minutes_change_nothing(
    page: Destination, watch: Watch
) -> None:
    row = planned(page, watch.clock, hours=2)
    watch.world.fault(fault="create_then_cut", path="/feed", times=1)
    watch.world.fault(fault="read_lag", seconds=600)
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=160)
    assert len(watch.world.all_posts()) == creates(watch.world) == 1


def test_a_refusal_to_hold_it_costs_nothing_it_goes_out_at_its_time(
    page: Destination, watch: Watch
) -> None:
    row = planned(page, watch.clock, hours=2)
    watch.world.fault(fault="schedule_window", min_seconds=9000, max_seconds=9999)
    tick(watch.clock)
    assert state(row) is State.PLANNED
    assert row.problem
    assert row.attempts == 0
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=125)
    assert creates(watch.world) == 2
    assert row.problem == ""


def test_a_throttle_is_waited_out(page: Destination, watch: Watch) -> None:
    row = planned(page, watch.clock, hours=2)
    watch.world.fault(fault="throttle", code=4, regain_minutes=5, path="/feed", times=1)
    tick(watch.clock)
    assert state(row) is State.PLANNED
    assert row.arm_at is not None
    assert row.arm_at >= watch.clock() + timedelta(minutes=5)
    watch.until(lambda: is_in(row, State.ARMED), minutes=70)


def test_a_second_copy_is_removed_before_anybody_sees_it(row: Publication, watch: Watch) -> None:
    Publication.objects.filter(pk=row.pk).update(state=State.PLANNED, remote_id="", hinted_at=None)
    tick(watch.clock)
    assert len(held(watch.world)) == 2
    watch.pass_by(minutes=1)
    (post,) = held(watch.world)
    row.refresh_from_db()
    assert post["id"] == row.remote_id
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=125)
    assert len(watch.world.posts()) == 1


def edit(row: Publication, clock: Clock, **changes: Any) -> None:
    """What an approval does: the message is composed anew."""
    row.refresh_from_db()
    message = dataclasses.replace(row.message, **changes)
    row.message_json, row.digest = message.to_json(), message.digest
    armed.wanted_changed(row, now=clock())
    row.save()


def test_a_changed_text_reaches_the_post_that_is_held(row: Publication, watch: Watch) -> None:
    text = f"Zmiana sali.\n\n{row.message.text}"
    edit(row, watch.clock, text=text)
    tick(watch.clock)
    assert state(row) is State.ARMED
    (post,) = held(watch.world)
    assert (post["id"], post["text"]) == (row.remote_id, text)
    assert creates(watch.world) == 1


def test_a_moved_publication_is_moved_at_the_network(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    to = (watch.clock() + timedelta(hours=5)).replace(microsecond=0)
    publications.move(publication_id=row.pk, to=to, user=admin_user, now=watch.clock())
    tick(watch.clock)
    (post,) = held(watch.world)
    assert (post["id"], time_of(post)) == (row.remote_id, to)
    assert state(row) is State.ARMED
    assert row.armed_for_at == to


def test_moved_beyond_what_the_network_holds_it_is_taken_back(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    to = watch.clock() + timedelta(days=60)
    publications.move(publication_id=row.pk, to=to, user=admin_user, now=watch.clock())
    tick(watch.clock)
    assert state(row) is State.PLANNED
    assert watch.world.all_posts() == []


def test_swapped_pictures_take_it_back_and_arm_it_anew(row: Publication, watch: Watch) -> None:
    message = row.message
    with_picture = dict(message.to_json())
    first = row.remote_id
    Publication.objects.filter(pk=row.pk).update(
        armed_json={
            **with_picture,
            "pictures": [{"url": "https://example.org/a.jpg", "alt": "Okładka"}],
        },
        look_at=watch.clock(),
    )
    watch.until(lambda: is_in(row, State.ARMED) and row.remote_id != first, minutes=2)
    (post,) = held(watch.world)
    assert post["id"] == row.remote_id


def test_what_a_person_drops_is_taken_back_from_the_network(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    publications.drop(publication_id=row.pk, user=admin_user, now=watch.clock())
    tick(watch.clock)
    assert state(row) is State.CANCELLED
    assert not row.recalled
    assert watch.world.all_posts() == []
    lines = [line.event for line in row.ledger.all()]
    assert lines.count(Attempt.Event.CANCELLED) == 1
    dropped = row.ledger.get(event=Attempt.Event.CANCELLED)
    assert dropped.user == admin_user


def test_in_the_last_moment_a_person_is_told_that_nothing_can_stop_it(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    watch.clock.forward(hours=1, minutes=58)
    for act in (
        lambda: publications.drop(publication_id=row.pk, user=admin_user, now=watch.clock()),
        lambda: publications.move(
            publication_id=row.pk,
            to=watch.clock() + timedelta(days=1),
            user=admin_user,
            now=watch.clock(),
        ),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_cancelled_campaign_takes_back_what_the_network_holds(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    campaign = Campaign.objects.create(name="Ferie", state=Campaign.State.QUEUED)
    Publication.objects.filter(pk=row.pk).update(campaign=campaign)
    assert campaigns.cancel(campaign=campaign, user=admin_user, now=watch.clock()) == 1
    tick(watch.clock)
    assert state(row) is State.CANCELLED
    assert watch.world.all_posts() == []


def test_an_item_that_is_withdrawn_takes_it_back(row: Publication, watch: Watch) -> None:
    assert row.item is not None
    plans.drop(item=row.item, now=watch.clock())
    tick(watch.clock)
    assert state(row) is State.CANCELLED
    assert watch.world.all_posts() == []


def test_a_pause_takes_it_back_and_the_end_of_the_pause_arms_it_anew(
    row: Publication, watch: Watch, page: Destination
) -> None:
    destinations.pause(destination=page, because="próba", now=watch.clock())
    tick(watch.clock)
    assert state(row) is State.PLANNED
    assert row.held
    assert watch.world.all_posts() == []
    destinations.resume(destination=page)
    watch.until(lambda: is_in(row, State.ARMED), minutes=2)
    assert len(held(watch.world)) == 1


@pytest.mark.parametrize("fault", ["create_then_500", "create_then_cut", "bad_gateway"])
@pytest.mark.parametrize("done", ["deleted", "not deleted"])
def test_a_lost_answer_to_a_deletion_is_settled_by_looking(
    row: Publication, watch: Watch, admin_user: User, fault: str, done: str
) -> None:
    watch.world.fault(fault=fault, apply=done == "deleted", method="DELETE", times=1)
    publications.drop(publication_id=row.pk, user=admin_user, now=watch.clock())
    tick(watch.clock)
    assert state(row) is State.UNKNOWN
    watch.until(lambda: is_in(row, State.CANCELLED), minutes=40)
    assert watch.world.all_posts() == []
    assert creates(watch.world) == 1


def test_a_lost_answer_to_a_change_is_settled_by_looking(row: Publication, watch: Watch) -> None:
    for applied in (True, False):
        watch.world.fault(fault="create_then_cut", apply=applied, path=row.remote_id, times=1)
        text = f"Zmiana nr {applied}.\n\n{row.message.text}"
        edit(row, watch.clock, text=text)
        tick(watch.clock)
        assert state(row) is State.UNKNOWN
        watch.until(
            lambda: is_in(row, State.ARMED) and held(watch.world)[0]["text"] == row.message.text,
            minutes=10,
        )
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=130)
    (post,) = watch.world.all_posts()
    assert post["text"] == row.message.text


def test_what_could_not_be_taken_back_in_time_is_published_and_says_so(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    watch.world.fault(fault="refuse", code=200, method="DELETE")
    publications.drop(publication_id=row.pk, user=admin_user, now=watch.clock())
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=125)
    assert row.problem
    assert not row.recalled


def test_a_post_that_somebody_deleted_over_there_goes_out_late_and_once(
    row: Publication, watch: Watch
) -> None:
    with watch.world.http() as http:
        seed = watch.world.seed()
        url = f"{watch.world.graph_url}/v25.0/{row.remote_id}"
        assert http.delete(url, params={"access_token": seed["page_token"]}).ok
    watch.until(lambda: is_in(row, State.PUBLISHED), minutes=180)
    assert len(watch.world.posts()) == 1


def test_two_workers_at_once_and_a_late_zombie_arm_one_post(
    page: Destination, watch: Watch
) -> None:
    row = planned(page, watch.clock, hours=3)
    now = watch.clock()
    late = publishing.claim(row.pk, among=arming.to_arm(now), now=now)
    assert late is not None
    arming.arm(row.pk, clock=watch.clock)
    assert creates(watch.world) == 0
    watch.clock.forward(minutes=6)
    looking.sweep(now=watch.clock())
    tick(watch.clock)
    assert state(row) is State.ARMED
    assert creates(watch.world) == 1


def test_a_worker_that_dies_between_mark_and_wire_is_looked_for(
    page: Destination, watch: Watch
) -> None:
    row = planned(page, watch.clock, hours=3)
    moments = iter([watch.clock()] * 2 + [watch.clock() + timedelta(seconds=25)])
    arming.arm(row.pk, clock=lambda: next(moments))
    assert state(row) is State.ARMING
    watch.until(lambda: is_in(row, State.ARMED), minutes=30)
    assert creates(watch.world) == 1


def test_while_we_are_off_the_armed_comes_out_and_the_rest_is_missed(
    page: Destination, watch: Watch
) -> None:
    """From 30 minutes before the time to two hours after it nothing of ours runs."""
    armed_ones = [planned(page, watch.clock, hours=1) for _one in range(3)]
    tick(watch.clock)
    page.arm_ahead = False
    page.save()
    others = [planned(page, watch.clock, hours=1) for _one in range(3)]
    for other in others:
        not_after = other.planned_at + timedelta(hours=1)
        Publication.objects.filter(pk=other.pk).update(not_after_at=not_after)
    watch.pass_by(minutes=29)
    watch.clock.forward(minutes=31)
    watch.set_world()
    shown = {post["id"] for post in watch.world.posts()}
    assert shown == {row.remote_id for row in refreshed(armed_ones)}
    watch.clock.forward(hours=2)
    watch.set_world()
    tick(watch.clock)
    assert {state(row) for row in armed_ones} == {State.PUBLISHED}
    assert {state(row) for row in others} == {State.MISSED}
    watch.pass_by(minutes=30)
    assert len(watch.world.posts()) == 3
    for row in armed_ones:
        (post,) = [post for post in watch.world.posts() if post["id"] == row.remote_id]
        public_at = datetime.fromisoformat(post["public_at"])
        assert abs(public_at - row.planned_at) <= timedelta(seconds=2)


def refreshed(rows: list[Publication]) -> list[Publication]:
    return list(Publication.objects.filter(pk__in=[row.pk for row in rows]))
