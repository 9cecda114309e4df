"""Opens and clicks: what mails say, where short addresses lead, who is counted and for how long."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.conf import settings
from django.test import override_settings

from promo.mailing.codes import NOBODY, codes_of
from promo.mailing.envelope import compile_mail
from promo.models import (
    Consent,
    Delivery,
    LinkVisit,
    Mailing,
    Newsletter,
    Publication,
    Subscriber,
    Subscription,
    TrackedLink,
    Tracking,
)
from promo.services import batches, counting, keeping, mailings, press, subscribers, visits
from promo.services.batches import Marked
from promo.services.counting import Said
from promo.services.press import Press
from promo.services.visits import AFTER_SENDING, MANY, TOGETHER
from tests import making

pytestmark = pytest.mark.django_db

START = making.NOON
LATER = START + timedelta(hours=1)
LINKS = "".join(f'<p><a href="https://a.example/{n}">Odsyłacz {n}</a></p>' for n in range(6))
NEIGHBOURS = count(1)


def started(mode: Tracking, *, readers: int = 2, html: str = LINKS, agreed: bool = True) -> Mailing:
    """A mailing whose mails the relay has taken; its readers have `agreed` to be told apart."""
    newsletter = making.newsletter(readers)
    Newsletter.objects.update(tracking=mode)
    Subscription.objects.update(counted_since_at=START if agreed else None)
    row = making.due_publication(newsletter.destination)
    row.message_json["html"] = f"<html><body>{html}</body></html>"
    del row.message_json["variants"]
    row.message_json["text"] = "Odsyłacz: https://a.example/1 i https://elsewhere.example/"
    row.save()
    mailings.start(destination=row.destination, key=row.marker, now=START)
    Delivery.objects.update(state=Delivery.State.ACCEPTED, settled_at=START)
    return Mailing.objects.select_related("publication", "newsletter").get()


def mail_of(mailing: Mailing, *, number: int = 0) -> bytes:
    """The octets of one reader's mail, soft line breaks taken out."""
    delivery = Delivery.objects.select_related("subscriber").order_by("id")[number]
    reader = delivery.subscriber
    assert reader is not None
    tie = Subscription.objects.get(subscriber=reader)
    marked = Marked(
        *(delivery.id, 0, reader.email, reader.name, reader.uuid.hex, reader.language),
        counted=tie.counted_since_at is not None,
    )
    return Press.of(mailing).mail(marked).data.replace(b"=\r\n", b"")


def link(number: int) -> TrackedLink:
    return TrackedLink.objects.select_related("mailing").get(url=f"https://a.example/{number}")


def picture() -> TrackedLink:
    return TrackedLink.objects.select_related("mailing").get(url="")


def code(number: int = 0) -> str:
    delivery = Delivery.objects.order_by("id")[number]
    return codes_of(delivery.id, key=settings.SECRET_KEY.encode()).click


def visit(to: TrackedLink, *, at: datetime = LATER, as_: str = "", where: str = "") -> None:
    visits.note(link=to, code=as_, client=where, agent="Mozilla/5.0", now=at)


def told(mailing: Mailing) -> list[tuple[str, int, int | None]]:
    return [
        (one.url.rpartition("/")[2], one.clicks, one.readers)
        for one in visits.report(mailing=mailing)
        if one.clicks
    ]


def neighbourhood() -> str:
    """An address whose network no other test of this run has used."""
    return f"203.{next(NEIGHBOURS)}.{START.day}.7"


# -- the mails


def test_where_nothing_is_counted_the_mail_is_the_approved_message_and_no_link_is_kept() -> None:
    mailing = started(Tracking.OFF)
    assert not TrackedLink.objects.exists()
    plain = compile_mail(
        mailing.publication.message,
        sender=replace(
            press.sender_of(mailing.newsletter), feedback_id=press.feedback_id_of(mailing)
        ),
        bases=press.bases_of(mailing),
        date=mailing.started_at,
    )
    assert Press.of(mailing).compiled["", ""] == plain
    assert b"https://a.example/1" in mail_of(mailing)
    assert b"/c/" not in mail_of(mailing)
    assert visits.report(mailing=mailing) == []


def test_counts_only_have_the_same_address_for_all_readers() -> None:
    mailing = started(Tracking.COUNTS)
    found = [
        set(re.findall(rb"https?://[^/]+/c/([^\"\s<]+)", mail_of(mailing, number=number)))
        for number in (0, 1)
    ]
    keys = set(TrackedLink.objects.values_list("key", flat=True))
    assert found == [{key.encode() for key in keys}] * 2
    assert len(keys) == len({picture().key}) + 6


