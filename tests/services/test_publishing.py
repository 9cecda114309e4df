"""Hand out, claim, mark, call, settle: each step is fenced, and each may be repeated."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import override_settings

from promo.errors import ConfigurationError, OutcomeUnknown
from promo.models import Attempt, Campaign, Destination, Item, Publication
from promo.models.publications import TRIES
from promo.protocol import Event, State
from promo.services import (
    channels,
    composing,
    destinations,
    ledger,
    looking,
    publications,
    publishing,
)
from promo.values import Receipt, Variant
from tests import making
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]


@pytest.fixture
def row(page: Destination) -> Publication:
    return making.due_publication(page)


def state(row: Publication) -> State:
    row.refresh_from_db()
    return State(row.state)


def claimed(row: Publication, clock: Clock) -> publishing.Claim:
    claim = publishing.claim(row.pk, now=clock())
    assert claim is not None
    return claim


def test_what_is_handed_out_is_not_handed_out_again_at_once(row: Publication, clock: Clock) -> None:
    assert publishing.hand_out(now=clock()) == [row.pk]
    assert publishing.hand_out(now=clock()) == []


def test_a_hint_that_brought_no_claim_is_given_again_after_a_while(
    row: Publication, clock: Clock
) -> None:
    publishing.hand_out(now=clock())
    assert publishing.hand_out(now=clock.forward(seconds=59)) == []
    assert publishing.hand_out(now=clock.forward(seconds=1)) == [row.pk]


def test_the_earliest_is_handed_out_first_and_never_more_than_the_limit(
    page: Destination, clock: Clock
) -> None:
    rows = [making.due_publication(page, title=f"Spotkanie nr {number}") for number in range(3)]
    assert publishing.hand_out(now=clock(), limit=2) == [rows[0].pk, rows[1].pk]
    assert publishing.hand_out(now=clock(), limit=2) == [rows[2].pk]


def test_neither_what_is_held_nor_what_is_not_due_is_handed_out(
    page: Destination, clock: Clock
) -> None:
    held, later = (making.due_publication(page, title=title) for title in ("Wstrzymane", "Później"))
    Publication.objects.filter(pk=held.pk).update(held=True)
    Publication.objects.filter(pk=later.pk).update(due_at=clock() + timedelta(seconds=1))
    assert publishing.hand_out(now=clock()) == []
    assert publishing.claim(held.pk, now=clock()) is None
    assert publishing.claim(later.pk, now=clock()) is None


def test_a_publication_is_claimed_by_one_worker_only(row: Publication, clock: Clock) -> None:
    first = claimed(row, clock)
    assert publishing.claim(row.pk, now=clock()) is None
    assert state(row) is State.CLAIMED
    assert row.token == first.token


def test_a_worker_whose_claim_was_taken_over_may_not_mark(row: Publication, clock: Clock) -> None:
    late = claimed(row, clock)
    clock.forward(minutes=6)
    looking.sweep(now=clock())
    fresh = claimed(row, clock)
    assert publishing.mark(late, now=clock()) is False
    assert state(row) is State.CLAIMED
    assert publishing.mark(fresh, now=clock()) is True


def test_a_worker_whose_lease_is_over_may_not_mark(row: Publication, clock: Clock) -> None:
    claim = claimed(row, clock)
    assert publishing.mark(claim, now=clock.forward(minutes=6)) is False
    assert row.ledger.count() == 0


def test_the_mark_is_written_into_the_ledger(row: Publication, clock: Clock) -> None:
    assert publishing.mark(claimed(row, clock), now=clock()) is True
    (line,) = row.ledger.all()
    assert (line.event, line.number, line.token) == (Attempt.Event.MARKED, 1, 1)
    assert line.digest == row.digest
    assert line.worker == ledger.worker_name()


def test_what_a_person_drops_after_the_claim_is_not_sent(
    row: Publication, clock: Clock, admin_user: User
) -> None:
    claim = claimed(row, clock)
    publications.drop(publication_id=row.pk, user=admin_user, now=clock())
    assert publishing.mark(claim, now=clock()) is False
    assert state(row) is State.CANCELLED


def test_what_is_paused_after_the_claim_is_not_sent_and_goes_out_after_the_pause(
    row: Publication, clock: Clock, outside: World
) -> None:
    claim = claimed(row, clock)
    destinations.pause(destination=row.destination, because="próba", now=clock())
    assert publishing.mark(claim, now=clock()) is False
    assert state(row) is State.PLANNED
    destinations.resume(destination=row.destination)
    tick(clock)
    assert state(row) is State.PUBLISHED
    assert len(outside.posts()) == 1


@pytest.mark.parametrize("campaign", [Campaign.State.PAUSED, Campaign.State.CANCELLED])
def test_what_belongs_to_a_campaign_that_does_not_run_is_not_sent(
    row: Publication, clock: Clock, campaign: Campaign.State
) -> None:
    row.campaign = Campaign.objects.create(name="Ferie", state=campaign)
    row.save()
    assert publishing.mark(claimed(row, clock), now=clock()) is False
    assert state(row) is State.PLANNED


def test_a_pause_in_the_last_moment_makes_no_poison_however_often(
    row: Publication, clock: Clock
) -> None:
    Item.objects.filter(publications=row).update(live=False)
    for _time in range(5):
        assert publishing.mark(claimed(row, clock), now=clock()) is False
    Item.objects.filter(publications=row).update(live=True)
    assert publishing.mark(claimed(row, clock), now=clock()) is True


def test_what_is_not_approved_any_more_is_not_sent(row: Publication, clock: Clock) -> None:
    Item.objects.filter(publications=row).update(live=False)
    assert publishing.mark(claimed(row, clock), now=clock()) is False


def test_what_came_too_late_is_missed(row: Publication, clock: Clock, outside: World) -> None:
    Publication.objects.filter(pk=row.pk).update(not_after_at=clock() - timedelta(seconds=1))
    publishing.publish(row.pk, clock=clock)
    assert state(row) is State.MISSED
    assert row.problem
    assert row.ledger.get().event == Attempt.Event.MISSED
    assert outside.calls() == []


def test_a_message_other_than_the_approved_one_is_refused(
    row: Publication, clock: Clock, outside: World
) -> None:
    changed = {**row.message_json, "text": row.message_json["text"] + " Zapraszamy!"}
    Publication.objects.filter(pk=row.pk).update(message_json=changed)
    publishing.publish(row.pk, clock=clock)
    assert state(row) is State.FAILED
    assert outside.calls() == []


def test_a_hundred_hints_for_one_publication_send_it_once(
    row: Publication, clock: Clock, outside: World
) -> None:
    for _hint in range(100):
        publishing.publish(row.pk, clock=clock)
    assert len(outside.posts()) == 1
    assert row.ledger.filter(event=Attempt.Event.MARKED).count() == 1


def test_a_hint_for_a_row_that_is_gone_does_nothing(clock: Clock) -> None:
    publishing.publish(4711, clock=clock)
    looking.look(4711, clock=clock)


def test_a_worker_that_slept_after_its_mark_does_not_send(
    row: Publication, clock: Clock, outside: World
) -> None:
    """It could be that the sweep and another worker have passed it meanwhile."""
    moments = [clock(), clock(), clock() + timedelta(seconds=1), clock() + timedelta(seconds=22)]
    asked = iter(moments)
    publishing.publish(row.pk, clock=lambda: next(asked))
    assert state(row) is State.SENDING
    assert outside.calls() == []


def test_a_call_that_could_outlive_its_lease_is_not_begun(
    row: Publication, clock: Clock, outside: World
) -> None:
    short = {"PROMO_LEASE": timedelta(seconds=10), "PROMO_LONGEST_CALL": timedelta(seconds=8)}
    asked = iter([clock(), clock(), clock(), clock() + timedelta(seconds=3)])
    with override_settings(**short):
        publishing.publish(row.pk, clock=lambda: next(asked))
    assert state(row) is State.SENDING
    assert outside.calls() == []


def test_a_dead_claim_is_due_again(row: Publication, clock: Clock) -> None:
    claimed(row, clock)
    looking.sweep(now=clock.forward(seconds=299))
    assert state(row) is State.CLAIMED
    looking.sweep(now=clock.forward(seconds=1))
    assert state(row) is State.PLANNED
    assert publishing.hand_out(now=clock()) == [row.pk]


def test_a_dead_sender_leaves_an_unknown_outcome_that_is_looked_for(
    row: Publication, clock: Clock
) -> None:
    publishing.mark(claimed(row, clock), now=clock())
    looking.sweep(now=clock.forward(minutes=5))
    assert state(row) is State.UNKNOWN
    assert row.look_at is not None
    assert row.look_at > clock()
    assert publishing.hand_out(now=clock()) == []
    assert row.ledger.reverse()[0].event == Attempt.Event.LOST


def test_on_our_own_ground_a_dead_sender_is_simply_repeated(
    website: Destination, clock: Clock
) -> None:
    row = making.due_publication(website)
    publishing.mark(claimed(row, clock), now=clock())
    clock.forward(minutes=5)
    tick(clock)
    assert state(row) is State.PUBLISHED


def test_three_workers_that_die_while_preparing_make_a_poison_that_a_person_sees(
    row: Publication, clock: Clock, admin_user: User, outside: World
) -> None:
    for _death in range(3):
        claimed(row, clock)
        looking.sweep(now=clock.forward(minutes=6))
    assert publishing.claim(row.pk, now=clock()) is None
    assert state(row) is State.FAILED
    assert row.problem
    publications.retry(publication_id=row.pk, user=admin_user, now=clock())
    tick(clock)
    assert state(row) is State.PUBLISHED
    assert len(outside.posts()) == 1


def test_a_sender_that_dies_every_time_is_left_to_a_person_in_the_end(
    website: Destination, clock: Clock
) -> None:
    row = making.due_publication(website)
    for _death in range(TRIES):
        publishing.mark(claimed(row, clock), now=clock())
        looking.sweep(now=clock.forward(minutes=6))
    assert state(row) is State.UNKNOWN
    assert publishing.hand_out(now=clock()) == []


def test_evidence_from_a_worker_whose_lease_is_long_over_is_taken(
    row: Publication, clock: Clock
) -> None:
    publishing.mark(claimed(row, clock), now=clock())
    looking.sweep(now=clock.forward(minutes=6))
    receipt = Receipt("1_2", "https://example.org/1_2")
    assert looking.settle(row.pk, receipt, event=Event.RECEIPT, now=clock()) is True
    assert state(row) is State.PUBLISHED
    assert (row.remote_id, row.published_at) == ("1_2", clock())
    assert looking.settle(row.pk, receipt, event=Event.RECEIPT, now=clock()) is False


def test_a_late_error_of_a_worker_that_lost_its_claim_changes_nothing(
    row: Publication, clock: Clock
) -> None:
    claim = claimed(row, clock)
    publishing.mark(claim, now=clock())
    looking.sweep(now=clock.forward(minutes=6))
    channel = channels.channel_for(row.destination)
    row.refresh_from_db()
    lines = row.ledger.count()
    error = OutcomeUnknown("zgubiona odpowiedź")
    publishing.settle_error(row, claim, error, channel=channel, now=clock())
    assert row.ledger.count() == lines


def test_a_destination_that_is_not_set_up_fails_in_words(
    row: Publication, clock: Clock, outside: World
) -> None:
    row.destination.seal({})
    row.destination.save()
    publishing.publish(row.pk, clock=clock)
    assert state(row) is State.FAILED
    assert row.destination.name in row.problem
    assert outside.calls() == []


def test_what_a_channel_cannot_do_for_want_of_a_setting_fails_in_words_and_is_never_unknown(
    clock: Clock, outside: World
) -> None:
    row = making.due_publication(destinations.create(channel="newsletter_email", name="Osierocony"))
    publishing.publish(row.pk, clock=clock)
    assert state(row) == State.FAILED
    assert row.problem


def test_a_message_that_was_put_off_past_midnight_is_composed_anew(
    row: Publication, clock: Clock, outside: World
) -> None:
    row.variant = Variant.REMINDER.value
    composing.recompose(row)
    row.save()
    before = row.digest
    item = row.item
    assert item is not None
    assert item.starts_at is not None
    clock.at = item.starts_at - timedelta(days=1)
    publishing.publish(row.pk, clock=clock)
    assert state(row) is State.PUBLISHED
    assert row.digest != before
    (post,) = outside.posts()
    assert post["text"] == row.message.text
    assert "jutro" in post["text"].lower()


@pytest.mark.parametrize(
    "settings",
    [
        {"PROMO_LEASE": timedelta(seconds=60), "PROMO_LONGEST_CALL": timedelta(seconds=60)},
        {"PROMO_LEASE": timedelta(seconds=300), "PROMO_QUIET_PERIOD": timedelta(seconds=299)},
    ],
    ids=["lease shorter than a call", "quiet period shorter than the lease"],
)
def test_times_that_would_break_the_protocol_are_refused_at_the_start(
    settings: dict[str, timedelta],
) -> None:
    channels.check_deadlines()
    with override_settings(**settings), pytest.raises(ConfigurationError):
        channels.check_deadlines()
