"""Take an item down everywhere: first all that follows, then the act, then how far it is."""

from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail.admin.viewsets.base import ViewSet

from promo.desk.screens import Screen, staff
from promo.errors import InvalidInput, PromoError
from promo.models import Item, Photo, TakeDown
from promo.services import takedowns
from promo.services.clock import database_now
from promo.services.takedowns import Fate

FATES = {
    Fate.DELETED: gettext_lazy("deleted there, with reactions and comments"),
    Fate.RECALLED: gettext_lazy("taken back from the network before it appears"),
    Fate.DROPPED: gettext_lazy("dropped from the plan: not sent out"),
    Fate.HIDDEN: gettext_lazy("no longer shown, here and in the feeds"),
    Fate.CHECKED: gettext_lazy("may be out: Promo keeps checking, and deletes it if it is"),
    Fate.STOPPED: gettext_lazy("stopped for whoever has not got it yet"),
    Fate.STAYS: gettext_lazy("cannot be recalled"),
}
ORDER = list(FATES)
_PARENTS = (
    {
        "url": reverse_lazy("wagtailsnippets_promo_item:list"),
        "label": gettext_lazy("Events and news"),
    },
)


class TakeDownViewSet(ViewSet):
    name = url_namespace = "take_down"
    url_prefix = "items/take-down"
    icon = "warning"

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("<int:pk>/", AskView.as_view(), name="ask"),
            path("done/<int:pk>/", DoneView.as_view(), name="show"),
        ]


class TakeDownForm(forms.Form):
    cause = forms.ChoiceField(label=gettext_lazy("Cause"), choices=TakeDown.Cause.choices)
    because = forms.CharField(
        label=pgettext_lazy("take-down", "What has happened?"),
        max_length=300,
        help_text=gettext_lazy(
            "Kept with your name and the time, and shown at the desk. Do not name the people "
            "concerned."
        ),
    )
    photos: Any = forms.ModelMultipleChoiceField(
        Photo.objects.none(),
        label=gettext_lazy("Pictures that must be shown nowhere any more"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "They disappear from our pages, feeds and mails, from other items too. Leave out "
            "pictures that are not concerned."
        ),
    )

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        photos = Photo.objects.filter(pk__in=item.photos.values("photo"))
        kwargs.setdefault("initial", {"photos": list(photos)})
        super().__init__(*args, **kwargs)
        self.fields["photos"].queryset = photos  # type: ignore[attr-defined]
        if not photos:
            del self.fields["photos"]


class AskView(Screen):
    """Everything that follows, and the form whose button does it."""

    permission = takedowns.MAY
    template_name = "promo/desk/take_down.html"
    page_title = gettext_lazy("Take down everywhere")
    header_icon = "warning"

    @property
    def parents(self) -> tuple[dict[str, Any], ...]:  # type: ignore[override]
        item = self._item()
        here = {
            "url": reverse("wagtailsnippets_promo_item:edit", args=[item.pk]),
            "label": str(item),
        }
        return (*_PARENTS, here)

    def _item(self) -> Item:
        return get_object_or_404(Item, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        item = self._item()
        lines = takedowns.preview(item)
        stays = [line for line in lines if line.fate is Fate.STAYS]
        photos = Photo.objects.filter(pk__in=item.photos.values("photo"))
        return {
            "item": item,
            "groups": _groups([line for line in lines if line.fate is not Fate.STAYS]),
            "stays": stays,
            "feeds": takedowns.feeds_stay()
            if any(line.fate is Fate.HIDDEN for line in lines)
            else "",
            "issues": takedowns.issues_with(item),
            "mails": takedowns.mails_stay(),
            "elsewhere": takedowns.pictures_elsewhere(item, photos),
            "earlier": item.take_downs.select_related("user")[:5],
            "form": TakeDownForm(item=item),
        } | context

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        item = self._item()
        form = TakeDownForm(request.POST, item=item)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        given = form.cleaned_data
        try:
            act = takedowns.carry_out(
                item_id=item.pk,
                cause=given["cause"],
                because=given["because"],
                photos=list(given.get("photos", ())),
                user=staff(request),
                now=database_now(),
            )
        except InvalidInput as error:
            form.add_error(error.field if error.field in form.fields else None, error.text)
            return self.render_to_response(self.get_context_data(form=form))
        except PromoError as error:
            messages.error(request, error.text)
            return redirect("take_down:ask", pk=item.pk)
        messages.success(request, _("Done. What a network has to delete is under way."))
        return redirect("take_down:show", pk=act.pk)


def _groups(lines: list[takedowns.Line]) -> list[dict[str, Any]]:
    """The publications by what becomes of them."""
    ordered = sorted(lines, key=lambda line: ORDER.index(line.fate))
    return [
        {"fate": fate.value, "label": FATES[fate], "lines": list(group)}
        for fate, group in groupby(ordered, key=lambda line: line.fate)
    ]


class DoneView(Screen):
    """The act: who, when, why; what is gone, what is under way, what could not be recalled."""

    permission = "promo.view_item"
    template_name = "promo/desk/take_down_done.html"
    page_title = gettext_lazy("Taken down everywhere")
    header_icon = "warning"
    parents = _PARENTS

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        rows = TakeDown.objects.select_related("item", "user")
        act = get_object_or_404(rows, pk=self.kwargs["pk"])
        photos = list(act.photos.all())
        return context | {
            "act": act,
            "photos": photos,
            "outcome": takedowns.outcome(act),
            "feeds": takedowns.feeds_stay() if act.item.first_published_at else "",
            "issues": takedowns.issues_with(act.item),
            "mails": takedowns.mails_stay(),
            "elsewhere": takedowns.pictures_elsewhere(act.item, photos),
        }