def test_for_each_reader_the_addresses_hold_the_code_of_the_readers_delivery() -> None:
    mailing = started(Tracking.READERS)
    for number in (0, 1):
        mail = mail_of(mailing, number=number).decode()
        assert f"/c/{code(number)}/{link(1).key}" in mail
        assert f"/c/{code(1 - number)}/" not in mail
        assert "https://a.example/1" not in mail
        assert "https://elsewhere.example/" in mail, "in the text alone: nobody counts it"
        assert re.search(r'<img src=3D"[^"]+" width=3D"1" height=3D"1" alt=3D"">', mail)


def test_the_setting_at_the_start_holds_for_the_whole_mailing() -> None:
    mailing = started(Tracking.COUNTS)
    Newsletter.objects.update(tracking=Tracking.READERS)
    mailing.refresh_from_db()
    assert mailing.tracking == Tracking.COUNTS
    assert code().encode() not in mail_of(mailing)


def test_starting_twice_makes_no_second_address() -> None:
    mailing = started(Tracking.COUNTS)
    known = TrackedLink.objects.count()
    row = Publication.objects.get()
    mailings.start(destination=row.destination, key=row.marker, now=LATER)
    assert TrackedLink.objects.filter(mailing=mailing).count() == known


# -- who is counted


def test_a_reader_is_counted_once_and_each_visit_for_itself() -> None:
    mailing = started(Tracking.READERS)
    for minutes in (0, 5):
        visit(link(1), as_=code(), at=LATER + timedelta(minutes=minutes))
    visit(link(1), as_=code(1))
    visit(picture(), as_=code())
    assert told(mailing) == [("", 1, 1), ("1", 3, 2)]


def test_two_visits_at_once_are_one() -> None:
    mailing = started(Tracking.READERS)
    visit(link(1), as_=code())
    visit(link(1), as_=code(), at=LATER + TOGETHER / 2)
    assert told(mailing) == [("1", 1, 1)]


@pytest.mark.parametrize("given", ["", "1-00000000000000000000", "x", "unsubscribe"])
def test_a_code_that_is_not_ours_counts_nothing(given: str) -> None:
    mailing = started(Tracking.READERS)
    delivery = Delivery.objects.order_by("id")[0]
    own = codes_of(delivery.id, key=settings.SECRET_KEY.encode()).unsubscribe
    visit(link(1), as_=own if given == "unsubscribe" else given)
    assert told(mailing) == []


def test_a_code_of_another_mailing_counts_nothing() -> None:
    started(Tracking.READERS)
    strange = link(1)
    other = making.due_publication(making.newsletter().destination)
    mailings.start(destination=other.destination, key=other.marker, now=START)
    Delivery.objects.update(state=Delivery.State.ACCEPTED, settled_at=START)
    foreign = Delivery.objects.filter(mailing__publication=other)[0]
    visit(strange, as_=codes_of(foreign.id, key=settings.SECRET_KEY.encode()).click)
    assert not LinkVisit.objects.exists()


@pytest.mark.parametrize("mode", [Tracking.READERS, Tracking.COUNTS])
def test_what_comes_within_seconds_of_the_sending_is_a_scanners(mode: Tracking) -> None:
    mailing = started(mode)
    visit(link(1), as_=code(), at=START + AFTER_SENDING - timedelta(milliseconds=1))
    assert told(mailing) == []
    visit(link(1), as_=code(), at=START + AFTER_SENDING)
    assert [clicks for _url, clicks, _readers in told(mailing)] == [1]


def test_whoever_follows_all_links_at_once_is_taken_out_again_and_a_later_visit_counts() -> None:
    mailing = started(Tracking.READERS)
    visit(link(0), as_=code(), at=LATER - timedelta(minutes=9))
    visit(picture(), as_=code())
    for number in range(6):
        visit(link(number), as_=code(), at=LATER + timedelta(seconds=number))
    assert told(mailing) == [("0", 1, 1)]
    visit(link(3), as_=code(), at=LATER + timedelta(hours=1))
    assert told(mailing) == [("0", 1, 1), ("3", 1, 1)]


def test_a_person_who_opens_some_links_side_by_side_is_counted() -> None:
    mailing = started(Tracking.READERS)
    for number in range(MANY - 1):
        visit(link(number), as_=code())
    assert len(told(mailing)) == MANY - 1


def test_in_a_mail_with_two_links_both_at_once_are_a_scanners_and_one_is_not() -> None:
    html = "".join(f'<a href="https://a.example/{n}">{n}</a>' for n in range(2))
    mailing = started(Tracking.READERS, html=html)
    visit(link(0), as_=code())
    visit(link(1), as_=code(1))
    assert len(told(mailing)) == 2
    visit(link(1), as_=code())
    assert told(mailing) == [("1", 1, 1)]


def test_without_names_a_scanner_is_told_by_where_it_comes_from() -> None:
    mailing = started(Tracking.COUNTS)
    where = neighbourhood()
    visit(link(2), where=neighbourhood())
    for number in range(6):
        visit(link(number), where=where, at=LATER + timedelta(seconds=number))
    visit(link(0), where=where, at=LATER + timedelta(seconds=7))
    assert told(mailing) == [("2", 1, None)]
    visit(link(0), where=where, at=LATER + timedelta(minutes=1))
    assert told(mailing) == [("0", 1, None), ("2", 1, None)]
    assert not LinkVisit.objects.exists()


