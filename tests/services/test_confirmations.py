"""Confirmation mails: one for each sign-up, patient with a busy relay, never over and over."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from promo.models import Newsletter, Subscriber, Subscription
from promo.services import confirmations, newsletters, subscribers, tokens
from tests import making
from tests.driving import Clock
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rehearsal")]

READER = "Zofia.Nowak@example.org"
BUSY = {"fault": "smtp_refuse", "stage": "RCPT", "code": 450}


@pytest.fixture
def newsletter(db: None) -> Newsletter:
    return making.newsletter()


@pytest.fixture
def other(newsletter: Newsletter) -> Newsletter:
    return newsletters.create(
        name="Dla dzieci",
        slug="dla-dzieci",
        from_name="Biblioteka",
        from_email="newsletter@biblioteka.example.org",
    )


def sign_up(clock: Clock, newsletter: Newsletter, *others: Newsletter) -> list[Subscription]:
    return subscribers.sign_up(
        email=READER,
        name="Zofia",
        newsletter=newsletter,
        others=others,
        language="pl",
        wording="Zgadzam się na otrzymywanie newslettera.",
        source="https://biblioteka.example.org/newsletter/",
        ip=None,
        now=clock(),
    )


@pytest.fixture
def asked(newsletter: Newsletter, clock: Clock) -> Subscription:
    (row,) = sign_up(clock, newsletter)
    return row


def mail_all_due(clock: Clock) -> None:
    """What one tick brings about."""
    for subscription_id in confirmations.due(now=clock()):
        confirmations.send(subscription_id, now=clock())


def tries_until_the_end(row: Subscription, clock: Clock) -> list[datetime]:
    """The moments of the tries, with a tick whenever the next one is due."""
    moments = []
    while row.confirm_at:
        clock.at = max(clock.at, row.confirm_at)
        moments.append(clock())
        mail_all_due(clock)
        row.refresh_from_db()
    return moments


def link_in(mail: dict[str, str]) -> list[int]:
    """The subscriptions that the mail's link confirms."""
    (code,) = re.findall(r"/confirm/([^/\s]+)/", mail["text"])
    return tokens.read_confirm(code)


def test_a_sign_up_is_asked_about_in_a_mail_to_its_reader(
    asked: Subscription, clock: Clock, outside: World
) -> None:
    assert confirmations.due(now=clock()) == [asked.pk]
    mail_all_due(clock)
    (mail,) = outside.mails()
    assert mail["to"] == [READER]
    assert link_in(mail) == [asked.pk]
    asked.refresh_from_db()
    assert asked.confirmation_sent_at == clock()
    assert asked.confirm_at is None


def test_one_mail_asks_about_every_newsletter_of_the_sign_up(
    newsletter: Newsletter, other: Newsletter, clock: Clock, outside: World
) -> None:
    rows = sign_up(clock, newsletter, other)
    mail_all_due(clock)
    mail_all_due(clock)
    (mail,) = outside.mails()
    assert newsletter.name in mail["text"]
    assert other.name in mail["text"]
    subscribers.confirm(subscription_ids=link_in(mail), ip=None, now=clock())
    states = Subscription.objects.filter(id__in=[row.pk for row in rows])
    assert set(states.values_list("state", flat=True)) == {Subscription.State.ACTIVE}


def test_the_link_confirms_nothing_that_its_mail_did_not_name(
    newsletter: Newsletter, other: Newsletter, clock: Clock, outside: World
) -> None:
    (old,) = sign_up(clock, newsletter)
    mail_all_due(clock)
    clock.forward(days=3)
    (new,) = sign_up(clock, other)
    mail_all_due(clock)
    latest = outside.mails()[0]
    subscribers.confirm(subscription_ids=link_in(latest), ip=None, now=clock())
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == (Subscription.State.PENDING, Subscription.State.ACTIVE)


def test_what_was_not_mailed_yet_joins_the_mail_of_the_next_sign_up(
    newsletter: Newsletter, other: Newsletter, clock: Clock, outside: World
) -> None:
    outside.fault(**BUSY)
    (old,) = sign_up(clock, newsletter)
    for _hour in range(25):
        mail_all_due(clock)
        clock.forward(hours=1)
    (new,) = sign_up(clock, other)
    outside.forget_faults()
    mail_all_due(clock)
    (mail,) = outside.mails()
    assert link_in(mail) == [old.pk, new.pk]


