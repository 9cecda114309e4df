"""Frozen values that cross a channel's border.

Nothing here knows the database, Django or the network. A `Draft` goes into a channel's `compose`, a
`Message` comes out and is stored as it will go out; `publish` gives a `Receipt`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo


class Variant(StrEnum):
    """What a publication is for: the words a channel chooses depend on it."""

    ANNOUNCE = "announce"
    REMINDER = "reminder"
    TODAY = "today"
    LAST_DAYS = "last_days"
    RESULTS = "results"
    REPORT = "report"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    NEWS = "news"
    ISSUE = "issue"


class EventStatus(StrEnum):
    """The state of the event itself, named after schema.org's EventStatusType."""

    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    SOLD_OUT = "sold_out"


class ImageConsent(StrEnum):
    """May the people who can be recognised be shown? (art. 81 of the copyright act, RODO)"""

    NOT_NEEDED = "not_needed"
    COLLECTED = "collected"
    NONE = "none"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be shown: `url` is absolute, sizes are pixels, `alt` is plain text.

    `path` is the file on our own disk (for channels that upload bytes); "" where there is none.
    """

    url: str
    alt: str
    width: int = 0
    height: int = 0
    mime_type: str = "image/jpeg"
    size: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class InstitutionFacts:
    """The institution as the public reads it. `clock_style` is "dot" (17.00) or "colon" (17:00)."""

    name: str
    base_url: str
    zone: str = "Europe/Warsaw"
    language: str = "pl"
    address: str = ""
    locality: str = ""
    email: str = ""
    phone: str = ""
    clock_style: Literal["dot", "colon"] = "dot"

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """Where it happens: a room or a venue, and the branch it belongs to.

    `elsewhere` is a place of somebody else's: the institution's own address says nothing about it.
    """

    name: str = ""
    branch: str = ""
    branch_slug: str = ""
    street: str = ""
    postal_code: str = ""
    locality: str = ""
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class ChangedDate:
    """One date of a series that differs from its rule.

    `was_at` is where the rule has it. Without `starts_at` it does not take place. `ends_at`, None:
    as long as the others. `place`, None: the usual one.
    """

    was_at: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    place: PlaceFacts | None = None


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """Everything a channel may say about one item: the approved content, as plain values.

    Instants are aware. `link` is the item's public page, absolute. `body_html` is clean HTML with
    absolute addresses only. `audiences` and `partners` are names for people, `kind` is the key and
    `kind_label` its name in the item's language. `changed_dates` are the dates of a series that
    differ from its rule; `one_date`: it is told as one of those.
    """

    uuid: str
    kind: str
    kind_label: str
    title: str
    lead: str
    link: str
    language: str = "pl"
    body_html: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    all_day: bool = False
    deadline_at: datetime | None = None
    recurrence: str = ""
    changed_dates: tuple[ChangedDate, ...] = ()
    one_date: bool = False
    status: EventStatus = EventStatus.SCHEDULED
    previous_starts_at: datetime | None = None
    place: PlaceFacts = field(default_factory=PlaceFacts)
    audiences: tuple[str, ...] = ()
    audience_keys: tuple[str, ...] = ()
    price: str = ""
    is_free: bool = True
    sign_up: str = ""
    sign_up_url: str = ""
    sign_up_until_at: datetime | None = None
    capacity: int | None = None
    partners: tuple[str, ...] = ()
    funding_note: str = ""
    contact: str = ""
    accessibility: str = ""
    more_url: str = ""
    pictures: tuple[Picture, ...] = ()
    channel_texts: Mapping[str, str] = field(default_factory=dict)
    hashtags: tuple[str, ...] = ()
    first_published_at: datetime | None = None
    changed_at: datetime | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Salutation:
    """The line that calls a reader by name: `before`, the name, `after`; or `without` a name.

    Plain text of one line; `before` and `after` bring their own spaces.
    """

    before: str
    after: str
    without: str


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a newsletter issue.

    `kind` is heading | text | salutation | item | picture | button | divider; only the fields of
    that kind are set. `html` is clean HTML.
    """

    kind: str
    text: str = ""
    html: str = ""
    url: str = ""
    item: ItemFacts | None = None
    picture: Picture | None = None
    salutation: Salutation | None = None


