"""Scenes around the library: the old market, the building at night, a reading garden."""

from __future__ import annotations

from promo.demo.canvas import Canvas, Colour
from promo.demo.indoors import DARK_WOOD, INK, PAPER, WOOD

_FRONTS = ("#e9b872", "#d98b7b", "#a9c5a0", "#e3d5b0", "#8fb3c9", "#d9a0a8")


def market() -> Canvas:
    """Gabled houses round a market place, with an old well in the middle."""
    canvas = Canvas("#8ecae6", "#e8f4f8")
    for x, y in ((240, 130), (1180, 90), (720, 70)):
        for dx, size in ((-70, 40), (0, 58), (76, 42)):
            canvas.ellipse(x + dx, y, size * 1.3, size * 0.7, PAPER)
    for nth, front in enumerate(_FRONTS):
        _house(canvas, -20 + nth * 275, 300 + nth * 37 % 90, front, nth)
    canvas.rect(0, 640, 1600, 260, "#cbbfa8")
    for row in range(5):
        for stone in range(17):
            x = stone * 100 - (row % 2) * 50
            canvas.rect(
                x + 3,
                648 + row * 52,
                94,
                44,
                ("#c2b59c", "#d3c8b2", "#bcae94")[(stone + row * 2) % 3],
                radius=12,
            )
    _well(canvas, 800, 790)
    return canvas


def _house(canvas: Canvas, x: float, top: float, front: Colour, nth: int) -> None:
    width, ground = 268, 650
    canvas.rect(x, top, width, ground - top, front)
    if nth % 2:
        canvas.polygon([(x - 8, top), (x + width / 2, top - 130), (x + width + 8, top)], "#a4493d")
    else:
        steps = [(0, 0), (0, -50), (46, -50), (46, -100), (92, -100), (92, -150)]
        mirrored = [(width - dx, dy) for dx, dy in reversed(steps)]
        canvas.polygon([(x + dx, top + dy) for dx, dy in [*steps, *mirrored]], front)
        canvas.circle(x + width / 2, top - 90, 22, INK)
    for row in range(2):
        for column in range(3):
            left, upper = x + 30 + column * 78, top + 34 + row * 104
            canvas.rect(left, upper, 52, 74, PAPER, radius=4)
            canvas.rect(left + 6, upper + 6, 40, 62, "#5d7f97")
            canvas.rect(left + 24, upper + 6, 4, 62, PAPER)
    canvas.rect(x + 100, ground - 88, 68, 88, DARK_WOOD, radius=8)


def _well(canvas: Canvas, x: float, base: float) -> None:
    canvas.ellipse(x, base + 10, 190, 40, "#a3957b")
    for side in (-120, 96):
        canvas.rect(x + side, base - 330, 24, 250, DARK_WOOD)
    canvas.polygon([(x - 190, base - 310), (x, base - 440), (x + 190, base - 310)], "#a4493d")
    canvas.rect(x - 110, base - 262, 220, 20, WOOD, radius=8)
    canvas.line([(x, base - 250), (x, base - 160)], "#e8dfcc", 6)
    canvas.polygon(
        [(x - 34, base - 166), (x + 34, base - 166), (x + 24, base - 106), (x - 24, base - 106)],
        WOOD,
    )
    canvas.ellipse(x, base - 96, 150, 36, "#6d7a80")
    canvas.ellipse(x, base - 100, 116, 24, "#2c3e50")
    canvas.polygon(
        [(x - 150, base - 96), (x + 150, base - 96), (x + 138, base + 10), (x - 138, base + 10)],
        "#8d999f",
    )
    for row in range(2):
        for stone in range(5):
            left = x - 138 + stone * 56 + row % 2 * 24
            canvas.rect(
                left, base - 70 + row * 40, 48 - stone // 4 * row * 22, 32, "#a6b1b6", radius=8
            )
    canvas.ellipse(x, base + 8, 138, 24, "#8d999f")


