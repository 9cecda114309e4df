"""Tables to take away: they open in Polish Excel by themselves, and nothing in them is computed."""

import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

_MARK = "\ufeff"
_DELIMITER = ";"
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
"""What makes a cell a formula at its beginning, also in full width (OWASP, CSV injection)."""


def harmless(cell: object) -> str:
    """The cell as text that no spreadsheet program computes."""
    text = str(cell)
    return f"'{text}" if text.lstrip(" ")[:1] in _FORMULA and text else text


class _Line:
    """A file of which every line is handed on at once."""

    def write(self, line: str) -> str:
        return line


def table(name: str, rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """The rows as a file; numbers stay numbers, everything else is text."""
    write = csv.writer(_Line(), delimiter=_DELIMITER).writerow

    def lines() -> Iterator[str]:
        yield _MARK
        for row in rows:
            yield write([cell if isinstance(cell, int) else harmless(cell) for cell in row])

    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