@dataclass(frozen=True, slots=True)
class IssueFacts:
    """One number of a newsletter: its subject, preheader and blocks, as approved."""

    uuid: str
    newsletter: str
    subject: str
    preheader: str
    blocks: tuple[Block, ...]
    language: str = "pl"
    subject_b: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What goes into `compose`: one item (or one issue), for one variant, due at one instant.

    `marker` is the publication's own unguessable code; `link` carries it (`https://…/w/<marker>`),
    so a post can be recognised exactly. `due_at` decides relative words ("dziś", "jutro").
    `readers` is the language of those who get it, where it is not the content's own.
    """

    variant: Variant
    due_at: datetime
    institution: InstitutionFacts
    marker: str
    link: str
    item: ItemFacts | None = None
    issue: IssueFacts | None = None
    readers: str = ""

    @property
    def language(self) -> str:
        """The language of the content."""
        return (self.item or self.issue or self.institution).language

    @property
    def due_on(self) -> date:
        """The local date on which this goes out."""
        return self.due_at.astimezone(self.institution.tz).date()


@dataclass(frozen=True, slots=True)
class Message:
    """The rendered copy of a publication, stored as it will go out.

    Which fields are used is the channel's business: `text` is the post or the text part, `html` the
    mail's HTML, `subject` the mail's subject or the entry's title, `link` the marker link.
    `language` is the content's own; `variants` has the whole message once more for each other
    language of its readers. `salutation` fills the place that the mail keeps for it. `subject_b` is
    a second subject, which is tried on some readers beside the first; `text_b` and `html_b` are the
    parts of the mail that carries it.
    """

    channel: str
    text: str
    subject: str = ""
    html: str = ""
    preheader: str = ""
    link: str = ""
    language: str = "pl"
    pictures: tuple[Picture, ...] = ()
    salutation: Salutation | None = None
    subject_b: str = ""
    text_b: str = ""
    html_b: str = ""
    variants: Mapping[str, Message] = field(default_factory=dict)

    def for_readers(self, language: str) -> Message:
        """The message for readers of this language; where it has none of theirs, its own."""
        return self.variants.get(language, self)

    def under(self, subject: str) -> Message:
        """The message, in every language, under its second subject for "b", else its first."""
        if not self.subject_b:
            return self
        variants = {key: one.under(subject) for key, one in self.variants.items()}
        mail = dataclasses.replace(self, subject_b="", text_b="", html_b="", variants=variants)
        if subject != "b":
            return mail
        # A message that an earlier version stored has no parts of its own for the second subject.
        return dataclasses.replace(
            mail,
            subject=self.subject_b,
            text=self.text_b or self.text,
            html=self.html_b or self.html,
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON; what few messages have is left out of the others, and of their digest."""
        data = dataclasses.asdict(dataclasses.replace(self, variants={}))
        data["variants"] = {key: one.to_json() for key, one in self.variants.items()}
        for rare in ("salutation", "subject_b", "text_b", "html_b", "variants"):
            if not data[rare]:
                del data[rare]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        pictures = tuple(Picture(**picture) for picture in data.get("pictures", ()))
        salutation = data.get("salutation")
        variants = data.get("variants", {})
        return cls(
            **{
                **data,
                "pictures": pictures,
                "salutation": Salutation(**salutation) if salutation else None,
                "variants": {key: cls.from_json(one) for key, one in variants.items()},
            }
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, hexadecimal: what an approval is bound to."""
        canonical = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The other side's proof that it is out."""

    remote_id: str
    remote_url: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A post that a network holds back until `at`, as it lists it; `text` is the post's."""

    receipt: Receipt
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should know before or after publishing.

    An `error` blocks approval, a `warning` is shown. `code` is stable (`alt_missing`); `text` is
    for people; `field` names the item's field it is about, if any. `ends_at` is when something that
    still works will end.
    """

    code: str
    text: str
    level: Literal["error", "warning"] = "error"
    field: str = ""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NativeSchedule:
    """The window in which a network itself holds a post until its time."""

    minimum: timedelta
    maximum: timedelta


@dataclass(frozen=True, slots=True)
class Traits:
    """What a channel can do, as data, so that the core can decide without asking for its name.

    `repeat_safe`: publishing the same key again creates no second copy. `look_up`: the channel can
    tell whether a key is out. `max_text` counts characters (None: no limit). `level` is the
    promotion level from which on an item uses this channel: 1 our own ground, 2 social media, 3 a
    full campaign. `by_language`: each reader has a language, and gets the message made for it.
    `reads_back`: it can tell what a post that is out says now. `figures`: it counts what people do
    with a post.
    """

    repeat_safe: bool = False
    look_up: bool = False
    can_edit: bool = False
    can_withdraw: bool = False
    native_schedule: NativeSchedule | None = None
    max_text: int | None = None
    max_images: int = 0
    alt_text: bool = False
    level: int = 2
    by_language: bool = False
    reads_back: bool = False
    figures: bool = False

    @property
    def on_our_ground(self) -> bool:
        """What stands there is ours to show, change and hide: nobody else is asked."""
        return self.repeat_safe and self.can_edit


@dataclass(frozen=True, slots=True)
class Figures:
    """What people did with a post, as its network counts it; None: it does not say.

    `metrics` are the network's own, by its names. `dead` are names that it knows no more.
    `withheld`: it answered to none of the living ones, as of pages that are too small for it.
    """

    reactions: int | None = None
    comments: int | None = None
    shares: int | None = None
    metrics: Mapping[str, int] = field(default_factory=dict)
    dead: tuple[str, ...] = ()
    withheld: bool = False
