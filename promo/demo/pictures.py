"""The pictures of the demonstration, drawn when they are wanted.

Their text alternatives stand beside their names in `items.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from promo.demo import events, indoors, outdoors
from promo.demo.canvas import Canvas

SCENES: Mapping[str, Callable[[], Canvas]] = {
    "czytelnia.jpg": indoors.shelves,
    "scena.jpg": indoors.stage,
    "komputery.jpg": indoors.computers,
    "pracownia.jpg": indoors.workshop,
    "teatrzyk.jpg": events.puppets,
    "projektor.jpg": events.projector,
    "wystawa.jpg": events.exhibition,
    "mis.jpg": events.bear,
    "gra.jpg": events.games,
    "rynek.jpg": outdoors.market,
    "noc.jpg": outdoors.night,
    "ogrod.jpg": outdoors.garden,
}


def draw(name: str) -> bytes:
    """The picture of this name as a JPEG of 1600 x 900 pixels; raises KeyError for another name."""
    return SCENES[name]().jpeg()
