"""What follows from what came back."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from promo.mailing import replies
from promo.mailing.bounces import Kind
from promo.mailing.codes import codes_of
from promo.models import (
    Consent,
    Delivery,
    DeliveryEvent,
    DomainHold,
    Mailing,
    ReturnedMail,
    Subscriber,
    Subscription,
    Suppression,
)
from promo.services import (
    deliveries,
    keeping,
    mailings,
    providers,
    returns,
    subscribers,
    suppressions,
)
from promo.services.batches import Marked
from promo.services.deliveries import Event
from promo.services.press import Press
from promo.services.providers import CAME_BACK, WEIGHED
from promo.vault import address_hash
from tests.services import returning
from tests.services.returning import DELAYED, HARD, POLICY, SOFT, START

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = START + timedelta(hours=1)


@pytest.fixture
def mailing() -> Mailing:
    return returning.mailing(readers=2)


@pytest.fixture
def delivery(mailing: Mailing) -> Delivery:
    return returning.deliveries(mailing)[0]


def events(delivery: Delivery) -> list[tuple[str, str, str]]:
    rows = DeliveryEvent.objects.filter(delivery=delivery)
    return list(rows.values_list("kind", "category", "enhanced"))


def reasons() -> dict[str, str]:
    """Why each suppressed reader is suppressed."""
    known = dict(Suppression.objects.values_list("address_hash", "reason"))
    return {
        row.email: known[row.address_hash]
        for row in Subscriber.objects.all()
        if row.address_hash in known
    }


def verdicts() -> list[str]:
    return list(ReturnedMail.objects.order_by("id").values_list("verdict", flat=True))


def test_a_reader_whose_address_does_not_exist_is_mailed_no_more(delivery: Delivery) -> None:
    returning.come_back(returning.report(delivery, HARD))
    assert events(delivery) == [("bounced", "address", "5.1.1")]
    assert reasons() == {"czytelnik0@example.org": "bounce"}
    tie = Subscription.objects.get(subscriber=delivery.subscriber)
    assert (tie.state, tie.ended_at) == (Subscription.State.ENDED, LATER)
    assert {row.act for row in tie.consents.all()} == {
        Consent.Act.RECORDED,
        Consent.Act.WITHDRAWN,
    }
    assert verdicts() == ["hard"]


def test_a_complaint_is_obeyed_at_once_and_outweighs_a_bounce(delivery: Delivery) -> None:
    returning.come_back(returning.report(delivery, HARD))
    returning.come_back(returning.complaint(delivery))
    assert [kind for kind, *_rest in events(delivery)] == ["bounced", "complained"]
    assert reasons() == {"czytelnik0@example.org": "complaint"}


def test_a_complaint_stays_one_although_the_address_is_gone_too(delivery: Delivery) -> None:
    returning.come_back(returning.complaint(delivery))
    returning.come_back(returning.report(delivery, HARD))
    assert reasons() == {"czytelnik0@example.org": "complaint"}
    assert Consent.objects.filter(act=Consent.Act.WITHDRAWN).count() == 1


def test_a_provider_that_does_not_want_us_is_told_to_staff_and_no_reader_is_blamed(
    mailing: Mailing,
) -> None:
    for delivery in returning.deliveries(mailing):
        returning.come_back(returning.report(delivery, POLICY))
        assert events(delivery) == [("bounced", "policy", "5.7.26")]
    assert reasons() == {}
    told = returns.refusals(mailing=mailing)
    assert [(one.domain, one.count) for one in told] == [("example.org", 2)]
    assert "DMARC" in told[0].text


def refuse(rows: list[Delivery]) -> None:
    for row in rows:
        returning.come_back(returning.report(row, POLICY))


def test_a_provider_from_whom_it_comes_back_again_and_again_is_held_until_a_person_goes_on() -> (
    None
):
    rows = returning.deliveries(returning.mailing(readers=2 * CAME_BACK + 1))
    refuse(rows[: CAME_BACK - 1])
    assert not DomainHold.objects.exists()
    refuse(rows[CAME_BACK - 1 : CAME_BACK])
    hold = DomainHold.objects.get()
    assert hold.domain == "example.org"
    assert "DMARC" in hold.said
    assert reasons() == {}
    began = START + timedelta(hours=2)
    providers.go_on(domain=hold.domain, now=began)
    refuse(rows[CAME_BACK:-1])
    assert not DomainHold.objects.exists(), "what was sent before tells nothing new"
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(settled_at=began)
    refuse(rows[-1:])
    assert DomainHold.objects.exists()


def test_a_few_that_come_back_among_many_that_do_not_are_no_refusal_of_ours() -> None:
    rows = returning.deliveries(returning.mailing(readers=2 * WEIGHED + CAME_BACK))
    refuse(rows[::4])
    assert not DomainHold.objects.exists()


def test_other_providers_and_other_reasons_hold_nobody() -> None:
    rows = returning.deliveries(returning.mailing(readers=2 * CAME_BACK - 2))
    for number, row in enumerate(rows[CAME_BACK - 1 :]):
        Subscriber.objects.filter(pk=row.subscriber_id).update(email=f"{number}@other.example.org")
    refuse(rows)
    for row in returning.deliveries(returning.mailing(readers=CAME_BACK, at=START)):
        returning.come_back(returning.report(row, SOFT))
    assert not DomainHold.objects.exists()


@pytest.mark.parametrize("body", [b"Auto-Submitted: auto-replied\nSubject: Urlop\n\nWracam jutro."])
def test_absence_notices_and_delays_change_nothing(delivery: Delivery, body: bytes) -> None:
    returning.come_back(body, recipient=returning.address(delivery))
    returning.come_back(returning.report(delivery, DELAYED))
    assert verdicts() == ["automatic", "notice"]
    assert events(delivery) == []
    assert reasons() == {}


def test_a_mail_that_nobody_can_read_waits_for_a_person_whose_word_counts(
    delivery: Delivery,
) -> None:
    returning.come_back(b"Subject: ???\n\nHello", recipient=returning.address(delivery))
    mail = ReturnedMail.objects.get()
    assert (mail.verdict, mail.delivery, returns.for_a_person()) == ("unintelligible", delivery, 1)
    returns.settle_by_hand(mail=mail, kind=Kind.HARD, now=LATER)
    assert reasons() == {"czytelnik0@example.org": "bounce"}
    assert events(delivery) == [("bounced", "address", "")]
    assert returns.for_a_person() == 0
    returns.settle_by_hand(mail=mail, kind=Kind.COMPLAINT, now=LATER)
    assert reasons() == {"czytelnik0@example.org": "bounce"}, "somebody was faster"


def test_a_forged_bounce_address_is_nobodys(delivery: Delivery) -> None:
    forged = returning.report(delivery, HARD).replace(
        returning.address(delivery).encode(), b"b+%d-%s@x" % (delivery.id, b"0" * 20)
    )
    returning.come_back(forged)
    assert verdicts() == ["nobody"]
    assert reasons() == {}


def test_a_code_of_another_purpose_is_no_bounce_address(delivery: Delivery) -> None:
    link = codes_of(delivery.id, key=settings.SECRET_KEY.encode()).unsubscribe
    returning.come_back(b"Subject: failure notice\n\n", recipient=f"b+{link}@x")
    assert ReturnedMail.objects.get().delivery is None


def test_the_message_id_names_the_delivery_where_nothing_else_does(delivery: Delivery) -> None:
    assert delivery.subscriber is not None
    publication = delivery.mailing.publication
    assert publication.item is not None
    name = f"{delivery.subscriber.uuid.hex}.{publication.item.uuid.hex}@x"
    raw = returning.report(delivery, HARD).replace(returning.address(delivery).encode(), b"a@b")
    headers = f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{name}>\n\n--b--"
    returning.come_back(raw.replace(b"--b--", headers.encode()))
    assert events(delivery) == [("bounced", "address", "5.1.1")]


def test_a_mail_to_the_unsubscription_address_unsubscribes(delivery: Delivery) -> None:
    code = codes_of(delivery.id, key=settings.SECRET_KEY.encode()).unsubscribe
    returning.come_back(b"Subject: unsubscribe\n\n", recipient=f"u+{code}@{returning.DOMAIN}")
    tie = Subscription.objects.get(subscriber=delivery.subscriber)
    assert tie.state == Subscription.State.ENDED
    assert reasons() == {}, "a wish about one newsletter"


# -- soft bounces


def soft_run(*days: float) -> list[Delivery]:
    """One reader's deliveries on these days, all of which came back for now, told in any order."""
    rows = [returning.deliveries(returning.mailing(at=START + day * DAY))[0] for day in days]
    for delivery in random.sample(rows, len(rows)):
        returning.come_back(returning.report(delivery, SOFT), at=START + 30 * DAY)
    return rows


