"""Returned mail that nobody but a person can read, one card for each, and what to do with it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail.admin.viewsets.base import ViewSet

from promo.desk import mailbox
from promo.desk.screens import Screen, menu_item_for
from promo.mailing import shown
from promo.mailing.bounces import Kind
from promo.models import ReturnedMail
from promo.services import fetching, returns
from promo.services.clock import database_now

SEEN = "promo.view_subscriber"
"""A returned mail holds the address of a reader, and often their words."""

DECIDED = "promo.change_subscriber"
PAGE = 10

_Text = str | Promise


class Act(NamedTuple):
    """What a person may say of a mail. With a `question` it is asked once more."""

    kind: Kind
    label: _Text
    done: _Text
    question: _Text = ""
    yes: _Text = ""


ABOUT_A_READER = {
    "hard": Act(
        Kind.HARD,
        gettext_lazy("The address does not exist…"),
        gettext_lazy("Noted. This address gets no more mail."),
        gettext_lazy(
            "This address will be blocked: it gets no newsletter any more, and no import can bring "
            "it back."
        ),
        gettext_lazy("Yes, block the address"),
    ),
    "soft": Act(
        Kind.SOFT,
        gettext_lazy("It could not be delivered this time"),
        gettext_lazy("Noted. The reader gets the next issue."),
    ),
    "leave": Act(
        Kind.LEAVE,
        gettext_lazy("The reader wants to unsubscribe…"),
        gettext_lazy("The reader has been unsubscribed."),
        gettext_lazy("The reader will be unsubscribed from this newsletter."),
        gettext_lazy("Yes, unsubscribe the reader"),
    ),
    "complaint": Act(
        Kind.COMPLAINT,
        gettext_lazy("The reader complains…"),
        gettext_lazy("Noted. This address gets no more mail."),
        gettext_lazy(
            "This address will be blocked because of a complaint: it gets no newsletter any more, "
            "and no import can bring it back."
        ),
        gettext_lazy("Yes, block the address"),
    ),
}
PUT_ASIDE = {
    "aside": Act(
        Kind.NOTICE,
        pgettext_lazy("returned mail", "Put aside"),
        gettext_lazy("Put aside. Nothing follows from it."),
    )
}
ACTS = ABOUT_A_READER | PUT_ASIDE


class ReturnedViewSet(ViewSet):
    name = url_namespace = "returned"
    icon = "resubmit"
    menu_label = gettext_lazy("Returned mail")
    menu_item_class = menu_item_for(SEEN)

    def get_urlpatterns(self) -> list[Any]:
        return [
            path("", ListView.as_view(), name="index"),
            path("<int:pk>/act/", ActView.as_view(), name="act"),
            path("mailbox/", mailbox.MailboxView.as_view(), name="mailbox"),
            path("mailbox/act/", mailbox.ActView.as_view(), name="mailbox_act"),
        ]


class ListView(Screen):
    permission = SEEN
    template_name = "promo/desk/returned.html"
    page_title = gettext_lazy("Returned mail to look at")
    header_icon = "resubmit"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        page = Paginator(returns.mails_for_a_person(), PAGE).get_page(self.request.GET.get("p"))
        return context | {
            "page": page,
            "cards": [_card(row) for row in page],
            "problem": fetching.problem(),
            "may_decide": self.request.user.has_perm(DECIDED),
            "may_connect": self.request.user.has_perm(mailbox.ALLOWED),
        }


def _card(row: ReturnedMail) -> dict[str, Any]:
    reader = row.delivery.subscriber if row.delivery else None
    acts = ACTS if reader else PUT_ASIDE
    return {
        "mail": row,
        "shown": shown.shown(bytes(row.raw or b"")),
        "reader": reader,
        "newsletter": row.delivery.mailing.newsletter if row.delivery else None,
        "acts": [{"key": key, "label": act.label} for key, act in acts.items()],
    }


class ActView(Screen):
    """Does what was chosen; asks once more before an address is blocked or a reader leaves."""

    permission = DECIDED
    template_name = "promo/desk/returned_question.html"
    page_title = gettext_lazy("Are you sure?")
    header_icon = "resubmit"
    parents = ({"url": reverse_lazy("returned:index"), "label": gettext_lazy("Returned mail")},)
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        row = get_object_or_404(
            ReturnedMail.objects.select_related("delivery__subscriber"), pk=self.kwargs["pk"]
        )
        reader = row.delivery.subscriber if row.delivery else None
        key = request.POST.get("act", "")
        act = (ACTS if reader else PUT_ASIDE).get(key)
        if act is None:  # the reader was erased meanwhile
            return redirect("returned:index")
        if act.question and not request.POST.get("sure"):
            context = self.get_context_data(row=row, reader=reader, act=act, key=key)
            return self.render_to_response(context)
        returns.settle_by_hand(mail=row, kind=act.kind, now=database_now())
        messages.success(request, str(act.done))
        return redirect("returned:index")
