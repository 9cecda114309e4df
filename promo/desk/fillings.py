"""Issues that composed themselves: on the first screen, in the editor, and the decisions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import Panel as EditorPanel
from wagtail.admin.viewsets.base import ViewSet

from promo.desk.dashboard import Panel
from promo.desk.deciding import GO_BACK, MoveForm, Question
from promo.desk.screens import Screen, staff
from promo.errors import InvalidInput, PromoError
from promo.models import Filling, Rhythm
from promo.planning.filling import heading
from promo.services import refilling
from promo.services.clock import database_now

State = Filling.State
LATELY = timedelta(days=7)
"""How long an issue that was left out stays on the first screen."""

CHANGE, PUBLISH = "promo.change_issue", "promo.publish_issue"


class FillingsViewSet(ViewSet):
    name = url_namespace = "fillings"
    add_to_admin_menu = False

    def get_urlpatterns(self) -> list[Any]:
        return [path("<int:pk>/<slug:act>/", DecideView.as_view(), name="decide")]


class FillingsPanel(Panel):
    """Drafts that wait for an approval, those that missed their time, turns without an issue."""

    name = "fillings"
    template_name = "promo/desk/home_fillings.html"
    order = 7

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        since = database_now() - LATELY
        rows = _rows()
        return super().get_context_data(parent_context) | {
            "missed": rows.filter(state=State.MISSED),
            "waiting": rows.filter(state=State.WAITING),
            "skipped": [
                {"filling": row, "next": _next_at(row)}
                for row in rows.filter(state=State.SKIPPED, composed_at__gte=since)
            ],
            "may_publish": self.request.user.has_perm(PUBLISH),
        }


def _rows() -> QuerySet[Filling]:
    return Filling.objects.select_related("issue", "newsletter", "responsible").order_by("send_at")


def _next_at(filling: Filling) -> datetime | None:
    rows = Rhythm.objects.filter(pk=filling.newsletter_id, active=True)
    return rows.values_list("next_send_at", flat=True).first()


class FillingNotice(EditorPanel):
    """At the head of the editor: where the draft comes from, and when it goes out."""

    class BoundPanel(EditorPanel.BoundPanel):
        template_name = "promo/desk/filling_notice.html"

        def is_shown(self) -> bool:
            return self._filling() is not None

        def _filling(self) -> Filling | None:
            if self.instance.pk is None:
                return None
            rows = _rows().filter(issue_id=self.instance.pk)
            return rows.filter(state__in=[State.WAITING, State.MISSED]).first()

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | {
                "filling": self._filling(),
                "may_publish": self.request.user.has_perm(PUBLISH),
            }


NOW = Question(
    _("Send this issue now?"),
    _("It is approved as it was last saved and goes to all readers in about a minute."),
    _("Approve and send now"),
)
DROP = Question(
    _("Drop this issue?"),
    _("Nothing goes out this time. The draft stays in the list of issues."),
    _("Drop"),
)
MOVE = Question(
    _("Send at another time"),
    _("It waits for its approval again and goes out at the new time."),
    _("Set the new time"),
    GO_BACK,
)
AGAIN = Question(
    _("Collect again?"),
    _("Save what you have open in the editor first."),
    _("Collect again"),
)
QUESTIONS = {"now": NOW, "drop": DROP, "move": MOVE, "again": AGAIN}


class DecideView(Screen):
    """Asks first, by GET; a POST decides."""

    permission = CHANGE
    template_name = "promo/desk/filling_decide.html"
    header_icon = "mail"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if kwargs["act"] not in QUESTIONS:
            raise Http404
        if kwargs["act"] == "now" and not request.user.has_perm(PUBLISH):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def _filling(self) -> Filling:
        return get_object_or_404(_rows(), pk=self.kwargs["pk"], issue__isnull=False)

    def get_page_title(self) -> str:
        return str(QUESTIONS[self.kwargs["act"]].title)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        filling, act = self._filling(), self.kwargs["act"]
        return context | {
            "filling": filling,
            "act": act,
            "question": QUESTIONS[act],
            "form": kwargs.get("form") or MoveForm(initial={"to": filling.send_at}),
            "back_url": _editor(filling),
            **(self._found(filling) if act == "again" else {}),
        }

    def _found(self, filling: Filling) -> dict[str, Any]:
        try:
            chapters = refilling.fresh(filling=filling, now=database_now())
        except PromoError as error:
            return {"problem": error.text}
        shown = [{"title": heading(one.group), "items": one.items} for one in chapters]
        return {
            "chapters": shown,
            "count": sum(len(one.items) for one in chapters),
            "edited": refilling.edited(filling),
        }

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        filling, act = self._filling(), self.kwargs["act"]
        try:
            messages.success(request, ACTS[act](request, filling, database_now()))
        except PromoError as error:
            messages.error(request, error.text)
            return redirect("fillings:decide", filling.pk, act)
        return redirect("wagtailadmin_home" if act in {"now", "drop"} else _editor(filling))


def _editor(filling: Filling) -> str:
    return reverse("wagtailsnippets_promo_issue:edit", args=[filling.issue_id])


def _now(request: HttpRequest, filling: Filling, now: datetime) -> str:
    refilling.send_now(filling=filling, user=staff(request), now=now)
    return gettext("Approved. It goes out in about a minute.")


def _move(request: HttpRequest, filling: Filling, now: datetime) -> str:
    form = MoveForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(gettext("Enter a date and a time."), field="to")
    to = form.cleaned_data["to"]
    refilling.move(filling=filling, to=to, user=staff(request), now=now)
    return gettext("Moved to the new time. It goes out once it is approved.")


def _drop(_request: HttpRequest, filling: Filling, _now: datetime) -> str:
    refilling.drop(filling=filling)
    return gettext("Dropped. Nothing goes out this time.")


def _again(request: HttpRequest, filling: Filling, now: datetime) -> str:
    user = staff(request)
    if request.POST.get("how") == "anew":
        refilling.compose_anew(filling=filling, user=user, now=now)
        return gettext("The draft has been composed anew.")
    count = refilling.add_fresh(filling=filling, user=user, now=now)
    return ngettext(
        "%(count)d item was added to the draft.", "%(count)d items were added to the draft.", count
    ) % {"count": count}


ACTS: dict[str, Callable[[HttpRequest, Filling, datetime], str]] = {
    "now": _now,
    "drop": _drop,
    "move": _move,
    "again": _again,
}
