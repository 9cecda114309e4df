"""What a file says about one item, checked and as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from promo.values import EventStatus, ImageConsent


@dataclass(frozen=True, slots=True)
class PictureInput:
    """A picture by its path, relative to the import file. `alt` is never empty."""

    file: str
    alt: str
    author: str = ""
    licence: str = ""
    consent: ImageConsent = ImageConsent.NOT_NEEDED


@dataclass(frozen=True, slots=True)
class ItemInput:
    """One item. The fields are named as in the file and as in the model; instants are aware.

    `row` is its place in the file: the row of a table, or the number of an item in YAML from 1.
    `body` is HTML. `branch` is a short name or a name, `timetable` a short name, "" for the usual.
    """

    row: int = field(compare=False)
    kind: str
    title: str
    lead: str
    body: str = ""
    language: str = "pl"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    all_day: bool = False
    deadline_at: datetime | None = None
    recurrence: str = ""
    status: EventStatus = EventStatus.SCHEDULED
    previous_starts_at: datetime | None = None
    branch: str = ""
    venue: str = ""
    audiences: tuple[str, ...] = ()
    price: str = ""
    sign_up: str = ""
    sign_up_url: str = ""
    sign_up_until_at: datetime | None = None
    capacity: int | None = None
    partners: tuple[str, ...] = ()
    funding_note: str = ""
    contact: str = ""
    accessibility: str = ""
    more_url: str = ""
    hashtags: str = ""
    level: int = 3
    timetable: str = ""
    facebook_text: str = ""
    pictures: tuple[PictureInput, ...] = ()
