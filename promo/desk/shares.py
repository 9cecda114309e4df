"""A part of a whole, as people read it."""

from django.utils.formats import number_format


def share(part: int, whole: int) -> str:
    """`99,4%` in Polish, `99.4%` in English; "–" of nothing. Never 100% while one is missing."""
    if not whole:
        return "–"
    return f"{number_format(part * 1000 // whole / 10, 1)}%"
