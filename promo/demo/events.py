"""Scenes of what goes on: theatre, film, games, an exhibition, a bear with a book."""

from __future__ import annotations

from promo.demo.canvas import Canvas, Colour, Point
from promo.demo.indoors import CREAM, DARK_WOOD, INK, PALE_WOOD, PAPER, WOOD


def puppets() -> Canvas:
    """A puppet theatre with a king and a fox."""
    canvas = Canvas("#ffe8c2", "#ffd491")
    canvas.rect(0, 780, 1600, 120, "#c98b4e")
    canvas.rect(330, 90, 940, 700, "#8c1c32", radius=24)
    canvas.rect(410, 210, 780, 400, "#9ad1d4")
    canvas.circle(1060, 300, 52, "#ffd166")
    canvas.polygon(
        [(410, 610), (410, 500), (560, 430), (730, 540), (930, 440), (1190, 560), (1190, 610)],
        "#74b49b",
    )
    for fold in range(4):
        for x in (410 + fold * 38, 1152 - fold * 38):
            canvas.rect(x, 200, 38, 410 - fold * 56, ("#d1495b", "#b83a4c")[fold % 2], radius=16)
    canvas.polygon([(330, 200), (800, 60), (1270, 200)], "#a4243b")
    canvas.circle(800, 138, 36, "#ffd166")
    for scallop in range(9):
        canvas.pie(
            378 + scallop * 105, 196, 54, ("#ffd166", "#edae49")[scallop % 2], start=0, end=180
        )
    _king(canvas, 670, 520)
    _fox(canvas, 930, 530)
    canvas.rect(370, 600, 860, 60, WOOD, radius=8)
    for star in range(7):
        _star(canvas, 440 + star * 120, 724, 26, "#ffd166")
    return canvas


def _king(canvas: Canvas, x: float, y: float) -> None:
    canvas.polygon([(x - 64, y + 96), (x + 64, y + 96), (x + 40, y), (x - 40, y)], "#30638e")
    canvas.circle(x - 74, y + 44, 20, "#f3c9a5")
    canvas.circle(x + 74, y + 44, 20, "#f3c9a5")
    canvas.line([(x - 40, y + 16), (x - 70, y + 40)], "#30638e", 26)
    canvas.line([(x + 40, y + 16), (x + 70, y + 40)], "#30638e", 26)
    canvas.circle(x, y - 44, 56, "#f3c9a5")
    canvas.pie(x, y - 40, 58, "#f6f1e7", start=20, end=160)
    canvas.circle(x - 20, y - 56, 7, INK)
    canvas.circle(x + 20, y - 56, 7, INK)
    canvas.circle(x, y - 38, 10, "#e2957a")
    crown = [(-52, -84), (-52, -140), (-26, -108), (0, -148), (26, -108), (52, -140), (52, -84)]
    canvas.polygon([(x + dx, y + dy) for dx, dy in crown], "#ffd166")


def _fox(canvas: Canvas, x: float, y: float) -> None:
    canvas.polygon([(x - 58, y + 90), (x + 58, y + 90), (x + 36, y), (x - 36, y)], "#1f6f62")
    canvas.line([(x - 36, y + 16), (x - 72, y + 30)], "#e07a3f", 26)
    canvas.line([(x + 36, y + 16), (x + 72, y + 30)], "#e07a3f", 26)
    canvas.polygon([(x - 58, y - 60), (x - 54, y - 136), (x - 8, y - 84)], "#e07a3f")
    canvas.polygon([(x + 58, y - 60), (x + 54, y - 136), (x + 8, y - 84)], "#e07a3f")
    canvas.polygon([(x - 66, y - 76), (x + 66, y - 76), (x, y + 22)], "#e07a3f")
    canvas.polygon([(x - 62, y - 62), (x - 14, y - 40), (x, y + 20)], PAPER)
    canvas.polygon([(x + 62, y - 62), (x + 14, y - 40), (x, y + 20)], PAPER)
    canvas.circle(x - 24, y - 52, 7, INK)
    canvas.circle(x + 24, y - 52, 7, INK)
    canvas.circle(x, y + 14, 12, INK)


def _star(canvas: Canvas, x: float, y: float, size: float, colour: Colour) -> None:
    tips = ((0, -1), (0.24, -0.3), (0.95, -0.3), (0.38, 0.12), (0.59, 0.8))
    mirrored = [(-dx, dy) for dx, dy in reversed(tips[1:])]
    outline = [*tips, (0, 0.38), *mirrored]
    canvas.polygon([(x + dx * size, y + dy * size) for dx, dy in outline], colour)


