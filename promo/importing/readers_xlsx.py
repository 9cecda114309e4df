"""The rows of a spreadsheet (XLSX), read by openpyxl in a child process and handed on as CSV.

The child has little time and memory: a file of some kilobytes can unpack to gigabytes. openpyxl
streams the rows; calamine, though faster, holds a sheet as one rectangle, which a single cell in
the last corner makes 17 thousand million cells large.

`python -m promo.importing.readers_xlsx CPU_SECONDS MEMORY PATH [count]` is the child.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from promo.errors import InvalidInput
from promo.sources.confined import MEGABYTE, ROOT, ChildEnded, Limits, confine, run_confined

LIMITS = Limits(cpu_seconds=600, memory=1536 * MEGABYTE)
MOST_UNPACKED = 1024 * MEGABYTE
MOST_STRINGS = 256 * MEGABYTE
MOST_TIMES = 150
"""How many times its size a file may unpack to. Excel's own stay below 30."""

MOST_COLUMNS = 64
MOST_ROWS = 1_048_576
"""What a sheet can hold (Excel's own limit)."""

DELIMITER = ","
_COUNT = "count"


def check(path: Path) -> None:
    """Raises InvalidInput for what is no spreadsheet, or one too large to be unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise _unreadable() from error
    unpacked = sum(part.file_size for part in parts)
    strings = sum(part.file_size for part in parts if "sharedStrings" in part.filename)
    too_dense = unpacked > MEGABYTE and unpacked > MOST_TIMES * path.stat().st_size
    if unpacked > MOST_UNPACKED or strings > MOST_STRINGS or too_dense:
        raise InvalidInput(_("This spreadsheet is too large. Save it as CSV and import that."))
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise InvalidInput(
            _("This is no Excel workbook. Save it in the format XLSX or CSV and import that.")
        )


def lines(path: Path, *, limits: Limits = LIMITS) -> Iterator[str]:
    """The first sheet as lines of CSV. Raises InvalidInput where it cannot be read to its end."""
    check(path)
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
        [
            *(sys.executable, "-E", "-s", "-m", "promo.importing.readers_xlsx"),
            *(str(limits.cpu_seconds), str(limits.memory), str(path.resolve())),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        cwd=ROOT,
        env={},
    ) as child:
        try:
            yield from child.stdout or ()
            child.wait()
        finally:
            child.kill()  # only of use where nobody wants the rest
    if child.returncode:
        raise _unreadable()


def expected_rows(path: Path, *, limits: Limits = LIMITS) -> int:
    """How many rows the first sheet says that it has; 0 where it says nothing of use."""
    given = [str(path.resolve()), _COUNT]
    try:
        said = run_confined("promo.importing.readers_xlsx", given, b"", limits=limits).decode()
    except ChildEnded:
        return 0
    return min(int(said), MOST_ROWS) if said.isdecimal() else 0


def _unreadable() -> InvalidInput:
    return InvalidInput(
        _("This spreadsheet cannot be read. Open it in a spreadsheet program and save it as CSV.")
    )


def text(cell: object) -> str:
    """A cell as a person would type it: `2024-05-01`, `17`, `tak` stay what they look like."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        midnight = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return f"{cell:%Y-%m-%d}" if midnight else f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _first(path: Path) -> Any:
    from openpyxl import load_workbook  # noqa: PLC0415 - only the child needs it

    # As an open file: openpyxl would refuse a name without its ending, as uploads are kept.
    file = path.open("rb")
    return load_workbook(file, read_only=True, data_only=True, keep_links=False).worksheets[0]


def _sheet(path: Path) -> Iterable[tuple[object, ...]]:
    sheet = _first(path)
    sheet.reset_dimensions()  # what the file says of itself need not be so
    rows: Iterable[tuple[object, ...]] = sheet.iter_rows(
        max_row=None, max_col=MOST_COLUMNS, values_only=True
    )
    return rows


def _trimmed(row: Iterable[object]) -> list[str]:
    cells = [text(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def main() -> None:
    path, *count = confine()
    if count:
        sys.stdout.write(str(_first(Path(path)).max_row or 0))
        return
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="replace", newline="")
    write = csv.writer(out, delimiter=DELIMITER).writerow
    with suppress(BrokenPipeError):  # whoever asked wanted the beginning only
        for number, row in enumerate(_sheet(Path(path)), start=1):
            if number > MOST_ROWS:
                break
            write(_trimmed(row))
        out.flush()


if __name__ == "__main__":
    main()
