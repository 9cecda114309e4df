"""Rehearsing: ask for a rehearsal, follow it, look at it by the hour, remove it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets import AdminDateInput

from promo.desk import rehearsal_report
from promo.desk.screens import Screen, menu_item_for
from promo.errors import ConfigurationError, InvalidInput, PromoError
from promo.models import Campaign
from promo.services import rehearsals
from promo.services.clock import database_now
from promo.services.rehearsal_troubles import TROUBLES
from promo.services.rehearsals import MOST_DAYS, Asked, Rehearsal, Stage

MAY = "promo.publish_item"
WORDS = {
    Stage.PREPARING: gettext_lazy("being prepared"),
    Stage.PLAYING: gettext_lazy("playing"),
    Stage.DONE: gettext_lazy("played to the end"),
    Stage.STOPPED: gettext_lazy("stopped"),
    Stage.FAILED: gettext_lazy("broken off"),
}
GOING = {Stage.PREPARING, Stage.PLAYING}


def place() -> Path:
    """Where the desk keeps its rehearsals."""
    return rehearsals.place(settings.HOME)


class RehearsalsViewSet(ViewSet):
    name = url_namespace = "rehearsals"
    url_prefix = "rehearse"
    icon = "media"
    menu_label = gettext_lazy("Rehearse")
    menu_order = 175
    menu_item_class = menu_item_for(MAY)
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", RehearseView.as_view(), name="index"),
            path("<str:key>/", RehearsalView.as_view(), name="show"),
            path("<str:key>/progress/", ProgressView.as_view(), name="progress"),
            path("<str:key>/report/", report, name="report"),
        ]


class RehearseForm(forms.Form):
    """What is to be rehearsed, and with which troubles."""

    days = forms.IntegerField(
        label=gettext_lazy("How many days"), min_value=1, max_value=MOST_DAYS, initial=7
    )
    start = forms.DateField(
        label=gettext_lazy("First day shown"),
        required=False,
        widget=AdminDateInput,
        help_text=gettext_lazy(
            "Leave empty to begin today. The days before it are played too, but not shown."
        ),
    )
    campaign = forms.ModelChoiceField(
        label=gettext_lazy("Only this campaign"),
        queryset=Campaign.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("everything that is planned"),
    )
    troubles = forms.MultipleChoiceField(
        label=gettext_lazy("Troubles to practise"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(key, trouble.label) for key, trouble in TROUBLES.items()],
        help_text=gettext_lazy("Without one the rehearsal shows how all goes well."),
    )

    @property
    def asked(self) -> Asked:
        given = self.cleaned_data
        campaign = given["campaign"]
        return Asked(
            days=given["days"],
            start=given["start"],
            campaign=campaign.pk if campaign else None,
            troubles=tuple(given["troubles"]),
        )


class RehearseView(Screen):
    """Asks for a rehearsal, and lists those there are."""

    permission = MAY
    template_name = "promo/desk/rehearse.html"
    page_title = gettext_lazy("Rehearse")
    header_icon = "media"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        try:
            rehearsals.insist_on_engines()
        except ConfigurationError as error:
            context["not_here"] = error.text
        return {
            "form": RehearseForm(initial={"campaign": self.request.GET.get("campaign")}),
            "going": rehearsals.running(place()),
            "rows": [_row(one) for one in rehearsals.kept(place=place())],
        } | context

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        form = RehearseForm(request.POST)
        if form.is_valid():
            campaign = form.cleaned_data["campaign"]
            try:
                form.asked.check(today=timezone.localdate())
                made = rehearsals.begin(
                    place=place(),
                    asked=form.asked,
                    campaign_name=campaign.name if campaign else "",
                    now=database_now(),
                )
            except InvalidInput as error:
                form.add_error(error.field or None, error.text)
            except PromoError as error:
                messages.error(request, error.text)
            else:
                return redirect("rehearsals:show", key=made.key)
        return self.render_to_response(self.get_context_data(form=form))


class RehearsalView(Screen):
    """One rehearsal: how far it is, then what was seen; it may be stopped and removed."""

    permission = MAY
    template_name = "promo/desk/rehearsal.html"
    header_icon = "media"
    parents = ({"url": reverse_lazy("rehearsals:index"), "label": gettext_lazy("Rehearse")},)

    def get_object(self) -> Rehearsal:
        found = rehearsals.read(place=place(), key=self.kwargs["key"])
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return named(self.get_object())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | standing(self.get_object())

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        rehearsal = self.get_object()
        act = request.POST.get("act")
        if act == "ask":
            return self.render_to_response(self.get_context_data(asks=True))
        try:
            if act == "stop":
                rehearsals.stop(rehearsal=rehearsal)
                messages.success(request, _("The rehearsal is being stopped."))
            elif act == "remove":
                rehearsals.remove(rehearsal=rehearsal)
                messages.success(request, _("The rehearsal is removed."))
                return redirect("rehearsals:index")
        except PromoError as error:
            messages.error(request, error.text)
        return redirect("rehearsals:show", key=rehearsal.key)


class ProgressView(RehearsalView):
    """How far it is and what was seen so far, as a fragment, asked for while it plays."""

    template_name = "promo/desk/rehearsal_standing.html"

    def get_context_data(self, **_kwargs: Any) -> dict[str, Any]:
        return standing(self.get_object())


@require_safe
def report(request: HttpRequest, key: str) -> FileResponse:
    """The report as one file, to be kept or passed on."""
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    rehearsal = rehearsals.read(place=place(), key=key)
    if rehearsal is None or not rehearsal.report.exists():
        raise Http404
    name = f"{rehearsal.key}.html"
    return FileResponse(rehearsal.report.open("rb"), as_attachment=True, filename=name)


def standing(rehearsal: Rehearsal) -> dict[str, Any]:
    """How a rehearsal stands, for its page and its fragment."""
    progress = rehearsal.progress
    return rehearsal_report.context(rehearsal) | {
        "progress": progress,
        "word": WORDS[progress.stage],
        "going": progress.stage in GOING,
        "has_report": rehearsal.report.exists(),
        "progress_url": reverse("rehearsals:progress", kwargs={"key": rehearsal.key}),
    }


def named(rehearsal: Rehearsal) -> str:
    """A rehearsal by when it was asked for."""
    at: datetime = timezone.localtime(rehearsal.asked_at)
    return _("Rehearsal of {at}").format(at=f"{at:%d.%m.%Y, %H:%M}")


def _row(rehearsal: Rehearsal) -> dict[str, Any]:
    progress = rehearsal.progress
    return {
        "rehearsal": rehearsal,
        "name": named(rehearsal),
        "word": WORDS[progress.stage],
        "totals": rehearsal_report.totals(rehearsal.seen.get("counts", {}))[:4],
        "troubles": len(rehearsal.asked.troubles),
    }