def test_three_mailings_over_two_weeks_are_enough() -> None:
    soft_run(0, 7, 14)
    assert reasons() == {"czytelnik0@example.org": "bounce"}


@pytest.mark.parametrize("days", [(0, 14), (0, 7, 13.9), (0, 0.1, 0.2, 0.3)])
def test_fewer_mailings_or_days_are_not(days: tuple[float, ...]) -> None:
    soft_run(*days)
    assert reasons() == {}


def test_one_success_in_between_begins_the_count_anew() -> None:
    returning.mailing(at=START + 10 * DAY)
    soft_run(0, 7, 14, 21)
    assert reasons() == {}
    soft_run(28)
    assert reasons() == {"czytelnik0@example.org": "bounce"}


def test_what_was_sent_since_may_still_come_back_and_proves_nothing() -> None:
    returning.mailing(at=START + 15 * DAY)
    soft_run(0, 7, 14)
    assert reasons() == {"czytelnik0@example.org": "bounce"}


def test_the_same_mailing_returned_three_times_is_one_mailing() -> None:
    (delivery,) = soft_run(0)
    for number in range(1, 4):
        returning.come_back(returning.report(delivery, SOFT, number=number), at=START + 20 * DAY)
    assert events(delivery) == [("bounced", "mailbox", "5.2.2")]
    assert reasons() == {}


