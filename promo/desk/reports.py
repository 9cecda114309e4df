"""The report of a mailing: what became of it, as numbers, a plot, a file for a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.desk import echoes
from promo.desk.comparisons import comparison, lines
from promo.desk.downloads import table
from promo.desk.mailings import PLACES, SEEN
from promo.desk.screens import Screen
from promo.desk.shares import share
from promo.models import Mailing
from promo.services import departures, mailings, reports
from promo.services.reports import Bar

WIDTH, HEIGHT = 600, 120
"""Of the plot, in its own units; it is drawn as wide as there is room."""

GAP = 1
FEWEST_BARS = 3
"""A plot of fewer says less than a sentence."""

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Column:
    """A bar as it is drawn, with what it says."""

    x: float
    y: float
    width: float
    height: float
    when: str
    count: int


def columns(bars: list[Bar], step: timedelta) -> list[Column]:
    """The bars side by side, the highest as high as the plot."""
    if not bars:
        return []
    most = max(bar.count for bar in bars)
    room = WIDTH / len(bars)
    return [
        Column(
            x=round(nth * room, 2),
            y=round(HEIGHT - HEIGHT * bar.count / most, 2),
            width=round(max(room - GAP, GAP), 2),
            height=round(HEIGHT * bar.count / most, 2),
            when=_moment(bar.at, step),
            count=bar.count,
        )
        for nth, bar in enumerate(bars)
    ]


def _moment(at: datetime, step: timedelta) -> str:
    local = localtime(at)
    if step >= A_DAY:
        return date_format(local, "j.m.Y")
    clock = "H:i" if step >= timedelta(minutes=1) else "H:i:s"
    return f"{date_format(local, 'j.m')} {date_format(local, clock)}"


class ReportView(Screen):
    permission = SEEN
    template_name = "promo/desk/mailing_report.html"
    page_title = gettext_lazy("Report")
    header_icon = "doc-full"
    parents = ({"url": reverse_lazy("publications:index"), "label": gettext_lazy("Publications")},)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        mailing = _mailing(self.kwargs["pk"])
        step, bars = reports.accepted_over_time(mailing)
        lines = reports.beside_earlier(mailing)
        left = next(line.left for line in lines if line.mailing.id == mailing.id)
        return (
            context
            | echoes.report(mailing)
            | {
                "mailing": mailing,
                "publication": mailing.publication,
                "numbers": _numbers(mailing, left=left),
                "not_known": mailings.progress(mailing)["unknown"],
                "comparison": comparison(mailing),
                "reasons": reports.reasons(mailing),
                "columns": columns(bars, step),
                "is_plotted": len(bars) >= FEWEST_BARS,
                "plot": f"0 0 {WIDTH} {HEIGHT}",
                "lines": [(line, share(line.accepted, line.mailing.readers)) for line in lines],
            }
        )

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        *before, here = super().get_breadcrumbs_items()
        publication = _mailing(self.kwargs["pk"]).publication
        url = reverse("publications:show", args=[publication.pk])
        return [*before, {"url": url, "label": publication.subject}, here]


def report_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The same as a file: what, why, how many."""
    if not request.user.has_perm(SEEN):
        raise PermissionDenied
    mailing = _mailing(pk)
    head = [[_("What happened"), _("Why"), _("Readers")]]
    left = departures.counts([mailing])[mailing.id]
    numbers = ([label, "", count] for label, count in _numbers(mailing, left=left))
    reasons = (
        [kind.label, category.label if category else "", count]
        for kind, category, count in reports.reasons(mailing)
    )
    _step, bars = reports.accepted_over_time(mailing)
    times = (
        [PLACES["accepted"], f"{localtime(bar.at):%Y-%m-%d %H:%M:%S}", bar.count] for bar in bars
    )
    compared = lines(mailing)
    return table(f"{_('report')}-{pk}.csv", chain(head, numbers, reasons, compared, times))


def _numbers(mailing: Mailing, *, left: int) -> list[tuple[Any, int]]:
    counts = mailings.progress(mailing)
    return [
        (gettext_lazy("all readers"), mailing.readers),
        *((label, counts[key]) for key, label in PLACES.items() if counts[key]),
        (gettext_lazy("unsubscribed before the next issue"), left),
    ]


def _mailing(publication_id: int) -> Mailing:
    rows = Mailing.objects.select_related(
        "publication__item", "publication__issue", "newsletter", "chosen_by"
    )
    return get_object_or_404(rows, publication_id=publication_id)
