"""How long so many mails take: by a measured rate, and by the limits of a relay. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from promo.mailing.limits import LONGEST_PACE, Limit


def duration(
    count: int, *, limits: Sequence[Limit] = (), per_second: float | None = None
) -> timedelta | None:
    """From the first mail to the last; None where neither a limit nor a rate says anything.

    A pace leaves evenly. A quota may be used at once and is then empty for its stretch: what goes
    beyond it waits for the next ones (`promo.mailing.limits`).
    """
    paces = [limit.count / limit.seconds for limit in limits if limit.seconds <= LONGEST_PACE]
    quotas = [limit for limit in limits if limit.seconds > LONGEST_PACE]
    if count <= 0:
        return timedelta()
    rates = [*paces, *([per_second] if per_second else [])]
    if not rates and not any(count > quota.count for quota in quotas):
        return None
    rate = min(rates, default=None)
    longest = _even(count, rate)
    for quota in quotas:
        stretches = (count - 1) // quota.count
        rest = _even(count - stretches * quota.count, rate)
        longest = max(longest, stretches * quota.seconds + rest)
    return timedelta(seconds=longest)


def _even(count: int, per_second: float | None) -> float:
    return count / per_second if per_second else 0.0
