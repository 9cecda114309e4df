"""The ledger of a publication's tries: lines are only ever added."""

import socket
from datetime import datetime
from os import getpid

from django.contrib.auth.models import User

from promo.models import Attempt, Publication

TEXT = 500
DETAIL = 1000


def worker_name() -> str:
    """Who writes: this process, as an operator finds it."""
    return f"{socket.gethostname()}:{getpid()}"


def write(
    publication: Publication,
    event: Attempt.Event,
    *,
    at: datetime,
    user: User | None = None,
    text: str = "",
    detail: str = "",
) -> None:
    """Add one line. `text` is for people, `detail` for the operator."""
    Attempt.objects.create(
        publication=publication,
        number=max(publication.attempts, 1),
        event=event,
        at=at,
        token=publication.token,
        digest=publication.digest,
        worker=publication.owner,
        user=user,
        text=text[:TEXT],
        detail=detail[:DETAIL],
    )
