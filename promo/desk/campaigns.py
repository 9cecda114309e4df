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
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import InspectView

from promo.desk.screens import Screen, staff
from promo.desk.snippets import CarefulDelete, DateColumn, DeskViewSet, OneByOne
from promo.errors import NotAllowed, PromoError
from promo.models import Campaign, Publication
from promo.protocol import AHEAD, DUE, NEEDS_A_HAND, OUT
from promo.services import campaigns
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
        rows = self.object.publications.select_related("item", "issue", "destination")
        coming = rows.filter(state__in=DUE | AHEAD).order_by("due_at", "id")
        return context | {
            "publications": rows.order_by("planned_at", "id"),
            "next": coming.first(),
            "numbers": [
                (gettext_lazy("coming up"), coming.count()),
                (gettext_lazy("published"), rows.filter(state__in=OUT).count()),
                (gettext_lazy("need attention"), rows.filter(state__in=NEEDS_A_HAND).count()),
            ],
        }


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
        FieldPanel("goal"),
        InlinePanel("entries", label=gettext_lazy("item"), heading=gettext_lazy("Items")),
    ]

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("act/<int:pk>/<slug:verb>/", act, name="act"),
            path("cancel/<int:pk>/", CancelQuestion.as_view(), name="cancel"),
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
