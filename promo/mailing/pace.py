"""How long so many mails take: by a measured rate, and by the limits of a relay. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from promo.mailing.limits import Limit


def duration(
    count: int, *, limits: Sequence[Limit] = (), per_second: float | None = None
) -> timedelta | None:
    """From the first mail to the last; None where neither a limit nor a rate says anything.

    A pace leaves evenly. A quota may be used at once, but for the part kept for what goes first,
    and is then empty for its stretch: the rest waits for the next ones (`promo.mailing.limits`).
    """
    paces = [limit.count / limit.seconds for limit in limits if limit.is_pace]
    quotas = [limit for limit in limits if not limit.is_pace]
    if count <= 0:
        return timedelta()
    rates = [*paces, *([per_second] if per_second else [])]
    if not rates and not any(count > quota.for_many for quota in quotas):
        return None
    rate = min(rates, default=None)
    longest = _even(count, rate)
    for quota in quotas:
        stretches = (count - 1) // quota.for_many
        rest = _even(count - stretches * quota.for_many, rate)
        longest = max(longest, stretches * quota.seconds + rest)
    return timedelta(seconds=longest)


def _even(count: int, per_second: float | None) -> float:
    return count / per_second if per_second else 0.0
