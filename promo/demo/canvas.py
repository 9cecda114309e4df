"""A drawing surface for flat illustrations.

Shapes are drawn large and made small in the end, which smooths their edges. All measures are in
pixels of the finished picture, 1600 x 900.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1600, 900
_SCALE = 2

Colour = str
Point = tuple[float, float]


class Canvas:
    """One picture in the making. Shapes cover what was drawn before."""

    def __init__(self, top: Colour, bottom: Colour) -> None:
        shade = Image.linear_gradient("L").crop((0, 0, 1, 256))
        strip = Image.composite(
            Image.new("RGB", shade.size, bottom), Image.new("RGB", shade.size, top), shade
        )
        self._image = strip.resize((WIDTH * _SCALE, HEIGHT * _SCALE), Image.Resampling.BILINEAR)
        self._draw = ImageDraw.Draw(self._image)

    def rect(
        self, x: float, y: float, width: float, height: float, colour: Colour, *, radius: float = 0
    ) -> None:
        """A rectangle from its upper left corner, with round corners if asked for."""
        box = _scaled((x, y), (x + width, y + height))
        self._draw.rounded_rectangle(box, radius=radius * _SCALE, fill=colour)

    def circle(self, x: float, y: float, radius: float, colour: Colour) -> None:
        self.ellipse(x, y, radius, radius, colour)

    def ellipse(self, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        """An ellipse by its middle and its two radii."""
        box = _scaled((x - across, y - down), (x + across, y + down))
        self._draw.ellipse(box, fill=colour)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        self._draw.polygon(_scaled(*points), fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """A line with round joints and ends."""
        self._draw.line(_scaled(*points), fill=colour, width=int(width * _SCALE), joint="curve")
        for x, y in (points[0], points[-1]):
            self.circle(x, y, width / 2, colour)

    def pie(
        self, x: float, y: float, radius: float, colour: Colour, *, start: float, end: float
    ) -> None:
        """A slice; angles in degrees, clockwise from the right."""
        box = _scaled((x - radius, y - radius), (x + radius, y + radius))
        self._draw.pieslice(box, start, end, fill=colour)

    def light(self, points: Sequence[Point], colour: Colour, strength: float, blur: float) -> None:
        """A soft beam or glow of this outline, `strength` from 0 to 1."""
        eighth = 8  # soft things need no detail
        size = (WIDTH // eighth, HEIGHT // eighth)
        mask = Image.new("L", size, 0)
        outline = [(x / eighth, y / eighth) for x, y in points]
        ImageDraw.Draw(mask).polygon(outline, fill=int(255 * strength))
        mask = mask.filter(ImageFilter.GaussianBlur(blur / eighth)).resize(self._image.size)
        self._image.paste(Image.new("RGB", self._image.size, colour), mask=mask)

    def jpeg(self) -> bytes:
        """The finished picture."""
        made = BytesIO()
        self._image.reduce(_SCALE).save(made, "JPEG", quality=88)
        return made.getvalue()


def _scaled(*points: Point) -> list[tuple[float, float]]:
    return [(x * _SCALE, y * _SCALE) for x, y in points]
