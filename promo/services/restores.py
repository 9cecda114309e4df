"""A database that was put back from a backup knows nothing of what left after the backup.

Redis is told again and again at which moment the database was last seen. Where Redis has heard of a
later moment than the database, or has lost its memory of a database nobody has seen for a while,
everything is stopped: posts that were due are looked for where they would be, and whatever cannot
be looked for waits for a person. So an old backup sends nothing a second time.
"""

from datetime import datetime, timedelta

import redis
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from promo.models import Attempt, Halt, Heartbeat, Institution, Mailing, Publication
from promo.protocol import DUE, Event, State, after
from promo.services import channels, halts, ledger, looking, publishing

log = structlog.get_logger()

SEEN = "seen"
"""The name of the database's own line, and of what Redis is told of it."""

FORGETFUL = timedelta(minutes=10)
"""So long a Redis that then came back without memory may have been away: that is no old backup."""


def check(*, now: datetime, copied: bool = False) -> Halt | None:
    """Has the database been put back? Then stop everything; gives that stop. Remembers this moment.

    `copied`: its files are known to come from a copy. Without Redis nothing is found out.
    """
    key = f"promo:{SEEN}:{connection.settings_dict['NAME']}"
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, decode_responses=True
    )
    with client:
        try:
            # Before the database's own line is read: what Redis knows was written there first.
            told = client.get(key)
            known = datetime.fromisoformat(str(told)) if told else None
            halt = _compare(known, now, copied=copied)
            client.set(key, now.isoformat())
        except redis.RedisError as error:
            log.warning("restores", error=str(error))
            return None
    return halt


def in_doubt() -> QuerySet[Publication]:
    """What may be out already: those with a `look_at` are being looked for, the others wait."""
    rows = Publication.objects.filter(state=State.UNKNOWN)
    return rows.select_related("item", "issue", "destination").order_by("due_at", "id")


def _compare(known: datetime | None, now: datetime, *, copied: bool) -> Halt | None:
    with transaction.atomic():
        publishing.commit_to_disk()  # Redis must never know of a moment that the disk forgets
        line, is_new = Heartbeat.objects.select_for_update().get_or_create(
            name=SEEN, defaults={"at": now}
        )
        at = line.at
        forgotten = known is None and now - at > FORGETFUL
        gone_back = not is_new and (copied or forgotten or (known is not None and known > at))
        halt = _stop(at, now=now) if gone_back else None
        line.at = now
        line.save(update_fields=["at"])
    return halt


def _stop(at: datetime, *, now: datetime) -> Halt:
    with translation.override(Institution.load().language):
        day = formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")
        because = _("This is a backup from {day}. What left after it is not known here.")
        halt = halts.begin_by_itself(because=because.format(day=day), put_back_to=at, now=now)
        _put_in_doubt(now)
        problem = _("Paused: a backup was put in place, and more readers may have got it already.")
        Mailing.objects.filter(state=Mailing.State.RUNNING).update(
            state=Mailing.State.PAUSED, problem=problem
        )
    log.warning("restores", put_back_to=at.isoformat())
    return halt


def _put_in_doubt(now: datetime) -> None:
    """Nobody knows of what was due whether it is out. Our own website shows what it shows."""
    due = Publication.objects.filter(state__in=[*DUE, State.CLAIMED], due_at__lte=now)
    rows = due | Publication.objects.filter(state=State.SENDING)
    for row in rows.select_related("destination").select_for_update(of=("self",)):
        traits = channels.traits_of(row.destination.channel)
        if traits.on_our_ground:
            continue
        event = Event.LEASE_OVER if row.state == State.SENDING else Event.PUT_BACK
        row.state = after(State(row.state), event)
        row.token += 1
        row.marked_at = now  # from here on the quiet period counts
        row.looks = row.absences = 0
        row.lease_until_at = row.hinted_at = row.arm_at = None
        row.problem = _("A backup was put in place. It may be published already.")
        row.look_at = looking.next_look(row, now=now) if traits.look_up else None
        row.save()
        ledger.write(row, Attempt.Event.PUT_BACK, at=now, text=row.problem)