def night() -> Canvas:
    """The library at night: every window is lit, stars and a moon above."""
    canvas = Canvas("#14213d", "#3a4a7a")
    for star in range(70):
        x = (star * 7919 + star * star * 31) % 1600
        y = (star * 3571 + star * star * 17) % 480
        canvas.circle(x, y, 2 + star % 3, "#fff6d6")
    canvas.circle(1340, 160, 78, "#ffe9a8")
    canvas.circle(1308, 140, 66, "#1c2a4b")
    canvas.rect(0, 740, 1600, 160, "#1b2a2f")
    canvas.light([(420, 740), (1180, 740), (1420, 900), (180, 900)], "#ffd98a", 0.5, 40)
    canvas.rect(290, 310, 1020, 440, "#6b4b56")
    canvas.rect(250, 290, 1100, 36, "#8a6470", radius=6)
    canvas.polygon([(560, 290), (800, 150), (1040, 290)], "#8a6470")
    canvas.circle(800, 236, 34, "#ffe9a8")
    canvas.line([(800, 236), (800, 216)], INK, 5)
    canvas.line([(800, 236), (816, 242)], INK, 5)
    for row in range(2):
        for column in range(8):
            if column in {3, 4} and row == 1:
                continue
            _lit_window(canvas, 330 + column * 120, 360 + row * 190, column + row)
    for column in range(5):
        canvas.rect(650 + column * 70, 540, 20, 210, "#c9b6ab")
    canvas.rect(630, 520, 340, 26, "#c9b6ab", radius=4)
    canvas.rect(700, 580, 200, 170, "#ffd98a", radius=8)
    canvas.rect(796, 580, 8, 170, DARK_WOOD)
    for step in range(3):
        canvas.rect(
            610 - step * 26,
            750 + step * 18,
            380 + step * 52,
            18,
            ("#b7a59b", "#a6948a", "#968479")[step],
        )
    for x in (130, 1470):
        canvas.rect(x - 14, 600, 28, 160, "#3b2a24")
        canvas.circle(x, 540, 110, "#24423b")
        canvas.circle(x - 40, 600, 70, "#1f3a34")
    return canvas


def _lit_window(canvas: Canvas, x: float, y: float, nth: int) -> None:
    canvas.rect(x, y, 80, 120, "#ffe9a8", radius=8)
    canvas.pie(x + 40, y + 4, 40, "#ffe9a8", start=180, end=360)
    for shelf in range(2):
        base = y + 60 + shelf * 52
        canvas.rect(x + 6, base, 68, 5, WOOD)
        for book in range(6):
            high = 24 + (book * 7 + nth * 5) % 14
            colour = ("#d1495b", "#30638e", "#1f6f62", "#7a4e8c")[(book + nth + shelf) % 4]
            canvas.rect(x + 9 + book * 10, base - high, 8, high, colour)
    canvas.rect(x + 38, y - 34, 4, 154, "#6b4b56")


def garden() -> Canvas:
    """A reading garden: a bench under a tree, pots with plants, an open book."""
    canvas = Canvas("#bfe3f0", "#eef7ea")
    canvas.circle(1360, 170, 90, "#ffd166")
    canvas.ellipse(300, 720, 760, 190, "#9cc78b")
    canvas.ellipse(1250, 760, 820, 210, "#86b978")
    canvas.rect(0, 780, 1600, 120, "#74a868")
    canvas.polygon([(380, 800), (480, 800), (460, 420), (400, 420)], DARK_WOOD)
    for x, y, size, colour in (
        (430, 270, 220, "#3d8b5f"),
        (270, 360, 150, "#2f7a52"),
        (590, 370, 160, "#4a9a6b"),
        (440, 420, 150, "#3d8b5f"),
    ):
        canvas.circle(x, y, size, colour)
    for nth in range(9):
        canvas.circle(250 + nth * 167 % 390, 160 + nth * nth * 41 % 290, 15, "#d1495b")
    for x in (740, 1120):
        canvas.rect(x, 500, 20, 200, INK, radius=6)
        canvas.rect(x - 20, 700, 20, 130, INK, radius=6)
    for y in (510, 562):
        canvas.rect(700, y, 480, 32, WOOD, radius=8)
    canvas.polygon([(705, 660), (1175, 660), (1205, 706), (675, 706)], "#c98b4e")
    canvas.rect(675, 704, 530, 18, DARK_WOOD, radius=6)
    canvas.polygon([(930, 668), (830, 640), (820, 664), (930, 694)], PAPER)
    canvas.polygon([(930, 668), (1030, 640), (1040, 664), (930, 694)], "#efe6d2")
    for nth, colour in enumerate(("#d1495b", "#7a4e8c", "#edae49")):
        _potted(canvas, 1270 + nth * 120, 800 - nth % 2 * 26, colour)
    return canvas


def _potted(canvas: Canvas, x: float, base: float, bloom: Colour) -> None:
    for side in (-1, 0, 1):
        canvas.line([(x, base - 70), (x + side * 40, base - 170 + abs(side) * 26)], "#2f7a52", 9)
        canvas.ellipse(x + side * 22, base - 116, 12, 24, "#3d8b5f")
        tip = (x + side * 40, base - 180 + abs(side) * 26)
        for dx, dy in ((-16, 0), (16, 0), (0, -16), (0, 16)):
            canvas.circle(tip[0] + dx, tip[1] + dy, 14, bloom)
        canvas.circle(*tip, 10, "#ffe9a8")
    canvas.polygon(
        [(x - 46, base - 76), (x + 46, base - 76), (x + 32, base), (x - 32, base)], "#c96f4a"
    )
    canvas.rect(x - 52, base - 92, 104, 24, "#b25c3a", radius=6)
