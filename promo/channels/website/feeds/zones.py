"""VTIMEZONE components."""

from __future__ import annotations

from datetime import datetime, timedelta

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

WARSAW = "Europe/Warsaw"


def vtimezone(zone: str) -> Timezone:
    """The zone's definition: compact for Poland, generated from the tz database elsewhere."""
    return _warsaw() if zone == WARSAW else _generated(zone)


def _warsaw() -> Timezone:
    """Two rules instead of 2 kB of dates: the European Union's rule has stood since 1996."""
    component = Timezone()
    component.add("tzid", WARSAW)
    component.add("x-lic-location", WARSAW)
    for observance, name, before, after, starts, rule in (
        (TimezoneDaylight(), "CEST", 1, 2, datetime(1970, 3, 29, 2), "BYMONTH=3;BYDAY=-1SU"),  # noqa: DTZ001  (RFC 5545: local time)
        (TimezoneStandard(), "CET", 2, 1, datetime(1970, 10, 25, 3), "BYMONTH=10;BYDAY=-1SU"),  # noqa: DTZ001
    ):
        observance.add("dtstart", starts)
        observance.add("tzname", name)
        observance.add("tzoffsetfrom", timedelta(hours=before))
        observance.add("tzoffsetto", timedelta(hours=after))
        observance.add("rrule", vRecur.from_ical(f"FREQ=YEARLY;{rule}"))
        component.add_component(observance)
    return component


def _generated(zone: str) -> Timezone:
    component = Timezone.from_tzid(zone)
    component.pop(
        "COMMENT", None
    )  # RFC 5545 3.6.5 allows it in the observances only; libical refuses it
    component.add("x-lic-location", zone)
    return component