# -- exactness


def test_a_mail_fetched_twice_counts_once(delivery: Delivery) -> None:
    raw = returning.report(delivery, HARD)
    for copy in (raw, raw.replace(b"\n", b"\r\n"), raw + b"\n"):
        returning.come_back(copy)
    assert verdicts() == ["hard"]
    assert len(events(delivery)) == 1


def test_a_thousand_shuffled_events_told_three_times_count_like_each_once() -> None:
    rows = returning.deliveries(returning.mailing(readers=250))
    kinds = {"hard": HARD, "soft": SOFT, "policy": POLICY, "notice": DELAYED}
    told = [
        returning.report(delivery, what, number=number)
        for delivery in rows
        for number, what in enumerate(kinds.values())
    ]
    shuffled = told * 3
    random.shuffle(shuffled)
    for raw in shuffled:
        keeping.store(raw=raw, source=ReturnedMail.Source.MAILBOX, now=LATER)
    while ids := returns.hand_out(now=LATER):
        for mail_id in random.sample(ids * 2, len(ids) * 2):
            returns.process(mail_id, now=LATER)
    assert Counter(verdicts()) == dict.fromkeys(kinds, len(rows))
    counted = Counter(DeliveryEvent.objects.values_list("kind", "category"))
    assert counted == {("bounced", why): len(rows) for why in ("address", "mailbox", "policy")}
    assert Counter(reasons().values()) == {"bounce": len(rows)}
    assert Consent.objects.filter(act=Consent.Act.WITHDRAWN).count() == len(rows)


def test_a_bounce_that_comes_before_the_send_is_settled_changes_no_count(
    mailing: Mailing, delivery: Delivery
) -> None:
    Delivery.objects.filter(id=delivery.id).update(state=Delivery.State.DUE, settled_at=None)
    returning.come_back(returning.report(delivery, HARD))
    deliveries.accept([delivery.id], now=LATER)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.ACCEPTED
    assert events(delivery) == [("bounced", "address", "5.1.1")]
    assert mailings.progress(mailing)["accepted"] == 1


def test_what_came_back_proves_that_an_unknown_mail_was_out(
    mailing: Mailing, delivery: Delivery
) -> None:
    Delivery.objects.filter(id=delivery.id).update(state=Delivery.State.UNKNOWN)
    mailing.batches.update(unknown=1)
    returning.come_back(returning.report(delivery, SOFT))
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.ACCEPTED
    assert mailings.progress(mailing)["unknown"] == 0


def test_a_mail_at_which_reading_fails_again_and_again_is_left_to_a_person(
    delivery: Delivery,
) -> None:
    keeping.store(raw=b"{", source=ReturnedMail.Source.WEBHOOK, now=LATER)
    for _try in range(returns.MOST_TRIES):
        mail = ReturnedMail.objects.get()
        with pytest.raises(ValueError, match="Expecting"):
            returns.process(mail.id, now=LATER)
    returns.process(mail.id, now=LATER)
    assert verdicts() == ["unintelligible"]


# -- what is kept


def test_mails_are_kept_for_a_while_and_then_only_remembered(delivery: Delivery) -> None:
    raw = returning.report(delivery, HARD)
    returning.come_back(raw)
    returning.come_back(b"Subject: ???\n\nHello", recipient=returning.address(delivery))

    def kept() -> list[bool]:
        return [row.raw is not None for row in ReturnedMail.objects.order_by("id")]

    returns.sweep(now=LATER + keeping.KEPT - DAY)
    assert kept() == [True, True]
    returns.sweep(now=LATER + keeping.KEPT)
    assert kept() == [False, True], "a person may still have to read the other"
    returning.come_back(raw, at=LATER + keeping.KEPT)
    assert len(events(delivery)) == 1, "still known"
    returns.sweep(now=LATER + keeping.REMEMBERED)
    assert ReturnedMail.objects.count() == 0


