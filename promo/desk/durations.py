"""How long something takes, in words."""

from datetime import timedelta

from django.utils.translation import gettext, ngettext

_MINUTE, _DAY = 60, 86_400
_IN_SECONDS, _IN_MINUTES, _IN_HOURS = 90, 90 * _MINUTE, 2 * _DAY
"""Below these a length is told in the smaller unit."""


def about(length: timedelta) -> str:
    """`about 25 seconds`, `about 40 minutes`, `about 2 h 5 min`, `about 3 days`."""
    seconds = max(length.total_seconds(), 1)
    if seconds < _IN_SECONDS:
        count = round(seconds)
        words = ngettext("about %(count)d second", "about %(count)d seconds", count)
    elif seconds < _IN_MINUTES:
        count = round(seconds / _MINUTE)
        words = ngettext("about %(count)d minute", "about %(count)d minutes", count)
    elif seconds < _IN_HOURS:
        hours, minutes = divmod(round(seconds / _MINUTE), 60)
        return gettext("about %(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    else:
        count = round(seconds / _DAY)
        words = ngettext("about %(count)d day", "about %(count)d days", count)
    return words % {"count": count}
