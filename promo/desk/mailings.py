"""A mailing at the desk: its progress while it runs, its report, and the readers who stand out."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.desk.comparisons import comparison
from promo.desk.downloads import table
from promo.desk.screens import Screen
from promo.models import DeliveryEvent, Mailing, Publication
from promo.services import mailings, providers, subjects
from promo.services.clock import database_now

PAGE = 50
LOOK, WAITING_LOOK = 2, 30
SEEN = "promo.view_item"
ADDRESSES_SEEN = "promo.view_subscriber"
"""Addresses of readers are personal data: seeing an item is not enough."""

PLACES = {
    "due": gettext_lazy("waiting"),
    "accepted": gettext_lazy("accepted by the mail server"),
    "refused": gettext_lazy("refused"),
    "skipped": gettext_lazy("skipped: consent withdrawn"),
    "given_up": gettext_lazy("given up"),
    "unknown": gettext_lazy("outcome unknown"),
    "cancelled": gettext_lazy("cancelled"),
}
"""Where the readers of a mailing stand, in the order in which they are told."""


def progress(row: Publication) -> dict[str, Any]:
    """How many readers stand where, how fast it goes, and what stands out."""
    mailing = Mailing.objects.select_related("chosen_by").filter(publication=row).first()
    if mailing is None:
        return {"mailing": None}
    counts = mailings.progress(mailing)
    going = mailing.state == Mailing.State.RUNNING
    return {
        "mailing": mailing,
        "readers": mailing.readers,
        "settled": mailing.readers - counts["due"],
        "going": going,
        "look_every": _look_every(mailing, due=counts["due"]),
        "paused": mailing.state == Mailing.State.PAUSED,
        "not_known": counts["unknown"],
        "progress_rows": [(label, counts[key]) for key, label in PLACES.items()],
        "comparison": comparison(mailing),
        "left_out": _left_out(mailing),
        "forecast": mailings.forecast(mailing, now=database_now()) if going else None,
        "events": _kinds(mailing),
        "traffic": providers.traffic(mailing) if mailing.finished_at is None else None,
    }


def _look_every(mailing: Mailing, *, due: int) -> int:
    """Seconds between two looks at the numbers: few move while all wait for the choice."""
    waits = mailing.decide_at is not None and not mailing.chosen
    return WAITING_LOOK if waits and due <= subjects.waiting(mailing) else LOOK


def _left_out(mailing: Mailing) -> dict[str, Any]:
    """Who did not get it by their own wish, and by which."""
    why = [
        (_("a break"), mailing.wish_pause),
        (_("other topics, ages or branches"), mailing.wish_topics),
        (_("not so often"), mailing.wish_frequency),
    ]
    return {"count": sum(n for _why, n in why), "why": [one for one in why if one[1]]}


def _kinds(mailing: Mailing) -> list[dict[str, Any]]:
    """What happened to readers, with how many it happened to."""
    counted = dict(
        _events(mailing).order_by().values_list("kind").annotate(Count("delivery", distinct=True))
    )
    return [
        {"kind": kind.value, "label": kind.label, "count": counted[kind.value]}
        for kind in DeliveryEvent.Kind
        if kind.value in counted
    ]


def _events(mailing: Mailing) -> QuerySet[DeliveryEvent]:
    return DeliveryEvent.objects.filter(mailing=mailing)


class ProgressView(Screen):
    """The numbers of a mailing as a fragment, asked for while it runs."""

    permission = SEEN
    template_name = "promo/desk/progress.html"

    def get_context_data(self, **_kwargs: Any) -> dict[str, Any]:
        row = get_object_or_404(Publication, pk=self.kwargs["pk"])
        return {"publication": row} | progress(row)


class ReadersView(Screen):
    """The readers to whom something else happened than that the mail server took the mail."""

    permission = ADDRESSES_SEEN
    template_name = "promo/desk/mailing_readers.html"
    page_title = gettext_lazy("Readers who stand out")
    header_icon = "group"
    parents = ({"url": reverse_lazy("publications:index"), "label": gettext_lazy("Publications")},)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        mailing = _mailing(self.kwargs["pk"])
        kind = self.request.GET.get("kind", "")
        page = Paginator(_chosen(mailing, kind), PAGE).get_page(self.request.GET.get("p"))
        return context | {
            "publication": mailing.publication,
            "page": page,
            "kind": kind,
            "events": _kinds(mailing),
        }

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        *before, here = super().get_breadcrumbs_items()
        publication = _mailing(self.kwargs["pk"]).publication
        url = reverse("publications:show", args=[publication.pk])
        return [*before, {"url": url, "label": publication.subject}, here]


def readers_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The same as a file for a spreadsheet."""
    if not request.user.has_perm(ADDRESSES_SEEN):
        raise PermissionDenied
    head = [
        *(_("E-mail"), _("What happened"), _("Why"), _("When")),
        *(_("Code"), _("The mail server’s words")),
    ]
    rows = (
        [
            event.delivery.subscriber.email if event.delivery.subscriber else "",
            event.get_kind_display(),
            event.get_category_display() if event.category else "",
            f"{event.at:%Y-%m-%d %H:%M:%S}",
            event.enhanced or event.code or "",
            event.text,
        ]
        for event in _chosen(_mailing(pk), request.GET.get("kind", "")).iterator(chunk_size=2000)
    )
    return table(f"{_('readers')}-{pk}.csv", chain([head], rows))


def _mailing(publication_id: int) -> Mailing:
    rows = Mailing.objects.select_related("publication__item", "publication__issue")
    return get_object_or_404(rows, publication_id=publication_id)


def _chosen(mailing: Mailing, kind: str) -> QuerySet[DeliveryEvent]:
    rows = _events(mailing).select_related("delivery__subscriber").order_by("-at", "-id")
    return rows.filter(kind=kind) if kind in DeliveryEvent.Kind.values else rows
