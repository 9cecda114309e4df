"""What people did with posts: read ever more seldom while they are new, then left alone.

A quiet page has a small budget of calls (`channels/facebook_page/usage.py`), and most of what
happens to a post happens in its first days. Nothing is read where publishing may need the calls.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connection
from django.utils.translation import gettext as _

from promo.channels.base import CountingChannel
from promo.errors import ConfigurationError, PublishError, RateLimited
from promo.models import DeadMetric, Destination, PostFigures, Publication
from promo.protocol import State
from promo.services import channels, hints
from promo.services.clock import Clock, database_now
from promo.values import Figures, Receipt

READ_AFTER = (
    *(timedelta(hours=1), timedelta(hours=6), timedelta(days=1)),
    *(timedelta(days=3), timedelta(days=7), timedelta(days=28)),
)
"""How long after it came out a post is read."""

LEASE = timedelta(minutes=15)
"""A reading whose hint was lost is due again after this."""

AGAIN = timedelta(hours=1)
"""When it is tried again after a network that did not answer."""

MOST_USED = 75
"""Percent of the call budget above which nothing is read."""


def _counting() -> list[str]:
    return [key for key, channel in channels.installed().items() if channel.traits.figures]


def note_new(*, now: datetime) -> None:
    """A row for each post that has none yet; served by the index `publication_out`."""
    values: dict[str, Any] = {
        "channels": _counting(),
        "out": State.PUBLISHED.value,
        "first": READ_AFTER[0],
        "since": now - READ_AFTER[-1],
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO promo_postfigures (publication_id, metrics, withheld, reads, next_at)
            SELECT row.id, '{}'::jsonb, FALSE, 0, row.published_at + %(first)s
            FROM promo_destination place
            JOIN promo_publication row ON row.destination_id = place.id
            WHERE place.channel = ANY(%(channels)s) AND row.state = %(out)s
                AND row.published_at >= %(since)s AND row.remote_id <> ''
                AND NOT EXISTS (SELECT FROM promo_postfigures WHERE publication_id = row.id)
            ON CONFLICT DO NOTHING
            """,
            values,
        )


def due(*, now: datetime) -> list[int]:
    """Figures to read now; each is moved on, so that none is hinted twice."""
    busy = Destination.objects.filter(used_until_at__gt=now, used_percent__gt=MOST_USED)
    closed = Destination.objects.exclude(paused_at=None) | busy
    rows = PostFigures.objects.filter(next_at__lte=now).exclude(
        publication__destination__in=closed.values("pk")
    )
    return hints.take(rows.order_by("next_at", "id"), limit=20, next_at=now + LEASE)


def read_sooner(*, destination: Destination, remote_ids: Collection[str], at: datetime) -> None:
    """Read these posts at `at`, if they are to be read later: who reads sees what is gone."""
    rows = PostFigures.objects.filter(
        next_at__gt=at,
        publication__destination=destination,
        publication__state=State.PUBLISHED,
        publication__remote_id__in=remote_ids,
    )
    hints.take(rows.order_by("id"), limit=len(remote_ids), next_at=at)


def read(figures_id: int, *, clock: Clock = database_now) -> None:
    """Read the figures of one post. Safe to call any number of times."""
    kept = PostFigures.objects.select_related("publication__destination").get(id=figures_id)
    row = kept.publication
    if row.state != State.PUBLISHED or row.published_at is None:
        _leave(kept)
        return
    dead = DeadMetric.objects.filter(channel=row.destination.channel)
    try:
        channel = cast("CountingChannel", channels.channel_for(row.destination))
        found = channel.figures(
            Receipt(row.remote_id, row.remote_url),
            dead=frozenset(dead.values_list("name", flat=True)),
        )
    except RateLimited as error:
        _later(kept, clock() + max(error.retry_after, AGAIN))
    except (PublishError, ConfigurationError):
        _later(kept, clock() + AGAIN)  # the daily check finds out whether our access is lost
    else:
        _keep(kept, row, found, now=clock())


def _keep(kept: PostFigures, row: Publication, found: Figures | None, *, now: datetime) -> None:
    if found is None:
        text = _("It is not on the page any more: somebody has taken it down there.")
        Publication.objects.filter(id=row.id, state=State.PUBLISHED).update(problem=text)
        _leave(kept)
        return
    for name in found.dead:
        DeadMetric.objects.get_or_create(
            channel=row.destination.channel, name=name, defaults={"found_at": now}
        )
    kept.reactions, kept.comments, kept.shares = found.reactions, found.comments, found.shares
    kept.metrics, kept.withheld = dict(found.metrics), found.withheld
    kept.read_at, kept.reads = now, kept.reads + 1
    kept.next_at = _next(row, now=now)
    kept.save()


def _next(row: Publication, *, now: datetime) -> datetime | None:
    """The next of the moments at which a post is read; None once all are over."""
    moments = [row.published_at + wait for wait in READ_AFTER if row.published_at]
    return next((at for at in moments if at > now), None)


def _later(kept: PostFigures, at: datetime) -> None:
    PostFigures.objects.filter(id=kept.id).update(next_at=at)


def _leave(kept: PostFigures) -> None:
    PostFigures.objects.filter(id=kept.id).update(next_at=None)
