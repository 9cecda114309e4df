"""Campaigns: the list, the page that tells how one stands, the question before cancelling one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import InspectView

from promo.desk.campaign_items import AddItems, take_out
from promo.desk.campaign_line import TONES, Lasts, line_of
from promo.desk.campaign_report import ReportScreen, report_csv
from promo.desk.screens import Screen, staff
from promo.desk.snippets import CarefulDelete, DateColumn, DeskCreate, DeskViewSet, OneByOne
from promo.errors import NotAllowed, PromoError
from promo.models import Campaign, Institution, Publication
from promo.protocol import AHEAD, DUE, NEEDS_A_HAND, OUT
from promo.services import campaigns, series_dates
from promo.services.clock import database_now

State = Campaign.State


class CampaignList(OneByOne):
    """A campaign's name leads to the page that tells how it stands."""

    def _get_title_column(self, field_name: str, *args: Any, **kwargs: Any) -> Any:
        column = super()._get_title_column(field_name, *args, **kwargs)
        column._get_url_func = self.get_inspect_url  # noqa: SLF001  (Wagtail offers no other way)
        return column


class CampaignPage(InspectView):
    """How a campaign stands, and its buttons."""

    page_title = gettext_lazy("Campaign")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        rows = self.object.publications.select_related("item", "issue", "destination").defer(
            "message_json", "armed_json"
        )
        shown = list(rows.order_by("planned_at", "id"))
        coming = rows.filter(state__in=DUE | AHEAD).order_by("due_at", "id")
        return context | {
            "publications": shown,
            "line": line_of(shown, _dates(shown), now=database_now(), zone=Institution.load().tz),
            "legend": TONES.items(),
            "entries": self.object.entries.select_related("item").order_by("sort_order", "id"),
            "next": coming.first(),
            "is_over": bool(shown) and not coming.exists(),
            "numbers": [
                (gettext_lazy("coming up"), coming.count()),
                (gettext_lazy("published"), rows.filter(state__in=OUT).count()),
                (gettext_lazy("need attention"), rows.filter(state__in=NEEDS_A_HAND).count()),
            ],
        }


class CampaignCreate(DeskCreate):
    """A new campaign leads to its page, where its items are chosen."""

    def get_success_url(self) -> str:
        return _home(self.object)


class CampaignDelete(CarefulDelete):
    """Only a campaign that never did anything may go; any other is cancelled."""

    def delete_action(self) -> None:
        if self.object.publications.exists():
            raise NotAllowed(
                _("“{name}” has publications: cancel it instead.").format(name=self.object)
            )
        super().delete_action()


class CampaignViewSet(DeskViewSet):
    model = Campaign
    index_view_class = CampaignList
    add_view_class = CampaignCreate
    inspect_view_class = CampaignPage
    delete_view_class = CampaignDelete
    icon = "list-ul"
    url_prefix = "campaigns"
    menu_label = gettext_lazy("Campaigns")
    menu_name = "campaigns"
    add_to_admin_menu = True
    menu_order = 125
    list_per_page = 30
    list_display = [
        "name",
        Column("state", label=gettext_lazy("State"), accessor="get_state_display"),
        Column("items_label", label=gettext_lazy("Items")),
        DateColumn("queued_at", label=gettext_lazy("Started"), sort_key="queued_at"),
    ]
    list_filter = ["state"]
    search_fields = ["name", "goal"]
    inspect_view_enabled = True
    inspect_template_name = "promo/desk/campaign.html"
    panels = [
        FieldPanel("name"),
        FieldPanel("theme"),
        FieldPanel("goal"),
        FieldPanel("goal_visits"),
    ]

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("act/<int:pk>/<slug:verb>/", act, name="act"),
            path("cancel/<int:pk>/", CancelQuestion.as_view(), name="cancel"),
            path("items/<int:pk>/", AddItems.as_view(), name="items"),
            path("items/<int:pk>/take-out/<int:item>/", take_out, name="take_out"),
            path("report/<int:pk>/", ReportScreen.as_view(), name="report"),
            path("report/<int:pk>/csv/", report_csv, name="report_csv"),
        ]


def _may(request: HttpRequest) -> None:
    if not request.user.has_perm("promo.change_campaign"):
        raise PermissionDenied


@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Queue, pause, resume or cancel."""
    _may(request)
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        if verb in _VERBS:
            messages.success(request, _VERBS[verb](request, campaign))
    except PromoError as error:
        messages.error(request, error.text)
    return redirect(_home(campaign))


class CancelQuestion(Screen):
    """The question before the button: what a cancellation will drop."""

    permission = "promo.change_campaign"
    template_name = "promo/desk/campaign_cancel.html"
    page_title = gettext_lazy("Cancel this campaign?")
    header_icon = "warning"
    parents = (
        {
            "url": reverse_lazy("wagtailsnippets_promo_campaign:list"),
            "label": gettext_lazy("Campaigns"),
        },
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        campaign = get_object_or_404(Campaign, pk=self.kwargs["pk"])
        return context | {"campaign": campaign, "waiting": _cancellable(campaign)}


def _cancellable(campaign: Campaign) -> QuerySet[Publication]:
    rows = campaign.publications.filter(state__in=campaigns.CANCELLABLE)
    return rows.select_related("item", "issue", "destination").order_by("planned_at", "id")


def _dates(rows: list[Publication]) -> dict[int, list[Lasts]]:
    """When the items of these publications take place; of a series the dates they are about."""
    found: dict[int, list[Lasts]] = {}
    for item in {row.item_id: row.item for row in rows if row.item is not None}.values():
        about = {row.occurrence_at for row in rows if row.item_id == item.pk}
        if item.recurrence:
            found[item.pk] = [
                Lasts(one.starts_at, one.ends_at)
                for one in series_dates.dates(item)
                if one.starts_at is not None and one.starts_at in about
            ]
        elif item.starts_at is not None:
            found[item.pk] = [Lasts(item.starts_at, item.ends_at)]
        elif item.deadline_at is not None:
            found[item.pk] = [Lasts(item.deadline_at)]
    return found


def _home(campaign: Campaign) -> str:
    return reverse(f"{CampaignViewSet().url_namespace}:inspect", args=[campaign.pk])


def _queue(request: HttpRequest, campaign: Campaign) -> str:
    campaigns.queue(campaign=campaign, now=database_now())
    return _("The campaign is running.")


def _pause(request: HttpRequest, campaign: Campaign) -> str:
    campaigns.pause(campaign=campaign)
    return _("Paused. Nothing in this campaign will go out until you resume it.")


def _resume(request: HttpRequest, campaign: Campaign) -> str:
    campaigns.resume(campaign=campaign, now=database_now())
    return _("The campaign is running again.")


def _cancel(request: HttpRequest, campaign: Campaign) -> str:
    count = campaigns.cancel(campaign=campaign, user=staff(request), now=database_now())
    return ngettext(
        "Campaign cancelled. %(count)d publication was dropped.",
        "Campaign cancelled. %(count)d publications were dropped.",
        count,
    ) % {"count": count}


_VERBS: dict[str, Callable[[HttpRequest, Campaign], str]] = {
    "queue": _queue,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
}
