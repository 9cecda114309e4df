"""Reading sources into the inbox, and making items from what is there."""

import hashlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from promo import door
from promo.errors import FetchRefused, InvalidInput, NotAllowed
from promo.models import Entry, Institution, Item, Source
from promo.rendering import shorten
from promo.sources.entries import Found
from promo.sources.feeds import read_feed

SLOWER = 6
"""A source that cannot be read is asked this many times less often."""

LONGEST_ADDRESS = 200
validate_url = URLValidator(schemes=["http", "https"])


def due(*, now: datetime, limit: int = 20) -> list[int]:
    """Sources to read now; each is moved to its next turn, so that none is handed out twice."""
    rows = Source.objects.filter(active=True).exclude(next_read_at__gt=now)
    if not rows.exists():
        return []
    with transaction.atomic():
        picked = list(rows.select_for_update(skip_locked=True)[:limit])
        for row in picked:
            row.next_read_at = now + timedelta(minutes=row.every_minutes)
            row.save(update_fields=["next_read_at"])
    return [row.id for row in picked]


def read(*, source_id: int, guard: door.Guard, now: datetime) -> int:
    """Read one source and give the number of new entries. A failure is told on the source's row."""
    source = Source.objects.get(id=source_id)
    try:
        answer = door.fetch(
            source.url, guard=guard, etag=source.etag, last_modified=source.last_modified
        )
        if answer.not_modified:
            found: tuple[Found, ...] = ()
        else:
            content_type = answer.headers.get("content-type", "")
            feed = read_feed(
                answer.body, url=answer.url, content_type=content_type, now=now, zone=_zone()
            )
            found = feed.entries
    except (FetchRefused, InvalidInput) as error:
        source.problem = error.text[:300]
        source.next_read_at = now + timedelta(minutes=source.every_minutes * SLOWER)
        source.save(update_fields=["problem", "next_read_at"])
        return 0
    source.problem = ""
    source.read_at = now
    if not answer.not_modified:
        source.etag, source.last_modified = answer.etag[:300], answer.last_modified[:100]
    source.save(update_fields=["problem", "read_at", "etag", "last_modified"])
    return sum(_keep(source, entry, now) for entry in found)


def _zone() -> ZoneInfo:
    zone: ZoneInfo = Institution.load().tz
    return zone


def _keep(source: Source, found: Found, now: datetime) -> bool:
    """Store one entry; True where it is new. One that changed before anybody used it is renewed."""
    values = {
        "url": found.url[:1000],
        "title": found.title[:300] or _("(no title)"),
        "summary": found.summary_text,
        "body_html": found.body_html,
        "picture_url": found.picture_url[:1000],
        "place": found.place[:200],
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        "published_at": found.published_at,
        "digest": found.digest,
    }
    entry, created = Entry.objects.get_or_create(
        source=source, guid=_identifier(found), defaults={**values, "found_at": now}
    )
    if not created and entry.state == Entry.State.NEW and entry.digest != found.digest:
        Entry.objects.filter(id=entry.id).update(**values)
    return created


def _identifier(found: Found) -> str:
    """A feed's identifier may be a megabyte long; its hash tells as well which one it is."""
    return hashlib.sha256(found.guid.encode()).hexdigest()


def make_item(*, entry: Entry) -> Item:
    """A draft item from an inbox entry. Raises NotAllowed where one has been made."""
    with transaction.atomic():
        taken = Entry.objects.filter(id=entry.id, state=Entry.State.NEW).update(
            state=Entry.State.USED
        )
        if not taken:
            raise NotAllowed(_("Somebody has already dealt with this entry."))
        source = entry.source
        item = Item(
            kind=source.kind,
            title=entry.title[:160],
            lead=shorten(entry.summary, 160),
            body=entry.body_html,
            starts_at=entry.starts_at,
            ends_at=_end(entry),
            venue=entry.place[:160],
            more_url=_address(entry),
            live=False,
            has_unpublished_changes=True,
            source_entry=entry,
        )
        item.full_clean(exclude=["lead"])  # people write a missing one
        item.save()
        if source.partner:
            item.partners.add(source.partner)
        item.save_revision(clean=False)
    return item


def _end(entry: Entry) -> datetime | None:
    """The end, unless it contradicts the start."""
    if entry.starts_at is None or entry.ends_at is None or entry.ends_at < entry.starts_at:
        return None
    return entry.ends_at


def _address(entry: Entry) -> str:
    """The entry's address, if an item can hold it: half of one leads nowhere."""
    try:
        validate_url(entry.url)
    except ValidationError:
        return ""
    return entry.url if len(entry.url) <= LONGEST_ADDRESS else ""


def set_aside(*, entry: Entry) -> None:
    """Take an entry out of the inbox."""
    Entry.objects.filter(id=entry.id, state=Entry.State.NEW).update(state=Entry.State.IGNORED)
