"""The stop of everything: nothing leaves while it stands, and what waited is looked through."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from promo.errors import InvalidInput, NotAllowed
from promo.models import Batch, Halt, Item, Mailing, Publication
from promo.planning.waited import Sense
from promo.protocol import State
from promo.services import (
    approvals,
    batches,
    confirmations,
    halts,
    mailings,
    own_data,
    publishing,
    releases,
    subscribers,
)
from promo.services.releases import Choice
from tests import making
from tests.driving import Clock
from tests.services import comparing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    making.installation()


@pytest.fixture
def ewa() -> User:
    return User.objects.create_user("ewa")


@pytest.fixture
def due() -> Publication:
    """A website entry that is due now."""
    from promo.models import Destination  # noqa: PLC0415  (beside its only use)

    return making.due_publication(Destination.objects.get(channel="website"))


def stop(user: User) -> Halt:
    return halts.begin(because="Żałoba w mieście", user=user, now=timezone.now())


def test_a_stop_has_a_reason_and_stands_alone(ewa: User) -> None:
    with pytest.raises(InvalidInput):
        halts.begin(because="  ", user=ewa, now=timezone.now())
    stop(ewa)
    with pytest.raises(NotAllowed):
        stop(ewa)
    standing = halts.standing()
    assert standing is not None
    assert (standing.began_by, standing.because) == (ewa, "Żałoba w mieście")


def test_while_everything_is_stopped_the_tick_hands_nothing_out(
    ewa: User, due: Publication
) -> None:
    now = timezone.now()
    stop(ewa)
    assert publishing.hand_out(now=now) == []
    assert publishing.claim(due.pk, now=now) is None
    releases.release(choices={due.pk: Choice.NOW}, paused=frozenset(), user=ewa, now=now)
    assert publishing.hand_out(now=now) == [due.pk]


def test_a_stop_between_claim_and_mark_keeps_it_from_leaving(ewa: User, due: Publication) -> None:
    now = timezone.now()
    claimed = publishing.claim(due.pk, now=now)
    assert claimed is not None
    stop(ewa)
    assert not publishing.mark(claimed, now=now)
    due.refresh_from_db()
    assert (due.state, due.attempts, due.claims) == (State.PLANNED, 0, 0)


def test_a_running_mailing_stops_at_its_next_window_and_goes_on_after_the_release(
    ewa: User,
) -> None:
    mailing = comparing.start(comparing.issue(6, second=""))
    now = comparing.START + timedelta(minutes=1)
    claimed = batches.claim(mailing.pk, now=now)
    assert claimed is not None
    assert len(batches.mark(claimed, most=2, now=now)) == 2
    stop(ewa)
    assert batches.mark(claimed, most=2, now=now) == []
    assert not batches.may_go_on(claimed)
    batches.release(claimed, due_at=now)
    assert batches.claim(mailing.pk, now=now) is None
    assert mailings.hand_out(now=now) == []
    releases.release(choices={}, paused=frozenset(), user=ewa, now=now)
    assert set(mailings.hand_out(now=now)) == {mailing.pk}
    assert Batch.objects.filter(mailing=mailing, state=Batch.State.READY).exists()


def test_a_mailing_may_stay_paused_at_the_release(ewa: User) -> None:
    mailing = comparing.start(comparing.issue(2, second=""))
    stop(ewa)
    releases.release(choices={}, paused=frozenset({mailing.pk}), user=ewa, now=timezone.now())
    assert Mailing.objects.get(pk=mailing.pk).state == Mailing.State.PAUSED


def test_an_entry_on_the_website_changes_only_after_the_release(
    ewa: User, due: Publication
) -> None:
    publishing.publish(due.pk, clock=Clock(timezone.now()))
    due.refresh_from_db()
    assert due.state == State.PUBLISHED
    stop(ewa)
    item = due.item
    assert item is not None
    item.title = "Zupełnie inny tytuł"
    approvals.approve(content=item)
    due.refresh_from_db()
    assert "Zupełnie inny" not in due.message.html
    releases.release(choices={}, paused=frozenset(), user=ewa, now=timezone.now())
    due.refresh_from_db()
    assert "Zupełnie inny" in due.message.html + due.message.subject


def read(client: Client, item: Item) -> list[str]:
    """What a visitor reads of the item: its page, the agenda, a feed and its calendar file."""
    paths = (item.path, "/", "/feeds/rss.xml", f"/items/{item.uuid}/calendar.ics")
    answers = [client.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.content.decode() for answer in answers]


def test_visitors_read_what_was_approved_before_the_stop(
    ewa: User, due: Publication, client: Client
) -> None:
    publishing.publish(due.pk, clock=Clock(timezone.now()))
    item = due.item
    assert item is not None
    approvals.approve(content=item)
    stop(ewa)
    before = read(client, item)
    assert all("Żółkiewską" in text for text in before)
    item.title, item.venue = "Zupełnie inny tytuł", "Sala kominkowa"
    approvals.approve(content=item)
    during = read(client, Item.objects.get(pk=item.pk))
    assert all("Żółkiewską" in text for text in during)
    assert not any("Zupełnie inny" in text or "Sala kominkowa" in text for text in during)
    releases.release(choices={}, paused=frozenset(), user=ewa, now=timezone.now())
    after = read(client, Item.objects.get(pk=item.pk))
    assert all("Zupełnie inny" in text for text in after)


def test_what_is_taken_down_goes_at_once_all_the_same(
    ewa: User, due: Publication, client: Client
) -> None:
    publishing.publish(due.pk, clock=Clock(timezone.now()))
    item = due.item
    assert item is not None
    stop(ewa)
    assert client.get(item.path).status_code == 200
    item.unpublish()
    assert client.get(item.path).status_code == 404


def test_whoever_signs_up_or_asks_for_their_data_gets_an_answer(ewa: User) -> None:
    now = timezone.now()
    (row,) = subscribers.sign_up(
        email="zofia@example.org",
        name="",
        newsletter=making.newsletter(),
        language="pl",
        wording="zgoda",
        source="test",
        ip=None,
        now=now,
    )
    own_data.ask(subscriber=row.subscriber, now=now)
    stop(ewa)
    assert confirmations.due(now=now) == [row.pk]
    assert own_data.due(now=now) == [row.subscriber.data_requests.get().pk]


def test_what_waited_is_advised_on_and_the_late_is_to_be_dropped(
    ewa: User, due: Publication
) -> None:
    begun = making.due_publication(due.destination, title="Zaczęło się")
    now = timezone.now()
    past = now - timedelta(minutes=1)
    item = begun.item
    assert item is not None
    type(item).objects.filter(pk=item.pk).update(starts_at=past)
    Publication.objects.filter(pk=begun.pk).update(not_after_at=past)
    stop(ewa)
    now = timezone.now()
    found = {one.publication.pk: one for one in releases.waited(now=now)}
    assert (found[due.pk].sense, found[due.pk].advice) == (Sense.STILL, Choice.NEXT)
    assert (found[begun.pk].sense, found[begun.pk].advice) == (Sense.BEGUN, Choice.DROP)
    counts = releases.release(choices={}, paused=frozenset(), user=ewa, now=now)
    assert counts == {Choice.NOW: 0, Choice.NEXT: 1, Choice.DROP: 1}
    begun.refresh_from_db()
    due.refresh_from_db()
    assert begun.state == State.CANCELLED
    assert (due.state, due.planned_at >= now) == (State.PLANNED, True)
    assert due.message.digest == due.digest
    halt = Halt.objects.get()
    assert (halt.ended_by, halt.ended_at) == (ewa, now)
    with pytest.raises(NotAllowed):
        releases.release(choices={}, paused=frozenset(), user=ewa, now=now)


def test_the_tick_still_reads_its_own_small_index(due: Publication) -> None:
    now = timezone.now()
    making.crowd(
        making.item(title="Z dawnych lat"),
        due.destination,
        count=2000,
        every=timedelta(hours=-1),
        state=State.PUBLISHED.value,
        published_at=now,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE promo_publication")

    rows = publishing.due(now).order_by("due_at", "id")

    assert "publication_due" in rows.explain()
    assert list(rows) == [due]


def test_armed_posts_are_named_for_whoever_disarms_them(due: Publication) -> None:
    assert list(halts.armed()) == []
    Publication.objects.filter(pk=due.pk).update(state=State.ARMED)
    assert list(halts.armed()) == [due]
