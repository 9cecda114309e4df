"""The demonstration: an untouched desk is filled with an invented library, and begins to publish.

Only in the rehearsal world: posts and mails of the examples must never reach real people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import yaml
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.rich_text import RichText

from promo.demo.pictures import draw
from promo.errors import NotAllowed
from promo.importing import read_yaml
from promo.models import (
    Branch,
    Campaign,
    CampaignItem,
    Entry,
    Institution,
    Issue,
    Item,
    Newsletter,
    Partner,
    Publication,
    Source,
    Subscriber,
)
from promo.protocol import DUE
from promo.services import (
    approvals,
    campaigns,
    demo_readers,
    first_run,
    newsletters,
    publications,
    publishing,
)
from promo.services.facts import absolute
from promo.services.importing import import_items
from promo.values import EventStatus

IN_THE_FIRST_ISSUE = 5
"""So many of the first items make the first issue; the last of them is the contest."""

AT_ONCE = timedelta(minutes=1)
_AS_PLANNED = ("status", "starts_at", "ends_at", "previous_starts_at")
_ANNOUNCED_ANEW = frozenset({EventStatus.CANCELLED, EventStatus.RESCHEDULED})


@dataclass(frozen=True, slots=True)
class Filled:
    """How much was put on the desk; all zero where it had been in use."""

    items: int = 0
    approved: int = 0
    branches: int = 0
    subscribers: int = 0
    publications: int = 0
    due_within_a_minute: int = 0


@dataclass(frozen=True, slots=True)
class Staff:
    """Who writes and who approves in the demonstration."""

    writer: User
    approver: User


def fill(*, now: datetime) -> Filled:
    """Fill an untouched desk; one in use stays as it is. Wants `first_run.prepare` done before.

    Raises NotAllowed where anything could reach real people.
    """
    if not is_rehearsed():
        message = _("The examples are for the rehearsal world only: from here they would get out.")
        raise NotAllowed(message)
    with transaction.atomic():
        if _is_in_use():
            return Filled()
        desk: dict[str, Any] = yaml.safe_load(_text("desk.yaml"))
        institution = _institution(desk["institution"])
        for values in desk["branches"]:
            Branch.objects.create(**values)
        newsletter = newsletters.create(**desk["newsletter"])
        demo_readers.subscribe(newsletter=newsletter, wordings=desk["consent"], now=now)
        staff = _staff(desk["staff"])
        today = timezone.localdate(now, institution.tz)
        items = _imported("items.yaml", institution, today, staff, now)
        _campaigns(desk["campaigns"], items, staff, now)
        _approve(items[0], staff)
        soon = _post_at_once(items[0], staff, now)  # first of all: the other posts keep a distance
        for item in items[1:]:
            _approve(item, staff)
        _issue(desk["issue"], newsletter, items[:IN_THE_FIRST_ISSUE], staff, soon)
        _in_review(_imported("drafts.yaml", institution, today, staff, now)[-1], staff)
        _source(desk["source"], now)
        return _counted()


def is_rehearsed() -> bool:
    """Do posts and mails go to the rehearsal world, both of them?"""
    world = urlsplit(settings.REHEARSAL_URL).hostname
    posts = settings.PROMO_FACEBOOK_GRAPH_URL.startswith(f"{settings.REHEARSAL_URL}/")
    return bool(world and posts and urlsplit(settings.EMAIL_URL).hostname == world)


def _is_in_use() -> bool:
    kept = (Item, Branch, Newsletter, Subscriber, Campaign)
    return any(model.objects.exists() for model in kept)


def _text(name: str) -> str:
    return (files("promo.demo") / name).read_text("utf-8")


def _institution(values: dict[str, str]) -> Institution:
    row: Institution = Institution.load()
    if row.name == Institution().name:  # nobody has named it yet
        for name, value in values.items():
            setattr(row, name, value)
        row.full_clean()
        row.save()
    return row


def _staff(rows: Sequence[dict[str, str]]) -> Staff:
    """An editor and an approver who cannot log in until an administrator gives them a password."""
    groups = {"writers": first_run.WRITERS, "approvers": first_run.APPROVERS}
    made = []
    for row in rows:
        names = {"first_name": row["first_name"], "last_name": row["last_name"]}
        user, created = User.objects.get_or_create(username=row["username"], defaults=names)
        if created:
            user.set_unusable_password()
            user.save()
            user.groups.add(Group.objects.get(name=groups[row["group"]]))
        made.append(user)
    return Staff(*made)


def _imported(
    name: str, institution: Institution, today: date, staff: Staff, now: datetime
) -> list[Item]:
    inputs = read_yaml(_text(name), zone=institution.tz, today=today)
    return import_items(inputs=inputs, user=staff.writer, now=now, read_picture=draw)


def _campaigns(
    rows: Sequence[dict[str, Any]], items: Sequence[Item], staff: Staff, now: datetime
) -> None:
    for row in rows:
        campaign = Campaign.objects.create(
            name=row["name"],
            theme=row["theme"],
            goal=row["goal"],
            created_by=staff.writer,
        )
        for item in items:
            if item.kind in row["kinds"]:
                CampaignItem.objects.create(campaign=campaign, item=item)
        campaigns.queue(campaign=campaign, now=now)


def _approve(item: Item, staff: Staff) -> None:
    """Approve an item; one that is moved or cancelled is out on the website before that happens."""
    if item.status not in _ANNOUNCED_ANEW:
        approvals.approve(content=item, user=staff.approver)
        return
    in_the_end = {name: getattr(item, name) for name in _AS_PLANNED}
    if item.starts_at and item.previous_starts_at:
        shift = item.starts_at - item.previous_starts_at
        item.starts_at = item.previous_starts_at
        item.ends_at = item.ends_at and item.ends_at - shift
    item.status, item.previous_starts_at = EventStatus.SCHEDULED, None
    approvals.approve(content=item, user=staff.approver)
    _publish_on_website(item, staff)
    for name, value in in_the_end.items():
        setattr(item, name, value)
    approvals.approve(content=item, user=staff.approver)


def _publish_on_website(item: Item, staff: Staff) -> None:
    """Publish the entry at the instant of its approval. The website is ours: nobody is called."""
    (approval,) = item.approvals.all()
    entry = _planned(item, "website")
    _move(entry, staff, to=approval.at, now=approval.at)
    publishing.publish(entry.id, clock=lambda: approval.at)


def _post_at_once(item: Item, staff: Staff, now: datetime) -> datetime:
    """Let a person move the item's post to the moment its entry appears; gives that moment.

    A move by hand knows no quiet hours, so a newcomer sees a post at any hour of any day.
    """
    entry = _planned(item, "website")
    _move(_planned(item, "facebook_page"), staff, to=entry.due_at, now=now)
    return entry.due_at


def _planned(item: Item, channel: str) -> Publication:
    """The item's first publication on this channel that has not gone out."""
    rows = item.publications.filter(destination__channel=channel, state__in=DUE)
    return rows.order_by("due_at", "id")[0]


