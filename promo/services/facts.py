"""From rows to facts: the plain values that templates and channels may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from wagtail.images.models import SourceImageIOError
from wagtail.rich_text import expand_db_html

from promo.errors import InvalidInput, Unprepared
from promo.models import Approval, Branch, EventAct, Institution, Issue, Item, Photo
from promo.planning.kinds import AUDIENCES, KINDS
from promo.planning.series import dates_of
from promo.protocol import OUT
from promo.rendering import clean, to_text
from promo.values import (
    Block,
    ChangedDate,
    EventStatus,
    ImageConsent,
    InstitutionFacts,
    IssueFacts,
    ItemFacts,
    Picture,
    PlaceFacts,
    Salutation,
)

PHOTO_SPEC = "max-1600x1600|format-jpeg|jpegquality-82"
_AUDIENCE_LABELS = {audience.key: audience.label for audience in AUDIENCES}


def institution_facts() -> InstitutionFacts:
    """The institution as the public reads it."""
    row = Institution.load()
    return InstitutionFacts(
        name=row.name,
        base_url=settings.PROMO_BASE_URL,
        zone=row.zone,
        language=row.language,
        address=row.address,
        locality=row.locality,
        email=row.email,
        phone=row.phone,
        clock_style="colon" if row.clock_style == Institution.ClockStyle.COLON else "dot",
    )


def absolute(address: str) -> str:
    return urljoin(f"{settings.PROMO_BASE_URL}/", address)


def item_facts(item: Item) -> ItemFacts:
    """Everything a channel may say about this content of the item; of a live row: the approved."""
    kind = KINDS[item.kind]
    approvals = list(item.approvals.all()) if item.pk else []
    with translation.override(item.language):
        return ItemFacts(
            uuid=str(item.uuid),
            kind=kind.key,
            kind_label=str(kind.label),
            title=item.title,
            lead=item.lead,
            link=absolute(item.path),
            language=item.language,
            body_html=rich_text(item.body),
            starts_at=item.starts_at,
            ends_at=item.ends_at,
            all_day=item.all_day,
            deadline_at=item.deadline_at,
            recurrence=item.recurrence,
            changed_dates=changed_dates(item),
            place=place_facts(item.branch, item.venue),
            audiences=tuple(str(_AUDIENCE_LABELS[key]) for key in item.audiences),
            audience_keys=tuple(item.audiences),
            price=item.price,
            is_free=not item.price,
            sign_up=item.sign_up,
            sign_up_url=item.sign_up_url,
            sign_up_until_at=item.sign_up_until_at,
            capacity=item.capacity,
            partners=tuple(partner.name for partner in item.partners.all()),
            funding_note=item.funding_note,
            contact=item.contact,
            accessibility=_accessibility(item),
            more_url=item.more_url,
            pictures=pictures(item),
            channel_texts={"facebook_page": item.facebook_text} if item.facebook_text else {},
            hashtags=tuple(word.lstrip("#") for word in item.hashtags.split()),
            first_published_at=item.first_published_at,
            changed_at=item.last_published_at,
            sequence=approvals[-1].sequence if approvals else 0,
            **status_of(item, approvals),
        )


@lru_cache(maxsize=2048)
def rich_text(source: str) -> str:
    """What staff wrote, as clean HTML with absolute addresses. Kept: pages ask for it again."""
    return clean(expand_db_html(source or ""), base_url=settings.PROMO_BASE_URL)


def status_of(item: Item, approvals: list[Approval]) -> dict[str, Any]:
    """The event's status; a date that differs from one already told makes it rescheduled."""
    status = EventStatus(item.status)
    previous = item.previous_starts_at
    if status is EventStatus.SCHEDULED and previous is None:
        previous = told_start(item, approvals)
        if previous is not None:
            status = EventStatus.RESCHEDULED
    return {"status": status, "previous_starts_at": previous}


def told_start(item: Item, approvals: list[Approval]) -> datetime | None:
    """The latest other start that the public had been told, if any."""
    starts = {approval.starts_at for approval in approvals} - {None, item.starts_at}
    if not starts or item.starts_at is None:  # the rule: nothing was moved, nobody is asked
        return None
    told = [row.starts_at for row in told_approvals(item, approvals) if row.starts_at in starts]
    return told[-1] if told else None


def told_approvals(item: Item, approvals: list[Approval]) -> list[Approval]:
    """Those of the item's approvals during which anything went out: what the public has read."""
    approvals = lasting(item, approvals)
    out = item.publications.filter(state__in=OUT, published_at__isnull=False)
    instants = list(out.values_list("published_at", flat=True))
    since = [None, *(row.at for row in approvals[1:])]
    until = [*since[1:], None]
    return [
        row
        for row, begin, end in zip(approvals, since, until, strict=True)
        if any((not begin or at >= begin) and (not end or at < end) for at in instants if at)
    ]


def lasting(item: Item, approvals: list[Approval]) -> list[Approval]:
    """The approvals without those of acts that were taken back before anything went out."""
    if len(approvals) < 2:  # noqa: PLR2004  (the first is never an act's)
        return approvals
    undone = set(
        EventAct.objects.filter(item_id=item.pk, undone_at__isnull=False).values_list(
            "approval_id", flat=True
        )
    )
    return [approval for approval in approvals if approval.pk not in undone]


