"""Insights: the dead-metric rule, the 100-like rule, made-up values that stay the same.

Source of the lists: Meta's deprecated-metrics page, as of autumn 2026.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from promo.rehearsal.clock import graph_time
from promo.rehearsal.graph.context import (
    Context,
    authenticate,
    granted,
    need_reader,
    tasks_on,
    unknown_object,
)
from promo.rehearsal.graph.errors import GraphError
from promo.rehearsal.graph.moments import moment
from promo.rehearsal.graph.versions import number
from promo.rehearsal.people import Page
from promo.rehearsal.posts import Post

PACIFIC = ZoneInfo("America/Los_Angeles")
FEWEST_LIKES = 100
MAX_RANGE = 90 * 86_400
VIEWS_SINCE = 23.0
VIEW_METRICS = frozenset(
    {
        "page_media_view",
        "page_total_media_view_unique",
        "post_media_view",
        "post_total_media_view_unique",
    }
)
FEELINGS = ("like", "love", "wow", "haha", "sorry", "anger")
PAGE_METRICS = frozenset(
    {
        "page_media_view",
        "page_total_media_view_unique",
        "page_post_engagements",
        "page_follows",
        "page_daily_follows",
        "page_daily_follows_unique",
        "page_daily_unfollows_unique",
        "page_views_total",
        *(f"page_actions_post_reactions_{feeling}_total" for feeling in FEELINGS),
    }
)
POST_METRICS = frozenset(
    {
        "post_media_view",
        "post_total_media_view_unique",
        "post_clicks",
        "post_clicks_by_type",
        "post_reactions_by_type_total",
        "post_activity_by_action_type",
        *(f"post_reactions_{feeling}_total" for feeling in FEELINGS),
    }
)
PERIODS = ("day", "week", "days_28", "lifetime", "month", "total_over_range")


def of_page(context: Context, page: Page) -> dict[str, Any]:
    """`GET /{page}/insights`. Raises GraphError."""
    metrics = _metrics(context, PAGE_METRICS)
    if not _may_see(context, page):
        return {"data": []}
    period = _period(context) or "day"
    ends = _day_ends(context)
    return {
        "data": [
            _series(page.id, metric, period, [_point(page.id, metric, end) for end in ends])
            for metric in metrics
        ],
        "paging": _paging(context, page.id, ends),
    }


def of_post(context: Context, post: Post) -> dict[str, Any]:
    """`GET /{post}/insights`: without a period each metric comes twice, day and lifetime."""
    metrics = _metrics(context, POST_METRICS)
    page = need_reader(context, authenticate(context), post.page_id)
    if not post.exists(context.as_of):
        raise unknown_object(post.id)
    if not _may_see(context, page):
        return {"data": []}
    period = _period(context)
    shown = ("day", "lifetime") if not period else (period,)
    return {
        "data": [
            _series(post.id, metric, each, [{"value": _value(post.id, metric, each)}])
            for metric in metrics
            for each in shown
        ]
    }


def _metrics(context: Context, known: frozenset[str]) -> Sequence[str]:
    wanted = [name.strip() for name in context.request.text("metric").split(",") if name.strip()]
    if not wanted:
        raise GraphError(3001)
    alive = known if number(context.version) >= VIEWS_SINCE else known - VIEW_METRICS
    # One dead name fails the whole request, and the text does not say which.
    if not alive.issuperset(wanted):
        raise GraphError(100, "(#100) The value must be a valid insights metric")
    return wanted


def _may_see(context: Context, page: Page) -> bool:
    token = authenticate(context)
    return (
        page.likes >= FEWEST_LIKES
        and granted(context, token, "read_insights")
        and "ANALYZE" in tasks_on(context, token, page)
    )


def _period(context: Context) -> str:
    period = context.request.text("period")
    if period and period not in PERIODS:
        raise GraphError(100, f"(#100) period must be one of {', '.join(PERIODS)}")
    return period


def _day_ends(context: Context) -> list[datetime]:
    """The ends of the days in the asked range: midnight in California, 07:00 or 08:00 UTC."""
    until = moment(context.request.text("until"), now=context.stamp) or context.stamp
    since = moment(context.request.text("since"), now=context.stamp) or until - 2 * 86_400
    if until - since > MAX_RANGE:
        raise GraphError(100, "(#100) There cannot be more than 90 days between since and until")
    day = datetime.fromtimestamp(since, PACIFIC).date()
    ends: list[datetime] = []
    while True:
        day += timedelta(days=1)
        end = datetime.combine(day, time(), PACIFIC).astimezone(UTC)
        if end.timestamp() > until:
            return ends
        ends.append(end)


def _point(object_id: str, metric: str, end: datetime) -> dict[str, Any]:
    return {
        "value": _value(object_id, metric, end.isoformat()),
        "end_time": graph_time(end.timestamp()),
    }


def _value(object_id: str, metric: str, key: str) -> Any:
    digest = hashlib.sha256(f"{object_id}:{metric}:{key}".encode()).digest()
    if "_by_" in metric:
        return {name: digest[place] % 20 for place, name in enumerate(FEELINGS[:3])}
    return int.from_bytes(digest[:2]) % 500


def _series(object_id: str, metric: str, period: str, values: list[Any]) -> dict[str, Any]:
    title = metric.replace("_", " ").capitalize()
    return {
        "name": metric,
        "period": period,
        "values": values,
        "title": title,
        "description": f"{title} (rehearsal)",
        "id": f"{object_id}/insights/{metric}/{period}",
    }


def _paging(context: Context, page_id: str, ends: Sequence[datetime]) -> dict[str, str]:
    if not ends:
        return {}
    first, last = int(ends[0].timestamp()), int(ends[-1].timestamp())
    address = f"{context.address}/{context.version}/{page_id}/insights"
    span = max(last - first, 86_400)
    return {
        "previous": f"{address}?since={first - span}&until={first}",
        "next": f"{address}?since={last}&until={last + span}",
    }
