"""The secret address of the plan: seen, made anew, given up by the person whose it is."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.desk.screens import Screen, staff
from promo.services import plan_feed
from promo.services.clock import database_now


class AddressView(Screen):
    """Asks before an address in use is made to lead nowhere."""

    template_name = "promo/desk/calendar_feed.html"
    page_title = gettext_lazy("The plan in your own calendar")
    header_icon = "calendar-check"
    parents = ({"url": reverse_lazy("calendar:index"), "label": gettext_lazy("Calendar")},)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        user, act = staff(request), request.POST.get("act", "")
        if plan_feed.address_of(user) and "sure" not in request.POST:
            return self.render_to_response(self.get_context_data(asked=act))
        if act == "give_up":
            plan_feed.give_up(user=user)
            messages.success(request, _("The address no longer works."))
        else:
            plan_feed.renew(user=user, now=database_now())
            messages.success(request, _("Here is your new address."))
        return redirect("calendar:feed")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"address": plan_feed.address_of(staff(self.request))}
