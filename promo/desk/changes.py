"""Posts that are out: what could be changed in them, what is being changed, and their figures."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.hooks import register

from promo.channels.base import CountingChannel
from promo.desk.screens import staff
from promo.errors import ConfigurationError
from promo.models import Item, PostFigures, Publication
from promo.protocol import OPEN, Change, State
from promo.services import changes, channels
from promo.services.clock import database_now

LOST = gettext_lazy(
    "The post is deleted with its reactions, comments and shares, and cannot be brought back. Then "
    "a new one appears, at once and at the top of the page. Links to the old post lead nowhere."
)


def shown(row: Publication, *, now: datetime) -> dict[str, Any]:
    """What the publication's page says of changes to a post that is out."""
    change = changes.latest(row)
    busy = change is not None and change.state in OPEN
    offer = None if busy else changes.offer(row, now=now)
    return {
        "change": change,
        "change_refused": change is not None and change.state == Change.REFUSED,
        "change_may_stop": change is not None
        and change.take_down_id is None
        and (change.state == Change.REFUSED or not change.attempts),
        "offer": offer,
        "changing": busy,
    }


def figures(row: Publication) -> dict[str, Any]:
    """The figures of a post, as the network counts it; empty for what has none."""
    if row.state not in {State.PUBLISHED, State.WITHDRAWN} or row.item_id is None:
        return {}
    if not channels.traits_of(row.destination.channel).figures:
        return {}
    kept = PostFigures.objects.filter(publication=row).first()
    return {
        "figures": kept or PostFigures(publication=row),
        "numbers": _numbers(row, kept) if kept and kept.read_at else [],
        "when_withheld": _counting(row).when_withheld if kept and kept.withheld else "",
    }


def _numbers(row: Publication, kept: PostFigures) -> Sequence[tuple[Any, int]]:
    """Words and counts; what the network does not tell is left out."""
    told = [
        (_("Reactions"), kept.reactions),
        (_("Comments"), kept.comments),
        (_("Shares"), kept.shares),
    ]
    labels = _counting(row).metric_labels
    told += [(label, kept.metrics.get(name)) for name, label in labels.items()]
    return [(label, count) for label, count in told if count is not None]


def _counting(row: Publication) -> type[CountingChannel]:
    return cast("type[CountingChannel]", channels.channel_class(row.destination.channel))


def what_is_lost(row: Publication) -> str:
    """What posting anew costs, with the numbers where they are known."""
    kept = PostFigures.objects.filter(publication=row, read_at__isnull=False).first()
    if kept is None or kept.reactions is None or kept.comments is None:
        return str(LOST)
    counted = _("At last count: reactions: {reactions}, comments: {comments}.")
    return f"{LOST} " + counted.format(reactions=kept.reactions, comments=kept.comments)


def change_text(request: HttpRequest, row: Publication, now: datetime) -> str:
    changes.change_text(publication_id=row.pk, user=staff(request), now=now)
    return _("The text will be changed there shortly.")


def post_anew(request: HttpRequest, row: Publication, now: datetime) -> str:
    changes.post_anew(publication_id=row.pk, user=staff(request), now=now)
    return _("The post will be taken down shortly, and posted anew.")


def again(request: HttpRequest, row: Publication, now: datetime) -> str:
    change = changes.latest(row)
    if change is not None:
        changes.again(change_id=change.pk, user=staff(request), now=now)
    return _("It will be tried again shortly.")


def call_off(_request: HttpRequest, row: Publication, now: datetime) -> str:
    change = changes.latest(row)
    if change is not None:
        changes.call_off(change_id=change.pk, now=now)
    return _("The post stays as it is.")


@register("after_edit_snippet")
def tell_of_old_posts(request: HttpRequest, instance: Any) -> None:
    """After an approval: posts that are out still say what was approved before."""
    if not isinstance(instance, Item):
        return
    item = Item.objects.get(pk=instance.pk)
    if not item.live or item.has_unpublished_changes:
        return
    if not request.user.has_perm("promo.change_publication"):
        return
    try:
        rows = changes.outdated(item, now=database_now())
    except ConfigurationError:  # a channel that was taken from the settings
        return
    if not rows:
        return
    text = ngettext(
        "%(count)d post that is out still says what was approved before.",
        "%(count)d posts that are out still say what was approved before.",
        len(rows),
    ) % {"count": len(rows)}
    links = [
        (reverse("publications:show", args=[row.pk]), _("Change it: {name}"), row.destination.name)
        for row in rows
    ]
    message = text
    for url, words, name in links:
        message = format_html('{} <a href="{}">{}</a>', message, url, words.format(name=name))
    messages.warning(request, message)
