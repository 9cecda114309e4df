"""Do followers see what is out? A network can take posts and show them to nobody but its makers
(an app that is not live), and no read of it tells. So a person looks, once for each connection.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from promo.models import Attempt, Destination, Publication
from promo.protocol import State
from promo.services import accesses, destinations, ledger

NOBODY_LOOKED = gettext_lazy(
    "The network says that it is out. Nobody has looked yet whether followers see it."
)


@dataclass(frozen=True, slots=True)
class Question:
    """Is this post there for somebody who is not logged in?"""

    destination: Destination
    post: Publication


def is_open(destination: Destination) -> bool:
    """Nobody has looked yet whether followers see what is out there, and it may be hidden."""
    return destination.seen_at is None and bool(_when_hidden(destination))


def questions() -> Iterator[Question]:
    """Each destination whose posts may be hidden, with the newest that has an address."""
    for row in Destination.objects.filter(active=True, paused_at=None, seen_at=None):
        post = _out(row).exclude(remote_url="").last() if is_open(row) else None
        if post is not None:
            yield Question(row, post)


def seen(*, destination: Destination, now: datetime) -> None:
    """Followers see it: nobody is asked again until it is connected otherwise."""
    Destination.objects.filter(pk=destination.pk).update(seen_at=now)


def not_seen(*, destination: Destination, user: User, now: datetime) -> None:
    """They do not: nothing more goes out there, and what has gone says so.

    Nothing happens where no question is open.
    """
    if not is_open(destination):
        return
    because = _when_hidden(destination)
    with transaction.atomic():
        destinations.pause(destination=destination, because=because, now=now)
        for post in _out(destination).filter(problem="").select_for_update(of=("self",)):
            post.problem = because
            post.save(update_fields=["problem"])
            ledger.write(post, Attempt.Event.DECIDED, at=now, user=user, text=because)


def _when_hidden(destination: Destination) -> str:
    """What to do about posts that nobody sees; empty where that cannot be."""
    way = accesses.sign_in_of(destination.channel)
    return str(way.when_hidden) if way else ""


def _out(destination: Destination) -> QuerySet[Publication]:
    """What is out by the present connection, in the order in which it came out."""
    rows = destination.publications.filter(state=State.PUBLISHED)
    if destination.connected_at:
        rows = rows.filter(published_at__gte=destination.connected_at)
    return rows.order_by("published_at", "id")
