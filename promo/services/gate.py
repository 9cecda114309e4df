"""The gate before approval: what would go out wrong is found while it can still be mended."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from promo.errors import Unprepared
from promo.models import Filling, Issue, Item, Tracking
from promo.services import approvals, channels, composing, levels, plans
from promo.values import ImageConsent, Problem, Variant

TOO_LATE = "too_late"


def check(content: Item | Issue) -> list[Problem]:
    """Errors and warnings of every message this content would make, each told once."""
    try:
        found = list(_of_item(content) if isinstance(content, Item) else _of_issue(content))
    except Unprepared as error:
        return [Problem("unprepared", error.text)]
    return list(
        {(problem.code, problem.field, problem.text): problem for problem in found}.values()
    )


def faults(content: Item | Issue) -> list[Problem]:
    """What forbids an approval."""
    return [problem for problem in check(content) if problem.level == "error"]


def _of_item(item: Item) -> Iterator[Problem]:
    gaps = approvals.gaps(item)
    yield from (Problem("missing", gap.text, field=gap.field) for gap in gaps)
    if gaps:
        return
    late = levels.objection(item=item, now=datetime.now(UTC))
    if late:
        yield Problem("level_late", late, field="level")
    yield from _withdrawn(item)
    variant = Variant.NEWS if item.starts_at is None else Variant.ANNOUNCE
    draft = composing.preview_draft(item, variant=variant, due_at=datetime.now(UTC))
    for key in _channels_of(item):
        yield from composing.problems(draft, channel=key)


def _withdrawn(item: Item) -> Iterator[Problem]:
    """Pictures that would be missing without a word."""
    for row in item.photos.all():
        if row.photo.consent == ImageConsent.WITHDRAWN.value:
            text = _("The consent to show “{title}” was withdrawn, so it is left out. Remove it.")
            yield Problem(
                "consent_withdrawn",
                text.format(title=row.photo.title),
                field="photos",
                level="warning",
            )


def _channels_of(item: Item) -> list[str]:
    timetable = plans.timetable_of(item)
    used = {step.channel for step in timetable.steps.all()} if timetable else set()
    return [
        key
        for key, channel in channels.installed().items()
        if key in used and channel.traits.level <= item.level
    ]


def _of_issue(issue: Issue) -> Iterator[Problem]:
    yield from _drafts_in(issue)
    yield from _too_late(issue)
    yield from _nothing_to_compare_by(issue)
    draft = composing.issue_draft(issue)
    yield from composing.problems(draft, channel=issue.newsletter.destination.channel)


def _too_late(issue: Issue) -> Iterator[Problem]:
    """An issue that composed itself and has missed its time never goes out without a word."""
    if Filling.objects.filter(issue_id=issue.pk).exists() and issue.send_at <= datetime.now(UTC):
        text = _("Its time to go out has passed. Choose another one.")
        yield Problem(TOO_LATE, text, field="send_at")


def _nothing_to_compare_by(issue: Issue) -> Iterator[Problem]:
    if issue.subject_b and issue.newsletter.tracking == Tracking.OFF:
        text = _(
            "Two subjects can only be compared where opens and clicks are counted: have them "
            "counted in the newsletter’s settings, or leave the second subject empty."
        )
        yield Problem("subjects_uncounted", text, field="subject_b")


def _drafts_in(issue: Issue) -> Iterator[Problem]:
    """Chosen items that are not approved: they would be missing from the mail without a word."""
    for block in issue.blocks:
        if block.block_type == "item" and block.value is not None and not block.value.live:
            text = _("“{title}” has not been approved yet, so it would be missing from the issue.")
            yield Problem("not_approved", text.format(title=block.value), field="blocks")
