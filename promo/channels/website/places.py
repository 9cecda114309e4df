"""Where it happens, for people (one line) and for machines (schema.org)."""

from __future__ import annotations

from typing import Any

from promo.channels.website.text import flat
from promo.values import InstitutionFacts, ItemFacts, PlaceFacts

_COUNTRIES = {"Europe/Warsaw": "PL"}
"""Zones that belong to one country only; elsewhere the country is left out."""


def address_line(item: ItemFacts, institution: InstitutionFacts) -> str:
    """Room, branch, street, town, each once; the institution's address where there is none."""
    place = item.place
    town = f"{place.postal_code} {place.locality}"
    parts = [place.name, place.branch, place.street, town]
    if not (place.street or place.locality or place.elsewhere):
        parts += [
            "" if place.branch else institution.name,
            institution.address or institution.locality,
        ]
    lines = (flat(part) for part in parts)
    return ", ".join(dict.fromkeys(line for line in lines if line))


def has_place(place: PlaceFacts) -> bool:
    return bool(flat(place.name + place.branch + place.street + place.locality))


def schema_place(item: ItemFacts, institution: InstitutionFacts) -> dict[str, Any]:
    """A schema.org Place (a Library for a branch), always with an address."""
    place = item.place
    if place.elsewhere:
        return _elsewhere(flat(place.name), institution)
    name = ", ".join(part for part in (flat(place.name), flat(place.branch)) if part)
    own_address = bool(place.street or place.locality)
    address = {
        "@type": "PostalAddress",
        "streetAddress": flat(place.street if own_address else institution.address),
        "postalCode": flat(place.postal_code),
        "addressLocality": flat(place.locality or institution.locality),
        "addressCountry": _COUNTRIES.get(institution.zone, ""),
    }
    return {
        "@type": "Library" if place.branch else "Place",
        "name": name or flat(institution.name),
        "address": {key: value for key, value in address.items() if value},
    }


def _elsewhere(text: str, institution: InstitutionFacts) -> dict[str, Any]:
    """A place of somebody else's, as staff wrote it: its name up to the comma, then its address."""
    name, _comma, street = text.partition(", ")
    address = {
        "@type": "PostalAddress",
        "streetAddress": street or name,
        "addressCountry": _COUNTRIES.get(institution.zone, ""),
    }
    return {
        "@type": "Place",
        "name": name,
        "address": {key: value for key, value in address.items() if value},
    }
