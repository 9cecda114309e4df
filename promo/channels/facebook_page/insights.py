"""What people did with a post: counted by its fields, and by metrics that are asked one by one.

One dead name fails a whole request, and the answer does not say which: so each is asked alone, and
a dead one is told to whoever remembers it. A living name without rights or data gives an empty
list, as for pages with fewer than 100 likes. Reactions, comments and shares need no insights.
https://developers.facebook.com/documentation/pages-api/platforminsights/page/deprecated-metrics
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext_lazy

from promo.errors import Rejected
from promo.values import Figures

if TYPE_CHECKING:
    from promo.channels.facebook_page.client import GraphClient
    from promo.channels.facebook_page.deadline import Deadline


def _(text: str) -> str:
    """The text in the reader's language, looked up when it is shown."""
    return cast("str", gettext_lazy(text))


LABELS = MappingProxyType(
    {
        "post_media_view": _("Views"),
        "post_total_media_view_unique": _("People who saw it"),
        "post_clicks": _("Clicks anywhere on the post"),
    }
)
"""The metrics that were alive in autumn 2026, as people call them."""

FIELDS = "shares,reactions.limit(0).summary(true),comments.limit(0).summary(true)"

INVALID = "100"
"""The code of "The value must be a valid insights metric"."""


def of_post(
    client: GraphClient, post_id: str, deadline: Deadline, *, dead: frozenset[str]
) -> Figures:
    """The figures of one post. Raises one of the five `PublishError`s."""
    post = client.read(post_id, {"fields": FIELDS}, deadline)
    metrics: dict[str, int] = {}
    found_dead = []
    asked = [name for name in LABELS if name not in dead]
    for name in asked:
        try:
            query = {"metric": name, "period": "lifetime"}
            value = _value(client.read(f"{post_id}/insights", query, deadline))
        except Rejected as error:
            if error.refusal.code != INVALID:
                raise
            found_dead.append(name)
        else:
            if value is not None:
                metrics[name] = value
    return Figures(
        reactions=_total(post.get("reactions")),
        comments=_total(post.get("comments")),
        shares=_count(post.get("shares")),
        metrics=metrics,
        dead=tuple(found_dead),
        withheld=not metrics and len(found_dead) < len(asked),
    )


def _value(answer: Mapping[str, object]) -> int | None:
    """The lifetime's value; the same name may come for a day as well."""
    rows = answer.get("data")
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict) or row.get("period") != "lifetime":
            continue
        values = row.get("values")
        first = values[0] if isinstance(values, list) and values else None
        value = first.get("value") if isinstance(first, dict) else None
        if isinstance(value, int) and value >= 0:
            return value
    return None


def _total(edge: object) -> int | None:
    summary = edge.get("summary") if isinstance(edge, dict) else None
    total = summary.get("total_count") if isinstance(summary, dict) else None
    return total if isinstance(total, int) and total >= 0 else None


def _count(shares: object) -> int:
    """A post that nobody shared has no such field."""
    count = cast("dict[str, object]", shares).get("count") if isinstance(shares, dict) else None
    return count if isinstance(count, int) and count >= 0 else 0
