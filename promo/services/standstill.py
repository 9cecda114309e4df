"""What visitors of our own ground read while everything is stopped: what stood before the stop.

What is approved meanwhile is shown after the release, like everything else that waits.
"""

from collections.abc import Iterable, Iterator

from django.db.models import Prefetch, prefetch_related_objects
from wagtail.models import ModelLogEntry, Revision

from promo.models import Approval, Halt, Item
from promo.services import halts


def as_shown(items: Iterable[Item]) -> Iterator[Item]:
    """These items of `pages.out`, as visitors may read them now: without a stop, as approved."""
    halt = halts.standing()
    for item in items:
        changed = item.last_published_at
        during = halt is not None and changed is not None and changed >= halt.began_at
        yield _before(item, halt) if halt is not None and during else item


def _before(item: Item, halt: Halt) -> Item:
    """The item as it was approved last before this stop."""
    lines = ModelLogEntry.objects.for_instance(item).filter(
        action="wagtail.publish", timestamp__lt=halt.began_at
    )
    line = lines.exclude(revision=None).first()
    revision = Revision.objects.filter(pk=line.revision_id).first() if line else None
    if line is None or revision is None:
        return item
    before: Item = revision.as_object()
    before.last_published_at = line.timestamp
    before.out_at, before.entry_html = item.out_at, item.entry_html
    known = Approval.objects.filter(at__lt=halt.began_at)
    prefetch_related_objects([before], Prefetch("approvals", known))
    return before
