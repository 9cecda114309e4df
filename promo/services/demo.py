"""The demonstration: an untouched desk is filled with an invented library, and begins to publish.

Only in the rehearsal world: posts and mails of the examples must never reach real people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import yaml
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, Group
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.rich_text import RichText

from promo.demo.pictures import draw
from promo.errors import NotAllowed
from promo.importing import ItemInput, read_yaml
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
from promo.services import approvals, campaigns, demo_readers, first_run, newsletters
from promo.services import publications, publishing
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

    writer: AbstractBaseUser
    approver: AbstractBaseUser


def fill(*, now: datetime) -> Filled:
    """Fill an untouched desk; one in use stays as it is. Wants `first_run.prepare` done before.

    Raises NotAllowed where anything could reach real people.
    """
    _refuse_the_real_world()
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
        for item in items:
            _approve(item, staff, now)
        soon = _post_at_once(items[0], staff, now)
        _issue(desk["issue"], newsletter, items[:IN_THE_FIRST_ISSUE], staff, soon)
        _in_review(_imported("drafts.yaml", institution, today, staff, now)[-1], staff)
        _source(desk["source"], now)
        return _counted(now)
