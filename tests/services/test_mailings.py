"""A mailing: one delivery for each reader, each mailed once; the mailboxes are the witness."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from promo.errors import NotAllowed
from promo.mailing.codes import Purpose, codes_of
from promo.mailing.conversation import Outcome, Outgoing, Verdict
from promo.mailing.journal import Journal, records
from promo.mailing.replies import Phase
from promo.models import Batch, Delivery, DeliveryEvent, Mailing, Subscriber, Suppression
from promo.protocol import State
from promo.services import (
    batches,
    clerk,
    destinations,
    mailings,
    sending,
    settling,
    subscribers,
)
from promo.services.facts import absolute
from promo.vault import address_hash
from tests import making
from tests.driving import Clock, tick
from tests.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("rehearsal")]

READERS = 5
EVERYBODY = {f"czytelnik{number}@example.org": 1 for number in range(READERS)}


@pytest.fixture
def mailing(outside: World, clock: Clock) -> Mailing:
    """A mailing to five readers that has been started, and nobody mailed yet."""
    row = making.due_publication(making.newsletter(READERS).destination)
    tick(clock)
    row.refresh_from_db()
    assert row.state == State.PUBLISHED
    return row.mailing


def reader(number: int) -> Subscriber:
    return Subscriber.objects.get(email=f"czytelnik{number}@example.org")


def recipients(world: World) -> Counter[str]:
    """How many mails each mailbox holds."""
    return Counter(address for mail in world.mails(brief=1) for address in mail["to"])


def send(mailing: Mailing, clock: Clock) -> None:
    sending.send(mailing.pk, clock=clock)


def counts(mailing: Mailing) -> dict[str, int]:
    """Where the readers stand, told twice: by the counters and by the ledger itself."""
    told = {key: count for key, count in mailings.progress(mailing).items() if count}
    ledger = {
        Delivery.State(state).name.lower(): n for state, n in mailings.standing(mailing).items()
    }
    assert told == ledger
    assert sum(told.values()) == mailing.readers
    return told


def test_every_active_reader_gets_one_mail(mailing: Mailing, clock: Clock, outside: World) -> None:
    assert mailings.hand_out(now=clock()) == [mailing.pk]
    send(mailing, clock)
    assert recipients(outside) == EVERYBODY
    assert counts(mailing) == {"accepted": READERS}
    assert mailings.hand_out(now=clock()) == []
    mailing.refresh_from_db()
    assert (mailing.state, mailing.finished_at) == (Mailing.State.FINISHED, clock())


def test_a_newsletter_without_readers_is_finished_at_once(outside: World, clock: Clock) -> None:
    row = making.due_publication(making.newsletter().destination)
    tick(clock)
    assert Mailing.objects.get(publication=row).state == Mailing.State.FINISHED


def test_a_mailing_under_way_is_not_hinted_at_every_second(mailing: Mailing, clock: Clock) -> None:
    assert mailings.hand_out(now=clock()) == [mailing.pk]
    assert mailings.hand_out(now=clock.forward(seconds=1)) == []
    assert mailings.hand_out(now=clock.forward(seconds=60)) == [mailing.pk], "its hint was lost"


def test_a_mailing_whose_last_worker_died_after_the_last_answer_is_over(
    mailing: Mailing, clock: Clock
) -> None:
    send(mailing, clock)
    Mailing.objects.filter(id=mailing.id).update(state=Mailing.State.RUNNING, finished_at=None)
    mailings.sweep(now=clock())
    mailing.refresh_from_db()
    assert (mailing.state, mailing.finished_at) == (Mailing.State.FINISHED, clock())


def test_a_run_whose_time_is_over_gives_back_what_it_has_claimed(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    clerk_begins = clock()
    times = iter([clerk_begins])
    sending.send(mailing.pk, clock=lambda: next(times, clerk_begins + clerk.BUDGET))
    assert counts(mailing) == {"due": READERS}
    assert mailings.hand_out(now=clock()) == [mailing.pk], "the next task goes on at once"
    send(mailing, clock)
    assert recipients(outside) == EVERYBODY


def test_every_mail_has_a_message_id_and_a_way_out_of_its_own(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    send(mailing, clock)
    mails = outside.mails()
    assert len({mail["message_id"] for mail in mails}) == READERS
    for mail in mails:
        row = Delivery.objects.get(subscriber__email=mail["to"][0])
        codes = codes_of(row.pk, key=mailings.keys()[0])
        assert absolute(f"/unsubscribe/{codes.unsubscribe}/") in mail["text"]
        assert absolute(f"/preferences/{codes.preferences}/") in mail["text"]
        found = mailings.delivery_of(Purpose.UNSUBSCRIBE, codes.unsubscribe)
        assert found == row
        assert mailings.delivery_of(Purpose.PREFERENCES, codes.unsubscribe) is None


def test_starting_twice_adds_nobody_twice(mailing: Mailing, clock: Clock) -> None:
    publication = mailing.publication
    mailings.start(destination=publication.destination, key=publication.marker, now=clock())
    assert Delivery.objects.count() == READERS


def test_two_who_start_it_at_the_same_instant_start_it_once(outside: World, clock: Clock) -> None:
    destination = making.newsletter(READERS).destination
    key = making.due_publication(destination).marker
    together = threading.Barrier(2)

    def start() -> None:
        together.wait()
        mailings.start(destination=destination, key=key, now=clock())
        connection.close()

    threads = [threading.Thread(target=start) for _twice in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Mailing.objects.count() == 1
    assert Delivery.objects.count() == READERS


def test_sending_again_sends_nothing_again(mailing: Mailing, clock: Clock, outside: World) -> None:
    for _time in range(3):
        send(mailing, clock)
        mailings.sweep(now=clock.forward(hours=1))
    assert recipients(outside) == EVERYBODY


def test_who_comes_later_is_not_part_of_it(mailing: Mailing, clock: Clock, outside: World) -> None:
    making.newsletter(READERS + 1)
    send(mailing, clock)
    assert recipients(outside) == EVERYBODY


def test_who_leaves_between_start_and_mail_is_skipped(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    subscribers.leave(
        subscriber=reader(0), newsletter=mailing.newsletter, source="test", now=clock()
    )
    subscribers.erase(subscriber=reader(1), now=clock())
    Suppression.objects.create(
        address_hash=address_hash("czytelnik2@example.org"), reason="bounce", at=clock()
    )
    send(mailing, clock)
    assert set(recipients(outside)) == {"czytelnik3@example.org", "czytelnik4@example.org"}
    assert counts(mailing) == {"skipped": 3, "accepted": 2}


def test_an_address_nobody_can_write_to_stops_nobody_else(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    Subscriber.objects.filter(pk=reader(2).pk).update(email='"zły adres"@example.org')
    send(mailing, clock)
    assert counts(mailing) == {"refused": 1, "accepted": READERS - 1}
    event = DeliveryEvent.objects.get()
    assert (event.kind, event.category) == ("refused", "address")


def test_a_reader_whose_server_asks_for_patience_gets_the_mail_later(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    rule = {"stage": "RCPT", "code": 450, "match_to": "czytelnik1@", "times": 1}
    outside.fault(fault="smtp_refuse", **rule)
    send(mailing, clock)
    assert counts(mailing) == {"due": 1, "accepted": 4}
    assert mailings.hand_out(now=clock()) == []
    clock.forward(seconds=30)
    assert mailings.hand_out(now=clock()) == [mailing.pk]
    send(mailing, clock)
    assert counts(mailing) == {"accepted": READERS}
    assert recipients(outside) == EVERYBODY


def test_a_reader_whose_server_never_takes_the_mail_is_given_up_in_the_end(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    outside.fault(fault="smtp_refuse", stage="RCPT", code=450, match_to="czytelnik1@")
    waits = []
    for _time in range(len(settings.PROMO_MAIL_WAITS) + 1):
        send(mailing, clock)
        due = Batch.objects.filter(state=Batch.State.READY).values_list("due_at", flat=True)
        waits += [at - clock() for at in due]
        clock.forward(days=2)
    assert waits == settings.PROMO_MAIL_WAITS
    assert counts(mailing) == {"given_up": 1, "accepted": 4}
    assert mailings.hand_out(now=clock()) == []
    assert Delivery.objects.get(state=Delivery.State.GIVEN_UP).attempts == len(waits) + 1


@pytest.mark.parametrize("stage", ["RCPT", "DOT"])
def test_a_reader_whose_server_refuses_for_good_is_not_tried_again(
    mailing: Mailing, clock: Clock, outside: World, stage: str
) -> None:
    rule: dict[str, object] = {"match_to": "czytelnik1@"} if stage == "RCPT" else {"times": 1}
    outside.fault(fault="smtp_refuse", stage=stage, code=550, message="5.1.1 unknown", **rule)
    send(mailing, clock)
    clock.forward(days=2)
    assert mailings.hand_out(now=clock()) == []
    assert counts(mailing) == {"refused": 1, "accepted": 4}
    event = DeliveryEvent.objects.get()
    assert (event.kind, event.category) == ("refused", "address")
    assert (event.code, event.enhanced) == (550, "5.1.1")


@pytest.mark.parametrize("taken", [True, False])
def test_a_lost_last_answer_is_unknown_and_no_timer_sends_it_again(
    mailing: Mailing, clock: Clock, outside: World, *, taken: bool
) -> None:
    outside.fault(fault="smtp_drop", stage="DOT", accepted=taken, times=1)
    send(mailing, clock)
    assert counts(mailing) == {"unknown": 1, "accepted": 4}
    mailings.sweep(now=clock.forward(days=2))
    send(mailing, clock)
    assert len(outside.mails(brief=1)) == (READERS if taken else READERS - 1)
    assert set(recipients(outside).values()) == {1}
    assert [event.kind for event in DeliveryEvent.objects.all()] == ["unknown", "left"]


def test_a_newsletter_may_rather_send_twice_than_not_at_all(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    Mailing.objects.update(unknown_policy="send_again")
    outside.fault(fault="smtp_drop", stage="DOT", accepted=True, times=1)
    send(mailing, clock)
    send(mailing, clock)
    assert counts(mailing) == {"accepted": READERS}
    assert sorted(recipients(outside).values()) == [1, 1, 1, 1, 2]
    assert [event.kind for event in DeliveryEvent.objects.all()] == ["unknown", "sent_again"]
    ids = [mail["message_id"] for mail in outside.mails(brief=1)]
    assert len(set(ids)) == READERS, "the second copy can be told by its Message-ID"


def test_the_unknown_are_sent_to_again_where_a_person_says_so(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    outside.fault(fault="smtp_drop", stage="DOT", accepted=False, times=2)
    send(mailing, clock)
    assert counts(mailing) == {"unknown": 2, "accepted": 3}
    assert mailings.send_to_unknown_again(mailing=mailing, now=clock()) == 2
    send(mailing, clock)
    assert recipients(outside) == EVERYBODY
    assert counts(mailing) == {"accepted": READERS}
    assert mailings.send_to_unknown_again(mailing=mailing, now=clock()) == 0


def test_a_mailing_that_was_stopped_for_good_is_sent_to_nobody_again(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    outside.fault(fault="smtp_drop", stage="DOT", accepted=False, times=2)
    send(mailing, clock)
    Mailing.objects.update(state=Mailing.State.CANCELLED)
    with pytest.raises(NotAllowed):
        mailings.send_to_unknown_again(mailing=mailing, now=clock())
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.CANCELLED
    assert counts(mailing) == {"unknown": 2, "accepted": 3}


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_relay_that_breaks_off_before_the_dot_costs_nobody_the_mail_and_doubles_none(
    mailing: Mailing, clock: Clock, outside: World, stage: str
) -> None:
    outside.fault(fault="smtp_drop", stage=stage, times=2)
    for _time in range(4):
        send(mailing, clock)
        clock.forward(hours=1)
    assert counts(mailing) == {"accepted": READERS}
    assert recipients(outside) == EVERYBODY
    assert not DeliveryEvent.objects.exists(), "the readers are not to blame"


def test_a_relay_that_breaks_off_in_the_body_doubles_nobody_and_loses_nobody_silently(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    """Whether we notice before our final dot is chance; if not, nobody can know."""
    outside.fault(fault="smtp_drop", stage="BODY", times=2)
    for _time in range(4):
        send(mailing, clock)
        clock.forward(hours=1)
    told = counts(mailing)
    assert set(told) <= {"accepted", "unknown"}
    assert set(recipients(outside).values()) == {1}
    assert len(recipients(outside)) == told["accepted"]


def test_a_relay_that_is_gone_leaves_everybody_due(mailing: Mailing, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    began = clock()
    with override_settings(EMAIL_URL=f"smtp://127.0.0.1:{port}"):
        sending.send(mailing.pk, clock=lambda: clock.forward(seconds=1))
    assert counts(mailing) == {"due": READERS}
    assert Batch.objects.get().due_at > began
    mailing.refresh_from_db()
    assert mailing.problem


def test_a_relay_that_refuses_our_sender_pauses_the_mailing_and_blames_no_reader(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    outside.fault(fault="smtp_refuse", stage="MAIL", code=550, message="5.1.8 sender unknown")
    send(mailing, clock)
    assert counts(mailing) == {"due": READERS}
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.PAUSED
    assert "sender unknown" in mailing.problem
    outside.forget_faults()
    mailings.resume(mailing=mailing, now=clock())
    send(mailing, clock)
    assert recipients(outside) == EVERYBODY


def test_the_relays_limit_is_kept_and_the_rest_waits_for_its_time(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    limited = f"smtp://{outside.host}:{outside.smtp_port}/?limits=3/h&hello=limits.example.org"
    with override_settings(EMAIL_URL=limited):
        send(mailing, clock)
        assert counts(mailing) == {"accepted": 3, "due": 2}
        mailing.refresh_from_db()
        assert mailing.problem
        due = Batch.objects.get(state=Batch.State.READY).due_at
        assert timedelta(minutes=55) < due - clock() < timedelta(minutes=65)
        send(mailing, clock)
    assert len(recipients(outside)) == 3


def test_a_paused_mailing_mails_nobody_until_it_is_resumed(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    mailings.pause(mailing=mailing)
    assert mailings.hand_out(now=clock()) == []
    send(mailing, clock)
    assert recipients(outside) == Counter()
    with pytest.raises(NotAllowed):
        mailings.pause(mailing=mailing)
    mailings.resume(mailing=mailing, now=clock())
    assert mailings.hand_out(now=clock()) == [mailing.pk]
    send(mailing, clock)
    assert recipients(outside) == EVERYBODY


def test_a_cancelled_mailing_mails_nobody_and_says_how_many_it_spared(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    mailings.cancel(mailing=mailing, now=clock())
    send(mailing, clock)
    assert recipients(outside) == Counter()
    assert counts(mailing) == {"cancelled": READERS}
    with pytest.raises(NotAllowed):
        mailings.cancel(mailing=mailing, now=clock())


def test_a_paused_destination_mails_nobody(mailing: Mailing, clock: Clock, outside: World) -> None:
    destination = mailing.publication.destination
    destinations.pause(destination=destination, because="próba", now=clock())
    assert mailings.hand_out(now=clock()) == []
    send(mailing, clock)
    assert recipients(outside) == Counter()
    destinations.resume(destination=destination)
    send(mailing, clock)
    assert recipients(outside) == EVERYBODY


class DeadWorker:
    """What a worker leaves behind that was killed in the middle of a batch."""

    def __init__(self, mailing: Mailing, clock: Clock, *, proved: bool = True) -> None:
        self.journal = Journal(settings.REDIS_URL)
        claimed = batches.claim(mailing.pk, now=clock())
        assert claimed is not None
        self.claimed = claimed
        if proved:
            self.journal.begin(claimed.journal_key)
            batches.prove(claimed, run=self.journal.run)
        self.marked = batches.mark(claimed, most=3, now=clock())

    def heard(self, nth: int, *, phase: Phase, code: int, text: str) -> None:
        """The relay has refused the mail of the nth marked reader for good."""
        mail = Outgoing(self.marked[nth].delivery_id, "", "", b"")
        refusal = Outcome(mail, Verdict.REFUSED, phase, code, text)
        self.journal.write(self.claimed.journal_key, records([], [refusal]))
        self.journal.check()

    def wrote(self, *, begun: int, verdict: Verdict | None = None) -> None:
        """The mail of the nth marked reader left; the relay may have answered."""
        mail = Outgoing(self.marked[begun].delivery_id, "", "", b"")
        said = [Outcome(mail, verdict, Phase.DOT, 250)] if verdict else []
        self.journal.write(self.claimed.journal_key, records([mail], []))
        self.journal.write(self.claimed.journal_key, records([], said))
        self.journal.check()

    def found(self, clock: Clock) -> None:
        """Its lease is over."""
        self.journal.close()
        mailings.sweep(now=clock.forward(seconds=settings.PROMO_MAIL_LEASE.total_seconds()))

    def state(self, nth: int) -> Delivery.State:
        return Delivery.State(Delivery.objects.get(pk=self.marked[nth].delivery_id).state)


def test_what_only_a_dead_worker_has_heard_of_an_address_counts_as_if_it_lived(
    mailing: Mailing, clock: Clock
) -> None:
    dead = DeadWorker(mailing, clock)
    dead.heard(0, phase=Phase.RCPT, code=550, text="5.1.1 no such user")
    dead.heard(1, phase=Phase.DOT, code=554, text="5.7.1 not wanted")
    dead.found(clock)
    assert counts(mailing) == {"due": READERS - 2, "refused": 2}
    told = DeliveryEvent.objects.order_by("id")
    assert list(told.values_list("kind", "category", "code", "enhanced")) == [
        ("refused", "address", 550, "5.1.1"),
        ("refused", "policy", 554, "5.7.1"),
    ]
    blocked = list(Suppression.objects.values_list("address_hash", flat=True))
    assert blocked == [address_hash(dead.marked[0].email)]


def test_a_sender_that_only_a_dead_worker_knows_to_be_refused_costs_no_reader(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    dead = DeadWorker(mailing, clock)
    dead.heard(0, phase=Phase.MAIL, code=550, text="5.1.8 bad sender")
    dead.found(clock)
    assert counts(mailing) == {"due": READERS}
    assert not DeliveryEvent.objects.exists()
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.PAUSED, "it waits for a person, as it would have"
    assert "550 5.1.8" in mailing.problem
    mailings.resume(mailing=mailing, now=clock())
    send(mailing, clock)
    assert recipients(outside) == EVERYBODY


def test_a_dead_workers_journal_settles_what_was_answered_and_tells_what_was_on_the_wire(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    dead = DeadWorker(mailing, clock)
    dead.wrote(begun=0, verdict=Verdict.ACCEPTED)
    dead.wrote(begun=1)
    mailings.sweep(now=clock())
    assert counts(mailing) == {"due": READERS}, "its lease is not over yet"
    dead.found(clock)
    states = [dead.state(nth) for nth in range(3)]
    assert states == [Delivery.State.ACCEPTED, Delivery.State.UNKNOWN, Delivery.State.DUE]
    send(mailing, clock)
    assert counts(mailing) == {"accepted": READERS - 1, "unknown": 1}
    assert len(recipients(outside)) == READERS - 2, "one was sent by the dead, one is unknown"


def test_a_dead_worker_gets_a_successor_as_soon_as_it_is_found(
    mailing: Mailing, clock: Clock
) -> None:
    assert mailings.hand_out(now=clock()) == [mailing.pk]
    dead = DeadWorker(mailing, clock)
    assert mailings.hand_out(now=clock()) == []
    dead.found(clock)
    assert mailings.hand_out(now=clock()) == [mailing.pk]


def test_without_a_journal_all_that_was_marked_is_unknown(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    dead = DeadWorker(mailing, clock, proved=False)
    dead.found(clock)
    assert {dead.state(nth) for nth in range(3)} == {Delivery.State.UNKNOWN}
    send(mailing, clock)
    assert counts(mailing) == {"accepted": READERS - 3, "unknown": 3}


def test_a_journal_that_redis_has_lost_proves_nothing(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    dead = DeadWorker(mailing, clock)
    dead.wrote(begun=0, verdict=Verdict.ACCEPTED)
    dead.journal.forget(dead.claimed.journal_key)
    dead.journal.check()
    dead.found(clock)
    assert {dead.state(nth) for nth in range(3)} == {Delivery.State.UNKNOWN}


def test_a_worker_that_was_taken_for_dead_may_still_bring_evidence_but_nothing_else(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    slow = DeadWorker(mailing, clock)
    for nth in range(3):
        slow.wrote(begun=nth)
    slow.found(clock)
    assert batches.mark(slow.claimed, most=3, now=clock()) == []
    answers = [(0, Verdict.ACCEPTED), (1, Verdict.DEFERRED), (2, Verdict.REFUSED)]
    heard = [
        (
            batches.Place(slow.claimed, slow.marked[nth]),
            Outcome(Outgoing(slow.marked[nth].delivery_id, "", "", b""), verdict, Phase.DOT, 250),
        )
        for nth, verdict in answers
    ]
    settling.settle(heard, policy=mailing.unknown_policy, now=clock())
    assert counts(mailing) == {"accepted": 1, "unknown": 2, "due": 2}


def test_the_equation_closes_whatever_happened(
    mailing: Mailing, clock: Clock, outside: World
) -> None:
    subscribers.erase(subscriber=reader(0), now=clock())
    outside.fault(fault="smtp_refuse", stage="RCPT", code=550, match_to="czytelnik1@")
    outside.fault(fault="smtp_refuse", stage="RCPT", code=450, match_to="czytelnik2@")
    outside.fault(fault="smtp_drop", stage="DOT", times=1)
    for _time in range(len(settings.PROMO_MAIL_WAITS) + 1):
        send(mailing, clock)
        clock.forward(days=2)
    told = counts(mailing)
    assert told == {"skipped": 1, "refused": 1, "given_up": 1, "unknown": 1, "accepted": 1}
    assert len(recipients(outside)) == told["accepted"] + 1, "one was taken, unanswered"
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.FINISHED
