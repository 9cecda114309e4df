"""From a publication to its message: the same call makes the preview and what goes out."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings

from promo.models import Issue, Item, Publication
from promo.planning.calendar import end_as_long
from promo.planning.meetings import meetings_of, on_date
from promo.rendering import shorten, to_text
from promo.services import channels
from promo.services.facts import (
    absolute,
    institution_facts,
    issue_facts,
    item_facts,
    rich_text,
)
from promo.values import Draft, ItemFacts, Message, Problem, Variant

PREVIEW_MARKER = "preview"
AFTERWARDS = frozenset({Variant.REPORT.value, Variant.RESULTS.value})
LEAD = 160


def marker_link(marker: str) -> str:
    return absolute(f"/w/{marker}")


def markers_in(text: str) -> set[str]:
    """What stands where the marker does in links like ours."""
    return set(re.findall(r"/w/([\w-]+)", text, re.ASCII))


def draft_of(publication: Publication, *, now: datetime | None = None) -> Draft:
    """The draft of this publication, from approved content; `now` where it goes out late."""
    item = publication.item
    return Draft(
        variant=Variant(publication.variant),
        due_at=max(publication.planned_at, now) if now else publication.planned_at,
        institution=institution_facts(),
        marker=publication.marker,
        link=marker_link(publication.marker),
        item=_content(publication, item) if item else None,
        issue=issue_facts(publication.issue) if publication.issue else None,
    )


def _content(publication: Publication, item: Item) -> ItemFacts:
    """What this publication tells: one meeting of a series, or what came of the event."""
    facts = _at_occurrence(item_facts(item), publication)
    if publication.variant in AFTERWARDS and item.report:
        html = rich_text(item.report)
        return replace(facts, lead=shorten(to_text(html), LEAD), body_html=html)
    return facts


def _at_occurrence(facts: ItemFacts, publication: Publication) -> ItemFacts:
    """The item as of one meeting of its series: that day, its length, what changed about it."""
    occurrence_at = publication.occurrence_at
    if occurrence_at is None or facts.starts_at is None:
        return facts
    if facts.changed_dates:
        off = publication.variant == Variant.CANCELLED
        for one in meetings_of(facts, institution_facts().tz):
            at = one.starts_at or one.was_at
            if at == occurrence_at and off is (one.starts_at is None):
                return _told(on_date(facts, one), facts, publication)
    ends_at = facts.ends_at and end_as_long(
        occurrence_at, first=facts.starts_at, last=facts.ends_at, zone=institution_facts().tz
    )
    return replace(facts, starts_at=occurrence_at, ends_at=ends_at, recurrence="", changed_dates=())


def _told(on: ItemFacts, facts: ItemFacts, publication: Publication) -> ItemFacts:
    """One changed date; afterwards nobody needs to hear that it had been another."""
    if publication.variant not in AFTERWARDS:
        return on
    return replace(
        on,
        one_date=False,
        status=facts.status,
        previous_starts_at=facts.previous_starts_at,
    )


def preview_draft(item: Item, *, variant: Variant, due_at: datetime) -> Draft:
    """The draft of an item that is still being written."""
    return Draft(
        variant=variant,
        due_at=due_at,
        institution=institution_facts(),
        marker=PREVIEW_MARKER,
        link=marker_link(PREVIEW_MARKER),
        item=item_facts(item),
    )


def issue_draft(issue: Issue) -> Draft:
    """The draft of an issue as it stands, also while it is still being written."""
    return Draft(
        variant=Variant.ISSUE,
        due_at=issue.send_at or datetime.now(UTC),
        institution=institution_facts(),
        marker=PREVIEW_MARKER,
        link=marker_link(PREVIEW_MARKER),
        issue=issue_facts(issue),
    )


def compose(draft: Draft, *, channel: str) -> Message:
    """The message of this draft for this channel, with a variant for each language of readers."""
    message = compose_for("", draft, channel=channel)
    if not channels.traits_of(channel).by_language:
        return message
    others = [key for key, _label in settings.LANGUAGES if key != draft.language]
    return replace(
        message, variants={key: compose_for(key, draft, channel=channel) for key in others}
    )


def compose_for(readers: str, draft: Draft, *, channel: str) -> Message:
    """The message for readers of one language alone; "" stands for the content's own."""
    made = replace(draft, readers=readers if readers != draft.language else "")
    language = made.readers or made.language
    return channels.channel_class(channel).compose(made, channels.render(language))


def problems(draft: Draft, *, channel: str) -> list[Problem]:
    """What is wrong with the message that this draft makes."""
    return channels.channel_class(channel).problems(compose(draft, channel=channel))


def recompose(publication: Publication, *, now: datetime | None = None) -> None:
    """Store the message anew; the row must be saved by the caller, and must not have left us."""
    draft = draft_of(publication, now=now)
    message = compose(draft, channel=publication.destination.channel)
    publication.message_json = message.to_json()
    publication.digest = message.digest
