"""The palette of public.css: WCAG 2.2 AA in light and dark, computed from the file itself."""

from __future__ import annotations

import colorsys
import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[3] / "promo/public/static/public/public.css"
_COLOUR = re.compile(r"--([\w-]+): hsl\((\d+) (\d+)% (\d+)%\);")

TEXT = (
    ("ink", "paper"),
    ("ink", "card"),
    ("ink", "tint"),
    ("ink", "good-tint"),
    ("soft", "paper"),
    ("soft", "card"),
    ("soft", "tint"),
    ("link", "paper"),
    ("link", "card"),
    ("link", "tint"),
    ("on-brand", "brand"),
    ("on-brand-soft", "brand"),
    ("on-amber", "amber-tint"),
    ("on-alarm", "alarm-tint"),
    ("alarm", "card"),
    ("alarm", "paper"),
)
PARTS = (
    ("edge", "paper"),
    ("edge", "card"),
    ("edge", "tint"),
    ("amber", "brand"),
    ("ink", "paper"),  # the ring of the focus
    ("on-brand", "brand"),
)


def palette(scheme: str) -> dict[str, tuple[float, float, float]]:
    blocks = re.findall(r":root \{(.*?)\}", CSS.read_text("utf-8"), re.DOTALL)
    colours: dict[str, tuple[float, float, float]] = {}
    for block in blocks[: 1 if scheme == "light" else 2]:
        for name, hue, saturation, lightness in _COLOUR.findall(block):
            h, s, l = int(hue) / 360, int(saturation) / 100, int(lightness) / 100  # noqa: E741
            colours[name] = colorsys.hls_to_rgb(h, l, s)
    return colours


def luminance(colour: tuple[float, float, float]) -> float:
    """WCAG's relative luminance."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(scheme: str, one: str, other: str) -> float:
    colours = palette(scheme)
    lower, higher = sorted((luminance(colours[one]), luminance(colours[other])))
    return (higher + 0.05) / (lower + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(scheme: str, text: str, ground: str) -> None:
    assert contrast(scheme, text, ground) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("part", "ground"), PARTS)
def test_borders_of_controls_and_the_focus_can_be_seen(scheme: str, part: str, ground: str) -> None:
    assert contrast(scheme, part, ground) >= 3


def test_the_brand_is_the_dark_green_of_the_library() -> None:
    assert "--brand: hsl(168 79% 17%);" in CSS.read_text("utf-8")


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert not re.search(
        r"url\(|@import|https?:", CSS.read_text("utf-8").replace('href^="http"', "")
    )