def changed_dates(item: Item) -> tuple[ChangedDate, ...]:
    """The dates of the item's series that were changed one by one, as far as its rule has them."""
    if not item.changed_dates or not item.recurrence or item.starts_at is None:
        return ()
    zone = Institution.load().tz
    try:
        walls = dates_of(
            item.recurrence, item.starts_at.astimezone(zone).replace(tzinfo=None), zone
        )
    except InvalidInput:
        return ()
    known = {row["on"]: row for row in item.changed_dates}
    found = ((wall, known.get(wall.date().isoformat())) for wall in walls)
    return tuple(_changed_date(wall.replace(tzinfo=zone), row) for wall, row in found if row)


def _changed_date(was_at: datetime, row: Mapping[str, Any]) -> ChangedDate:
    def instant(name: str) -> datetime | None:
        return datetime.fromisoformat(row[name]) if row.get(name) else None

    elsewhere = row.get("place")
    return ChangedDate(
        was_at=was_at,
        starts_at=instant("starts_at"),
        ends_at=instant("ends_at"),
        place=_place_of(elsewhere["branch"], elsewhere["venue"]) if elsewhere else None,
    )


def _place_of(branch_id: int | None, venue: str) -> PlaceFacts:
    branch = Branch.objects.filter(pk=branch_id).first() if branch_id else None
    return place_facts(branch, venue)


def _accessibility(item: Item) -> str:
    branch = item.branch.accessibility if item.branch else ""
    return "\n".join(part for part in (branch.strip(), item.accessibility.strip()) if part)


def place_facts(branch: Branch | None, venue: str) -> PlaceFacts:
    if branch is None:
        # Where there are branches, a place without one is not ours; else it is a room of the house.
        elsewhere = bool(venue.strip()) and Branch.objects.exists()
        return PlaceFacts(name=venue, elsewhere=elsewhere)
    return PlaceFacts(
        name=venue,
        branch=branch.name,
        branch_slug=branch.slug,
        street=branch.street,
        postal_code=branch.postal_code,
        locality=branch.locality,
    )


def pictures(item: Item) -> tuple[Picture, ...]:
    """The item's pictures that may be shown and can be read: a lost file breaks no page."""
    made = (picture(row.photo, alt=row.alt) for row in item.photos.all())
    return tuple(one for one in made if one is not None)


def picture(photo: Photo, *, alt: str = "") -> Picture | None:
    """A JPEG of at most 1600 pixels, without the camera's data; None where the file is lost, or
    where somebody shown has withdrawn their consent. Raises Unprepared where it cannot be stored.
    """
    if photo.consent == ImageConsent.WITHDRAWN.value:
        return None
    try:
        rendition = photo.get_rendition(PHOTO_SPEC)
    except SourceImageIOError:
        return None
    except OSError as error:
        raise Unprepared(_unprepared(photo), detail=str(error)) from error
    return Picture(
        url=absolute(rendition.url),
        alt=alt or photo.description,
        width=rendition.width,
        height=rendition.height,
        mime_type="image/jpeg",
        size=rendition.file.size,
        path=rendition.file.path,
    )


def _unprepared(photo: Photo) -> str:
    text = _(
        "The picture “{title}” cannot be prepared: the server has no room for it, or its file is "
        "damaged. Choose another picture, or tell the administrator."
    )
    return text.format(title=photo.title)


def issue_facts(issue: Issue) -> IssueFacts:
    """An issue's approved content; items in it are taken as approved, never as drafted."""
    blocks = (_block(block.block_type, block.value) for block in issue.blocks)
    return IssueFacts(
        uuid=str(issue.uuid),
        newsletter=issue.newsletter.name,
        subject=issue.subject,
        preheader=issue.preheader,
        blocks=tuple(block for block in blocks if block is not None),
        language=issue.language,
        subject_b=issue.subject_b,
    )


def _block(kind: str, value: object) -> Block | None:
    return _BLOCKS[kind](value) if value is not None else None


def _item_block(item: Item) -> Block | None:
    return Block("item", item=item_facts(item)) if item.live else None


def _picture_block(photo: Photo) -> Block | None:
    decorative = getattr(photo, "decorative", False)
    alt = "" if decorative else getattr(photo, "contextual_alt_text", "") or photo.description
    made = picture(photo, alt=alt)
    return Block("picture", picture=made) if made else None


def _text_block(value: object) -> Block:
    return Block("text", html=rich_text(getattr(value, "source", str(value))))


def _opening_block(value: object) -> Block | None:
    """The text; None where nobody has written it: an empty paragraph is never sent."""
    block = _text_block(value)
    return block if to_text(block.html).strip() else None


def _salutation_block(value: Mapping[str, str]) -> Block:
    words = Salutation(value["before"], value["after"], value["without"])
    return Block("salutation", salutation=words)


_BLOCKS: dict[str, Callable[[Any], Block | None]] = {
    "opening": _opening_block,
    "heading": lambda value: Block("heading", text=str(value)),
    "text": _text_block,
    "salutation": _salutation_block,
    "item": _item_block,
    "picture": _picture_block,
    "button": lambda value: Block("button", text=value["text"], url=value["url"]),
    "divider": lambda _value: Block("divider"),
}
