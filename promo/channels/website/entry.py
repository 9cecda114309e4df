"""What the entry's templates show."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from promo.channels.website.facts import facts, notice
from promo.channels.website.places import has_place
from promo.channels.website.recurrence import at_first_date
from promo.channels.website.text import ascii_url, clean, flat
from promo.channels.website.words import title_of
from promo.values import InstitutionFacts, ItemFacts, Picture


def entry_context(item: ItemFacts, institution: InstitutionFacts) -> dict[str, Any]:
    """The item as its entry and its page show it: nothing here depends on the moment of reading."""
    return {
        "item": item,
        "institution": institution,
        "title": title_of(item),
        "kind_label": flat(item.kind_label),
        "lead": flat(item.lead),
        "body_html": clean(item.body_html),
        "funding_note": clean(item.funding_note).strip(),
        "facts": facts(item, institution),
        "notice": notice(item, institution),
        "pictures": shown_pictures(item),
        "data": _data(item, institution),
    }


def shown_pictures(item: ItemFacts) -> list[Picture]:
    """The pictures that have an address, fit for HTML."""
    return [
        dataclasses.replace(picture, url=url, alt=flat(picture.alt))
        for picture in item.pictures
        if (url := ascii_url(picture.url))
    ]


def _data(item: ItemFacts, institution: InstitutionFacts) -> dict[str, str]:
    """The facts for machines, as data attributes: what the checks before approval look at."""

    def iso(value: datetime | None) -> str:
        return value.astimezone(institution.tz).isoformat("T", "seconds") if value else ""

    first = at_first_date(item, institution.tz)
    data = {
        "uuid": item.uuid,
        "kind": item.kind,
        "status": item.status.value,
        "starts": iso(first.starts_at),
        "ends": iso(first.ends_at),
        "deadline": iso(item.deadline_at),
        "sign-up-until": iso(item.sign_up_until_at),
        "place": "yes" if has_place(item.place) else "",
        "accessibility": "yes" if flat(item.accessibility) else "",
    }
    return {name: value for name, value in data.items() if value}
