"""A rhythm in words, and the choices that make its rule (RFC 5545)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from promo.models import Rhythm
from promo.planning import rule_parts

WEEK, FORTNIGHT, NTH_WEEKDAY, MONTH_DAY = "week", "fortnight", "nth", "day"
EVERY = [
    (WEEK, _("every week")),
    (FORTNIGHT, _("every two weeks")),
    (NTH_WEEKDAY, _("every month, on a weekday")),
    (MONTH_DAY, _("every month, on a day of the month")),
]
WEEKDAYS = [
    ("MO", pgettext_lazy("weekday", "Monday")),
    ("TU", pgettext_lazy("weekday", "Tuesday")),
    ("WE", pgettext_lazy("weekday", "Wednesday")),
    ("TH", pgettext_lazy("weekday", "Thursday")),
    ("FR", pgettext_lazy("weekday", "Friday")),
    ("SA", pgettext_lazy("weekday", "Saturday")),
]
"""Without Sunday: no newsletter goes out then (S3)."""

ON = {
    "MO": _("on Monday"),
    "TU": _("on Tuesday"),
    "WE": _("on Wednesday"),
    "TH": _("on Thursday"),
    "FR": _("on Friday"),
    "SA": _("on Saturday"),
    "SU": _("on Sunday"),
}
NTHS = [
    ("1", pgettext_lazy("time in the month", "first")),
    ("2", pgettext_lazy("time in the month", "second")),
    ("3", pgettext_lazy("time in the month", "third")),
    ("4", pgettext_lazy("time in the month", "fourth")),
    ("-1", pgettext_lazy("time in the month", "last")),
]
ON_NTH = {
    ("1", False): pgettext_lazy("Monday, Tuesday, Thursday, Friday", "on the first"),
    ("2", False): pgettext_lazy("Monday, Tuesday, Thursday, Friday", "on the second"),
    ("3", False): pgettext_lazy("Monday, Tuesday, Thursday, Friday", "on the third"),
    ("4", False): pgettext_lazy("Monday, Tuesday, Thursday, Friday", "on the fourth"),
    ("-1", False): pgettext_lazy("Monday, Tuesday, Thursday, Friday", "on the last"),
    ("1", True): pgettext_lazy("Wednesday, Saturday, Sunday", "on the first"),
    ("2", True): pgettext_lazy("Wednesday, Saturday, Sunday", "on the second"),
    ("3", True): pgettext_lazy("Wednesday, Saturday, Sunday", "on the third"),
    ("4", True): pgettext_lazy("Wednesday, Saturday, Sunday", "on the fourth"),
    ("-1", True): pgettext_lazy("Wednesday, Saturday, Sunday", "on the last"),
}
"""By gender, which English does not have."""

OF_MONTH = {
    "MO": pgettext_lazy("on the first …", "Monday"),
    "TU": pgettext_lazy("on the first …", "Tuesday"),
    "WE": pgettext_lazy("on the first …", "Wednesday"),
    "TH": pgettext_lazy("on the first …", "Thursday"),
    "FR": pgettext_lazy("on the first …", "Friday"),
    "SA": pgettext_lazy("on the first …", "Saturday"),
    "SU": pgettext_lazy("on the first …", "Sunday"),
}
FEMININE = frozenset({"WE", "SA", "SU"})
LAST_SURE_DAY = 28
DAYS = [*((str(day), str(day)) for day in range(1, LAST_SURE_DAY + 1)), ("-1", _("the last day"))]


def sentence(rhythm: Rhythm) -> str:
    """`every week on Thursday at 10:00`; a rule that the form does not make, as it is written."""
    choice = choice_of(rhythm.rule)
    hour = f"{rhythm.at:%H:%M}"
    match choice.get("every"):
        case "week":
            text = gettext("every week {on} at {hour}")
        case "fortnight":
            text = gettext("every two weeks {on} at {hour}")
        case "nth":
            weekday = choice["weekday"]
            text = gettext("{nth} {weekday} of the month at {hour}")
            nth = ON_NTH[choice["nth"], weekday in FEMININE]
            return text.format(nth=nth, weekday=OF_MONTH[weekday], hour=hour)
        case "day" if choice["day"] == "-1":
            return gettext("on the last day of the month at {hour}").format(hour=hour)
        case "day":
            text = gettext("on day {day} of the month at {hour}")
            return text.format(day=choice["day"], hour=hour)
        case _:
            return f"{rhythm.rule} {hour}"
    return text.format(on=ON[choice["weekday"]], hour=hour)


def choice_of(rule: str) -> dict[str, str]:
    """What the form shows for a rule; empty for one that it does not make."""
    parts = dict(rule_parts(rule)) if rule else {}
    frequency, weekday = parts.pop("FREQ", ""), parts.pop("BYDAY", "")
    interval, day = parts.pop("INTERVAL", "1"), parts.pop("BYMONTHDAY", "")
    if parts:
        return {}
    if frequency == "WEEKLY" and weekday in ON and interval in {"1", "2"} and not day:
        return {"every": WEEK if interval == "1" else FORTNIGHT, "weekday": weekday}
    if frequency != "MONTHLY" or interval != "1":
        return {}
    if weekday and not day and weekday[:-2] in dict(NTHS):
        return {"every": NTH_WEEKDAY, "nth": weekday[:-2], "weekday": weekday[-2:]}
    if day in dict(DAYS) and not weekday:
        return {"every": MONTH_DAY, "day": day}
    return {}


def rule_of(choice: dict[str, Any]) -> str:
    """The rule (RFC 5545) that the form's choice stands for."""
    match choice["every"]:
        case "week":
            return f"FREQ=WEEKLY;BYDAY={choice['weekday']}"
        case "fortnight":
            return f"FREQ=WEEKLY;INTERVAL=2;BYDAY={choice['weekday']}"
        case "nth":
            return f"FREQ=MONTHLY;BYDAY={choice['nth']}{choice['weekday']}"
        case _:
            return f"FREQ=MONTHLY;BYMONTHDAY={choice['day']}"
