"""Drafts to try any channel with: one event of a small town library, in Polish and English."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from promo.values import Draft, InstitutionFacts, ItemFacts, Picture, PlaceFacts, Variant

INSTITUTION = InstitutionFacts(
    name="Biblioteka Miejska w Kluczborku",
    base_url="https://biblioteka.example",
    address="ul. Zamkowa 6, 46-200 Kluczbork",
    locality="Kluczbork",
    email="promocja@biblioteka.example",
    phone="77 418 00 00",
)
PLACE = PlaceFacts(
    name="Czytelnia, I piętro",
    branch="Biblioteka Główna",
    branch_slug="glowna",
    street="ul. Zamkowa 6",
    postal_code="46-200",
    locality="Kluczbork",
)
MEETING = ItemFacts(
    uuid="5f0b5f0a-0000-4000-8000-000000000001",
    kind="author_meeting",
    kind_label="spotkanie autorskie",
    title="Spotkanie z Łucją Żądło-Ćwięką",
    lead="Autorka „Gęśli i jaźni” opowie o pisaniu, podróżach i swojej najnowszej powieści.",
    link="https://biblioteka.example/items/1/",
    body_html="<p>Po spotkaniu będzie można kupić książkę i dostać autograf.</p>",
    starts_at=datetime(2026, 10, 20, 15, 0, tzinfo=UTC),  # 17.00 in Warsaw
    ends_at=datetime(2026, 10, 20, 16, 30, tzinfo=UTC),
    place=PLACE,
    audiences=("dorośli",),
    audience_keys=("adults",),
    partners=("Polskie Towarzystwo Kulturalne",),
    contact="promocja@biblioteka.example",
    accessibility="Wejście bez progu, winda, pętla indukcyjna.",
    hashtags=("SpotkanieAutorskie", "Kluczbork"),
    first_published_at=datetime(2026, 10, 1, 8, 0, tzinfo=UTC),
    changed_at=datetime(2026, 10, 1, 8, 0, tzinfo=UTC),
)
MEETING_EN = dataclasses.replace(
    MEETING,
    language="en",
    kind_label="meeting with an author",
    title="Meet Łucja Żądło-Ćwięka",
    lead="The novelist talks about writing, travelling and her new book.",
    body_html="<p>Books can be bought and signed after the meeting.</p>",
    place=dataclasses.replace(PLACE, name="Reading room, first floor", branch="Main Library"),
    audiences=("adults",),
    partners=("Polish Cultural Society",),
    accessibility="Step-free entrance, lift, induction loop.",
)


def draft(
    variant: Variant = Variant.ANNOUNCE,
    *,
    language: str = "pl",
    marker: str = "7fK2q",
    **changes: Any,
) -> Draft:
    """A draft of the meeting, due at 17.00 on 6 October 2026; `changes` are fields of its item."""
    item = MEETING if language == "pl" else MEETING_EN
    return Draft(
        variant=variant,
        due_at=datetime(2026, 10, 6, 15, 0, tzinfo=UTC),
        institution=dataclasses.replace(INSTITUTION, language=language),
        marker=marker,
        link=f"{INSTITUTION.base_url}/w/{marker}",
        item=dataclasses.replace(item, **changes),
    )


def picture(folder: Path | None = None, *, alt: str = "Autorka z książką w dłoni") -> Picture:
    """A picture by address, or, given a folder, as a real JPEG file in it."""
    url = "https://biblioteka.example/media/autorka.jpg"
    if folder is None:
        return Picture(url=url, alt=alt, width=1600, height=1067, size=90_000)
    from PIL import Image  # noqa: PLC0415  (only tests that upload need it)

    path = folder / "autorka.jpg"
    Image.new("RGB", (64, 48), "teal").save(path, "JPEG")
    return Picture(url=url, alt=alt, width=64, height=48, size=path.stat().st_size, path=str(path))
