"""What a campaign did: what went out where and when, what did not and why, what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from promo.models import Attempt, Campaign, Mailing, Publication, Tracking
from promo.protocol import AHEAD, DUE, NEEDS_A_HAND, OUT, State
from promo.services import departures, mailings, visits

_TELLS_WHY = (
    Attempt.Event.REFUSED,
    Attempt.Event.MISSED,
    Attempt.Event.CANCELLED,
    Attempt.Event.WITHDRAWN,
    Attempt.Event.LOST,
    Attempt.Event.LOOK_FAILED,
    Attempt.Event.DECIDED,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One publication: how often its link was followed, and what its ledger said last about it."""

    publication: Publication
    visits: int
    last: Attempt | None


@dataclass(frozen=True, slots=True)
class Mail:
    """One mailing, in readers; `opened` and `clicked` are None where nothing was counted."""

    mailing: Mailing
    accepted: int
    refused: int
    opened: int | None
    clicked: int | None
    left: int


@dataclass(frozen=True)
class Report:
    campaign: Campaign
    lines: Sequence[Line]
    mails: Sequence[Mail]

    @cached_property
    def out(self) -> list[Line]:
        return self._in(OUT | {State.WITHDRAWN})

    @cached_property
    def not_out(self) -> list[Line]:
        """What failed, was missed, or of which nobody knows."""
        return self._in(NEEDS_A_HAND)

    @cached_property
    def dropped(self) -> list[Line]:
        return self._in({State.CANCELLED})

    @cached_property
    def coming(self) -> list[Line]:
        return self._in(DUE | AHEAD | {State.CLAIMED, State.SENDING})

    @cached_property
    def visits(self) -> int:
        """How often the links of everything that went out were followed."""
        return sum(line.visits for line in self.lines)

    @cached_property
    def readers(self) -> int:
        """Mails that were accepted for readers."""
        return sum(mail.accepted for mail in self.mails)

    @property
    def is_over(self) -> bool:
        """Has anything stood in it, and is nothing left to go out?"""
        return bool(self.lines) and not self.coming

    def visits_by_channel(self) -> Counter[str]:
        """The visits by the key of the channel they came from."""
        found: Counter[str] = Counter()
        for line in self.lines:
            found[line.publication.destination.channel] += line.visits
        return found

    def _in(self, states: Iterable[str]) -> list[Line]:
        wanted = set(states)
        return [line for line in self.lines if line.publication.state in wanted]


def report(campaign: Campaign) -> Report:
    """The campaign so far, in the order of time."""
    rows = list(
        campaign.publications.select_related("item", "issue", "destination")
        .defer("message_json", "armed_json", "reasons")
        .order_by("planned_at", "id")
    )
    mails = [
        _mail(mailing, left)
        for mailing, left in _with_departures(
            Mailing.objects.filter(publication__campaign=campaign)
            .select_related("publication__item", "publication__issue", "newsletter")
            .order_by("started_at", "id")
        )
    ]
    clicked = {mail.mailing.publication_id: mail.clicked for mail in mails}
    last = _last_words(campaign)
    lines = [Line(row, _visits(row, clicked.get(row.pk)), last.get(row.pk)) for row in rows]
    return Report(campaign, lines, mails)


def _visits(row: Publication, clicked: int | None) -> int:
    """A mail whose links are counted leads over the marker as well: it is not counted twice."""
    return row.clicks if clicked is None else max(row.clicks, clicked)


def _with_departures(rows: Iterable[Mailing]) -> list[tuple[Mailing, int]]:
    found = list(rows)
    left = departures.counts(found) if found else {}
    return [(mailing, left[mailing.id]) for mailing in found]


def _mail(mailing: Mailing, left: int) -> Mail:
    counts = mailings.progress(mailing)
    opened, clicked = None, None
    if mailing.tracking != Tracking.OFF:
        tallies = visits.report(mailing=mailing)
        opened = sum(one.clicks for one in tallies if not one.url)
        clicked = sum(one.clicks for one in tallies if one.url)
    return Mail(mailing, counts["accepted"], counts["refused"], opened, clicked, left)


def _last_words(campaign: Campaign) -> dict[int, Attempt]:
    """The last line of each publication's ledger that says why it is not out."""
    rows = (
        Attempt.objects.filter(publication__campaign=campaign, event__in=_TELLS_WHY)
        .select_related("user")
        .order_by("publication_id", "-at", "-id")
        .distinct("publication_id")
    )
    return {row.publication_id: row for row in rows}
