"""Segments: who is in one, what an issue makes of it, and that it stays while it is needed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from promo.errors import InvalidInput, NotAllowed
from promo.models import (
    Branch,
    Delivery,
    DeliveryEvent,
    Issue,
    LinkVisit,
    Mailing,
    Newsletter,
    Preferences,
    Segment,
    Subscriber,
    Subscription,
    Suppression,
    TrackedLink,
    Tracking,
)
from promo.services import approvals, criteria, mailings, newsletters, segments, subscribers
from promo.services.criteria import Row
from tests import making

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def main(db: None) -> Newsletter:
    return making.newsletter()


@pytest.fixture
def kids(db: None) -> Newsletter:
    return newsletters.create(
        name="Dla dzieci", slug="dzieci", from_name="B", from_email="b@example.org"
    )


def reader(name: str, *read: Newsletter, **chosen: Any) -> Subscriber:
    """A reader of these newsletters, with the preferences that are named."""
    found = Subscriber.objects.create(
        email=f"{name.replace(chr(32), chr(46))}@example.org",
        name=name,
        language=chosen.pop("language", "pl"),
    )
    for newsletter in read:
        subscribers.record(
            email=found.email, name="", newsletter=newsletter, source="", wording="", now=NOW
        )
    branches = chosen.pop("branches", ())
    if chosen or branches:
        Preferences.objects.create(subscriber=found, **chosen).branches.set(branches)
    return found


def names(*rows: Row) -> set[str]:
    found = set(segments.filtered(rows, now=NOW).values_list("name", flat=True))
    assert segments.count(rows, now=NOW) == len(found)
    assert segments.quick_count(rows, now=NOW) == segments.Estimate(len(found))
    return found


def test_among_many_a_number_is_estimated_by_a_sample(main: Newsletter) -> None:
    for number in range(60):
        reader(f"r{number}", main)
    everybody = (Row("language", values=("pl", "en")),)
    assert segments.quick_count(everybody, now=NOW).exact
    told = segments.quick_count(everybody, now=NOW, many=1)
    assert not told.exact
    assert told.number == Subscriber.objects.count(), "all ids are drawn: the sample is everybody"
    nobody = (Row("text", text="nobody is called so"),)
    assert segments.quick_count(nobody, now=NOW, many=1).number is None, "too few to tell"


def test_few_readers_left_of_many_are_counted(main: Newsletter) -> None:
    reader("first", main)
    Subscriber.objects.create(id=Subscriber.objects.latest("id").pk + 5000, email="z@example.org")
    everybody = (Row("language", values=("pl", "en")),)
    assert segments.quick_count(everybody, now=NOW, many=1000) == segments.Estimate(2)


@pytest.mark.parametrize("key", ["reads", "waits", "left", "tied"])
def test_ties_to_one_newsletter_are_counted_without_their_readers(
    main: Newsletter, key: str
) -> None:
    reader("one", main)
    rows = (Row(key, values=(str(main.pk),)),)
    with CaptureQueriesContext(connection) as asked:
        assert segments.count(rows, now=NOW) == segments.filtered(rows, now=NOW).count()
    assert "promo_subscriber" not in asked[0]["sql"]
    turned = (Row(key, values=(str(main.pk),), negated=True),)
    assert segments.count(turned, now=NOW) == segments.filtered(turned, now=NOW).count()


def delivered(person: Subscriber, newsletter: Newsletter, *, days_ago: int, state: int = 1) -> Any:
    now = timezone.now()
    mailing = Mailing.objects.create(
        publication=making.due_publication(newsletter.destination),
        newsletter=newsletter,
        unknown_policy="leave",
        started_at=now,
        went_on_at=now,
    )
    batch = mailing.batches.create(due_at=now, size=1)
    return Delivery.objects.create(
        mailing=mailing,
        subscriber=person,
        batch=batch,
        state=state,
        settled_at=NOW - timedelta(days=days_ago),
    )


def test_newsletters_any_all_none_and_not(main: Newsletter, kids: Newsletter) -> None:
    reader("main", main)
    reader("kids", kids)
    reader("both", main, kids)
    reader("nobody")
    a, b = str(main.pk), str(kids.pk)
    assert names() == {"main", "kids", "both", "nobody"}
    assert names(Row("reads", values=(a,))) == {"main", "both"}
    assert names(Row("reads", values=(a, b))) == {"main", "kids", "both"}
    assert names(Row("reads", values=(a, b), every=True)) == {"both"}
    assert names(Row("reads")) == names(Row("reads", every=True)) == {"main", "kids", "both"}
    assert names(Row("reads", negated=True)) == {"nobody"}
    assert names(Row("reads", values=(a,)), Row("reads", values=(b,), negated=True)) == {"main"}


def test_state_of_the_subscription_decides(main: Newsletter) -> None:
    for name, state in (("active", "active"), ("waits", "pending"), ("left", "ended")):
        person = reader(name)
        Subscription.objects.create(subscriber=person, newsletter=main, state=state)
    assert names(Row("reads")) == {"active"}
    assert names(Row("waits")) == {"waits"}
    assert names(Row("left")) == {"left"}
    assert names(Row("tied", values=(str(main.pk),))) == {"active", "waits", "left"}


def test_whoever_chose_no_topic_counts_for_all_of_them_unless_left_out(db: None) -> None:
    reader("no row")
    reader("none", topics=[])
    reader("books", topics=["books", "arts"])
    reader("children", topics=["children"])
    wanted = ("books", "children")
    assert names(Row("topics", values=("books",))) == {"no row", "none", "books"}
    assert names(Row("topics", values=("books",), unchosen=False)) == {"books"}
    assert names(Row("topics", values=wanted, unchosen=False)) == {"books", "children"}
    assert names(Row("topics", values=wanted, every=True)) == {"no row", "none"}
    assert names(Row("topics", values=("books", "arts"), every=True, unchosen=False)) == {"books"}
    assert names(Row("topics", values=("books",), negated=True)) == {"children"}
    assert names(Row("topics", values=("books",), negated=True, unchosen=False)) == {
        *("no row", "none", "children")
    }


def test_branches_follow_the_same_rule(db: None) -> None:
    here = making.branch()
    there = Branch.objects.create(name="Filia", slug="filia")
    a, b = str(here.pk), str(there.pk)
    reader("no row")
    reader("none", topics=["books"])
    reader("here", branches=[here])
    reader("there", branches=[there])
    reader("both", branches=[here, there])
    assert names(Row("branches", values=(a,))) == {"no row", "none", "here", "both"}
    assert names(Row("branches", values=(a,), unchosen=False)) == {"here", "both"}
    assert names(Row("branches", values=(a, b), unchosen=False)) == {"here", "there", "both"}
    assert names(Row("branches", values=(a, b), every=True)) == {"no row", "none", "both"}
    assert names(Row("branches", values=(a, b), every=True, unchosen=False)) == {"both"}
    assert names(Row("branches", values=(a,), negated=True)) == {"there"}


def test_language_audience_text_and_time(db: None) -> None:
    old = reader("Anna Kowal", language="en", audiences=["seniors"])
    reader("Jan Nowak", audiences=["adults"])
    at = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)  # the first of November in Warsaw
    Subscriber.objects.filter(pk=old.pk).update(created_at=at)
    Subscriber.objects.exclude(pk=old.pk).update(created_at=NOW - timedelta(days=2))
    assert names(Row("language", values=("en",))) == {"Anna Kowal"}
    assert names(Row("audiences", values=("adults",))) == {"Jan Nowak"}
    assert names(Row("text", text="kowal anna")) == {"Anna Kowal"}
    assert names(Row("text", text="@example.org")) == {"Anna Kowal", "Jan Nowak"}
    assert names(Row("joined_within", count=3)) == {"Jan Nowak"}
    assert names(Row("joined_from", day=date(2026, 11, 1))) == {"Anna Kowal", "Jan Nowak"}
    assert names(Row("joined_before", day=date(2026, 11, 1))) == set()
    assert names(Row("joined_before", day=date(2026, 11, 2))) == {"Anna Kowal"}


def test_engagement_counts_what_the_mail_server_took(main: Newsletter) -> None:
    often, once, refused = reader("often"), reader("once"), reader("refused")
    reader("never")
    for days in (1, 40):
        delivered(often, main, days_ago=days)
    delivered(once, main, days_ago=40)
    lost = delivered(refused, main, days_ago=1, state=Delivery.State.REFUSED)
    DeliveryEvent.objects.create(delivery=lost, mailing_id=lost.mailing_id, kind="refused", at=NOW)
    assert names(Row("received", count=1)) == {"often", "once"}
    assert names(Row("received", count=2)) == {"often"}
    assert names(Row("received", count=2, negated=True)) == {"once", "refused", "never"}
    assert names(Row("received_within", count=30)) == {"often"}
    assert names(Row("received_within", count=30, negated=True)) == {"once", "refused", "never"}
    assert names(Row("trouble", values=("bounced", "refused"))) == {"refused"}
    assert names(Row("trouble", values=("bounced", "refused"), every=True)) == set()
    assert names(Row("trouble", values=("refused",), negated=True)) == {"often", "once", "never"}


def told_apart(name: str, newsletter: Newsletter) -> Subscriber:
    person = reader(name, newsletter)
    ties = Subscription.objects.filter(subscriber=person)
    ties.update(counted_since_at=NOW - timedelta(days=300))
    return person


def visited(delivery: Any, *, days_ago: int, url: str = "", times: int = 1) -> None:
    """The mail was opened then, or its link followed."""
    Mailing.objects.filter(pk=delivery.mailing_id).update(tracking=Tracking.READERS)
    link = TrackedLink.objects.create(
        mailing_id=delivery.mailing_id,
        position=delivery.mailing.links.count(),
        key=f"{delivery.pk}-{url[-4:]}",
        url=url,
    )
    at = NOW - timedelta(days=days_ago)
    LinkVisit.objects.create(delivery=delivery, link=link, times=times, first_at=at, last_at=at)


def test_engagement_tells_opened_and_clicked_of_those_who_agreed(main: Newsletter) -> None:
    url = "https://biblioteka.example.org/"
    visited(delivered(told_apart("clicks", main), main, days_ago=5), days_ago=4, url=url)
    visited(delivered(told_apart("opens", main), main, days_ago=40), days_ago=20)
    visited(delivered(told_apart("scanner", main), main, days_ago=5), days_ago=5, url=url, times=0)
    delivered(told_apart("nothing", main), main, days_ago=5)
    told_apart("got nothing", main)
    delivered(reader("unknown", main), main, days_ago=5)
    Mailing.objects.update(tracking=Tracking.READERS)
    assert names(Row("opened_within", count=30)) == {"clicks", "opens"}
    assert names(Row("opened_within", count=10)) == {"clicks"}
    assert names(Row("clicked_within", count=30)) == {"clicks"}
    assert names(Row("opened_within", count=30, negated=True)) == {"scanner", "nothing"}
    assert names(Row("clicked_within", count=50, negated=True)) == {"opens", "scanner", "nothing"}


def test_engagement_in_the_last_issues_is_that_of_each_newsletter(
    main: Newsletter, kids: Newsletter
) -> None:
    early, late, small = (told_apart(n, main) for n in ("early", "late", "small"))
    Subscription.objects.create(
        subscriber=small, newsletter=kids, state="active", counted_since_at=NOW - timedelta(300)
    )
    for person, newsletter in ((early, main), (small, kids), (late, main)):
        visited(delivered(person, newsletter, days_ago=5), days_ago=4)
    assert names(Row("opened_last", count=1)) == {"late", "small"}
    assert names(Row("opened_last", count=2)) == {"early", "late", "small"}
    assert names(Row("clicked_last", count=2)) == set()
    assert names(Row("clicked_last", count=1, negated=True)) == {"late", "small"}


@pytest.mark.parametrize("key", ["opened_within", "opened_last"])
def test_where_readers_are_not_told_apart_nobody_is_said_to_have_opened_nothing(
    main: Newsletter, key: str
) -> None:
    delivered(told_apart("one", main), main, days_ago=1)
    assert names(Row(key, count=9)) == names(Row(key, count=9, negated=True)) == set()
    assert "No newsletter counts for each reader" in english_hint(key)
    Newsletter.objects.update(tracking=Tracking.READERS)
    assert "No newsletter counts" not in english_hint(key)


def english_hint(key: str) -> str:
    with translation.override("en"):
        return criteria.criterion(key).hint()


def test_who_must_not_be_mailed_is_found_by_the_hash(db: None) -> None:
    barred = reader("barred")
    reader("free")
    Suppression.objects.create(address_hash=barred.address_hash, reason="bounce", at=NOW)
    assert names(Row("suppressed")) == {"barred"}
    assert names(Row("suppressed", values=("bounce",))) == {"barred"}
    assert names(Row("suppressed", values=("wish",))) == set()
    assert names(Row("suppressed", negated=True)) == {"free"}


def test_rows_are_kept_and_come_back_as_they_were() -> None:
    rows = (
        Row("topics", values=("books",), negated=True, every=True, unchosen=False),
        Row("joined_before", day=date(2026, 5, 1)),
        Row("received", count=3),
        Row("text", text="Kowal"),
    )
    assert segments.rows_of(segments.rules_of(rows)) == rows


def test_conditions_are_told_in_words(main: Newsletter) -> None:
    rows = [
        Row("reads", values=(str(main.pk),)),
        Row("topics", values=("books", "arts"), every=True, unchosen=False, negated=True),
        Row("joined_before", day=date(2026, 5, 1)),
        Row("reads", values=("0",)),
    ]
    with translation.override("en"):
        assert segments.words(rows) == [
            "reads the newsletter: Co słychać w bibliotece",
            "not: topics: books and authors and exhibitions, concerts and films "
            "(only those who chose it)",
            "joined before: 1.05.2026",
            "reads the newsletter: (deleted)",
        ]
        assert segments.in_words([]) == "all readers"


def test_a_condition_that_is_gone_is_refused_in_words(db: None) -> None:
    with pytest.raises(InvalidInput):
        segments.count([Row("horoscope")], now=NOW)


def segment(*rows: Row) -> Segment:
    made = Segment(name="Wybrani", rules=segments.rules_of(rows))
    segments.save(segment=made, now=NOW)
    return made


def issue(newsletter: Newsletter, only_to: Segment | None) -> Issue:
    made = Issue(
        newsletter=newsletter,
        subject="Grudzień w bibliotece",
        preheader="Spotkania i warsztaty w grudniu.",
        send_at=timezone.now() + timedelta(days=1),
        blocks=[("heading", "W grudniu u nas")],
        segment=only_to,
        live=False,
    )
    made.save()
    return made


def test_an_issue_goes_to_the_readers_who_are_in_its_segment_when_it_starts(
    main: Newsletter, kids: Newsletter
) -> None:
    chosen = segment(Row("topics", values=("books",)), Row("text", text="100%"))
    reader("in 100%", main)
    reader("other topic 100%", main, topics=["arts"])
    reader("other newsletter 100%", kids)
    reader("other name", main)
    late = reader("late 100%")
    approved = issue(main, chosen)
    approvals.approve(content=approved)
    (publication,) = approved.publications.all()
    subscribers.record(email=late.email, name="", newsletter=main, source="", wording="", now=NOW)
    now = timezone.now()
    mailings.start(destination=main.destination, key=publication.marker, now=now)
    mailing = Mailing.objects.get()
    got = set(mailing.deliveries.values_list("subscriber__name", flat=True))
    assert got == {"in 100%", "late 100%"}
    assert mailing.readers == 2
    reads = Row("reads", values=(str(main.pk),))
    assert segments.count([reads, *segments.rows_for(chosen)], now=now) == 2
    assert mailing.only_to.startswith("Wybrani (")
    assert "100%" in mailing.only_to


def test_an_issue_without_a_segment_goes_to_everybody(main: Newsletter) -> None:
    reader("one", main)
    reader("two", main, topics=["arts"])
    approved = issue(main, None)
    approvals.approve(content=approved)
    (publication,) = approved.publications.all()
    mailings.start(destination=main.destination, key=publication.marker, now=timezone.now())
    mailing = Mailing.objects.get()
    assert (mailing.readers, mailing.only_to) == (2, "")


@pytest.mark.parametrize("where", ["row", "draft"])
def test_a_segment_stays_while_an_issue_or_its_draft_names_it(main: Newsletter, where: str) -> None:
    used = segment(Row("reads"))
    made = issue(main, used if where == "row" else None)
    if where == "draft":
        made.segment = used
        made.save_revision()
    with pytest.raises(NotAllowed):
        segments.remove(segment=used)
    assert Segment.objects.exists()


def test_a_segment_that_nobody_uses_goes(db: None) -> None:
    segments.remove(segment=segment(Row("reads")))
    assert not Segment.objects.exists()


def test_every_criterion_can_be_asked_and_said(main: Newsletter) -> None:
    making.branch()
    for key, known in criteria.CRITERIA.items():
        values = tuple(str(one) for one, _label in known.choices()[:2])
        for negated in (False, True):
            for every in (False, True):
                row = Row(
                    key,
                    negated=negated,
                    every=every,
                    values=values,
                    count=2,
                    day=date(2026, 1, 1),
                    text="a",
                )
                assert segments.count([row], now=NOW) == 0
                assert segments.words([row])[0]
