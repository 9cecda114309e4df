"""The emergency stop: the question before it, and the review before everything goes on."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail.admin.viewsets.base import ViewSet

from promo.desk.missed import SENSES
from promo.desk.screens import Screen, menu_item_for, staff
from promo.errors import InvalidInput, PromoError
from promo.models import Halt, Mailing
from promo.services import halts, releases, restores
from promo.services.clock import database_now
from promo.services.releases import Choice

SHOWN = 10
CHOICES = {
    Choice.NOW: pgettext_lazy("what to do with what has waited", "Send now"),
    Choice.NEXT: pgettext_lazy("what to do with what has waited", "Send at the next good time"),
    Choice.DROP: pgettext_lazy("what to do with what has waited", "Drop"),
}
MAY_BE_OUT = gettext_lazy("It may have been sent before the backup was put in place")


class HaltsViewSet(ViewSet):
    name = url_namespace = "halts"
    url_prefix = "stop"
    icon = "warning"
    menu_label = gettext_lazy("Stop everything")
    menu_order = 180
    menu_item_class = menu_item_for(halts.MAY)
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", HaltView.as_view(), name="index"),
            path("release/", ReleaseView.as_view(), name="release"),
        ]


class HaltForm(forms.Form):
    because = forms.CharField(
        label=gettext_lazy("Why is everything to be stopped?"),
        max_length=200,
        help_text=gettext_lazy("Everybody at the desk will read this, with your name."),
    )


class HaltView(Screen):
    """The switch: asks why, says what it does, and shows the stops of the past."""

    permission = halts.MAY
    template_name = "promo/desk/halt.html"
    page_title = gettext_lazy("Stop everything")
    header_icon = "warning"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        doubtful = restores.in_doubt()
        return {
            "form": HaltForm(),
            "halt": halts.standing(),
            "looked_for": doubtful.exclude(look_at=None).count(),
            "undecided": doubtful.filter(look_at=None),
            "paused": halts.mailings_held(Mailing.State.PAUSED),
            "armed": halts.armed().count(),
            "mailings": halts.mailings_held().count(),
            "earlier": Halt.objects.exclude(ended_at=None).select_related("began_by", "ended_by")[
                :SHOWN
            ],
        } | context

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        form = HaltForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        try:
            halts.begin(
                because=form.cleaned_data["because"], user=staff(request), now=database_now()
            )
        except InvalidInput as error:
            form.add_error("because", error.text)
            return self.render_to_response(self.get_context_data(form=form))
        except PromoError as error:
            messages.error(request, error.text)
        else:
            messages.success(request, _("Everything is stopped. Nothing goes out any more."))
        return redirect("halts:index")


class ReleaseView(Screen):
    """What had waited, each with a choice; then everything goes on."""

    permission = halts.MAY
    template_name = "promo/desk/release.html"
    page_title = gettext_lazy("Let everything go on")
    header_icon = "warning"

    @property
    def parents(self) -> tuple[dict[str, Any], ...]:  # type: ignore[override]
        return ({"url": reverse("halts:index"), "label": _("Stop everything")},)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if halts.standing() is None:
            messages.info(request, _("Nothing is stopped."))
            return redirect("halts:index")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        now = database_now()
        return context | {
            "halt": halts.standing(),
            "rows": [
                {
                    "publication": one.publication,
                    "sense": MAY_BE_OUT if one.may_be_out else SENSES[one.sense],
                    "still": one.advice != Choice.DROP,
                    "next_at": one.next_at,
                    "choices": [
                        {"key": key.value, "label": label, "chosen": key == one.advice}
                        for key, label in CHOICES.items()
                        if key != Choice.NEXT or one.next_at is not None
                    ],
                }
                for one in releases.waited(now=now)
            ],
            "mailings": halts.mailings_held(),
        }

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        choices = {
            pk: Choice(value) for pk, value in _numbered(request, "choice-") if value in set(Choice)
        }
        stay = frozenset(pk for pk, value in _numbered(request, "mailing-") if value == "pause")
        try:
            counts = releases.release(
                choices=choices, paused=stay, user=staff(request), now=database_now()
            )
        except PromoError as error:
            messages.error(request, error.text)
            return redirect("halts:index")
        said = _("Everything goes on. Sent now: {now}, later: {later}, dropped: {dropped}.")
        messages.success(
            request,
            said.format(
                now=counts[Choice.NOW], later=counts[Choice.NEXT], dropped=counts[Choice.DROP]
            ),
        )
        return redirect("wagtailadmin_home")


def _numbered(request: HttpRequest, prefix: str) -> Iterator[tuple[int, str]]:
    """The posted fields whose names are the prefix and a row's number, with their values."""
    for name in request.POST:
        number = name.removeprefix(prefix)
        if name.startswith(prefix) and number.isdecimal():
            yield int(number), str(request.POST[name])
