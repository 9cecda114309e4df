"""The plan in somebody's own calendar program: a secret address, and what is read there.

Every publication is an entry of its own, so that it keeps its identity when it moves. What was
dropped stays for a while and says so: a calendar program that only sees it gone may keep it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vText, vUri

from promo.channels.website.feeds.zones import vtimezone
from promo.models import Attempt, CalendarAddress, Institution, Publication
from promo.protocol import State
from promo.services import tokens
from promo.services.facts import absolute

PURPOSE = "plan-feed"
BACK, AHEAD = timedelta(days=30), timedelta(days=180)
MOST_BACK, MOST_AHEAD = 200, 1000
"""Entries of one answer, the nearest to now first; a calendar program reads it all every time."""
KEPT = 3600
"""Seconds."""
LASTS = timedelta(minutes=15)
REFRESH = timedelta(hours=1)

_STATUS = {
    State.CANCELLED: "CANCELLED",
    State.WITHDRAWN: "CANCELLED",
    State.FAILED: "TENTATIVE",
    State.UNKNOWN: "TENTATIVE",
    State.MISSED: "TENTATIVE",
}


@dataclass(frozen=True, slots=True)
class Feed:
    """What is read at an address, with the strong tag of its content."""

    rows: tuple[Publication, ...]
    tag: str


def address_of(user: User) -> str:
    """The person's secret address, "" where there is none yet."""
    known = CalendarAddress.objects.filter(user=user).first()
    if known is None:
        return ""
    code = tokens.code(PURPOSE, known.uuid)
    return absolute(reverse("plan_feed", args=[code]))


def renew(*, user: User, now: datetime) -> None:
    """A new address; one that there was before leads nowhere from now on."""
    fresh = {"uuid": uuid.uuid4(), "made_at": now}
    CalendarAddress.objects.update_or_create(user=user, defaults=fresh)


def give_up(*, user: User) -> None:
    """No address any more."""
    CalendarAddress.objects.filter(user=user).delete()


def reader_of(code: str) -> User | None:
    """Whose address it is; None for one that leads nowhere, and for who may not read the plan."""
    value = tokens.read(PURPOSE, code)
    if value is None:
        return None
    try:
        known = CalendarAddress.objects.filter(uuid=value).select_related("user").first()
    except ValidationError:
        return None
    user = known.user if known else None
    if not isinstance(user, User) or not user.is_active or not user.has_perm("promo.view_item"):
        return None
    return user


def read(*, now: datetime, language: str) -> Feed:
    """What is planned and what was lately out or dropped. Two statements for all of it."""
    before = _rows(now - BACK, now).order_by("-planned_at", "-id")[:MOST_BACK]
    ahead = _rows(now, now + AHEAD).order_by("planned_at", "id")[:MOST_AHEAD]
    rows = (*reversed(before), *ahead)
    house = Institution.load()
    shown = [
        (row.pk, row.state, row.planned_at, row.held, row.subject, row.destination.name)
        for row in rows
    ]
    told = repr((language, house.zone, house.name, absolute("/"), shown))
    return Feed(rows, f'"{hashlib.sha256(told.encode()).hexdigest()[:32]}"')


def _rows(since: datetime, until: datetime) -> QuerySet[Publication]:
    near = Publication.objects.filter(planned_at__gte=since, planned_at__lt=until)
    names = near.select_related("item", "issue", "destination").only(
        *("uuid", "state", "planned_at", "variant", "held", "created_at", "problem", "remote_url"),
        *("item__title", "issue__subject", "destination__name"),
    )
    last = Attempt.objects.filter(publication=OuterRef("pk")).order_by("-at").values("at")[:1]
    return names.annotate(changed_at=Greatest("created_at", Subquery(last)))


def body(feed: Feed) -> bytes:
    """What is read at the address; kept for the next who asks, for writing it is the slow part."""
    key = f"plan-feed:{feed.tag}"
    known: bytes | None = cache.get(key)
    if known is None:
        known = write(feed)
        cache.set(key, known, KEPT)
    return known


def write(feed: Feed) -> bytes:
    """The calendar (RFC 5545) in the active language, times in the institution's zone."""
    institution = Institution.load()
    host = urlsplit(absolute("/")).hostname or "promo"
    calendar = Calendar()
    name = _("Publications: {institution}").format(institution=institution.name)
    calendar.add("prodid", f"-//{host}//Promo 1.0//")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", vText(name))
    calendar.add("x-wr-calname", vText(name))
    calendar.add("x-wr-timezone", institution.zone)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    calendar.add_component(vtimezone(institution.zone))
    for event in _events(feed, institution, host):
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _events(feed: Feed, institution: Institution, host: str) -> Iterator[Event]:
    for row in feed.rows:
        event = Event()
        starts_at = row.planned_at.astimezone(institution.tz)
        event.add("uid", f"publication-{row.uuid}@{host}")
        event.add("dtstamp", getattr(row, "changed_at", row.created_at).astimezone(UTC))
        event.add("dtstart", starts_at)
        event.add("dtend", starts_at + LASTS)
        event.add("summary", _summary(row))
        event.add("description", _description(row))
        event.add("status", _STATUS.get(State(row.state), "CONFIRMED"))
        event.add("transp", "TRANSPARENT")
        event.add("url", vUri(absolute(reverse("publications:show", args=[row.pk]))))
        yield event


def _summary(row: Publication) -> str:
    plain = f"{row.destination.name}: {row.subject}"
    if row.state == State.CANCELLED:
        return _("Dropped: {publication}").format(publication=plain)
    if row.state == State.WITHDRAWN:
        return _("Taken down: {publication}").format(publication=plain)
    return plain


def _description(row: Publication) -> str:
    lines = [f"{row.get_variant_display()} – {row.get_state_display()}", row.problem]
    lines += [_("on hold")] if row.held else []
    return "\n".join(line for line in [*lines, row.remote_url] if line)
