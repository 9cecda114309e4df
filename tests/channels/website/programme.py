"""The programme of a small town library, as entries of its feeds: one of every sort."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from promo.channels.website import Channel
from promo.channels.website.feeds import Entry, FeedInfo
from promo.values import Draft, EventStatus, ItemFacts, Message, Picture, Variant
from tests.channels import samples
from tests.channels.contract import renders

INSTITUTION = dataclasses.replace(samples.INSTITUTION, base_url="https://biblioteka.example.org")
PUBLISHED = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
PICTURE = Picture(
    url="https://biblioteka.example.org/media/łąka.jpg",
    alt="Autorka z książką w dłoni",
    width=1600,
    height=1067,
    size=90_000,
)


render_in = functools.cache(renders)
"""One environment a language: making one for each of a thousand fuzzed items takes a minute."""


def item(number: int, **changes: Any) -> ItemFacts:
    """The meeting of the samples under another uuid; `changes` are its fields."""
    uuid = f"5f0b5f0a-0000-4000-8000-{number:012d}"
    base = {"uuid": uuid, "link": f"{INSTITUTION.base_url}/items/{uuid}/spotkanie/"}
    return dataclasses.replace(samples.MEETING, **{**base, **changes})


def news(number: int, **changes: Any) -> ItemFacts:
    """An item without a time."""
    plain = {
        "kind": "announcement",
        "kind_label": "komunikat",
        "title": "Nowe godziny wypożyczalni",
        "lead": "Od listopada wypożyczalnia jest czynna także w soboty.",
        "starts_at": None,
        "ends_at": None,
        "partners": (),
        "accessibility": "",
    }
    return item(number, **{**plain, **changes})


MEETING = item(1, pictures=(PICTURE,), changed_at=datetime(2026, 10, 2, 9, 30, tzinfo=UTC))
CANCELLED = item(2, title="Wieczór z poezją", status=EventStatus.CANCELLED, sequence=2)
MOVED = item(
    3,
    title="Warsztaty ilustracji",
    kind="workshop",
    kind_label="warsztaty",
    status=EventStatus.RESCHEDULED,
    previous_starts_at=datetime(2026, 10, 13, 15, 0, tzinfo=UTC),
    sign_up="osobiście albo telefonicznie",
    sign_up_until_at=datetime(2026, 10, 16, 21, 59, tzinfo=UTC),
    capacity=12,
    is_free=False,
    price="20 zł",
    sequence=1,
)
SERIES = item(
    4,
    title="Bajki na dobranoc",
    kind="story_time",
    kind_label="głośne czytanie",
    starts_at=datetime(2026, 10, 19, 15, 0, tzinfo=UTC),
    ends_at=datetime(2026, 10, 19, 16, 0, tzinfo=UTC),
    recurrence="FREQ=WEEKLY;COUNT=4",  # over the change of the clocks on 25 October
)
EXHIBITION = item(
    5,
    title="Kluczbork na starych pocztówkach",
    kind="exhibition",
    kind_label="wystawa",
    starts_at=datetime(2026, 10, 9, 22, 0, tzinfo=UTC),  # 10 October in Warsaw
    ends_at=datetime(2026, 11, 29, 23, 0, tzinfo=UTC),  # 30 November
    all_day=True,
    funding_note="Dofinansowano ze środków Ministra Kultury i Dziedzictwa Narodowego.",
)
CONTEST = news(
    6,
    title="Konkurs „Moja książka”",
    kind="contest",
    kind_label="konkurs",
    lead="Narysuj okładkę ulubionej książki i wygraj nagrodę.",
    deadline_at=datetime(2026, 10, 30, 22, 59, tzinfo=UTC),
    more_url="https://biblioteka.example.org/regulamin.pdf",
)
POSTPONED = item(
    7,
    title="Spacer po starym mieście",
    status=EventStatus.POSTPONED,
    starts_at=None,
    ends_at=None,
    previous_starts_at=datetime(2026, 10, 22, 8, 0, tzinfo=UTC),
)
FULL = item(8, title="Robotyka dla dzieci", status=EventStatus.SOLD_OUT, language="en")
NEWS = news(9)

ITEMS = (MEETING, CANCELLED, MOVED, SERIES, EXHIBITION, CONTEST, POSTPONED, FULL, NEWS)


def message(of: ItemFacts) -> Message:
    """The item's message, as the channel composes it."""
    draft = Draft(
        variant=Variant.ANNOUNCE,
        due_at=PUBLISHED,
        institution=INSTITUTION,
        marker="7fK2q",
        link=f"{INSTITUTION.base_url}/w/7fK2q",
        item=of,
    )
    return Channel.compose(draft, render_in(of.language))


def entry(of: ItemFacts, *, hours: int = 0) -> Entry:
    """The item as a feed's entry, published some hours after the first."""
    published_at = PUBLISHED.replace(hour=PUBLISHED.hour + hours)
    changed_at = of.changed_at or published_at
    return Entry(item=of, html=message(of).html, published_at=published_at, changed_at=changed_at)


def entries(items: Sequence[ItemFacts] = ITEMS) -> list[Entry]:
    return [entry(each, hours=nth) for nth, each in enumerate(items)]


def info(ending: str = "rss", **changes: Any) -> FeedInfo:
    facts: dict[str, Any] = {
        "title": "Biblioteka Miejska: wydarzenia i aktualności",
        "description": "Co się dzieje w bibliotece.",
        "home_url": f"{INSTITUTION.base_url}/",
        "self_url": f"{INSTITUTION.base_url}/feeds/all.{ending}",
        "institution": INSTITUTION,
        "tag_authority": "biblioteka.example.org,2026",
    }
    return FeedInfo(**{**facts, **changes})
