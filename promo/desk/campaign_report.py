"""The report of a campaign: what it did, against its goal; on a page and for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from promo.desk.downloads import table
from promo.desk.screens import Screen
from promo.desk.shares import share
from promo.models import Campaign
from promo.services import campaign_reports, channels
from promo.services.campaign_reports import Line, Report

SEEN = "promo.change_campaign"


class ReportScreen(Screen):
    permission = SEEN
    template_name = "promo/desk/campaign_report.html"
    page_title = gettext_lazy("Report")
    header_icon = "doc-full"

    @property
    def parents(self) -> tuple[dict[str, Any], ...]:  # type: ignore[override]
        campaign = self._campaign()
        home = reverse("wagtailsnippets_promo_campaign:inspect", args=[campaign.pk])
        return (
            {
                "url": reverse_lazy("wagtailsnippets_promo_campaign:list"),
                "label": gettext_lazy("Campaigns"),
            },
            {"url": home, "label": campaign.name},
        )

    def _campaign(self) -> Campaign:
        return get_object_or_404(Campaign, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        campaign = self._campaign()
        made = campaign_reports.report(campaign)
        return context | {
            "campaign": campaign,
            "report": made,
            "numbers": _numbers(made),
            "reached": _reached(made),
            "by_channel": [
                (_channel(key), count)
                for key, count in made.visits_by_channel().most_common()
                if count
            ],
            "not_out": [(line, _why(line)) for line in made.not_out],
            "dropped": [(line, _why(line)) for line in made.dropped],
        }


def report_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The same as a file: the campaign, each publication, each mailing."""
    if not request.user.has_perm(SEEN):
        raise PermissionDenied
    made = campaign_reports.report(get_object_or_404(Campaign, pk=pk))
    return table(f"{_('campaign')}-{pk}.csv", _rows(made))


def _rows(made: Report) -> Iterator[list[Any]]:
    campaign = made.campaign
    yield [_("Campaign"), campaign.name]
    yield [_("Theme"), campaign.theme]
    yield [_("Goal"), campaign.goal]
    yield from ([label, count] for label, count in _numbers(made))
    if campaign.goal_visits:
        yield [_("Visits wanted"), campaign.goal_visits, _reached(made)]
    yield []
    yield [
        *(_("What"), _("Kind of message"), _("Where"), _("Planned")),
        pgettext("publication", "Published"),
        *(_("State"), _("Visits"), _("Why"), _("Link")),
    ]
    for line in made.lines:
        row = line.publication
        yield [
            *(row.subject, row.get_variant_display(), row.destination.name),
            *(_moment(row.planned_at), _moment(row.published_at)),
            *(row.get_state_display(), line.visits, _why(line), row.remote_url),
        ]
    if made.mails:
        yield []
        yield [
            *(_("Mailing"), _("Newsletter"), _("Sent"), _("Readers"), _("Accepted")),
            *(_("Refused"), _("Opens"), _("Clicks"), _("Unsubscribed")),
        ]
    for mail in made.mails:
        mailing = mail.mailing
        yield [
            *(mailing.publication.subject, mailing.newsletter.name, _moment(mailing.started_at)),
            *(mailing.readers, mail.accepted, mail.refused),
            *("" if count is None else count for count in (mail.opened, mail.clicked)),
            mail.left,
        ]


def _numbers(made: Report) -> list[tuple[Any, int]]:
    return [
        (gettext_lazy("went out"), len(made.out)),
        (gettext_lazy("coming up"), len(made.coming)),
        (gettext_lazy("failed or missed"), len(made.not_out)),
        (gettext_lazy("dropped"), len(made.dropped)),
        (gettext_lazy("visits"), made.visits),
        (gettext_lazy("mails accepted"), made.readers),
    ]


def _reached(made: Report) -> str:
    """How much of the visits that were wanted there were; "" where nobody said how many."""
    wanted = made.campaign.goal_visits
    return share(made.visits, wanted) if wanted else ""


def _why(line: Line) -> str:
    """Why it is not out: its problem, else the last word of its ledger; of a drop also by whom."""
    row = line.publication
    if row.state not in ("failed", "missed", "unknown", "cancelled", "withdrawn"):
        return ""
    if line.last is None:
        return row.problem
    told = row.problem or line.last.text or str(line.last.get_event_display())
    user = line.last.user
    name = (user.get_full_name() or user.get_username()) if user else ""
    return f"{told} ({name})" if name else told


def _channel(key: str) -> str:
    known = key in channels.installed()
    return str(channels.channel_class(key).label) if known else key


def _moment(at: datetime | None) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M}" if at else ""
