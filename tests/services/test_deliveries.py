"""A mailing: one delivery for each reader, each mailed once; the mailboxes are the witness."""

from __future__ import annotations

import socket
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.test import override_settings

from promo.models import Delivery, Publication, Subscriber, Suppression
from promo.protocol import State
from promo.services import deliveries, destinations, subscribers, tokens
from tests import making
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]

READERS = 5
Standing = Delivery.State


@pytest.fixture
def mailing(outside: World, clock: Clock) -> Publication:
    """A mailing to five readers that has been started, and nobody mailed yet."""
    row = making.due_publication(making.newsletter(READERS).destination)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    return row


def reader(number: int) -> Subscriber:
    return Subscriber.objects.get(email=f"czytelnik{number}@example.org")


def recipients(world: World) -> Counter[str]:
    """How many mails each mailbox holds."""
    return Counter(address for mail in world.mails(brief=1) for address in mail["to"])


def send(mailing: Publication, clock: Clock) -> None:
    deliveries.send(mailing.pk, clock=clock)


def test_every_active_reader_gets_one_mail(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    assert deliveries.hand_out(now=clock()) == [mailing.pk]
    send(mailing, clock)
    assert recipients(outside) == {f"czytelnik{number}@example.org": 1 for number in range(READERS)}
    assert deliveries.progress(mailing) == {Standing.ACCEPTED: READERS}
    assert deliveries.hand_out(now=clock()) == []


def test_a_mailing_under_way_is_not_hinted_at_every_second(
    mailing: Publication, clock: Clock
) -> None:
    assert deliveries.hand_out(now=clock()) == [mailing.pk]
    assert deliveries.hand_out(now=clock.forward(seconds=1)) == []
    assert deliveries.hand_out(now=clock.forward(seconds=60)) == [mailing.pk], "its hint was lost"


def test_a_task_whose_time_is_over_gives_back_what_it_has_claimed(
    mailing: Publication, clock: Clock
) -> None:
    def slow() -> datetime:
        accepted = mailing.deliveries.filter(state=Standing.ACCEPTED).count()
        return clock() + deliveries.BUDGET * (accepted >= 2)

    deliveries.send(mailing.pk, clock=slow)
    assert deliveries.progress(mailing) == {Standing.ACCEPTED: 2, Standing.DUE: READERS - 2}
    assert deliveries.hand_out(now=clock()) == [mailing.pk], "the next task goes on at once"


def test_every_mail_has_a_message_id_and_a_way_out_of_its_own(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    send(mailing, clock)
    mails = outside.mails()
    assert len({mail["message_id"] for mail in mails}) == READERS
    for mail in mails:
        row = Delivery.objects.get(subscriber__email=mail["to"][0])
        assert tokens.link("unsubscribe", tokens.DELIVERY, row.uuid) in mail["text"]


def test_starting_twice_adds_nobody_twice(mailing: Publication, clock: Clock) -> None:
    deliveries.start(destination=mailing.destination, key=mailing.marker, now=clock())
    assert mailing.deliveries.count() == READERS


def test_sending_again_sends_nothing_again(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    for _time in range(3):
        send(mailing, clock)
        deliveries.sweep(now=clock.forward(hours=1))
    assert set(recipients(outside).values()) == {1}


def test_who_comes_later_is_not_part_of_it(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    making.newsletter(READERS + 1)
    send(mailing, clock)
    assert len(recipients(outside)) == READERS


def test_who_leaves_between_start_and_mail_is_skipped(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    newsletter = mailing.destination.newsletter
    subscribers.leave(subscriber=reader(0), newsletter=newsletter, source="test", now=clock())
    subscribers.erase(subscriber=reader(1), now=clock())
    Suppression.objects.create(
        address_hash=tokens.address_hash("czytelnik2@example.org"), reason="bounce", at=clock()
    )
    send(mailing, clock)
    assert set(recipients(outside)) == {"czytelnik3@example.org", "czytelnik4@example.org"}
    assert deliveries.progress(mailing) == {Standing.SKIPPED: 3, Standing.ACCEPTED: 2}


def test_a_reader_whose_server_asks_for_patience_gets_the_mail_later(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    rule = {"stage": "RCPT", "code": 450, "match_to": "czytelnik1@", "times": 1}
    outside.fault(fault="smtp_refuse", **rule)
    send(mailing, clock)
    assert deliveries.progress(mailing) == {Standing.DUE: 1, Standing.ACCEPTED: 4}
    assert deliveries.hand_out(now=clock()) == []
    clock.forward(seconds=30)
    assert deliveries.hand_out(now=clock()) == [mailing.pk]
    send(mailing, clock)
    assert deliveries.progress(mailing) == {Standing.ACCEPTED: READERS}
    assert set(recipients(outside).values()) == {1}


def test_a_reader_whose_server_never_takes_the_mail_is_given_up_in_the_end(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    outside.fault(fault="smtp_refuse", stage="RCPT", code=450, match_to="czytelnik1@")
    for _time in range(len(deliveries.BACKOFF) + 1):
        send(mailing, clock)
        clock.forward(days=2)
    assert deliveries.progress(mailing) == {Standing.GIVEN_UP: 1, Standing.ACCEPTED: 4}
    assert deliveries.hand_out(now=clock()) == []


@pytest.mark.parametrize("stage", ["RCPT", "DOT"])
def test_a_reader_whose_server_refuses_for_good_is_not_tried_again(
    mailing: Publication, clock: Clock, outside: World, stage: str
) -> None:
    rule: dict[str, object] = {"match_to": "czytelnik1@"} if stage == "RCPT" else {"times": 1}
    outside.fault(fault="smtp_refuse", stage=stage, code=550, **rule)
    send(mailing, clock)
    clock.forward(days=2)
    assert deliveries.hand_out(now=clock()) == []
    assert deliveries.progress(mailing) == {Standing.REFUSED: 1, Standing.ACCEPTED: 4}
    assert "550" in Delivery.objects.get(state=Standing.REFUSED).reply


@pytest.mark.parametrize("taken", [True, False])
def test_a_lost_last_answer_is_unknown_and_no_timer_sends_it_again(
    mailing: Publication, clock: Clock, outside: World, *, taken: bool
) -> None:
    outside.fault(fault="smtp_drop", stage="DOT", accepted=taken, times=1)
    send(mailing, clock)
    assert deliveries.progress(mailing) == {Standing.UNKNOWN: 1, Standing.ACCEPTED: 4}
    deliveries.sweep(now=clock.forward(days=2))
    send(mailing, clock)
    assert len(outside.mails(brief=1)) == (READERS if taken else READERS - 1)
    assert set(recipients(outside).values()) == {1}


def test_a_person_decides_about_the_unknown(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    outside.fault(fault="smtp_drop", stage="DOT", accepted=False, times=2)
    send(mailing, clock)
    unknown = Delivery.objects.filter(state=Standing.UNKNOWN)
    assert unknown.count() == 2
    settled = deliveries.decide_unknown(publication=mailing, send_again=True, now=clock())
    assert settled == 2
    send(mailing, clock)
    assert recipients(outside) == {f"czytelnik{number}@example.org": 1 for number in range(READERS)}
    assert deliveries.decide_unknown(publication=mailing, send_again=False, now=clock()) == 0


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_relay_that_breaks_off_before_the_dot_costs_nobody_the_mail_and_doubles_none(
    mailing: Publication, clock: Clock, outside: World, stage: str
) -> None:
    outside.fault(fault="smtp_drop", stage=stage, times=2)
    for _time in range(4):
        send(mailing, clock)
        clock.forward(hours=1)
    assert deliveries.progress(mailing) == {Standing.ACCEPTED: READERS}
    assert recipients(outside) == {f"czytelnik{number}@example.org": 1 for number in range(READERS)}


def test_a_relay_that_breaks_off_in_the_body_doubles_nobody_and_loses_nobody_silently(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    """Whether we notice before our final dot is chance; if not, nobody can know."""
    outside.fault(fault="smtp_drop", stage="BODY", times=2)
    for _time in range(4):
        send(mailing, clock)
        clock.forward(hours=1)
    progress = deliveries.progress(mailing)
    assert sum(progress.values()) == READERS
    assert set(progress) <= {Standing.ACCEPTED, Standing.UNKNOWN}
    assert set(recipients(outside).values()) == {1}
    assert len(recipients(outside)) == progress[Standing.ACCEPTED]


def test_a_relay_that_is_gone_leaves_everybody_due(mailing: Publication, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with override_settings(EMAIL_URL=f"smtp://127.0.0.1:{port}"):
        send(mailing, clock)
    assert deliveries.progress(mailing) == {Standing.DUE: READERS}


def test_a_dead_workers_batch_is_taken_over_and_only_what_was_on_the_wire_is_unknown(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    dead = clock() + timedelta(minutes=1)
    rows = list(mailing.deliveries.order_by("id"))
    mailing.deliveries.update(state=Standing.CLAIMED, lease_until_at=dead)
    Delivery.objects.filter(pk=rows[0].pk).update(state=Standing.SENDING, attempts=1)
    deliveries.sweep(now=dead - timedelta(seconds=1))
    assert deliveries.progress(mailing) == {Standing.CLAIMED: 4, Standing.SENDING: 1}
    deliveries.sweep(now=dead)
    assert deliveries.progress(mailing) == {Standing.DUE: 4, Standing.UNKNOWN: 1}
    send(mailing, clock)
    assert len(recipients(outside)) == 4
    assert rows[0].subscriber is not None
    assert rows[0].subscriber.email not in recipients(outside)


def test_an_answer_that_came_after_the_lease_settles_what_had_become_unknown(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    """A relay may take ten minutes for its last answer; the sweep does not wait for it."""

    def late() -> datetime:
        if mailing.deliveries.filter(state=Standing.SENDING).exists():
            deliveries.sweep(now=clock.forward(minutes=16))
        return clock()

    deliveries.send(mailing.pk, clock=late)
    assert deliveries.progress(mailing) == {Standing.ACCEPTED: 1, Standing.DUE: READERS - 1}
    send(mailing, clock)
    assert recipients(outside) == {f"czytelnik{number}@example.org": 1 for number in range(READERS)}


def test_a_paused_newsletter_mails_nobody(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    destinations.pause(destination=mailing.destination, because="próba", now=clock())
    assert deliveries.hand_out(now=clock()) == []
    send(mailing, clock)
    assert recipients(outside) == Counter()
    destinations.resume(destination=mailing.destination)
    send(mailing, clock)
    assert len(recipients(outside)) == READERS


def test_the_equation_closes_whatever_happened(
    mailing: Publication, clock: Clock, outside: World
) -> None:
    subscribers.erase(subscriber=reader(0), now=clock())
    outside.fault(fault="smtp_refuse", stage="RCPT", code=550, match_to="czytelnik1@")
    outside.fault(fault="smtp_refuse", stage="RCPT", code=450, match_to="czytelnik2@")
    outside.fault(fault="smtp_drop", stage="DOT", times=1)
    for _time in range(len(deliveries.BACKOFF) + 1):
        send(mailing, clock)
        clock.forward(days=2)
    deliveries.decide_unknown(publication=mailing, send_again=False, now=clock())
    progress = deliveries.progress(mailing)
    final = {Standing.ACCEPTED, Standing.REFUSED, Standing.SKIPPED, Standing.GIVEN_UP}
    assert set(progress) == final
    assert sum(progress.values()) == READERS
    assert progress[Standing.ACCEPTED] == len(recipients(outside)) - 1, "one was taken, unanswered"
