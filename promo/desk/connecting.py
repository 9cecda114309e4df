"""Connecting a destination by the network's own sign-in: the guide, the way back, the choice."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.channels.base import Offer
from promo.desk.screens import Screen, staff
from promo.errors import InvalidInput, NotAllowed, PromoError
from promo.models import Destination, Handshake
from promo.services import accesses, channels, connections
from promo.services.clock import database_now

ALLOWED = "promo.change_destination"
PARENTS = ({"url": reverse_lazy("destinations:index"), "label": gettext_lazy("Destinations")},)


class AppForm(forms.Form):
    """The fields that the sign-in asks for beforehand. A stored secret is never shown."""

    def __init__(
        self, *args: Any, channel: str, destination: Destination | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        way = accesses.sign_in_of(channel)
        for field in channels.channel_class(channel).fields:
            if way is None or field.key not in way.asks:
                continue
            stored = destination is not None and field.secret
            kept = destination.config.get(field.key, "") if destination else ""
            self.fields[field.key] = forms.CharField(
                label=field.label,
                help_text=_("Already saved. Leave empty to keep it.") if stored else field.help,
                required=field.required and not stored,
                initial="" if field.secret else kept,
                max_length=200,
                widget=forms.PasswordInput(attrs={"autocomplete": "off"})
                if field.secret
                else forms.TextInput(attrs={"autocomplete": "off"}),
            )


class StartView(Screen):
    """What to do at the network, the app's keys, and the button that leads to the sign-in."""

    permission = ALLOWED
    template_name = "promo/desk/connect.html"
    header_icon = "link"
    parents = PARENTS

    def get_destination(self) -> Destination | None:
        return get_object_or_404(Destination, pk=self.kwargs["pk"]) if "pk" in self.kwargs else None

    def get_channel(self) -> str:
        row = self.get_destination()
        key = row.channel if row else self.kwargs["channel"]
        if accesses.sign_in_of(key) is None:
            raise Http404
        return str(key)

    def get_page_title(self) -> str:
        row = self.get_destination()
        if row:
            return _("Connect again: %(name)s") % {"name": row.name}
        return _("Connect: %(label)s") % {"label": channels.channel_class(self.get_channel()).label}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        key, row = self.get_channel(), self.get_destination()
        way = accesses.sign_in_of(key)
        return context | {
            "channel": key,
            "label": channels.channel_class(key).label,
            "destination": row,
            # Plain values: a template would call a class that it is handed.
            "guide": {"steps": way.guide if way else ()},
            "redirect_uri": connections.redirect_uri(),
            "needs_https": connections.needs_https(),
            "form": kwargs.get("form") or AppForm(channel=key, destination=row),
        }

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        key, row = self.get_channel(), self.get_destination()
        form = AppForm(request.POST, channel=key, destination=row)
        if form.is_valid():
            try:
                address = connections.begin(
                    channel=key,
                    destination=row,
                    given=form.cleaned_data,
                    user=staff(request),
                    session_key=session_key(request),
                    now=database_now(),
                )
            except InvalidInput as error:
                form.add_error(error.field or None, error.text)
            except PromoError as error:
                form.add_error(None, error.text)
            else:
                return redirect(address)
        return self.render_to_response(self.get_context_data(form=form))


def session_key(request: HttpRequest) -> str:
    """The key of this session; raises PermissionDenied where there is none."""
    key = request.session.session_key
    if not key:
        raise PermissionDenied
    return str(key)


def come_back(request: HttpRequest) -> HttpResponse:
    """Where the network sends people back to. The code leaves the address bar at once."""
    if not request.user.has_perm(ALLOWED):
        raise PermissionDenied
    try:
        row = connections.come_back(
            session_key=session_key(request),
            state=request.GET.get("state", ""),
            code=request.GET.get("code", ""),
            now=database_now(),
        )
    except NotAllowed as error:
        messages.warning(request, error.text)
    except PromoError as error:
        messages.error(request, error.text)
    else:
        return redirect("destinations:choose", uuid=row.uuid)
    return redirect("destinations:index")


class NameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name at the desk"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Leave empty to call it by the page’s own name."),
    )


class ChooseView(Screen):
    """The pages that the sign-in opened, each with what the person may do there."""

    permission = ALLOWED
    template_name = "promo/desk/connect_choose.html"
    page_title = gettext_lazy("Choose the page")
    header_icon = "link"
    parents = PARENTS

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self._handshake(request)
        return self._over(request) if row is None else self._shown(row)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        row = self._handshake(request)
        if row is None:
            return self._over(request)
        form = NameForm(request.POST)
        try:
            if request.POST.get("act") == "again":
                return redirect(connections.again(handshake=row))
            made = connections.choose(
                handshake=row,
                key=request.POST.get("place", ""),
                name=form.cleaned_data["name"] if form.is_valid() else "",
                now=database_now(),
            )
        except PromoError as error:
            return self._shown(row, problem=error.text)
        self._connected(request, made)
        return redirect("destinations:index")

    def _handshake(self, request: HttpRequest) -> Handshake | None:
        return connections.under_way(
            uuid=self.kwargs["uuid"], session_key=session_key(request), now=database_now()
        )

    def _over(self, request: HttpRequest) -> HttpResponse:
        messages.warning(request, _("This sign-in is over. Please start it again."))
        return redirect("destinations:index")

    def _shown(self, row: Handshake, *, problem: str = "") -> HttpResponse:
        try:
            offer = connections.offer(handshake=row)
        except PromoError as error:
            offer, problem = Offer(()), problem or error.text
        free = [place.key for place in offer.places if not place.why_not]
        form = NameForm(self.request.POST or None)
        context = {
            "handshake": row,
            "offer": offer,
            "open": bool(free),
            "chosen": free[0] if len(free) == 1 else "",
            "name_field": form["name"],
            "problem": problem,
        }
        return self.render_to_response(self.get_context_data(**context))

    def _connected(self, request: HttpRequest, made: Destination) -> None:
        found = accesses.check(destination=made, now=database_now())
        for problem in found:
            messages.warning(request, problem.text)
        if any(problem.level == "error" for problem in found):
            return
        messages.success(request, _("“{name}” is connected.").format(name=made.name))
        way = accesses.sign_in_of(made.channel)
        if way is not None:
            messages.info(request, str(way.after))
