"""Days and clocks: public holidays, days off, quiet hours, and wall time across clock changes.

Everything here is a pure function of its arguments; public holidays reach the planner as data.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

from promo.planning.closures import Closure
from promo.planning.reasons import Reason, ReasonCode
from promo.planning.values import ChannelRules, Rules

Reasons = tuple[Reason, ...]
SUNDAY = 6
DAY = timedelta(days=1)
YEAR = timedelta(days=366)
WORKING_DAYS = ChannelRules("", working_days_only=True)


def polish_holidays(years: Iterable[int]) -> dict[date, str]:
    """The public holidays of those years with their Polish names (24 December from 2025 on)."""
    return dict(holidays.country_holidays("PL", years=tuple(years), language="pl").items())


def wall_clock(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, Reasons]:
    """The instant (UTC) at which a clock in `zone` shows `at` on `day`.

    A time that the clock skips moves forward by the skipped hour, a repeated one means the first
    (PEP 495, fold=0); either is said in a reason.
    """
    local = datetime.combine(day, at.replace(fold=0), tzinfo=zone)
    instant = local.astimezone(UTC)
    shown = instant.astimezone(zone)
    wanted = f"{at:%H:%M}"
    if shown.replace(tzinfo=None) != local.replace(tzinfo=None):
        return instant, (Reason.of(ReasonCode.CLOCK_GAP, wanted=wanted, actual=f"{shown:%H:%M}"),)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        return instant, (Reason.of(ReasonCode.CLOCK_REPEATED, wanted=wanted),)
    return instant, ()


def end_as_long(start: datetime, *, first: datetime, last: datetime, zone: ZoneInfo) -> datetime:
    """The end (UTC) of what begins at `start`, as long by the wall clock as from `first` to `last`:
    a meeting until 19:00 ends at 19:00 whatever the clocks did on the day of another one.
    """
    length = last.astimezone(zone) - first.astimezone(zone)
    return (start.astimezone(zone) + length).astimezone(UTC)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The midnight (UTC) that ends the local day."""
    return wall_clock(day + DAY, time.min, zone)[0]


def next_minute(instant: datetime) -> datetime:
    """The instant itself if it is a whole minute, else the next one; in UTC."""
    utc = instant.astimezone(UTC)
    whole = utc.replace(second=0, microsecond=0)
    return whole if whole == utc else whole + timedelta(minutes=1)


def day_off(day: date, rules: Rules, channel: ChannelRules = WORKING_DAYS) -> Reason | None:
    """Why the channel (one for working days, if none is given) is silent on this day, or None."""
    if channel.working_days_only:
        if day in rules.holidays and day.weekday() != SUNDAY:
            return Reason.of(ReasonCode.MOVED_HOLIDAY, name=rules.holidays[day])
        if day.weekday() == SUNDAY:
            return Reason.of(ReasonCode.MOVED_SUNDAY)
    if not (channel.working_days_only or channel.open_days_only):
        return None
    closed = next((one for one in rules.closures if one.covers(day)), None)
    return _closed(closed) if closed else None


def is_quiet(at: time, rules: Rules) -> bool:
    """Whether this wall time lies in the quiet hours; the first minute does, the last does not."""
    if rules.quiet_from <= rules.quiet_until:
        return rules.quiet_from <= at < rules.quiet_until
    return at >= rules.quiet_from or at < rules.quiet_until


def allowed(
    instant: datetime,
    *,
    channel: ChannelRules,
    rules: Rules,
    backward: bool = False,
    keep_time: bool = True,
) -> tuple[datetime, Reasons]:
    """The nearest instant at which the channel speaks, and why it moved (rule S3).

    Quiet hours move forward. Days off move forward or, with `backward`, to the previous working
    day, at the same wall time or, without `keep_time`, to the first minute of the new day.
    """
    reasons: Reasons = ()
    while True:
        local = instant.astimezone(rules.zone)
        off = day_off(local.date(), rules, channel)
        day = _speaking_day(local.date(), rules, channel, step=-DAY if backward else DAY)
        if off is not None and day is not None:
            at = local.time() if keep_time or backward else _first_minute(channel, rules)
            instant, clock = wall_clock(day, at, rules.zone)
            reasons += (off, *clock)
        elif channel.quiet_hours and is_quiet(local.time(), rules):
            instant = _end_of_quiet(instant, rules)
            reasons += (_quiet_reason(rules),)
        else:
            return instant, reasons


def first_minute_of(day: date, *, channel: ChannelRules, rules: Rules) -> datetime:
    """The first instant of the local day at which the channel is not silent by the clock."""
    return wall_clock(day, _first_minute(channel, rules), rules.zone)[0]


def _first_minute(channel: ChannelRules, rules: Rules) -> time:
    overnight = rules.quiet_from > rules.quiet_until
    return rules.quiet_until if channel.quiet_hours and overnight else time.min


def _speaking_day(
    day: date, rules: Rules, channel: ChannelRules, *, step: timedelta
) -> date | None:
    """The nearest day that is not off. None for a house that is closed all year: nobody would ever
    hear of anything, so its days off do not count."""
    days = (day + step * nth for nth in range(YEAR.days))
    return next((one for one in days if day_off(one, rules, channel) is None), None)


def _closed(closure: Closure) -> Reason:
    first, until = closure.first.isoformat(), closure.last.isoformat()
    return Reason.of(ReasonCode.MOVED_CLOSED, first=first, until=until, name=closure.name)


def _end_of_quiet(instant: datetime, rules: Rules) -> datetime:
    local = instant.astimezone(rules.zone)
    day = local.date()
    if local.time() >= rules.quiet_from > rules.quiet_until:
        day += DAY
    end = wall_clock(day, rules.quiet_until, rules.zone)[0]
    # In a repeated hour the first end may lie behind us: then the second one is meant.
    return end if end > instant else end + timedelta(hours=1)


def _quiet_reason(rules: Rules) -> Reason:
    return Reason.of(
        ReasonCode.MOVED_QUIET_HOURS,
        start=f"{rules.quiet_from:%H:%M}",
        end=f"{rules.quiet_until:%H:%M}",
    )
