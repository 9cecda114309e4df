"""Who does not get a mailing by their own wish, asked once, at its start, for all readers together.

    break      nothing comes before the day on which it ends
    choice     topics, for whom and branches: one of the items must match all three; an item without
               branch or audience matches all of them, a mail without items goes to everybody
    frequency  one mail a calendar week, or calendar month, of all newsletters together

The calendar's weeks (from Monday) and months count, not the last 7 or 30 days: an issue that once
comes a day early would else leave out its whole weekly readers. Changes of opening hours and
closures pass choice and frequency, and do not count as the mail of the week. A mail counts that the
mail server has taken, that is still on its way, or of which nobody knows.
"""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from promo.models import Institution, Issue, Mailing, Publication
from promo.planning.kinds import TOPICS
from promo.rendering.dates import local
from promo.services.facts import issue_facts, item_facts
from promo.values import ItemFacts

_TOPIC_OF = {kind: topic.key for topic in TOPICS for kind in topic.kinds}


class LeftOut(NamedTuple):
    """How many readers a mailing is not for by their own wish, each counted once."""

    pause: int = 0
    topics: int = 0
    frequency: int = 0


# Parts of a WITH; a reader's `wish` is 0 for "send it", else 1 + the place in `LeftOut`.
SUBJECT_AND_RECENT = """
    subject AS MATERIALIZED (
        SELECT told.topic, told.audiences, branch.id AS branch
        FROM jsonb_to_recordset(%(subjects)s::jsonb)
            AS told(topic text, audiences text[], branch text)
        LEFT JOIN promo_branch branch ON branch.slug = told.branch
    ), recent AS MATERIALIZED (
        SELECT array_agg(id) FILTER (WHERE started_at >= %(week)s) AS weekly,
            array_agg(id) FILTER (WHERE started_at >= %(month)s) AS monthly
        FROM promo_mailing
        WHERE started_at >= LEAST(%(week)s, %(month)s) AND NOT operational AND id <> %(mailing)s
    )
"""
WISH = """
    CASE
        WHEN chosen.subscriber_id IS NULL THEN 0
        WHEN chosen.paused_until_on > %(today)s THEN 1
        WHEN %(operational)s THEN 0
        WHEN %(with_items)s AND NOT EXISTS (
            SELECT FROM subject
            WHERE (chosen.topics = '{}' OR subject.topic = ANY (chosen.topics))
                AND (chosen.audiences = '{}' OR subject.audiences = '{}'
                    OR subject.audiences && chosen.audiences::text[])
                AND (subject.branch IS NULL
                    OR NOT EXISTS (SELECT FROM promo_preferences_branches wanted
                        WHERE wanted.preferences_id = chosen.subscriber_id)
                    OR EXISTS (SELECT FROM promo_preferences_branches wanted
                        WHERE wanted.preferences_id = chosen.subscriber_id
                            AND wanted.branch_id = subject.branch))
        ) THEN 2
        WHEN chosen.frequency <> 'every' AND EXISTS (
            SELECT FROM promo_delivery had
            WHERE had.subscriber_id = chosen.subscriber_id AND had.state IN (0, 1, 5)
                AND had.mailing_id = ANY (CASE chosen.frequency
                    WHEN 'weekly' THEN (SELECT weekly FROM recent)
                    ELSE (SELECT monthly FROM recent) END)
        ) THEN 3
        ELSE 0
    END
"""
"""Of a row of promo_preferences named `chosen`, joined from the left."""


def is_operational(publication: Publication) -> bool:
    """Does it tell of opening hours, which are for everybody?"""
    return _for_everybody(_items(publication))


def asked_of(mailing: Mailing, *, now: datetime) -> dict[str, Any]:
    """The values for `SUBJECT_AND_RECENT` and `WISH`."""
    items = _items(mailing.publication)
    return _asked(items, mailing=mailing.id, operational=mailing.operational, now=now)


def asked_before(issue: Issue, *, at: datetime) -> dict[str, Any]:
    """The same for an issue as it stands, if it went out at that moment."""
    items = _items_in(issue)
    own = Mailing.objects.filter(publication__issue=issue.pk).values_list("id", flat=True).first()
    return _asked(items, mailing=own or 0, operational=_for_everybody(items), now=at)


def _for_everybody(items: list[ItemFacts]) -> bool:
    return any(item.kind not in _TOPIC_OF for item in items)


def _asked(
    items: list[ItemFacts], *, mailing: int, operational: bool, now: datetime
) -> dict[str, Any]:
    subjects = {
        (_TOPIC_OF.get(item.kind, ""), tuple(sorted(item.audience_keys)), item.place.branch_slug)
        for item in items
    }
    zone = Institution.load().tz
    today = local(now, zone).date()
    monday = today - timedelta(days=today.weekday())
    told = [
        {"topic": topic, "audiences": list(audiences), "branch": branch}
        for topic, audiences, branch in sorted(subjects)
    ]
    return {
        "mailing": mailing,
        "subjects": json.dumps(told),
        "with_items": bool(subjects),
        "operational": operational,
        "today": today,
        "week": datetime.combine(monday, time(), zone),
        "month": datetime.combine(today.replace(day=1), time(), zone),
    }


def _items(publication: Publication) -> list[ItemFacts]:
    if publication.issue is not None:
        return _items_in(publication.issue)
    return [item_facts(publication.item)] if publication.item is not None else []


def _items_in(issue: Issue) -> list[ItemFacts]:
    return [block.item for block in issue_facts(issue).blocks if block.item]
