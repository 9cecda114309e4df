"""Which level of promotion is still possible, told beside the plan; and allowing a late one."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from wagtail.admin.viewsets.base import ViewSet

from promo.desk.screens import Screen, staff
from promo.models import Item, LevelGrant
from promo.models.items import LEVELS
from promo.planning.levels import Level
from promo.services import levels
from promo.services.clock import database_now

ALLOWING = "promo.publish_item"


@dataclass(frozen=True, slots=True)
class Row:
    """A level as the panel tells it. `url` leads to where it may be allowed; "" for most people."""

    label: str
    text: str
    possible: bool
    chosen: bool
    url: str = ""


class LevelsViewSet(ViewSet):
    name = url_namespace = "levels"
    add_to_admin_menu = False

    def get_urlpatterns(self) -> list[Any]:
        return [path("<int:pk>/<int:level>/", AllowView.as_view(), name="allow")]


def told(item: Item, user: Any) -> list[Row]:
    """The levels of the posted content, each with its reason; none where there are no deadlines."""
    grant = levels.last_grant(item)
    may_allow = item.pk is not None and user.has_perm(ALLOWING)
    return [
        Row(
            label=str(dict(LEVELS)[one.number]),
            text=_text(one, grant),
            possible=one.possible,
            chosen=one.number == item.level,
            url="" if one.possible or not may_allow else _url(item, one.number),
        )
        for one in levels.levels(item=item, now=database_now())
    ]


def _url(item: Item, level: int) -> str:
    return reverse("levels:allow", args=[item.pk, level])


def _text(one: Level, grant: LevelGrant | None) -> str:
    if one.last_on is None:
        return pgettext("level of promotion", "possible")
    last = date_format(one.last_on, "j E")
    if not one.possible:
        return _("no longer possible: the last day to submit it was {day}").format(day=last)
    if one.granted and grant is not None and grant.level >= one.number:
        text = _("late, allowed by {name}: {reason}")
        return text.format(name=_name(grant), reason=grant.reason)
    if one.granted:
        return _("possible: it has been approved for it")
    if one.last_on < timezone.localdate():
        return _("possible: it was submitted in time")
    return _("possible: the last day to submit it is {day}").format(day=last)


def _name(grant: LevelGrant) -> str:
    if grant.user is None:
        return "–"
    return grant.user.get_full_name() or grant.user.get_username()


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("Kept with the item, with your name: shown beside its plan."),
    )


class AllowView(Screen):
    """Asks an approver for the reason, and notes it."""

    permission = ALLOWING
    template_name = "promo/desk/level_allow.html"
    page_title = gettext_lazy("Allow a late promotion")
    header_icon = "date"

    def get_page_subtitle(self) -> str:
        return str(self._item())

    def _item(self) -> Item:
        item = get_object_or_404(Item, pk=self.kwargs["pk"])
        latest: Item = item.get_latest_revision_as_object()
        return latest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        item = self._item()
        found = levels.levels(item=item, now=database_now())
        return context | {
            "item": item,
            "level": next((one for one in found if one.number == self.kwargs["level"]), None),
            "label": dict(LEVELS).get(self.kwargs["level"], ""),
            "form": kwargs.get("form") or ReasonForm(),
            "back_url": _back(item),
        }

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        item = self._item()
        form = ReasonForm(request.POST)
        known = dict(LEVELS)
        if not form.is_valid() or self.kwargs["level"] not in known:
            return self.render_to_response(self.get_context_data(form=form))
        levels.grant(
            item=item,
            level=self.kwargs["level"],
            reason=form.cleaned_data["reason"],
            user=staff(request),
            now=database_now(),
        )
        text = _("Allowed: {level}.").format(level=known[self.kwargs["level"]])
        messages.success(request, text)
        return redirect(_back(item))


def _back(item: Item) -> str:
    return reverse("wagtailsnippets_promo_item:edit", args=[item.pk])
