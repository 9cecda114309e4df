"""Where a publication is that was armed ahead: held by its network, out, or nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import structlog
from django.utils.translation import gettext as _

from promo.channels.base import ChannelContract, SchedulingChannel
from promo.errors import PublishError
from promo.models import Attempt, Publication
from promo.protocol import State
from promo.services import ledger
from promo.values import Held, Receipt

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seen:
    """What complete reads showed under the publication's key."""

    public: Receipt | None
    held: tuple[Held, ...] = ()

    def copy(self, remote_id: str) -> Held | None:
        """Of several that are held the one we know, else the oldest."""
        known = (one for one in self.held if one.receipt.remote_id == remote_id)
        return next(known, self.held[0] if self.held else None)

    def others(self, kept: str) -> Iterator[Receipt]:
        """Copies that are held although one is out or held already, under the id `kept`."""
        yield from (one.receipt for one in self.held if one.receipt.remote_id != kept)


def scheduling(channel: ChannelContract) -> SchedulingChannel:
    """The channel, which has `traits.native_schedule`."""
    return cast("SchedulingChannel", channel)


def of(row: Publication, channel: ChannelContract, *, now: datetime) -> Seen:
    """Read both lists; raises PublishError where one cannot be read.

    What is held is read first: a post that comes out between the reads is seen in one of them.
    """
    held = tuple(scheduling(channel).held(row.marker, row.message))
    sure = row.state == State.ARMED and row.armed_for_at is not None and now < row.armed_for_at
    if held and sure:
        return Seen(None, held)
    return Seen(channel.look_up(row.marker, row.message), held)


def remove_others(
    row: Publication, channel: ChannelContract, seen: Seen, *, kept: str, now: datetime
) -> None:
    """Delete further copies before anybody sees them; one that stays is met at the next look."""
    for receipt in seen.others(kept):
        remove_copy(row, channel, receipt, now=now)


def remove_copy(
    row: Publication, channel: ChannelContract, receipt: Receipt, *, now: datetime
) -> None:
    """Delete a copy that nobody has seen yet."""
    try:
        channel.withdraw(receipt)
    except PublishError as error:
        log.warning("extra copy stays", publication=row.id, error=str(error))
        return
    text = _("A second copy was removed before anybody saw it.")
    ledger.write(row, Attempt.Event.RECALLED, at=now, text=text, detail=receipt.remote_id)
