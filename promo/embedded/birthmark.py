"""Are the embedded database's files those that were made here, or a copy that was put in place?

Of a file that never changes the file system itself notes when it came to be; neither tar, cp nor
rsync can carry that over (`st_ctime`, see stat(3type)). Snapshots of a whole machine do.
"""

from __future__ import annotations

from pathlib import Path

from promo.embedded.layout import Layout

_NEVER_CHANGES = "PG_VERSION"


def is_copy(layout: Layout) -> bool:
    """True only where a note of the original says so."""
    note, found = _note(layout), _found(layout)
    return bool(found) and note.exists() and note.read_text(encoding="ascii") != found


def note(layout: Layout) -> None:
    """From now on these files are the original."""
    if found := _found(layout):
        _note(layout).write_text(found, encoding="ascii")


def _note(layout: Layout) -> Path:
    return layout.home / "birthmark"


def _found(layout: Layout) -> str:
    """When the file came to be, in nanoseconds; "" where there is no embedded database."""
    path = layout.postgres / _NEVER_CHANGES
    return str(path.stat().st_ctime_ns) if path.exists() else ""
