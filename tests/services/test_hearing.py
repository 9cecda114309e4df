"""What networks tell by themselves: it makes us look sooner, and does nothing else.

Time is handed in; the reads are real ones of the rehearsal world, which counts them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from promo.models import Attempt, Destination, PostFigures, Publication
from promo.protocol import State
from promo.services import armed, composing, destinations, figures, hearing, looking
from tests import making
from tests.driving import Clock, Watch, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]

QUIET: timedelta = settings.PROMO_QUIET_PERIOD
NOWHERE = {"fault": "create_then_500", "apply": False, "path": "/feed", "times": 1}


@pytest.fixture
def watch(clock: Clock, outside: World) -> Watch:
    return Watch(clock, outside, shared=True)


@pytest.fixture
def row(page: Destination) -> Publication:
    return making.due_publication(page)


def lost(row: Publication, clock: Clock, world: World, **rule: object) -> Publication:
    """Nobody knows whether it is out: nothing was created, unless the rule says otherwise."""
    world.fault(**(rule or NOWHERE))
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.UNKNOWN
    return row


def notice(row: Publication, **value: Any) -> dict[str, Any]:
    return {"item": "share", "verb": "add", "message": row.message.text, **value}


def tell(page: Destination, *values: dict[str, Any], now: datetime, place: str = "") -> None:
    changes = [{"field": "feed", "value": value} for value in values]
    entry = {"id": place or page.config["page_id"], "changes": changes}
    body = json.dumps({"object": "page", "entry": [entry]}).encode()
    hearing.note([page], body=body, now=now)


def reads(world: World) -> int:
    return sum(call["method"] == "GET" for call in world.calls())


def everything() -> dict[str, list[dict[str, Any]]]:
    """All that might be changed."""
    models = (Publication, Attempt, Destination, PostFigures)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_a_post_that_comes_out_late_is_found_at_once(
    row: Publication, page: Destination, watch: Watch
) -> None:
    """Without the notice it is looked for after ten minutes."""
    late = {"fault": "create_late", "late_seconds": 300, "path": "/feed", "times": 1}
    lost(row, watch.clock, watch.world, **late)
    watch.pass_by(minutes=5.5)
    assert row.marked_at is not None
    row.refresh_from_db()
    assert row.state == State.UNKNOWN
    tell(page, notice(row), now=watch.clock())
    watch.clock.forward(seconds=10)
    tick(watch.clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    assert len(watch.world.posts()) == 1


def proofs_of_absence(row: Publication, clock: Clock, *, told_every: int) -> list[float]:
    """Minutes after the mark at which it counted as absent, until it was due again."""
    assert row.marked_at is not None
    for second in range(0, 25 * 60, 5):
        clock.at = row.marked_at + timedelta(seconds=second)
        if told_every and second % told_every == 0:
            tell(row.destination, *[notice(row)] * 3, now=clock())
        for publication_id in looking.looks_due(now=clock()):
            looking.look(publication_id, clock=clock)
        row.refresh_from_db()
        if row.state != State.UNKNOWN:
            break
    counted = row.ledger.filter(event=Attempt.Event.LOOKED).exclude(text="")
    return [(line.at - row.marked_at) / timedelta(minutes=1) for line in counted]


@pytest.mark.parametrize("told_every", [0, 5, 85])
def test_whatever_is_told_a_post_counts_as_absent_when_it_did_and_reads_stay_few(
    row: Publication, clock: Clock, outside: World, told_every: int
) -> None:
    """Told of every five seconds it is the flood that is bounded: each moment is used."""
    lost(row, clock, outside)
    plain = len(settings.PROMO_LOOKS) + 2
    assert proofs_of_absence(row, clock, told_every=told_every) == [15.0, 20.0]
    assert row.state == State.WAITING
    assert reads(outside) <= (hearing.MOMENTS if told_every else 0) + plain
    assert (reads(outside) > plain) is bool(told_every)


def test_a_thousand_notices_at_once_ask_for_one_look(
    row: Publication, page: Destination, clock: Clock, outside: World
) -> None:
    lost(row, clock, outside)
    clock.forward(minutes=1)
    tick(clock)
    before = reads(outside)
    for _time in range(20):
        tell(page, *[notice(row)] * 50, now=clock.forward(milliseconds=1))
    row.refresh_from_db()
    assert row.look_at is not None
    assert timedelta(0) < row.look_at - clock() <= QUIET / hearing.MOMENTS
    clock.forward(seconds=10)
    tick(clock)
    tick(clock)
    assert reads(outside) == before + 1


def test_after_the_quiet_period_everything_is_as_without_notices(
    row: Publication, page: Destination, clock: Clock, outside: World
) -> None:
    """One look more could be the second that does not find it."""
    lost(row, clock, outside)
    clock.at += QUIET
    tick(clock)
    before = everything()
    tell(page, notice(row), now=clock.forward(seconds=1))
    assert everything() == before


@pytest.mark.parametrize("state", sorted(set(State) - {State.UNKNOWN, State.ARMED}))
def test_no_notice_changes_what_is_not_looked_for(
    row: Publication, page: Destination, clock: Clock, state: State
) -> None:
    """Late, doubled, out of order, or sent once more by somebody who kept it."""
    now = clock()
    later = now + timedelta(minutes=5)
    Publication.objects.update(
        state=state, remote_id="1_2", look_at=later, published_at=now, marked_at=now
    )
    before = everything()
    for verb in ("add", "edited", "remove", "hide", "add"):
        tell(page, notice(row, verb=verb, post_id="1_2"), now=now)
    assert everything() == before


def test_notices_of_others_posts_bring_nothing_forward(
    row: Publication, page: Destination, clock: Clock, outside: World
) -> None:
    lost(row, clock, outside)
    clock.forward(seconds=40)
    tick(clock)
    before = everything()
    near = {"message": f"https://example.org/w/{row.marker}x https://example.org/{row.marker}"}
    tell(page, notice(row, message="Zapraszamy!"), near, {}, now=clock())
    tell(page, notice(row), now=clock(), place="1")
    assert everything() == before


def test_a_notice_counts_only_where_its_page_is(
    row: Publication, page: Destination, clock: Clock, outside: World
) -> None:
    lost(row, clock, outside)
    clock.forward(seconds=40)
    tick(clock)
    other = destinations.create(
        channel=page.channel, name="Inna", config={**page.config, "page_id": "77"}
    )
    before = everything()
    tell(other, notice(row), now=clock())
    assert everything() == before
    tell(page, notice(row), now=clock())
    assert everything() != before


def test_a_used_up_budget_is_respected(
    row: Publication, page: Destination, clock: Clock, outside: World
) -> None:
    lost(row, clock, outside)
    clock.forward(seconds=40)
    tick(clock)
    Destination.objects.update(used_percent=80, used_until_at=clock() + timedelta(hours=1))
    before = reads(outside)
    tell(page, notice(row), now=clock())
    clock.forward(seconds=10)
    assert looking.looks_due(now=clock()) == [row.pk]
    looking.look(row.pk, clock=clock)
    assert reads(outside) == before


def held(page: Destination, clock: Clock) -> Publication:
    """The network is to show it in two hours."""
    made = making.due_publication(page)
    made.planned_at = made.due_at = clock() + timedelta(hours=2)
    composing.recompose(made)
    armed.plan_arming(made)
    made.save()
    tick(clock)
    clock.forward(minutes=1)
    tick(clock)
    made.refresh_from_db()
    assert made.state == State.ARMED
    return made


def test_what_the_network_holds_is_confirmed_sooner_once_its_time_has_come(
    page: Destination, clock: Clock, watch: Watch
) -> None:
    row = held(page, clock)
    before = everything()
    tell(page, notice(row, post_id=row.remote_id), now=clock())
    assert everything() == before, "before its time there is nothing to see"
    assert row.armed_for_at is not None
    clock.at = row.armed_for_at + timedelta(seconds=1)
    tell(page, {"post_id": row.remote_id, "verb": "add"}, now=clock())
    clock.forward(seconds=10)
    watch.set_world()
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED


@pytest.fixture
def out(row: Publication, clock: Clock) -> Publication:
    """A post that is out, with figures that are read in an hour."""
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    figures.note_new(now=clock())
    return row


def read_due(clock: Clock) -> Iterable[int]:
    ids = figures.due(now=clock())
    for one in ids:
        figures.read(one, clock=clock)
    return ids


def removed(row: Publication, **value: Any) -> dict[str, Any]:
    return {"item": "status", "verb": "remove", "post_id": row.remote_id, **value}


def test_a_post_that_was_removed_there_is_looked_at_and_stays_published(
    out: Publication, page: Destination, clock: Clock, outside: World
) -> None:
    """As when its figures are read at their time: it was out, and a person hears that it is not."""
    params = {"access_token": outside.seed()["page_token"]}
    with outside.http() as session:
        session.delete(f"{outside.graph_url}/{out.remote_id}", params=params).raise_for_status()
    tell(page, removed(out), now=clock())
    clock.at += QUIET / 3
    assert read_due(clock)
    out.refresh_from_db()
    assert out.state == State.PUBLISHED
    assert out.problem
    before = everything()
    tell(page, removed(out), now=clock())
    assert everything() == before, "once more it is no news"


def test_a_post_that_is_still_there_is_not_read_again_and_again(
    out: Publication, page: Destination, clock: Clock
) -> None:
    assert out.published_at is not None
    ends = clock() + timedelta(minutes=30)
    times = 0
    while clock.forward(seconds=20) < ends:
        tell(page, *[removed(out)] * 3, now=clock())
        times += len(list(read_due(clock)))
    assert 1 <= times <= 6
    out.refresh_from_db()
    assert out.problem == ""


def test_a_comment_that_was_removed_asks_for_nothing(
    out: Publication, page: Destination, clock: Clock
) -> None:
    before = everything()
    tell(page, removed(out, item="comment"), removed(out, verb="edited"), now=clock())
    assert everything() == before
