"""To how many an issue goes and how long that takes, in sentences."""

from __future__ import annotations

from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext, ngettext

from promo.desk.durations import about
from promo.models import Issue
from promo.services.addressees import Addressees
from promo.services.forecasts import Outlook


def readers_lines(issue: Issue, found: Addressees) -> list[str]:
    """Who gets it as things stand, and who does not by a wish of their own."""
    if found.number is None:
        return [gettext("As things stand, few of all readers will get this issue.")]
    if not found.number and not any(found.left_out) and issue.segment is None:
        return [gettext("Nobody reads this newsletter yet.")]
    return [_number(found), *_left_out(found), *_languages(found)]


def forecast_lines(issue: Issue, outlook: Outlook) -> list[str]:
    """The same, and how long that takes."""
    lines = readers_lines(issue, outlook.addressees)
    if not outlook.addressees.number:
        return lines
    if outlook.measured is not None:
        text = gettext("At the rate of the last issue: {duration}.")
        lines.append(text.format(duration=about(outlook.measured)))
    if outlook.limited is not None:
        words = {
            "limits": " + ".join(map(str, outlook.limited.limits)),
            "duration": about(outlook.limited.length),
            "provider": outlook.limited.provider,
        }
        text = gettext("With the mail server’s limit {limits}: {duration}.")
        if outlook.limited.provider:
            text = gettext("With the limit {limits} for {provider}: {duration}.")
        lines.append(text.format(**words))
    if outlook.measured is None and outlook.limited is None:
        lines.append(gettext("How long that takes is known after the first issue."))
    if outlook.sample is not None:
        text = ngettext(
            "Most readers get it %(count)d hour later, when one of the subjects is chosen.",
            "Most readers get it %(count)d hours later, when one of the subjects is chosen.",
            outlook.sample.hours,
        )
        lines.append(text % {"count": outlook.sample.hours})
    return lines


def _number(found: Addressees) -> str:
    number = found.number or 0
    if not number:
        return gettext("As things stand, it goes to nobody.")
    if found.exact:
        text = ngettext("It goes to %(count)s reader.", "It goes to %(count)s readers.", number)
    else:
        text = ngettext(
            "It goes to about %(count)s reader.", "It goes to about %(count)s readers.", number
        )
    return text % {"count": _count(number)}


def _left_out(found: Addressees) -> list[str]:
    pause, topics, frequency = found.left_out
    said = (
        (pause, ngettext("%(count)s takes a break", "%(count)s take a break", pause)),
        (topics, ngettext("%(count)s chose other topics", "%(count)s chose other topics", topics)),
        (
            frequency,
            ngettext(
                "%(count)s has had the mail of the week or month",
                "%(count)s have had the mail of the week or month",
                frequency,
            ),
        ),
    )
    parts = [text % {"count": _count(number)} for number, text in said if number]
    if not parts:
        return []
    return [gettext("Left out by their own wish: {who}.").format(who="; ".join(parts))]


def _languages(found: Addressees) -> list[str]:
    if len(found.languages) < 2:  # noqa: PLR2004  (nothing to tell apart)
        return []
    names = dict(settings.LANGUAGES)
    parts = [f"{names.get(key, key)} – {_count(number)}" for key, number in found.languages.items()]
    return [
        gettext("By the language of the readers: {languages}.").format(languages=", ".join(parts))
    ]


def _count(number: int) -> str:
    return formats.number_format(number, force_grouping=True)