def test_the_mail_repeats_nothing_a_stranger_typed(
    asked: Subscription, clock: Clock, outside: World
) -> None:
    Subscriber.objects.update(name="KUP TERAZ https://spam.example")
    mail_all_due(clock)
    (mail,) = outside.mails()
    assert "KUP TERAZ" not in mail["text"] + str(mail["headers"])


def test_it_is_mailed_once_however_often_it_is_hinted_at(
    asked: Subscription, clock: Clock, outside: World
) -> None:
    for _hint in range(5):
        confirmations.send(asked.pk, now=clock())
    assert confirmations.due(now=clock.forward(days=3)) == []
    assert len(outside.mails()) == 1


def test_a_busy_relay_is_asked_again_after_growing_waits(
    asked: Subscription, clock: Clock, outside: World
) -> None:
    outside.fault(**BUSY, times=3)
    began = clock()
    moments = tries_until_the_end(asked, clock)
    assert [moment - began for moment in moments] == [
        timedelta(minutes=minutes) for minutes in (0, 1, 6, 36)
    ]
    assert len(outside.mails()) == 1
    assert asked.problem == ""


def test_nobody_tries_before_the_wait_is_over(
    asked: Subscription, clock: Clock, outside: World
) -> None:
    outside.fault(**BUSY, times=1)
    mail_all_due(clock)
    asked.refresh_from_db()
    assert asked.problem
    clock.forward(seconds=59)
    assert confirmations.due(now=clock()) == []
    confirmations.send(asked.pk, now=clock())
    assert outside.mails() == []


def test_after_two_days_it_is_given_up_in_plain_words(
    asked: Subscription, clock: Clock, outside: World
) -> None:
    outside.fault(**BUSY)
    began = clock()
    moments = tries_until_the_end(asked, clock)
    assert timedelta(days=1.5) < moments[-1] - began < timedelta(days=2)
    assert len(moments) == 8
    assert outside.mails() == []
    assert "450" not in asked.problem
    assert asked.problem in asked.subscriber.problem


def test_a_new_sign_up_forgets_the_old_trouble(
    asked: Subscription, newsletter: Newsletter, clock: Clock, outside: World
) -> None:
    outside.fault(**BUSY)
    tries_until_the_end(asked, clock)
    outside.forget_faults()
    sign_up(clock, newsletter)
    asked.refresh_from_db()
    assert (asked.problem, asked.confirm_tries) == ("", 0)
    mail_all_due(clock)
    assert len(outside.mails()) == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "smtp_drop", "stage": "DOT"},
        {"fault": "smtp_refuse", "stage": "RCPT", "code": 550},
    ],
    ids=["answer lost", "refused for good"],
)
def test_what_may_be_out_or_is_refused_for_good_is_not_mailed_again(
    asked: Subscription, clock: Clock, outside: World, rule: dict[str, object]
) -> None:
    outside.fault(**rule)
    assert len(tries_until_the_end(asked, clock)) == 1
    assert asked.problem
    assert asked.confirmation_sent_at is None


def test_a_reader_who_answers_a_lost_mail_is_rid_of_its_problem(
    asked: Subscription, clock: Clock, outside: World
) -> None:
    outside.fault(fault="smtp_drop", stage="DOT", accepted=True)
    mail_all_due(clock)
    (mail,) = outside.mails()
    subscribers.confirm(subscription_ids=link_in(mail), ip=None, now=clock())
    asked.refresh_from_db()
    assert (asked.state, asked.problem) == (Subscription.State.ACTIVE, "")


def test_each_reader_is_hinted_at_once(
    newsletter: Newsletter, other: Newsletter, clock: Clock
) -> None:
    for number in range(3):
        subscribers.sign_up(
            email=f"reader{number}@example.org",
            name="",
            newsletter=newsletter,
            others=[other],
            language="pl",
            wording="",
            source="",
            ip=None,
            now=clock.forward(minutes=1),
        )
    hinted = Subscription.objects.filter(id__in=confirmations.due(now=clock()))
    assert hinted.values("subscriber").distinct().count() == hinted.count() == 3
    assert len(confirmations.due(now=clock(), limit=2)) == 2
