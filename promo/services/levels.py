"""Which level of promotion is still possible for an item, and an approver's word for a late one."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.models import Institution, Item, LevelGrant
from promo.planning.kinds import KINDS
from promo.planning.levels import Level, highest, levels_of


def levels(*, item: Item, now: datetime) -> tuple[Level, ...]:
    """The levels of this content; empty where the house sets no deadline or none holds for it.

    News of the library's own service and closed groups have no deadlines.
    """
    house = Institution.load()
    days = {1: house.level1_days, 2: house.level2_days, 3: house.level3_days}
    kind = KINDS[item.kind]
    exempt = kind.operational or kind.urgent or kind.closed_group
    if exempt or all(one is None for one in days.values()):
        return ()
    event_at = item.starts_at or item.deadline_at
    return levels_of(
        event_on=event_at.astimezone(house.tz).date() if event_at else None,
        submitted_on=_submitted_at(item, now).astimezone(house.tz).date(),
        days_before=days,
        granted=_granted(item),
    )


def objection(*, item: Item, now: datetime) -> str:
    """Why the item may not have its level, in plain words; "" where it may."""
    found = levels(item=item, now=now)
    wanted = next((one for one in found if one.number == item.level), None)
    if wanted is None or wanted.possible:
        return ""
    best = highest(found)
    if best is None or best.number > wanted.number:
        return _(
            "It is too late to promote this. Somebody who approves may allow it, with a reason."
        )
    return _(
        "It is too late for this level of promotion. Choose level {number}, which is still "
        "possible, or ask somebody who approves to allow it."
    ).format(number=best.number)


def grant(*, item: Item, level: int, reason: str, user: User, now: datetime) -> LevelGrant:
    """Allow a late item this level and the lower ones; raises InvalidInput without a reason."""
    if not reason.strip():
        raise InvalidInput(_("Write why: the next person will want to know."), field="reason")
    made = LevelGrant(item=item, level=level, reason=reason.strip(), user=user, at=now)
    made.full_clean()
    made.save()
    return made


def last_grant(item: Item) -> LevelGrant | None:
    """The grant that counts: the highest, of equals the latest."""
    if item.pk is None:
        return None
    rows = LevelGrant.objects.filter(item=item).select_related("user")
    return rows.order_by("-level", "-at").first()


def _granted(item: Item) -> int:
    """Up to which level a person has decided: allowed it late, or approved it before."""
    given = last_grant(item)
    approved = Item.objects.filter(pk=item.pk, live=True).values_list("level", flat=True).first()
    return max(given.level if given else 0, approved or 0)


def _submitted_at(item: Item, now: datetime) -> datetime:
    """When it was first sent to review or approved; now, where it is still being written."""
    if item.pk is None:
        return now
    sent = item.workflow_states.order_by("created_at").values_list("created_at", flat=True).first()
    approved = item.approvals.values_list("at", flat=True).first()
    return min((at for at in (sent, approved) if at is not None), default=now)
