"""The diary of each destination: the first free moment under gap and daily maximum (rule S4)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from promo.planning.calendar import DAY, Reasons, allowed, first_minute_of, next_minute, wall_clock
from promo.planning.moments import Limit
from promo.planning.reasons import Reason, ReasonCode
from promo.planning.scene import Scene
from promo.planning.values import ChannelRules, Rules


class Diary:
    """What stands where, filled in as steps are placed. Lives for one planning run."""

    def __init__(self, scene: Scene) -> None:
        self._rules = scene.rules
        self._taken = {ref: list(instants) for ref, instants in scene.taken.items()}

    def enter(self, destination: str, at: datetime) -> None:
        """Note a post that others keep their distance from."""
        self._taken[destination].append(at)

    def find(
        self, destination: str, start: datetime, *, channel: ChannelRules, limit: Limit, wish: time
    ) -> tuple[datetime | None, Reasons]:
        """The first free moment from `start` on, or None where the limit comes first; and why.

        `wish` is the wall time to try first on a later day.
        """
        moment = start
        reasons: Reasons = ()
        while not limit.passed(moment):
            moved = self._move(destination, moment, channel=channel, limit=limit, wish=wish)
            if moved is None:
                return moment, reasons
            moment, why = moved
            reasons = (*reasons, *why)
        return None, reasons

    def _move(
        self, destination: str, moment: datetime, *, channel: ChannelRules, limit: Limit, wish: time
    ) -> tuple[datetime, Reasons] | None:
        """One move later, always forward; None where the moment is free."""
        spoken, why = allowed(moment, channel=channel, rules=self._rules, keep_time=False)
        if why:
            return spoken, why
        if not channel.spaced:
            return None
        taken = self._taken[destination]
        near = [at for at in taken if abs(at - moment) < self._rules.min_gap]
        if near:
            return next_minute(max(near) + self._rules.min_gap), (_gap_reason(self._rules),)
        day = moment.astimezone(self._rules.zone).date()
        if sum(at.astimezone(self._rules.zone).date() == day for at in taken) < (
            self._rules.max_per_day
        ):
            return None
        full = Reason.of(ReasonCode.MOVED_DAY_FULL, limit=str(self._rules.max_per_day))
        return self._next_day(moment, channel=channel, limit=limit, wish=wish), (full,)

    def _next_day(
        self, moment: datetime, *, channel: ChannelRules, limit: Limit, wish: time
    ) -> datetime:
        """The wished wall time of the next day, or its first minute where the limit is nearer."""
        day = moment.astimezone(self._rules.zone).date() + DAY
        later = wall_clock(day, wish, self._rules.zone)[0]
        if limit.passed(later):
            return first_minute_of(day, channel=channel, rules=self._rules)
        return later


def _gap_reason(rules: Rules) -> Reason:
    return Reason.of(ReasonCode.MOVED_GAP, hours=f"{rules.min_gap / timedelta(hours=1):g}")
