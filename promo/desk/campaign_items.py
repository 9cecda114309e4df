"""The items of a campaign: choose existing ones, begin a new one, take one out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from promo.desk.screens import Screen, staff
from promo.errors import InvalidInput, PromoError
from promo.models import Campaign, Item
from promo.models.items import kind_choices
from promo.services import campaign_items
from promo.services.clock import database_now

PAGE = 20
CHANGE = "promo.change_campaign"
HOME = "wagtailsnippets_promo_campaign:inspect"


class BeginForm(forms.Form):
    """A new item of the campaign; everything else is written in its editor."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=160)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=kind_choices)


class AddItems(Screen):
    """Existing items to choose from, and the beginning of a new one."""

    permission = CHANGE
    template_name = "promo/desk/campaign_items.html"
    page_title = gettext_lazy("Add items")
    header_icon = "date"

    @property
    def parents(self) -> tuple[dict[str, Any], ...]:  # type: ignore[override]
        campaign = self._campaign()
        index = reverse_lazy("wagtailsnippets_promo_campaign:list")
        return (
            {"url": index, "label": gettext_lazy("Campaigns")},
            {"url": reverse(HOME, args=[campaign.pk]), "label": campaign.name},
        )

    def _campaign(self) -> Campaign:
        return get_object_or_404(Campaign, pk=self.kwargs["pk"])

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        campaign = self._campaign()
        try:
            if "begin" in request.POST:
                return self._begin(request, campaign)
            return self._add(request, campaign)
        except PromoError as error:
            messages.error(request, error.text)
            return redirect(HOME, pk=campaign.pk)

    def _begin(self, request: HttpRequest, campaign: Campaign) -> HttpResponse:
        if not request.user.has_perm("promo.add_item"):
            raise PermissionDenied
        form = BeginForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        try:
            item = campaign_items.begin(
                campaign=campaign, user=staff(request), now=database_now(), **form.cleaned_data
            )
        except InvalidInput as error:
            form.add_error("title", error.text)
            return self.render_to_response(self.get_context_data(form=form))
        messages.success(request, _("Begun as a draft in this campaign. Write the rest here."))
        return redirect("wagtailsnippets_promo_item:edit", item.pk)

    def _add(self, request: HttpRequest, campaign: Campaign) -> HttpResponse:
        chosen = [int(pk) for pk in request.POST.getlist("item") if pk.isdecimal()]
        if not chosen:
            messages.warning(request, _("Nothing was chosen: tick at least one item."))
            return redirect(request.get_full_path())
        items = Item.objects.filter(pk__in=chosen).order_by("starts_at", "pk")
        count = campaign_items.add(campaign=campaign, items=items, now=database_now())
        told = ngettext(
            "%(count)d item was added to the campaign.",
            "%(count)d items were added to the campaign.",
            count,
        )
        messages.success(request, told % {"count": count})
        return redirect(HOME, pk=campaign.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        campaign = self._campaign()
        words = self.request.GET.get("q", "").strip()
        rows = Item.objects.exclude(campaign_entry__campaign=campaign)
        if words:
            rows = rows.filter(title__icontains=words)
        rows = rows.select_related("campaign_entry__campaign").defer(
            "body", "report", "facebook_text"
        )
        page = Paginator(rows.order_by("-created_at", "-id"), PAGE).get_page(
            self.request.GET.get("p")
        )
        return {
            "campaign": campaign,
            "q": words,
            "page": page,
            "rows": [(item, _former(item)) for item in page],
            "form": BeginForm(),
            "may_begin": self.request.user.has_perm("promo.add_item"),
        } | context


def _former(item: Item) -> str:
    """The campaign that it would leave, unless that is its own."""
    entry = getattr(item, "campaign_entry", None)
    if entry is None or entry.campaign.name == item.title:
        return ""
    return str(entry.campaign.name)


@require_POST
def take_out(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Take an item out: it goes on in a campaign of its own."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    campaign = get_object_or_404(Campaign, pk=pk)
    row = get_object_or_404(Item, pk=item)
    try:
        own = campaign_items.take_out(campaign=campaign, item=row, user=staff(request))
    except PromoError as error:
        messages.error(request, error.text)
        return redirect(HOME, pk=pk)
    told = (
        _("“{name}” was taken out.")
        if own is None
        else _("“{name}” was taken out and goes on in a campaign of its own.")
    )
    messages.success(request, told.format(name=row.title))
    return redirect(HOME, pk=pk)
