"""To whom an issue would go: as many as the mailing that follows has, by every wish and limit."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from promo.models import (
    DomainLimit,
    Issue,
    Item,
    Mailing,
    Newsletter,
    Publication,
    Segment,
    Subscriber,
    Suppression,
)
from promo.services import addressees, composing, mailings, preferences, segments
from promo.services.criteria import Row
from promo.services.preferences import Choice
from promo.services.wishes import LeftOut
from tests import making

pytestmark = pytest.mark.django_db

# A Wednesday, in the middle of a month.
NOW = datetime(2026, 11, 18, 11, tzinfo=making.NOON.tzinfo)


def reader(number: int) -> Subscriber:
    return Subscriber.objects.get(email=f"czytelnik{number}@example.org")


def wants(number: int, **chosen: Any) -> None:
    preferences.choose(subscriber=reader(number), choice=Choice(**chosen))


def issue(newsletter: Newsletter, *blocks: Any, **values: Any) -> Issue:
    plain = {"subject": "Numer", "send_at": NOW, "live": True, "blocks": list(blocks)}
    return Issue.objects.create(newsletter=newsletter, **{**plain, **values})


def lecture() -> tuple[str, Item]:
    made = making.item(kind="lecture")
    Item.objects.filter(pk=made.pk).update(live=True)
    made.refresh_from_db()
    return ("item", made)


def started(made: Issue) -> Mailing:
    row = Publication(
        issue=made,
        destination=made.newsletter.destination,
        slot="issue",
        variant="issue",
        planned_at=NOW,
        due_at=NOW,
    )
    composing.recompose(row)
    row.save()
    mailings.start(destination=row.destination, key=row.marker, now=NOW)
    return Mailing.objects.get(publication=row)


def test_it_goes_to_as_many_as_the_mailing_then_has() -> None:
    newsletter = making.newsletter(readers=9)
    started(issue(newsletter, subject="Wcześniejszy w tym tygodniu"))
    wants(0, paused_until_on=date(2026, 12, 24))
    wants(1, topics=("books",))
    wants(2, frequency="weekly")
    wants(3, frequency="weekly", topics=("books",))
    Subscriber.objects.filter(pk=reader(4).pk).update(language="en")
    rules = segments.rules_of([Row("language", values=("pl",))])
    only = Segment.objects.create(name="Po polsku", rules=rules, changed_at=NOW)
    made = issue(newsletter, lecture(), segment=only)
    found = addressees.of(made, now=NOW)
    assert (found.number, found.exact, found.left_out) == (4, True, LeftOut(1, 2, 1))
    assert started(made).readers == 4
    assert addressees.of(made, now=NOW).number == 4


def test_wishes_are_weighed_as_on_the_day_on_which_it_goes_out() -> None:
    newsletter = making.newsletter(readers=3)
    started(issue(newsletter, subject="W tym tygodniu"))
    wants(0, paused_until_on=date(2026, 11, 24))
    wants(1, frequency="weekly")
    made = issue(newsletter, send_at=NOW + timedelta(days=7))
    assert addressees.of(made, now=NOW).number == 3
    made.send_at = NOW
    assert addressees.of(made, now=NOW).number == 1


def test_whoever_must_not_be_mailed_does_not_count() -> None:
    newsletter = making.newsletter(readers=3)
    address = reader(0).address_hash
    reason = Suppression.Reason.COMPLAINT
    Suppression.objects.create(address_hash=address, reason=reason, at=NOW)
    assert addressees.of(issue(newsletter), now=NOW).number == 2


def test_readers_are_told_by_language_and_by_provider_with_a_limit() -> None:
    newsletter = making.newsletter(readers=4)
    Subscriber.objects.filter(pk=reader(0).pk).update(language="en", email="A@WP.pl")
    DomainLimit.objects.create(domain="wp.pl", limits="10/s")
    DomainLimit.objects.create(domain="onet.pl", limits="10/s")
    found = addressees.of(issue(newsletter), now=NOW)
    assert found.languages == {"en": 1, "pl": 3}
    assert found.providers == {"wp.pl": 1}


def test_of_many_readers_some_are_drawn_and_too_few_tell_nothing() -> None:
    newsletter = making.newsletter(readers=40)
    everybody = addressees.of(issue(newsletter), now=NOW, many=39)
    assert (everybody.number, everybody.exact) == (40, False)
    rules = segments.rules_of([Row("text", text="czytelnik3")])
    only = Segment.objects.create(name="Trójki", rules=rules, changed_at=NOW)
    few = addressees.of(issue(newsletter, segment=only), now=NOW, many=39)
    assert (few.number, few.exact) == (None, False)
    assert addressees.of(issue(newsletter, segment=only), now=NOW, many=40).number == 11
