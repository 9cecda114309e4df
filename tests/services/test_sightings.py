"""Posts that only the app's own people see: no read tells, so a person is asked to look."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from promo.models import Attempt, Destination, Publication
from promo.protocol import State
from promo.services import destinations, sightings
from tests import making
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]


def out(page: Destination, clock: Clock, **values: object) -> Publication:
    """A post that the network calls published."""
    row = making.due_publication(page, **values)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    return row


def asked() -> list[tuple[Destination, Publication]]:
    return [(one.destination, one.post) for one in sightings.questions()]


def again(page: Destination) -> Destination:
    return Destination.objects.get(pk=page.pk)


def test_nobody_is_asked_before_there_is_a_post_to_look_at(page: Destination) -> None:
    assert asked() == []


def test_the_newest_post_is_the_one_to_look_at(page: Destination, clock: Clock) -> None:
    out(page, clock)
    newest = out(page, clock)
    assert asked() == [(page, newest)]


def test_who_sees_it_is_not_asked_again(page: Destination, clock: Clock, outside: World) -> None:
    out(page, clock)
    assert outside.posts()
    sightings.seen(destination=page, now=clock())
    out(page, clock)
    assert asked() == []
    assert not sightings.is_open(again(page))


def test_what_nobody_sees_stops_the_page_and_says_so(
    page: Destination, clock: Clock, outside: World, admin_user: User
) -> None:
    outside.change(app={"development": True})
    hidden = out(page, clock)
    assert not outside.posts()
    waits = making.due_publication(page)
    sightings.not_seen(destination=page, user=admin_user, now=clock())
    tick(clock)
    hidden.refresh_from_db()
    waits.refresh_from_db()
    assert "Live" in hidden.problem
    assert hidden.ledger.filter(event=Attempt.Event.DECIDED, user=admin_user).exists()
    assert "Live" in again(page).paused_because
    assert waits.state == State.PLANNED
    assert asked() == [], "there is nothing new to look at while it is paused"

    outside.change(app={"development": False})
    destinations.resume(destination=page)
    tick(clock)
    waits.refresh_from_db()
    assert waits.state == State.PUBLISHED
    assert [post["text"] for post in outside.posts()] == [waits.message.text]
    assert asked() == [(page, waits)]
    sightings.seen(destination=page, now=clock())
    assert asked() == []


def test_another_page_or_app_is_looked_at_anew_and_the_same_one_is_not(
    page: Destination, clock: Clock
) -> None:
    sightings.seen(destination=page, now=clock())
    same, other = dict(page.config), {**page.config, "page_id": "4711"}
    destinations.configure(destination=again(page), given=same)
    assert not sightings.is_open(again(page))
    destinations.configure(destination=again(page), given=other)
    assert sightings.is_open(again(page))


def test_posts_that_cannot_be_hidden_raise_no_question(
    website: Destination, clock: Clock, admin_user: User
) -> None:
    out(website, clock)
    assert asked() == []
    sightings.not_seen(destination=website, user=admin_user, now=clock())
    assert again(website).paused_at is None