def test_without_names_readers_behind_one_address_are_all_counted() -> None:
    mailing = started(Tracking.COUNTS)
    where = neighbourhood()
    for _reader in range(9):
        visit(link(1), where=where)
    for number in range(6):
        visit(link(number), where="")
    assert told(mailing)[0] == ("1", 10, None)
    assert len(told(mailing)) == 6, "behind a proxy nobody is taken for a scanner"


def test_without_redis_everything_is_counted() -> None:
    mailing = started(Tracking.COUNTS)
    with override_settings(REDIS_URL="redis://127.0.0.1:9/0"):
        visit(link(1), where=neighbourhood())
    assert told(mailing) == [("1", 1, None)]


# -- by whose leave


def test_only_who_agreed_has_a_code_in_the_mail_and_the_others_are_counted_without() -> None:
    mailing = started(Tracking.READERS, agreed=False)
    Subscription.objects.filter(subscriber=Subscriber.objects.order_by("id")[0]).update(
        counted_since_at=START
    )
    assert f"/c/{code()}/{link(1).key}" in mail_of(mailing).decode()
    other = mail_of(mailing, number=1).decode()
    assert f"/c/{NOBODY}/{link(1).key}" in other
    assert code(1) not in other
    visit(link(1), as_=NOBODY)
    visit(link(1), as_=code())
    assert told(mailing) == [("1", 2, 1)]
    assert LinkVisit.objects.get().delivery.subscriber == Subscriber.objects.order_by("id")[0]


def test_the_mark_before_the_wire_tells_who_agreed() -> None:
    mailing = started(Tracking.READERS, agreed=False)
    last = Subscriber.objects.order_by("id")[1]
    Subscription.objects.filter(subscriber=last).update(counted_since_at=START)
    Delivery.objects.update(state=Delivery.State.DUE, settled_at=None)
    claimed = batches.claim(mailing.pk, now=LATER)
    assert claimed is not None
    marked = batches.mark(claimed, most=9, now=LATER)
    assert [one.counted for one in marked] == [False, True]


def test_whoever_takes_it_back_is_a_number_from_then_on_and_for_what_was() -> None:
    mailing = started(Tracking.READERS)
    visit(link(1), as_=code())
    visit(link(1), as_=code(1))
    tie = Subscription.objects.get(subscriber=Subscriber.objects.order_by("id")[0])
    counting.withdraw(tie, said=Said(LATER))
    assert [one.delivery.subscriber_id for one in LinkVisit.objects.all()] != [tie.subscriber_id]
    visit(link(2), as_=code())
    assert told(mailing) == [("1", 2, 2), ("2", 1, 0)]
    ledger = tie.consents.filter(about=Consent.About.COUNTING)
    assert [one.act for one in ledger] == [Consent.Act.WITHDRAWN]


def test_leaving_takes_it_back_too_and_coming_back_does_not_give_it() -> None:
    started(Tracking.READERS)
    visit(link(1), as_=code())
    reader, newsletter = Subscriber.objects.order_by("id")[0], Newsletter.objects.get()
    subscribers.leave(subscriber=reader, newsletter=newsletter, source="mail", now=LATER)
    tie = Subscription.objects.get(subscriber=reader)
    assert tie.counted_since_at is None
    assert not LinkVisit.objects.exists()
    subscribers.record(
        email=reader.email, name="", newsletter=newsletter, source="list", wording="x", now=LATER
    )
    tie.refresh_from_db()
    assert (tie.state, tie.counted_since_at) == (Subscription.State.ACTIVE, None)


# -- for how long


def test_an_erased_reader_leaves_a_number_and_no_row() -> None:
    mailing = started(Tracking.READERS)
    visit(link(1), as_=code())
    visit(link(1), as_=code(1))
    subscribers.erase(subscriber=Subscriber.objects.order_by("id")[0], now=LATER)
    assert LinkVisit.objects.count() == 1
    assert told(mailing) == [("1", 2, 2)]
    visit(link(2), as_=code())
    assert LinkVisit.objects.count() == 1, "nothing new of somebody who is forgotten"


def test_after_its_time_what_is_known_of_readers_goes_and_the_numbers_stay() -> None:
    mailing = started(Tracking.READERS)
    visit(link(1), as_=code())
    visit(picture(), as_=code(1))
    before = told(mailing)
    keeping.forget_old(now=LATER + settings.PROMO_CLICKS_KEPT - timedelta(seconds=1))
    assert LinkVisit.objects.count() == 2
    keeping.forget_old(now=LATER + settings.PROMO_CLICKS_KEPT)
    assert not LinkVisit.objects.exists()
    assert told(mailing) == before
