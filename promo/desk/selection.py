"""Which readers an export or an act at the desk is about: ticked ones, a filter of the list, all.

It travels in the address, in the parameters of the list of subscribers; `id` names ticked ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.errors import InvalidInput
from promo.models import Newsletter, Segment, Subscriber, Subscription
from promo.services import segments
from promo.services.criteria import Row

State = Subscription.State
_BY_STATE = {State.ACTIVE: "reads", State.PENDING: "waits", State.ENDED: "left"}
_CARRIED = ("newsletter", "state", "segment", "language", "q", "id")


@dataclass(frozen=True, slots=True)
class Selection:
    """`about` tells people whom it is about; `query` carries it on to the next address."""

    rows: tuple[Row, ...]
    ids: tuple[int, ...] | None
    about: str
    query: str

    def count(self, *, now: datetime) -> int:
        if self.ids is not None:
            return Subscriber.objects.filter(id__in=self.ids).count()
        return segments.count(self.rows, now=now)


def rows_of(given: Mapping[str, Any]) -> tuple[Row, ...]:
    """The filters of the list as conditions: `newsletter`, `state`, `language`, `segment`, `q`."""
    rows = list(segments.rows_for(given.get("segment")))
    newsletter, state = given.get("newsletter"), given.get("state")
    if newsletter or state:
        key = _BY_STATE[State(state)] if state else "tied"
        rows.append(Row(key, values=(str(newsletter.pk),) if newsletter else ()))
    if given.get("language"):
        rows.append(Row("language", values=(str(given["language"]),)))
    if given.get("q"):
        rows.append(Row("text", text=str(given["q"])))
    return tuple(rows)


def selected(query: QueryDict) -> Selection:
    """What the address says; raises Http404 where it says nonsense."""
    carried = query.copy()
    for name in set(query) - set(_CARRIED):
        del carried[name]
    try:
        if "id" in query:
            ids = tuple(sorted({int(one) for one in query.getlist("id")}))
            said = ngettext("%(count)s ticked reader", "%(count)s ticked readers", len(ids))
            return Selection((), ids, said % {"count": len(ids)}, carried.urlencode())
        segment = _named(Segment, query.get("segment"))
        given = {
            "newsletter": _named(Newsletter, query.get("newsletter")),
            "segment": segment,
            "state": State(query.get("state", "")) if query.get("state") else None,
            "language": query.get("language"),
            "q": query.get("q", "").strip(),
        }
        rows = rows_of(given)
        about = segments.in_words(rows)
    except (ValueError, InvalidInput) as error:
        raise Http404 from error
    if segment is not None:
        about = _("segment “{name}”: {conditions}").format(name=segment, conditions=about)
    return Selection(rows, None, about, carried.urlencode())


def _named(model: Any, key: str | None) -> Any:
    if not key:
        return None
    found = model.objects.filter(pk=int(key)).first()
    if found is None:
        raise Http404
    return found
