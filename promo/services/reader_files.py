"""The uploaded files of imports: kept where nobody can fetch them, looked into, and taken away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.importing import readers_csv, readers_shape, readers_xlsx
from promo.importing.readers_csv import Cells
from promo.importing.readers_shape import LOOKED_AT, Shape
from promo.models import ReaderImport

_BLOCK = 2**20


def place(asked: ReaderImport) -> Path:
    """Where the file of this import lies: never below MEDIA_ROOT, which is public."""
    return Path(settings.HOME) / "imports" / str(asked.uuid)


def store(asked: ReaderImport, blocks: Iterable[bytes]) -> int:
    """Write the file; gives its size in bytes."""
    path = place(asked)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("wb") as file:
        path.chmod(0o600)
        return sum(file.write(block) for block in blocks)


def remove(asked: ReaderImport) -> None:
    """Take the file away. Repeating it changes nothing."""
    place(asked).unlink(missing_ok=True)


def shape(asked: ReaderImport) -> Shape:
    """What the file looks like. Raises InvalidInput where it cannot be read at all."""
    path = place(asked)
    if readers_shape.is_zip(path):
        readers_xlsx.check(path)
        cells = readers_csv.rows(readers_xlsx.lines(path), readers_xlsx.DELIMITER)
        first = list(islice(cells, LOOKED_AT))
        return _with_columns(Shape("xlsx", "utf-8", readers_xlsx.DELIMITER), first)
    encoding = readers_shape.encoding_of(path)
    lines = list(islice(readers_csv.lines(path, encoding), LOOKED_AT))
    delimiter = readers_shape.delimiter_of(lines)
    first = list(islice(readers_csv.rows(lines, delimiter), LOOKED_AT))
    return _with_columns(Shape("csv", encoding, delimiter), first)


def _with_columns(found: Shape, first: list[Cells]) -> Shape:
    heading = readers_shape.has_heading(first)
    columns = readers_shape.columns_of(first, heading=heading)
    return Shape(found.format, found.encoding, found.delimiter, heading, columns)


def columns_of(asked: ReaderImport) -> dict[str, int]:
    """The columns guessed anew, for another encoding, delimiter or heading."""
    first = list(islice(rows(asked), LOOKED_AT))
    return readers_shape.columns_of(first, heading=asked.has_heading)


def rows(asked: ReaderImport) -> Iterator[Cells]:
    """The cells of each row, as staff said that the file is to be read.

    Raises InvalidInput where it cannot be read to its end, or is not there any more.
    """
    path = place(asked)
    if not path.exists():
        raise InvalidInput(_("The file is not there any more. Upload it again."))
    if asked.format == ReaderImport.Format.XLSX:
        return readers_csv.rows(readers_xlsx.lines(path), readers_xlsx.DELIMITER)
    return readers_csv.rows(readers_csv.lines(path, asked.encoding), asked.delimiter)


def expected_rows(asked: ReaderImport) -> int:
    """About how many rows the file has: its lines, or as a sheet says; 0 where it says nothing."""
    if asked.format == ReaderImport.Format.XLSX:
        return readers_xlsx.expected_rows(place(asked))
    count = 0
    with place(asked).open("rb") as file:
        while block := file.read(_BLOCK):
            count += block.count(b"\n")
    return count
