"""Campaigns: the list with its buttons, and the editor."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.snippets.views.snippets import SnippetViewSet

from promo.desk.screens import staff
from promo.errors import PromoError
from promo.models import Campaign
from promo.services import campaigns
from promo.services.clock import database_now

State = Campaign.State


class CampaignViewSet(SnippetViewSet):
    model = Campaign
    icon = "list-ul"
    url_prefix = "campaigns"
    menu_label = gettext_lazy("Campaigns")
    menu_name = "campaigns"
    add_to_admin_menu = True
    menu_order = 125
    list_display = ["name", "state_label", "items_label", "queued_at"]
    list_filter = ["state"]
    search_fields = ["name", "goal"]
    inspect_view_enabled = True
    inspect_template_name = "promo/desk/campaign.html"
    panels = [
        FieldPanel("name"),
        FieldPanel("goal"),
        InlinePanel("entries", label=gettext_lazy("Item"), heading=gettext_lazy("Items")),
    ]

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("act/<int:pk>/<slug:verb>/", act, name="act"),
            path("cancel/<int:pk>/", ask_to_cancel, name="cancel"),
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


def ask_to_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """The question before the button: what a cancellation will drop."""
    _may(request)
    campaign = get_object_or_404(Campaign, pk=pk)
    waiting = campaign.publications.filter(state__in=campaigns.CANCELLABLE)
    context = {
        "campaign": campaign,
        "waiting": waiting.select_related("item", "issue", "destination"),
        "page_title": _("Cancel this campaign?"),
        "header_icon": "warning",
    }
    return render(request, "promo/desk/campaign_cancel.html", context)


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
