"""Posts that are out: their text is changed, they are taken down, or posted anew – exactly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client

from promo.errors import NotAllowed
from promo.models import Attempt, Destination, Item, PostChange, Publication
from promo.protocol import OPEN, Change, State
from promo.services import changes, changing, destinations, halts, plans, publications
from tests import making
from tests.driving import Clock, Watch, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]

NEW = "Spotkanie przeniesione do auli"


@pytest.fixture
def watch(clock: Clock, outside: World) -> Watch:
    return Watch(clock, outside)


@pytest.fixture
def row(page: Destination, clock: Clock) -> Publication:
    """A post that is out."""
    made = making.due_publication(page)
    tick(clock)
    made.refresh_from_db()
    assert made.state == State.PUBLISHED
    return made


def approve_another(row: Publication, clock: Clock, title: str = NEW) -> None:
    """What an approval leaves behind that changes the words."""
    clock.forward(minutes=1)
    Item.objects.filter(pk=row.item_id).update(title=title, last_published_at=clock())


def want_text(row: Publication, user: User, clock: Clock) -> PostChange:
    return changes.change_text(publication_id=row.pk, user=user, now=clock())


def want_down(row: Publication, user: User, clock: Clock) -> None:
    publications.take_down(publication_id=row.pk, user=user, now=clock())


def standing(change: PostChange) -> Change:
    change.refresh_from_db()
    return Change(change.state)


def state(row: Publication) -> State:
    row.refresh_from_db()
    return State(row.state)


def shown(world: World) -> dict[str, Any]:
    (post,) = world.posts()
    return post


def asked(world: World, row: Publication, method: str = "POST") -> int:
    """How often the network was asked to change this post."""
    calls = [call for call in world.calls() if call["method"] == method]
    return sum(call["path"].endswith(row.remote_id) for call in calls)


def test_nothing_is_offered_while_the_post_says_what_is_approved(
    row: Publication, clock: Clock, admin_user: User
) -> None:
    assert changes.offer(row, now=clock()) is None
    with pytest.raises(NotAllowed):
        want_text(row, admin_user, clock)


def test_an_approval_of_other_words_is_offered_and_changes_the_post(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    approve_another(row, watch.clock)
    row = Publication.objects.get(pk=row.pk)
    offer = changes.offer(row, now=watch.clock())
    assert offer is not None
    assert (offer.text, offer.pictures) == (True, False)
    assert row.item is not None
    assert changes.outdated(row.item, now=watch.clock()) == [row]
    change = want_text(row, admin_user, watch.clock)
    assert changes.outdated(row.item, now=watch.clock()) == []
    tick(watch.clock)
    assert standing(change) is Change.DONE
    assert state(row) is State.PUBLISHED
    assert NEW in shown(watch.world)["text"]
    assert row.message.text == shown(watch.world)["text"]
    assert row.message.digest == row.digest
    assert row.ledger.reverse()[0].event == Attempt.Event.AMENDED
    assert changes.offer(Publication.objects.get(pk=row.pk), now=watch.clock()) is None


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("fault", ["create_then_500", "create_then_cut", "bad_gateway"])
def test_a_lost_answer_to_a_change_of_text_is_looked_up(
    row: Publication, watch: Watch, admin_user: User, fault: str, *, applied: bool
) -> None:
    approve_another(row, watch.clock)
    watch.world.fault(fault=fault, apply=applied, method="POST", path=row.remote_id, times=1)
    change = want_text(row, admin_user, watch.clock)
    tick(watch.clock)
    assert standing(change) is Change.LOST
    assert state(row) is State.PUBLISHED
    watch.until(lambda: standing(change) is Change.DONE, minutes=20)
    assert NEW in shown(watch.world)["text"]
    assert asked(watch.world, row) == (1 if applied else 2)


def test_another_text_waits_until_the_lost_one_cannot_be_applied_any_more(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    approve_another(row, watch.clock)
    watch.world.fault(
        fault="create_then_cut", apply=False, method="POST", path=row.remote_id, times=1
    )
    change = want_text(row, admin_user, watch.clock)
    tick(watch.clock)
    approve_another(row, watch.clock, "Spotkanie odbędzie się w ogrodzie")
    assert want_text(row, admin_user, watch.clock).pk == change.pk
    watch.pass_by(minutes=10)
    assert asked(watch.world, row) == 1
    watch.until(lambda: standing(change) is Change.DONE, minutes=20)
    assert "ogrodzie" in shown(watch.world)["text"]


def test_a_refusal_leaves_the_post_and_waits_for_a_person(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    approve_another(row, watch.clock)
    watch.world.fault(fault="refuse", code=100, method="POST", path=row.remote_id, times=1)
    change = want_text(row, admin_user, watch.clock)
    tick(watch.clock)
    assert standing(change) is Change.REFUSED
    assert change.problem
    assert NEW not in shown(watch.world)["text"]
    changes.again(change_id=change.pk, user=admin_user, now=watch.clock())
    tick(watch.clock)
    assert standing(change) is Change.DONE
    assert NEW in shown(watch.world)["text"]


def test_what_was_refused_may_be_left_as_it_is(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    approve_another(row, watch.clock)
    watch.world.fault(fault="refuse", code=100, method="POST", path=row.remote_id, times=1)
    change = want_text(row, admin_user, watch.clock)
    tick(watch.clock)
    changes.call_off(change_id=change.pk, now=watch.clock())
    assert standing(change) is Change.DROPPED
    assert changes.latest(row) is None


def test_a_throttle_is_waited_out(row: Publication, watch: Watch, admin_user: User) -> None:
    approve_another(row, watch.clock)
    watch.world.fault(
        fault="throttle", code=4, usage_headers=False, method="POST", path=row.remote_id, times=1
    )
    change = want_text(row, admin_user, watch.clock)
    tick(watch.clock)
    assert standing(change) is Change.WAITING
    assert change.due_at >= watch.clock() + timedelta(minutes=5)
    watch.until(lambda: standing(change) is Change.DONE, minutes=70)


def test_a_lost_access_pauses_the_page_and_the_change_waits(
    row: Publication, watch: Watch, page: Destination, admin_user: User
) -> None:
    watch.world.fault(fault="refuse", code=190, subcode=460, method="DELETE", times=1)
    want_down(row, admin_user, watch.clock)
    tick(watch.clock)
    page.refresh_from_db()
    assert page.access_lost_at is not None
    watch.clock.forward(hours=1)
    tick(watch.clock)
    assert asked(watch.world, row, "DELETE") == 1
    destinations.resume(destination=page)
    watch.until(lambda: state(row) is State.WITHDRAWN, minutes=5)


def test_while_everything_is_stopped_a_text_waits_and_a_post_may_still_be_taken_down(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    halts.begin(because="Żałoba", user=admin_user, now=watch.clock())
    approve_another(row, watch.clock)
    change = want_text(row, admin_user, watch.clock)
    tick(watch.clock)
    assert standing(change) is Change.WAITING
    assert asked(watch.world, row) == 0
    want_down(row, admin_user, watch.clock)
    tick(watch.clock)
    watch.clock.forward(minutes=1)
    tick(watch.clock)
    assert state(row) is State.WITHDRAWN


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_answer_to_a_deletion_is_settled_soon(
    row: Publication, watch: Watch, admin_user: User, *, applied: bool
) -> None:
    watch.world.fault(fault="create_then_cut", apply=applied, method="DELETE", times=1)
    want_down(row, admin_user, watch.clock)
    tick(watch.clock)
    assert state(row) is State.PUBLISHED
    watch.until(lambda: state(row) is State.WITHDRAWN, minutes=2)
    assert watch.world.all_posts() == []


def test_a_dead_worker_leaves_a_change_that_is_looked_up(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    approve_another(row, watch.clock)
    change = want_text(row, admin_user, watch.clock)
    # It slept between its mark and the wire: it sends nothing, as if it had died.
    began = watch.clock()
    moments = iter([began, began + timedelta(seconds=25)])
    changing.carry_out(change.pk, clock=lambda: next(moments))
    assert standing(change) is Change.SENDING
    assert asked(watch.world, row) == 0
    watch.until(lambda: standing(change) is Change.DONE, minutes=30)
    assert asked(watch.world, row) == 1
    assert NEW in shown(watch.world)["text"]


def test_a_second_hint_does_nothing(row: Publication, watch: Watch, admin_user: User) -> None:
    want_down(row, admin_user, watch.clock)
    (change_id,) = changing.due(now=watch.clock())
    assert changing.due(now=watch.clock()) == []
    changing.carry_out(change_id, clock=watch.clock)
    changing.carry_out(change_id, clock=watch.clock)
    assert asked(watch.world, row, "DELETE") == 1


def test_a_publication_has_one_open_change(
    row: Publication, clock: Clock, admin_user: User
) -> None:
    want_down(row, admin_user, clock)
    want_down(row, admin_user, clock)
    assert PostChange.objects.filter(state__in=OPEN).count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        PostChange.objects.create(publication=row, kind="text", at=clock(), due_at=clock())


def test_what_is_to_be_taken_down_is_not_changed_first(
    row: Publication, clock: Clock, admin_user: User
) -> None:
    approve_another(row, clock)
    want_down(row, admin_user, clock)
    with pytest.raises(NotAllowed):
        want_text(row, admin_user, clock)


def test_a_post_without_its_number_is_left_to_a_person(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    Publication.objects.filter(pk=row.pk).update(remote_id="")
    want_down(row, admin_user, watch.clock)
    before = len(watch.world.calls())
    tick(watch.clock)
    change = changes.latest(row)
    assert change is not None
    assert change.state == Change.REFUSED
    assert len(watch.world.calls()) == before


def post_anew(row: Publication, user: User, clock: Clock) -> PostChange:
    return changes.post_anew(publication_id=row.pk, user=user, now=clock())


@pytest.mark.parametrize("fault", ["", "create_then_cut", "bad_gateway"])
def test_posted_anew_it_is_there_once_with_what_is_approved_now(
    row: Publication, watch: Watch, admin_user: User, client: Client, fault: str
) -> None:
    old_marker, old_id = row.marker, row.remote_id
    approve_another(row, watch.clock)
    if fault:
        watch.world.fault(fault=fault, apply=True, method="DELETE", times=1)
        watch.world.fault(fault="create_then_cut", path="/feed", times=1)
    post_anew(row, admin_user, watch.clock)
    watch.until(lambda: state(row) is State.PUBLISHED and row.remote_id != old_id, minutes=40)
    post = shown(watch.world)
    assert NEW in post["text"]
    assert row.marker in post["text"]
    assert row.marker != old_marker
    assert len(watch.world.all_posts()) == 1
    behind_old_link = client.get(f"/w/{old_marker}")  # the item itself: no website tells of it
    assert NEW in behind_old_link.content.decode()


def test_too_late_for_its_step_it_is_not_posted_anew(
    row: Publication, clock: Clock, admin_user: User
) -> None:
    approve_another(row, clock)
    Publication.objects.filter(pk=row.pk).update(not_after_at=clock() - timedelta(minutes=1))
    with pytest.raises(NotAllowed):
        post_anew(row, admin_user, clock)


def test_a_plan_does_not_drop_what_is_about_to_be_posted_anew(
    row: Publication, watch: Watch, admin_user: User
) -> None:
    approve_another(row, watch.clock)
    post_anew(row, admin_user, watch.clock)
    (change_id,) = changing.due(now=watch.clock())
    changing.carry_out(change_id, clock=watch.clock)
    assert state(row) is State.WAITING
    assert row.item is not None
    plans.replan(item=Item.objects.get(pk=row.item_id), now=watch.clock())
    assert state(row) is State.WAITING
    tick(watch.clock)
    assert state(row) is State.PUBLISHED
