"""What was missed: one list with ticks and two buttons."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse_lazy
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.viewsets.base import ViewSet

from promo.desk.screens import Screen, staff
from promo.planning.waited import Sense
from promo.services import missed
from promo.services.clock import database_now
from promo.services.missed import Missed

SENSES = {
    Sense.STILL: gettext_lazy("It still makes sense."),
    Sense.BEGUN: gettext_lazy("The event has begun: an invitation comes too late."),
    Sense.OVER: gettext_lazy("The event is over."),
    Sense.ANOTHER_DAY: gettext_lazy("It says “today”, and that day has passed."),
    Sense.TOO_LATE: gettext_lazy("Its time has passed, but the event has not begun."),
}


class MissedViewSet(ViewSet):
    name = url_namespace = "missed"
    icon = "warning"

    def get_urlpatterns(self) -> list[Any]:
        return [path("", MissedView.as_view(), name="index")]


class MissedView(Screen):
    """Everything that was missed; the chosen ones are sent now or dropped."""

    permission = "promo.change_publication"
    template_name = "promo/desk/missed.html"
    page_title = gettext_lazy("Missed publications")
    header_icon = "warning"
    parents = ({"url": reverse_lazy("publications:index"), "label": gettext_lazy("Publications")},)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        rows = missed.listed(now=database_now())
        return context | {
            "rows": [
                {
                    "publication": one.publication,
                    "why": why(one),
                    "sense": SENSES[one.sense],
                    "still": one.sense in (Sense.STILL, Sense.TOO_LATE),
                }
                for one in rows
            ],
            "more": missed.rows().count() - len(rows),
        }

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        ids = [int(one) for one in request.POST.getlist("id") if one.isdecimal()]
        now = database_now()
        if not ids:
            messages.error(request, _("Tick what you decide on first."))
            return redirect("missed:index")
        if "send" in request.POST:
            gone = missed.begun(ids=ids, now=now)
            if gone and "sure" not in request.POST:
                return self._ask(ids, gone)
            count = missed.send_now(ids=ids, user=staff(request), now=now)
            said = ngettext(
                "%(count)d publication will be sent shortly.",
                "%(count)d publications will be sent shortly.",
                count,
            )
        else:
            count = missed.drop(ids=ids, user=staff(request), now=now)
            said = ngettext(
                "%(count)d publication was dropped.", "%(count)d publications were dropped.", count
            )
        messages.success(request, said % {"count": count})
        return redirect("missed:index")

    def _ask(self, ids: list[int], gone: list[Any]) -> HttpResponse:
        context = super().get_context_data()
        context |= {"ids": ids, "gone": gone, "others": len(ids) - len(gone)}
        self.template_name = "promo/desk/missed_question.html"
        return self.render_to_response(context)


def why(one: Missed) -> str:
    """Why it was missed, in one sentence."""
    limit = one.publication.not_after_at
    if limit is None or one.noticed_at is None:
        return one.publication.problem
    words = {"limit": _moment(limit), "noticed": _moment(one.noticed_at)}
    if one.tries:
        said = _("It was tried, but did not get out by {limit}.")
    elif (one.noticed_at - limit).total_seconds() > 0:
        said = _("It had to be out by {limit}; Promo could only get to it on {noticed}.")
    else:
        said = _("It had to be out by {limit}.")
    return said.format(**words)


def _moment(at: Any) -> str:
    local = localtime(at)
    return f"{date_format(local, 'j E')}, {date_format(local, 'H:i')}"
