"""The busy desk takes two thousand statements to make; put back from a copy it takes a few."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.utils import timezone

from tests.desk import scenes
from tests.desk.scenes import Scene
from tests.first_rows import KEPT
from tests.stack import OWN


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every row of the busy desk, by table, and the folder of its pictures."""

    scene: Scene
    rows: Mapping[str, bytes]
    media: Path

    @classmethod
    def taken(cls) -> Self:
        """Make the desk in the transaction of the test that is the first to ask for it."""
        scene = scenes.desk()
        media = OWN / f"media-{timezone.localdate()}"
        shutil.copytree(settings.MEDIA_ROOT, media)
        rows = {}
        with connection.cursor() as cursor:
            for table in sorted(set(connection.introspection.table_names(cursor)) - KEPT):
                with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    rows[table] = b"".join(map(bytes, copy))
        return cls(scene, rows, media)

    def put_back(self) -> Scene:
        """The same rows with the same ids, in the transaction of another test."""
        caches["default"].clear()  # it knows sizes of pictures that another test had made
        shutil.copytree(self.media, settings.MEDIA_ROOT, dirs_exist_ok=True)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("".join(f'DELETE FROM "{table}";' for table in self.rows))
            for table, rows in self.rows.items():
                if rows:
                    with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                        copy.write(rows)
            cursor.execute("SET LOCAL session_replication_role = origin")
        return Scene(**{field.name: self._read(field.name) for field in fields(Scene)})

    def _read(self, name: str) -> Any:
        made = getattr(self.scene, name)
        return type(made)._default_manager.get(pk=made.pk)  # noqa: SLF001


def desk() -> Scene:
    """The busy desk of today."""
    return _of(timezone.localdate()).put_back()


@cache
def _of(_day: object) -> Snapshot:
    return Snapshot.taken()
