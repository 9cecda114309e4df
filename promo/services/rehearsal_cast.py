"""Who plays along in a rehearsal: sample readers, and a page of its own for each real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from promo.models import Destination, Newsletter, Subscriber
from promo.services import accesses, subscribers


@dataclass(frozen=True, slots=True)
class SampleReader:
    """Somebody who reads every newsletter of a rehearsal. The name may be missing, as in life."""

    email: str
    name: str
    language: str


READERS = (
    SampleReader("zofia@readers.rehearsal.example", "Zofia Czytelniczka", "pl"),
    SampleReader("bez-imienia@readers.rehearsal.example", "", "pl"),
    SampleReader("emma@readers.rehearsal.example", "Emma Reader", "en"),
)
"""`.example` is nobody's (RFC 2606), and the only mail server of a rehearsal is its own."""

MakePage = Callable[[str], Mapping[str, Mapping[str, str]]]
"""Makes a page of this name in the rehearsed network; gives its `config` and its `secrets`."""


def invite(*, now: datetime) -> None:
    """Subscribe the sample readers to every newsletter."""
    for newsletter in Newsletter.objects.all():
        for one in READERS:
            subscribers.record(
                email=one.email,
                name=one.name,
                newsletter=newsletter,
                source="rehearsal",
                wording="rehearsal",
                now=now,
            )
    for one in READERS:
        Subscriber.objects.filter(email=one.email).update(language=one.language)


def connect(*, make_page: MakePage) -> list[int]:
    """Give every destination that is reached by a sign-in a page in the rehearsed network.

    Gives their ids. The others have neither address nor secret (`rehearsal_copy`): whatever has to
    be set up before it publishes is refused, in words.
    """
    rows: list[Destination] = [
        row for row in Destination.objects.all() if accesses.sign_in_of(row.channel)
    ]
    for row in rows:
        made = make_page(row.name)
        with transaction.atomic():
            row.config = dict(made["config"])
            row.seal(made["secrets"])
            row.save(update_fields=["config", "sealed"])
    return [row.pk for row in rows]
