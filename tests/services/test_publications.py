"""What a person decides about a publication, in every state it may be in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from promo.errors import InvalidInput, NotAllowed
from promo.models import Attempt, Destination, Item, Publication
from promo.protocol import AHEAD, DUE, Event, State, sources
from promo.services import pages, publications
from tests import making
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]

Act = Callable[[Publication, User, Clock], None]


def retry(row: Publication, user: User, clock: Clock) -> None:
    publications.retry(publication_id=row.pk, user=user, now=clock())


def it_is_out(row: Publication, user: User, clock: Clock) -> None:
    url = "https://www.facebook.com/1"
    publications.it_is_out(publication_id=row.pk, url=url, user=user, now=clock())


def drop(row: Publication, user: User, clock: Clock) -> None:
    publications.drop(publication_id=row.pk, user=user, now=clock())


def move(row: Publication, user: User, clock: Clock) -> None:
    to = clock() + timedelta(days=1)
    publications.move(publication_id=row.pk, to=to, user=user, now=clock())


def take_down(row: Publication, user: User, clock: Clock) -> None:
    publications.take_down(publication_id=row.pk, user=user, now=clock())


ALLOWED: dict[Act, tuple[frozenset[State], State]] = {
    retry: (sources(Event.RETRY), State.WAITING),
    it_is_out: (sources(Event.FOUND), State.PUBLISHED),
    drop: (sources(Event.CANCEL), State.CANCELLED),
    move: (DUE, State.PLANNED),
    take_down: (sources(Event.TAKEN_DOWN), State.WITHDRAWN),
}


def put_into(row: Publication, state: State, clock: Clock) -> None:
    published_at = clock() if state is State.PUBLISHED else None
    Publication.objects.filter(pk=row.pk).update(
        state=state, published_at=published_at, look_at=clock()
    )
    row.refresh_from_db()


@pytest.fixture
def row(website: Destination) -> Publication:
    return making.due_publication(website)


@pytest.mark.parametrize("state", sorted(set(State) - AHEAD))
@pytest.mark.parametrize("act", ALLOWED, ids=lambda act: act.__name__)
def test_an_act_is_possible_exactly_where_the_protocol_says_so(
    row: Publication, admin_user: User, clock: Clock, act: Act, state: State
) -> None:
    put_into(row, state, clock)
    allowed, then = ALLOWED[act]
    if state in allowed:
        act(row, admin_user, clock)
        row.refresh_from_db()
        assert row.state == then
        assert row.ledger.reverse()[0].user == admin_user
        return
    with pytest.raises(NotAllowed) as refused:
        act(row, admin_user, clock)
    assert refused.value.text
    row.refresh_from_db()
    assert row.state == state
    assert not row.ledger.exists()


@pytest.mark.parametrize("act", [retry, it_is_out, drop, move], ids=lambda act: act.__name__)
def test_the_refusal_names_the_state_in_words(
    row: Publication, admin_user: User, clock: Clock, act: Act
) -> None:
    put_into(row, State.WITHDRAWN, clock)
    with pytest.raises(NotAllowed) as refused:
        act(row, admin_user, clock)
    assert str(row.get_state_display()) in refused.value.text


@pytest.mark.parametrize("act", [retry, drop], ids=lambda act: act.__name__)
def test_once_a_person_has_decided_nobody_looks_any_more(
    row: Publication, admin_user: User, clock: Clock, act: Act
) -> None:
    put_into(row, State.UNKNOWN, clock)
    act(row, admin_user, clock)
    row.refresh_from_db()
    assert row.look_at is None


def test_what_was_missed_goes_out_late_when_a_person_says_so(
    row: Publication, admin_user: User, clock: Clock
) -> None:
    Publication.objects.filter(pk=row.pk).update(not_after_at=clock() - timedelta(days=1))
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.MISSED
    retry(row, admin_user, clock)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED


def test_one_that_a_person_has_seen_keeps_the_address_and_the_time_of_its_mark(
    row: Publication, admin_user: User, clock: Clock
) -> None:
    put_into(row, State.UNKNOWN, clock)
    marked_at = clock() - timedelta(hours=2)
    Publication.objects.filter(pk=row.pk).update(marked_at=marked_at)
    it_is_out(row, admin_user, clock)
    row.refresh_from_db()
    assert row.remote_url == "https://www.facebook.com/1"
    assert row.published_at == marked_at


def test_a_moved_publication_goes_out_at_its_new_time_and_not_before(
    row: Publication, admin_user: User, clock: Clock
) -> None:
    move(row, admin_user, clock)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PLANNED
    assert row.moved_by_hand
    clock.forward(days=1)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED


def test_nothing_is_moved_into_the_past_or_past_its_end(
    row: Publication, admin_user: User, clock: Clock
) -> None:
    Publication.objects.filter(pk=row.pk).update(not_after_at=clock() + timedelta(days=2))
    for to in (clock() - timedelta(minutes=1), clock() + timedelta(days=3)):
        with pytest.raises(InvalidInput) as refused:
            publications.move(publication_id=row.pk, to=to, user=admin_user, now=clock())
        assert refused.value.field == "to"
    row.refresh_from_db()
    assert not row.moved_by_hand


def test_what_is_taken_down_is_gone_from_the_page(
    page: Destination, outside: World, admin_user: User, clock: Clock
) -> None:
    row = making.due_publication(page)
    tick(clock)
    assert len(outside.posts()) == 1
    take_down(row, admin_user, clock)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.WITHDRAWN
    assert outside.all_posts() == []
    assert row.ledger.reverse()[0].event == Attempt.Event.WITHDRAWN


def test_a_post_that_somebody_deleted_by_hand_can_be_taken_down_all_the_same(
    page: Destination, outside: World, admin_user: User, clock: Clock
) -> None:
    row = making.due_publication(page)
    tick(clock)
    outside.clear()
    take_down(row, admin_user, clock)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.WITHDRAWN


def test_an_entry_that_was_taken_down_is_shown_no_longer(
    row: Publication, admin_user: User, clock: Clock
) -> None:
    tick(clock)
    assert list(pages.out()) == [Item.objects.get()]
    take_down(row, admin_user, clock)
    assert list(pages.out()) == []


def test_a_mailing_cannot_be_taken_back(admin_user: User, clock: Clock) -> None:
    row = making.due_publication(making.newsletter().destination)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    with pytest.raises(NotAllowed):
        take_down(row, admin_user, clock)