def projector() -> Canvas:
    """An old film projector that throws a beam on the screen."""
    canvas = Canvas("#16202b", "#24384a")
    canvas.rect(0, 760, 1600, 140, "#0f1720")
    canvas.rect(60, 110, 720, 470, "#3b4d5e", radius=8)
    canvas.rect(84, 134, 672, 422, "#f4efe1")
    canvas.polygon(
        [(84, 556), (84, 430), (250, 330), (420, 470), (560, 380), (756, 500), (756, 556)],
        "#8fa9b8",
    )
    canvas.circle(600, 240, 54, "#d8cfb8")
    canvas.rect(300, 420, 150, 136, "#5d7382")
    canvas.polygon([(280, 430), (375, 350), (470, 430)], "#45586a")
    canvas.light([(1120, 470), (1120, 510), (756, 580), (756, 120)], "#fff3cf", 0.6, 18)
    canvas.circle(1240, 270, 150, "#7b8794")
    canvas.circle(1450, 320, 110, "#7b8794")
    for x, y, far in ((1240, 270, 82), (1450, 320, 60)):
        for dx, dy in ((0, -1), (0.87, 0.5), (-0.87, 0.5)):
            canvas.circle(x + dx * far, y + dy * far, far * 0.46, "#24384a")
        canvas.circle(x, y, far * 0.26, "#d8dde3")
    canvas.rect(1150, 400, 360, 220, "#d1495b", radius=20)
    canvas.rect(1080, 456, 90, 70, INK, radius=8)
    canvas.circle(1086, 490, 30, "#fff3cf")
    canvas.rect(1200, 440, 150, 120, "#a33646", radius=10)
    canvas.circle(1440, 500, 40, "#a33646")
    canvas.circle(1440, 500, 16, "#ffd166")
    for x in (1150, 1330, 1510):
        canvas.line([(1330, 600), (x, 880)], "#4a5a68", 18)
    return canvas


def exhibition() -> Canvas:
    """Framed views of an old town on a gallery wall, and a bench."""
    canvas = Canvas("#f3efe6", "#e6dfd0")
    canvas.rect(0, 720, 1600, 180, "#c6a57a")
    canvas.rect(0, 708, 1600, 14, PAPER)
    for nth, (x, y, width, height) in enumerate(
        ((130, 160, 360, 270), (560, 130, 480, 330), (1110, 160, 360, 270))
    ):
        middle, base = x + width / 2, y + height
        cone = [(middle - 30, 0), (middle + 30, 0), (x + width + 40, base), (x - 40, base)]
        canvas.light(cone, "#fff8dc", 0.8, 24)
        canvas.rect(x, y, width, height, DARK_WOOD, radius=4)
        canvas.rect(x + 16, y + 16, width - 32, height - 32, PAPER)
        _old_view(canvas, (x + 46, y + 46), (width - 92, height - 92), nth)
        canvas.rect(x + width / 2 - 50, y + height + 26, 100, 34, PAPER, radius=3)
        canvas.rect(x + width / 2 - 36, y + height + 38, 72, 5, "#a89f8d")
        canvas.rect(x + width / 2 - 36, y + height + 48, 46, 4, "#a89f8d")
    canvas.rect(480, 690, 640, 44, WOOD, radius=12)
    canvas.rect(540, 734, 30, 90, DARK_WOOD)
    canvas.rect(1030, 734, 30, 90, DARK_WOOD)
    return canvas


def _old_view(canvas: Canvas, corner: Point, size: Point, nth: int) -> None:
    """A sepia postcard: roofs and a tower, a mill at the river, or trees on a street."""
    (x, y), (width, height) = corner, size
    sepia, dark = ("#d9c29c", "#cdb58b", "#dcc7a4")[nth], "#8a6d4a"
    canvas.rect(x, y, width, height, sepia)
    ground = y + height
    for house in range(4):
        left = x + house * width / 4
        top = ground - height * (0.36 + (house * 3 + nth) % 3 * 0.09)
        canvas.rect(left + 4, top, width / 4 - 8, ground - top, "#a98a63")
        canvas.polygon(
            [(left, top), (left + width / 8, top - height * 0.18), (left + width / 4, top)], dark
        )
    tower = x + width * (0.5, 0.38, 0.74)[nth]
    canvas.rect(tower - 18, y + height * 0.26, 36, height * 0.74, "#98794f")
    canvas.polygon(
        [
            (tower - 26, y + height * 0.28),
            (tower, y + height * 0.04),
            (tower + 26, y + height * 0.28),
        ],
        dark,
    )
    canvas.rect(x, ground - 22, width, 22, "#bfa57c")