def _move(row: Publication, staff: Staff, *, to: datetime, now: datetime) -> None:
    publications.move(publication_id=row.id, to=to, user=staff.approver, now=now)


def _issue(
    words: dict[str, str],
    newsletter: Newsletter,
    items: Sequence[Item],
    staff: Staff,
    send_at: datetime,
) -> None:
    events, contest = items[:-1], items[-1]
    issue = Issue(
        newsletter=newsletter,
        subject=words["subject"],
        preheader=words["preheader"],
        send_at=send_at,
        language=newsletter.language,
        live=False,
        blocks=[
            ("text", RichText(words["greeting"])),
            ("heading", words["events_heading"]),
            *(("item", item) for item in events),
            ("heading", words["contest_heading"]),
            ("item", contest),
            ("divider", None),
            ("button", {"text": words["button"], "url": absolute("/")}),
            ("text", RichText(words["farewell"])),
        ],
    )
    issue.full_clean()
    issue.save()
    approvals.approve(content=issue, user=staff.approver)


def _in_review(item: Item, staff: Staff) -> None:
    item.get_workflow().start(item, staff.writer)


def _source(row: dict[str, Any], now: datetime) -> None:
    """A partner's feed that is switched off (it would be our own), and what it brought before."""
    source = Source.objects.create(
        name=row["name"],
        url=absolute("/feeds/rss.xml"),
        partner=Partner.objects.filter(name=row["partner"]).first(),
        active=False,
    )
    for found in row["entries"]:
        digest = hashlib.sha256(found["url"].encode()).hexdigest()
        Entry.objects.create(source=source, guid=digest, digest=digest, found_at=now, **found)


def _counted() -> Filled:
    waiting = Publication.objects.filter(state__in=DUE, held=False)
    return Filled(
        items=Item.objects.count(),
        approved=Item.objects.filter(live=True).count(),
        branches=Branch.objects.count(),
        subscribers=Subscriber.objects.count(),
        publications=Publication.objects.count(),
        due_within_a_minute=waiting.filter(due_at__lte=timezone.now() + AT_ONCE).count(),
    )