def test_a_mail_that_nobody_has_read_is_never_dropped(delivery: Delivery) -> None:
    raw = returning.report(delivery, HARD)
    keeping.store(raw=raw, source=ReturnedMail.Source.MAILBOX, now=START)
    returns.sweep(now=START + 2 * keeping.REMEMBERED)
    assert ReturnedMail.objects.filter(raw__isnull=False).count() == 1


def traces(address: str) -> list[str]:
    """The tables of the database in which an address still stands."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE %s', [f"%{address}%"]
            )
            if cursor.fetchone()[0]:
                found.append(table)
        cursor.execute(
            "SELECT count(*) FROM promo_returnedmail WHERE encode(raw, 'escape') ILIKE %s",
            [f"%{address}%"],
        )
        if cursor.fetchone()[0]:
            found.append("raw")
    return found


@override_settings(PROMO_LEAVE_BY_MAIL=True)
def test_a_mail_to_the_address_in_the_header_leaves(delivery: Delivery) -> None:
    reader = delivery.subscriber
    assert reader is not None
    marked = Marked(delivery.pk, 0, reader.email, reader.name, reader.uuid.hex, reader.language)
    mail = Press.of(delivery.mailing).mail(marked).data.decode()
    found = re.search(
        r"List-Unsubscribe: <http[^>]+>,\r\n <mailto:(\S+)\?subject=unsubscribe>", mail
    )
    assert found is not None
    assert returns.takes(found[1]), "the listener lets it in"
    returning.come_back(b"Subject: unsubscribe\n\n", recipient=found[1].upper())
    assert reader.subscriptions.get().state == Subscription.State.ENDED
    assert verdicts() == ["leave"]


def test_erasure_leaves_no_address_behind(mailing: Mailing) -> None:
    first, second = returning.deliveries(mailing)
    reader = first.subscriber
    assert reader is not None
    email = reader.email
    returning.come_back(returning.report(first, SOFT, reader=email))
    returning.come_back(f"Subject: ?\n\nFrom {email.upper()}, about nothing".encode())
    returning.come_back(returning.report(second, SOFT, reader="somebody@else.example"))
    unread = returning.report(first, HARD, reader=email)
    keeping.store(raw=unread, source=ReturnedMail.Source.MAILBOX, now=LATER)
    assert set(traces(email)) >= {"promo_deliveryevent", "promo_returnedmail", "raw"}
    subscribers.erase(subscriber=reader, now=LATER)
    assert traces(email) == []
    assert ReturnedMail.objects.filter(raw__isnull=False).count() == 1, "the other reader's"

    returning.come_back(returning.report(first, HARD, number=9, reader=email))
    assert traces(email) == [], "also not by what comes back later"
    assert Suppression.objects.filter(address_hash=address_hash(email)).count() == 1


# -- refusals by the relay itself


def refused(delivery: Delivery, enhanced: str) -> Event:
    why = replies.category(replies.Phase.RCPT, 550, enhanced)
    return Event(delivery.id, DeliveryEvent.Kind.REFUSED, why, code=550, enhanced=enhanced)


@pytest.mark.parametrize("enhanced", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"])
def test_a_refused_address_that_does_not_exist_is_suppressed_at_once(
    delivery: Delivery, enhanced: str
) -> None:
    suppressions.suppress_refused(events=[refused(delivery, enhanced)], now=LATER)
    assert reasons() == {"czytelnik0@example.org": "bounce"}
    assert not Subscription.objects.filter(subscriber=delivery.subscriber, state="active").exists()


@pytest.mark.parametrize("enhanced", ["", "4.1.1", "5.1.0", "5.1.8", "5.2.2", "5.7.1", "5.7.26"])
def test_any_other_refusal_suppresses_nobody(delivery: Delivery, enhanced: str) -> None:
    suppressions.suppress_refused(events=[refused(delivery, enhanced)], now=LATER)
    assert reasons() == {}


def test_many_refusals_cost_as_many_statements_as_one() -> None:
    rows = returning.deliveries(returning.mailing(readers=40))

    def statements(some: list[Delivery]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            suppressions.suppress_refused(events=[refused(one, "5.1.1") for one in some], now=LATER)
        return len(seen)

    assert statements(rows[:1]) == statements(rows[1:])
    assert Suppression.objects.count() == len(rows)
    assert statements([]) == 0
