"""Scenes inside the library."""

from __future__ import annotations

from promo.demo.canvas import Canvas, Colour

WOOD, DARK_WOOD, PALE_WOOD = "#b5763f", "#8a5528", "#d9a76a"
INK, PAPER, CREAM = "#22313f", "#fffaf0", "#f6ead6"
SPINES = ("#1f6f62", "#d1495b", "#edae49", "#30638e", "#7a4e8c", "#e07a3f", "#3d8b5f", "#b23a48")


def book_row(
    canvas: Canvas, x: float, base: float, *, until: float, seed: int, high: float
) -> None:
    """Books side by side on a shelf, some lower, one of them leaning."""
    nth = seed
    while x < until - 26:
        width = 26 + (nth * 7) % 5 * 7
        height = high * (0.72 + (nth * 5) % 7 * 0.04)
        colour = SPINES[(nth * 3 + nth // 4) % len(SPINES)]
        if not (nth + 4) % 9 and x + width + 60 < until:
            lean = height * 0.28
            corners = [(x, base), (x + width, base), (x + width + lean, base - height)]
            canvas.polygon([*corners, (x + lean, base - height)], colour)
            x += width + lean
        else:
            canvas.rect(x, base - height, width, height, colour, radius=3)
            canvas.rect(x + 4, base - height * 0.86, width - 8, 7, CREAM)
            canvas.rect(x + 4, base - height * 0.24, width - 8, 5, CREAM)
            x += width
        x += 4
        nth += 1


def shelves() -> Canvas:
    """A wall of shelves, an armchair and a floor lamp."""
    canvas = Canvas("#e8d9bf", "#dfc9a4")
    canvas.rect(0, 740, 1600, 160, "#a9743f")
    canvas.rect(0, 740, 1600, 10, "#8f5f31")
    canvas.rect(90, 60, 1010, 690, DARK_WOOD, radius=10)
    for row in range(4):
        top = 84 + row * 165
        canvas.rect(112, top, 470, 146, "#5f3a1b")
        canvas.rect(606, top, 470, 146, "#5f3a1b")
        book_row(canvas, 120, top + 146, until=576, seed=row * 11 + 3, high=140)
        book_row(canvas, 614, top + 146, until=1070, seed=row * 13 + 8, high=140)
    canvas.light([(1180, 250), (1400, 250), (1580, 780), (1000, 780)], "#fff1c9", 0.75, 60)
    canvas.rect(1284, 250, 12, 500, INK)
    canvas.ellipse(1290, 752, 70, 12, INK)
    canvas.polygon([(1220, 150), (1360, 150), (1410, 270), (1170, 270)], "#d1495b")
    _armchair(canvas, 1170, 520)
    return canvas


def _armchair(canvas: Canvas, x: float, y: float) -> None:
    canvas.rect(x + 40, y - 110, 220, 260, "#1f6f62", radius=50)
    canvas.rect(x, y + 20, 70, 190, "#17594e", radius=34)
    canvas.rect(x + 230, y + 20, 70, 190, "#17594e", radius=34)
    canvas.rect(x + 50, y + 90, 200, 110, "#2a8474", radius=24)
    canvas.rect(x + 30, y + 205, 22, 40, DARK_WOOD)
    canvas.rect(x + 248, y + 205, 22, 40, DARK_WOOD)
    canvas.polygon(
        [(x + 95, y + 84), (x + 150, y + 70), (x + 150, y + 98), (x + 95, y + 112)], PAPER
    )
    canvas.polygon(
        [(x + 150, y + 70), (x + 205, y + 84), (x + 205, y + 112), (x + 150, y + 98)], CREAM
    )


def stage() -> Canvas:
    """A microphone between red curtains, two chairs and a small table with a book."""
    canvas = Canvas("#3a2140", "#5b2f4b")
    canvas.rect(0, 690, 1600, 210, "#7c4a2a")
    for plank in range(9):
        canvas.rect(plank * 200 - 60, 690, 4, 210, "#69401f")
    canvas.light([(740, -40), (860, -40), (1240, 760), (360, 760)], "#ffe6b0", 0.62, 46)
    canvas.ellipse(800, 752, 420, 52, "#b98049")
    for side in (0, 1):
        for fold in range(5):
            x = fold * 66 if side == 0 else 1600 - 66 - fold * 66
            canvas.rect(x, 0, 66, 760 - fold * 26, ("#a4243b", "#8c1c32")[fold % 2], radius=20)
    canvas.rect(0, 0, 1600, 96, "#8c1c32")
    for scallop in range(10):
        canvas.pie(
            80 + scallop * 160, 92, 80, ("#a4243b", "#97203a")[scallop % 2], start=0, end=180
        )
    for x, colour in ((500, "#30638e"), (980, "#1f6f62")):
        canvas.rect(x, 500, 120, 150, colour, radius=22)
        canvas.rect(x - 8, 620, 136, 46, colour, radius=18)
        canvas.rect(x + 4, 664, 12, 90, INK)
        canvas.rect(x + 104, 664, 12, 90, INK)
    canvas.rect(1150, 640, 130, 14, PALE_WOOD, radius=6)
    canvas.rect(1208, 654, 14, 104, PALE_WOOD)
    canvas.rect(1170, 612, 90, 14, "#edae49", radius=3)
    canvas.rect(1176, 598, 82, 14, "#d1495b", radius=3)
    canvas.rect(794, 400, 12, 350, "#d8dde3")
    canvas.ellipse(800, 756, 86, 14, "#d8dde3")
    canvas.rect(776, 352, 48, 64, "#9aa5b1", radius=14)
    canvas.circle(800, 330, 52, "#c7ced6")
    for bar in range(5):
        canvas.rect(752, 300 + bar * 14, 96, 4, "#8793a0")
    return canvas


def computers() -> Canvas:
    """Three computers on a long table, a mug and a plant by the window."""
    canvas = Canvas("#e9f1f4", "#d3e3e6")
    canvas.rect(1120, 90, 380, 400, PAPER, radius=10)
    canvas.rect(1140, 110, 340, 360, "#a9d6e5")
    canvas.circle(1390, 190, 44, "#ffd166")
    canvas.polygon(
        [(1140, 470), (1140, 380), (1260, 310), (1380, 400), (1480, 340), (1480, 470)], "#74b49b"
    )
    canvas.rect(1304, 110, 12, 360, PAPER)
    canvas.rect(0, 640, 1600, 260, "#c9d6d3")
    canvas.rect(60, 600, 1480, 44, WOOD, radius=10)
    canvas.rect(120, 644, 26, 256, DARK_WOOD)
    canvas.rect(1454, 644, 26, 256, DARK_WOOD)
    for nth, colour in enumerate(("#30638e", "#1f6f62", "#7a4e8c")):
        _computer(canvas, 130 + nth * 370, colour, nth)
    canvas.rect(1290, 536, 54, 64, "#d1495b", radius=8)
    canvas.circle(1352, 566, 20, "#d1495b")
    canvas.circle(1352, 566, 11, "#d3e3e6")
    return canvas


def _computer(canvas: Canvas, x: float, colour: Colour, nth: int) -> None:
    canvas.rect(x, 300, 300, 210, INK, radius=16)
    canvas.rect(x + 14, 314, 272, 170, colour, radius=6)
    for row in range(4):
        canvas.rect(x + 34, 340 + row * 30, 120 + (row * 53 + nth * 31) % 100, 12, PAPER, radius=6)
    canvas.circle(x + 242, 360, 22, "#ffd166")
    canvas.rect(x + 130, 510, 40, 56, "#4a5a68")
    canvas.rect(x + 90, 560, 120, 14, "#4a5a68", radius=6)
    canvas.polygon([(x + 40, 578), (x + 230, 578), (x + 250, 602), (x + 20, 602)], "#f2f5f7")
    canvas.ellipse(x + 278, 592, 16, 11, "#f2f5f7")


def workshop() -> Canvas:
    """A table with paints, brushes in a jar, a roller and drying prints on a line."""
    canvas = Canvas("#fdf0d5", "#f7dcae")
    canvas.line([(40, 110), (800, 170), (1560, 110)], "#7b6a58", 5)
    for nth, colour in enumerate(("#1f6f62", "#d1495b", "#30638e", "#7a4e8c", "#e07a3f")):
        x = 150 + nth * 270
        top = 128 + (30 if nth in {1, 2, 3} else 8)
        canvas.rect(x, top, 170, 230, PAPER, radius=4)
        canvas.rect(x + 18, top + 18, 134, 164, colour, radius=4)
        _print_motif(canvas, x + 85, top + 100, nth)
        canvas.rect(x + 76, top - 18, 18, 44, WOOD, radius=4)
    canvas.rect(0, 600, 1600, 300, WOOD)
    canvas.rect(0, 600, 1600, 14, PALE_WOOD)
    canvas.rect(1180, 470, 120, 150, "#9ad1d4", radius=14)
    for nth, colour in enumerate(("#d1495b", "#edae49", "#30638e", "#1f6f62")):
        x = 1200 + nth * 26
        canvas.line([(x, 500), (x - 30 + nth * 22, 350)], DARK_WOOD, 10)
        canvas.ellipse(x - 32 + nth * 23, 336, 12, 28, colour)
    for nth, colour in enumerate(SPINES[:6]):
        canvas.ellipse(180 + nth * 92, 690 + nth % 2 * 60, 40, 26, PAPER)
        canvas.ellipse(180 + nth * 92, 690 + nth % 2 * 60, 30, 18, colour)
    canvas.rect(800, 660, 250, 130, "#5f3a1b", radius=6)
    canvas.rect(814, 674, 222, 102, "#cdb38b", radius=4)
    _print_motif(canvas, 925, 725, 0)
    canvas.rect(1110, 720, 150, 60, INK, radius=26)
    canvas.line([(1260, 750), (1330, 750), (1330, 810), (1430, 810)], "#9aa5b1", 10)
    canvas.rect(1400, 794, 120, 32, "#d1495b", radius=14)
    return canvas


def _print_motif(canvas: Canvas, x: float, y: float, nth: int) -> None:
    """A leaf, a sun, a book, a bird or a house: what a beginner cuts into linoleum."""
    if nth == 0:
        canvas.line([(x, y + 44), (x, y - 46)], PAPER, 7)
        for step in range(3):
            for side in (-1, 1):
                canvas.line([(x, y + 20 - step * 26), (x + side * 32, y - 4 - step * 26)], PAPER, 7)
    elif nth == 1:
        canvas.circle(x, y, 34, PAPER)
        for turn in range(0, 360, 45):
            canvas.pie(x, y, 62, PAPER, start=turn - 6, end=turn + 6)
    elif nth == 2:  # noqa: PLR2004 - the third of five motifs
        canvas.polygon([(x, y - 24), (x - 50, y - 40), (x - 50, y + 28), (x, y + 44)], PAPER)
        canvas.polygon([(x, y - 24), (x + 50, y - 40), (x + 50, y + 28), (x, y + 44)], CREAM)
    elif nth == 3:  # noqa: PLR2004 - the fourth
        canvas.ellipse(x, y + 6, 44, 26, PAPER)
        canvas.circle(x + 36, y - 24, 18, PAPER)
        canvas.polygon([(x + 52, y - 28), (x + 72, y - 20), (x + 52, y - 14)], PAPER)
        canvas.polygon([(x - 36, y), (x - 66, y - 18), (x - 60, y + 16)], PAPER)
    else:
        canvas.polygon([(x - 50, y - 6), (x, y - 54), (x + 50, y - 6)], PAPER)
        canvas.rect(x - 38, y - 6, 76, 58, PAPER)