def bear() -> Canvas:
    """A teddy bear that reads, with a pile of books beside it."""
    canvas = Canvas("#dcefe9", "#bfe0d5")
    canvas.ellipse(800, 800, 720, 130, "#e9c46a")
    canvas.ellipse(800, 800, 640, 104, "#f0d28a")
    for x in (660, 880):
        canvas.circle(x, 250, 74, "#9c6b3f")
        canvas.circle(x, 250, 42, "#d9a76a")
    canvas.ellipse(770, 640, 230, 220, "#9c6b3f")
    canvas.ellipse(770, 670, 150, 160, "#d9a76a")
    canvas.circle(770, 350, 180, "#a9764a")
    canvas.ellipse(770, 410, 90, 70, "#e6c294")
    canvas.ellipse(770, 376, 34, 24, INK)
    canvas.line([(770, 396), (770, 430)], INK, 7)
    canvas.line([(736, 436), (770, 446), (804, 436)], INK, 7)
    for x in (704, 836):
        canvas.circle(x, 322, 18, INK)
        canvas.circle(x + 6, 316, 6, PAPER)
    for x in (590, 950):
        canvas.ellipse(x, 800, 110, 74, "#9c6b3f")
        canvas.ellipse(x, 806, 60, 42, "#d9a76a")
    canvas.polygon([(770, 560), (580, 520), (580, 690), (770, 730)], PAPER)
    canvas.polygon([(770, 560), (960, 520), (960, 690), (770, 730)], CREAM)
    for row in range(4):
        y = 560 + row * 30
        canvas.line([(604, y), (744, y + 30)], "#b9ad97", 5)
        canvas.line([(796, y + 30), (936, y)], "#b9ad97", 5)
    for x in (584, 956):
        canvas.circle(x, 640, 50, "#a9764a")
    for nth, colour in enumerate(("#30638e", "#d1495b", "#edae49", "#1f6f62")):
        canvas.rect(1130 + nth % 2 * 22, 760 - nth * 62, 290 - nth * 14, 58, colour, radius=8)
        canvas.rect(1140 + nth % 2 * 22, 770 - nth * 62, 262 - nth * 14, 10, PAPER, radius=4)
    return canvas


def games() -> Canvas:
    """A board game from above: a winding path, pawns, dice and cards."""
    canvas = Canvas("#35524a", "#28413a")
    canvas.rect(250, 90, 1000, 720, PALE_WOOD, radius=30)
    canvas.rect(280, 120, 940, 660, CREAM, radius=20)
    colours = ("#d1495b", "#edae49", "#30638e", "#3d8b5f")
    path = [(350 + step * 100, 700) for step in range(9)]
    path += [(1150, 600), (1150, 500)] + [(1050 - step * 100, 500) for step in range(8)]
    path += [(350, 400), (350, 300)] + [(350 + step * 100, 200) for step in range(9)]
    for nth, (x, y) in enumerate(path):
        canvas.rect(x - 40, y - 40, 80, 80, colours[nth % 4], radius=14)
        canvas.circle(x, y, 20, CREAM)
    for (x, y), colour in zip((path[3], path[9], path[14], path[22]), colours[::-1], strict=True):
        canvas.ellipse(x + 6, y + 16, 30, 16, "#7d6a4f")
        canvas.polygon(
            [(x - 28, y + 14), (x + 28, y + 14), (x + 10, y - 50), (x - 10, y - 50)], colour
        )
        canvas.circle(x, y - 62, 22, colour)
    for x, y, dots in ((1370, 250, 5), (1440, 400, 2)):
        canvas.rect(x - 50, y - 50, 100, 100, PAPER, radius=18)
        spots = ((-26, -26), (26, 26), (26, -26), (-26, 26), (0, 0))
        for dx, dy in spots[:dots]:
            canvas.circle(x + dx, y + dy, 10, INK)
    for nth in range(3):
        canvas.rect(60 + nth * 26, 330 + nth * 60, 130, 190, PAPER, radius=12)
        canvas.rect(74 + nth * 26, 344 + nth * 60, 102, 162, colours[nth], radius=8)
        canvas.circle(125 + nth * 26, 425 + nth * 60, 30, CREAM)
    return canvas
