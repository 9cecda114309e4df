"""Subscribers taken away as a file, row by row in words, and a note of who took them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from wagtail.log_actions import log

from promo.models import (
    Branch,
    Institution,
    Newsletter,
    Preferences,
    ReaderExport,
    Subscriber,
    Subscription,
    Suppression,
)
from promo.planning.kinds import AUDIENCES, TOPICS
from promo.services import segments
from promo.services.criteria import Row

CHUNK = 2000
"""Rows that are fetched at once: what is in memory at any time."""

LOGGED = "promo.export"
State = Subscription.State


def begin(*, user: User, about: str, now: datetime) -> ReaderExport:
    """Write down that this person takes these readers' data away; before the first row leaves."""
    with transaction.atomic():
        export = ReaderExport.objects.create(
            user=user,
            user_name=(user.get_full_name() or user.get_username())[:160],
            at=now,
            about=about,
        )
        log(instance=export, action=LOGGED, user=user)
    return export


def lines(
    export: ReaderExport,
    rows: Iterable[Row],
    *,
    ids: Collection[int] | None = None,
    now: datetime,
) -> Iterator[list[str]]:
    """The headings, then a line for each reader, in the language of the moment of this call.

    An import knows the headings of address, name, language and date again. Constant memory: a
    cursor of the server, whose transaction lasts as long as the file is being fetched.
    """
    readers = segments.filtered(rows, now=now)
    if ids is not None:
        readers = readers.filter(id__in=ids)
    return _lines(export, _columns(readers), _Words())


def _columns(readers: QuerySet[Subscriber]) -> Any:
    ties = Subscription.objects.filter(subscriber=OuterRef("pk")).order_by("newsletter_id")
    chosen = Preferences.branches.through._default_manager  # noqa: SLF001  (Django's own name)
    branches = chosen.filter(preferences=OuterRef("pk")).order_by("branch_id")
    return (
        readers.annotate(
            newsletters=ArraySubquery(ties.filter(state=State.ACTIVE).values("newsletter_id")),
            counted=ArraySubquery(
                ties.filter(counted_since_at__isnull=False).values("newsletter_id")
            ),
            states=ArraySubquery(ties.values("state")),
            places=ArraySubquery(branches.values("branch_id")),
            barred=Exists(Suppression.objects.filter(address_hash=OuterRef("address_hash"))),
        )
        .order_by("id")
        .values_list(
            *("email", "name", "language", "newsletters", "states", "created_at"),
            *("preferences__topics", "places", "preferences__audiences"),
            *("preferences__frequency", "barred", "counted"),
        )
    )


class _Words:
    """What stands for what, looked up once."""

    def __init__(self) -> None:
        self.headings = [
            pgettext("column", "E-mail"),
            pgettext("column", "Name"),
            pgettext("column", "Language"),
            pgettext("column", "Newsletters"),
            pgettext("column", "State"),
            pgettext("column", "Sign-up date"),
            pgettext("column", "Topics"),
            pgettext("column", "Branches"),
            pgettext("column", "For whom"),
            pgettext("column", "How often"),
            pgettext("column", "Must not be mailed"),
            pgettext("column", "Agrees to be told apart"),
        ]
        self._zone = Institution.load().tz
        self._newsletters = dict(Newsletter.objects.values_list("id", "name"))
        self._branches = dict(Branch.objects.values_list("id", "name"))
        self._topics = {one.key: str(one.label) for one in TOPICS}
        self._audiences = {one.key: str(one.label) for one in AUDIENCES}
        self._often = {key: str(label) for key, label in Preferences.Frequency.choices}
        self._states = {key: str(label) for key, label in State.choices}
        self._languages = {"pl": _("Polish"), "en": _("English")}
        self._yes, self._no = _("yes"), _("no")

    def line(self, row: tuple[Any, ...]) -> list[str]:
        email, name, language, reading, states, since, topics, places, audiences, often, *more = row
        barred, counted = more
        return [
            email,
            name,
            self._languages[language],
            _listed(reading, self._newsletters),
            self._state(states),
            since.astimezone(self._zone).date().isoformat(),
            _listed(topics or (), self._topics),
            _listed(places, self._branches),
            _listed(audiences or (), self._audiences),
            self._often.get(often or Preferences.Frequency.EVERY, ""),
            self._yes if barred else self._no,
            _listed(counted, self._newsletters),
        ]

    def _state(self, states: list[str]) -> str:
        """The best of what ties this reader to the newsletters."""
        order = (State.ACTIVE, State.PENDING, State.ENDED)
        return next((self._states[one] for one in order if one in states), "")


def _listed(keys: Iterable[Any], words: Mapping[Any, str]) -> str:
    return ", ".join(words[key] for key in keys if key in words)


def _lines(export: ReaderExport, readers: Any, words: _Words) -> Iterator[list[str]]:
    yield words.headings
    count = 0
    with transaction.atomic():  # else the server would make all the rows before it gives the first
        for row in readers.iterator(chunk_size=CHUNK):
            yield words.line(row)
            count += 1
    ReaderExport.objects.filter(pk=export.pk).update(rows=count)
