"""Destinations: what is connected, whether our access is good, and the set-up form."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.viewsets.base import ViewSet

from promo.desk.connecting import ChooseView, StartView, come_back
from promo.desk.screens import Screen, menu_item_for, staff
from promo.errors import InvalidInput, PromoError
from promo.models import Destination
from promo.protocol import AHEAD, DUE
from promo.services import accesses, channels, destinations, hearing, sightings
from promo.services.clock import database_now

COMING = DUE | AHEAD


class DestinationViewSet(ViewSet):
    name = url_namespace = "destinations"
    icon = "link"
    menu_label = gettext_lazy("Destinations")
    menu_order = 160
    menu_item_class = menu_item_for("promo.change_destination")
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", ListView.as_view(), name="index"),
            path("new/<slug:channel>/", SetUpView.as_view(), name="new"),
            path("<int:pk>/", SetUpView.as_view(), name="edit"),
            path("<int:pk>/act/", act, name="act"),
            path("connect/<slug:channel>/", StartView.as_view(), name="connect"),
            path("<int:pk>/connect/", StartView.as_view(), name="reconnect"),
            path("connected/", come_back, name="connected"),
            path("connected/<uuid:uuid>/", ChooseView.as_view(), name="choose"),
        ]


class ListView(Screen):
    permission = "promo.change_destination"
    template_name = "promo/desk/destinations.html"
    page_title = gettext_lazy("Destinations")
    header_icon = "link"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        # Plain values: a template would call a class that it is handed.
        known = {
            key: {
                "key": key,
                "label": made.label,
                "icon": made.icon,
                "fields": made.fields,
                "guided": accesses.sign_in_of(key) is not None,
            }
            for key, made in channels.installed().items()
        }
        rows = [
            {
                "destination": row,
                "channel": known.get(row.channel),
                "next": row.publications.filter(state__in=COMING).order_by("due_at").first(),
                "waiting": row.publications.filter(state__in=COMING).count(),
                "newsletter": getattr(row, "newsletter", None),
            }
            for row in Destination.objects.select_related("newsletter")
        ]
        new = [channel for channel in known.values() if channel["fields"]]
        return context | {"rows": rows, "new": new, "now": database_now()}


class SetUpForm(forms.Form):
    """The name, and the fields that the channel's class names."""

    name = forms.CharField(
        label=gettext_lazy("Name at the desk"),
        max_length=120,
        help_text=gettext_lazy("So your team knows it in the calendar and in plans."),
    )

    def __init__(self, *args: Any, destination: Destination, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["name"] = destination.name
        for field in channels.channel_class(destination.channel).fields:
            stored = destination.pk is not None and field.secret
            self.fields[field.key] = forms.CharField(
                label=field.label,
                help_text=_("Already saved. Leave empty to keep it.") if stored else field.help,
                required=field.required and not stored,
                initial="" if field.secret else destination.config.get(field.key, ""),
                widget=forms.PasswordInput(attrs={"autocomplete": "off"})
                if field.secret
                else forms.TextInput,
            )
        if channels.traits_of(destination.channel).native_schedule:
            self.fields["arm_ahead"] = forms.BooleanField(
                label=_("Hand posts over ahead of time"),
                help_text=_(
                    "The network keeps each post from its approval on and shows it at its time, "
                    "even if Promo is switched off then. Changes and cancellations are passed on."
                ),
                required=False,
                initial=destination.arm_ahead,
            )


class SetUpView(Screen):
    permission = "promo.change_destination"
    template_name = "promo/desk/destination.html"
    header_icon = "link"
    parents = ({"url": reverse_lazy("destinations:index"), "label": gettext_lazy("Destinations")},)

    def get_object(self) -> Destination:
        if "pk" in self.kwargs:
            return get_object_or_404(Destination, pk=self.kwargs["pk"])
        if not getattr(channels.installed().get(self.kwargs["channel"]), "fields", ()):
            raise Http404
        return Destination(channel=self.kwargs["channel"])

    def get_page_title(self) -> str:
        row = self.get_object()
        label = channels.channel_class(row.channel).label
        return row.name or _("Connect: %(label)s") % {"label": label}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        row = self.get_object()
        return context | {
            "destination": row,
            "form": kwargs.get("form") or SetUpForm(destination=row),
            "told": hearing.set_up(destination=row) if row.pk else None,
        }

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        row = self.get_object()
        form = SetUpForm(request.POST, destination=row)
        if form.is_valid():
            row.name = form.cleaned_data["name"]
            row.arm_ahead = form.cleaned_data.get("arm_ahead", row.arm_ahead)
            try:
                row.save()
                destinations.configure(destination=row, given=form.cleaned_data)
            except InvalidInput as error:
                form.add_error(error.field or None, error.text)
            else:
                messages.success(request, _("Saved."))
                return redirect("destinations:edit", pk=row.pk)
        return self.render_to_response(self.get_context_data(form=form))


def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause, resume, check, or say what was seen."""
    if request.method != "POST" or not request.user.has_perm("promo.change_destination"):
        raise PermissionDenied
    row = get_object_or_404(Destination, pk=pk)
    verb = request.POST.get("act", "")
    try:
        if verb == "pause":
            because = _("Paused by {user}.").format(user=request.user)
            destinations.pause(destination=row, because=because, now=database_now())
        elif verb == "resume":
            destinations.resume(destination=row)
        elif verb == "check":
            _tell(request, row)
        elif verb in {"seen", "not_seen"}:
            _answer(request, row, seen=verb == "seen")
            return redirect("wagtailadmin_home")
    except PromoError as error:
        messages.error(request, error.text)
    return redirect("destinations:index")


def _answer(request: HttpRequest, row: Destination, *, seen: bool) -> None:
    """Somebody has looked whether followers see what is out there."""
    if seen:
        sightings.seen(destination=row, now=database_now())
        text = _("Good: followers see what is out on “{name}”. Promo will not ask again.")
        messages.success(request, text.format(name=row.name))
    else:
        sightings.not_seen(destination=row, user=staff(request), now=database_now())
        row.refresh_from_db()
        if row.paused_at:  # not where somebody else has answered meanwhile
            text = _("“{name}” is paused. {because}")
            messages.error(request, text.format(name=row.name, because=row.paused_because))


def _tell(request: HttpRequest, row: Destination) -> None:
    found = accesses.check(destination=row, now=database_now())
    for problem in found:
        say = messages.warning if problem.level == "warning" else messages.error
        say(request, problem.text)
    if found:
        return
    if accesses.found_again(destination=row):
        text = _("Promo has access to “{name}” again, and goes on publishing there.")
        messages.success(request, text.format(name=row.name))
    else:
        messages.success(request, _("Promo has access to “{name}”.").format(name=row.name))
