"""The rows of a table of readers as text cells, one after the other, in constant memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

LONGEST_LINE = 2**20
"""Characters; what is longer goes on as another row."""

_SEPARATOR_LINE = "sep="
"""Excel's own first line, which names the delimiter."""

Cells = list[str]
BROKEN: Cells = []
"""Stands for a row whose quotation marks are wrong."""


def lines(path: Path, encoding: str) -> Iterator[str]:
    """The lines with their ends, without a mark of the encoding and Excel's `sep=` line.

    Bytes that the encoding does not know become U+FFFD.
    """
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    with path.open(encoding=name, errors="replace", newline="") as file:
        first = file.readline(LONGEST_LINE)
        if not first.lower().startswith(_SEPARATOR_LINE):
            yield first
        yield from _rest(file)


def _rest(file: IO[str]) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        yield line


def rows(given: Iterable[str], delimiter: str) -> Iterator[Cells]:
    """The cells of each row, `BROKEN` for one that cannot be read. The next one can be again."""
    reader = csv.reader(given, delimiter=delimiter)
    following: Callable[[], Cells] = reader.__next__
    while True:
        try:
            yield following()
        except csv.Error:
            yield BROKEN
        except StopIteration:
            return
