"""A log of syslog or of Postfix's postlogd on disk: its rotated parts, read once, and its times."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from itertools import count
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, cast

from promo.errors import PromoError

LONGEST_LINE = 65_536
_TAIL = 65_536
_HEAD_LINES = 50
_BROKEN = (OSError, EOFError, zlib.error)
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_TRADITIONAL = re.compile(rb"([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) ")
_RFC_3339 = re.compile(
    rb"(?:<\d+>1 )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) "
)
_DATED = re.compile(r"[-.]\d{8}(?:-\d{6})?(?:\.gz)?")
_APART = timedelta(minutes=5)
"""A file is written when its last line happens; more than this, and the zone is another one."""


class LogUnreadable(PromoError):
    """There is no such log, it is not ours to read, its times mean nothing, or it was cut off."""

    def __init__(self, detail: str) -> None:
        super().__init__("The mail server's log cannot be read.", detail=detail)


@dataclass(frozen=True, slots=True)
class _Part:
    file: BinaryIO
    written_at: datetime
    size: int | None
    """When it was opened, in octets; None where it is compressed."""


class Log:
    """A log from `begins_at` on, over all its parts; `ends_at` once `lines` is read through."""

    def __init__(self, parts: Sequence[_Part], zone: tzinfo, begins_at: datetime) -> None:
        self.begins_at = begins_at
        self.ends_at = begins_at
        self._parts = parts
        self._zone = zone

    def last(self) -> datetime:
        """The time of the last line, read from the end."""
        for part in reversed(self._parts):
            lines = _last_lines(part)
            if lines and (told := self._moment(lines[-1], part)):
                return told
        return self.begins_at

    def lines(self) -> Iterator[bytes]:
        """Every whole line, the oldest first. Raises LogUnreadable where one may be missing."""
        for part in self._parts:
            last = b""
            try:
                part.file.seek(0)
                for line in iter(partial(part.file.readline, LONGEST_LINE), b""):
                    if line.endswith(b"\n"):
                        last = line
                        yield line
                read = part.file.tell()
            except _BROKEN as error:
                raise LogUnreadable(str(error)) from error
            if part.size is not None and read < part.size:  # copied and truncated by logrotate
                message = f"cut off at {read} of {part.size} octets"
                raise LogUnreadable(message)
            self.ends_at = self._moment(last, part) or self.ends_at

    def _moment(self, line: bytes, part: _Part) -> datetime | None:
        return moment(line, zone=self._zone, written_at=part.written_at)


@contextmanager
def opened(path: Path, *, since: datetime, zones: Sequence[tzinfo]) -> Iterator[Log]:
    """The log with as many rotated parts as reach back to `since`, or with all there are.

    Traditional times have no zone: of `zones` it is the one that fits the file's own time. Raises
    LogUnreadable.
    """
    with ExitStack() as stack:
        parts: list[_Part] = []
        zone: tzinfo | None = None
        begins_at: datetime | None = None
        try:
            for part in _parts(path, stack):  # all are held open: a rotation moves them nowhere
                parts.insert(0, part)
                zone = zone or _zone(part, zones)
                if zone and (first := _first(part, zone)):
                    begins_at = first
                    if first <= since:
                        break
        except _BROKEN as error:
            raise LogUnreadable(str(error)) from error
        if zone is None or begins_at is None:
            message = "no line has a time that can be told"
            raise LogUnreadable(message)
        yield Log(parts, zone, begins_at)


def reach(path: Path, *, zones: Sequence[tzinfo]) -> tuple[datetime, datetime]:
    """From when to when the log goes, all parts together. Raises LogUnreadable."""
    with opened(path, since=datetime.min.replace(tzinfo=UTC), zones=zones) as log:
        return log.begins_at, log.last()


def moment(line: bytes, *, zone: tzinfo, written_at: datetime) -> datetime | None:
    """When a line was written: by RFC 3339, or as `Oct  3 06:09:01` in the zone; None otherwise.

    The year is the one that leads to before `written_at`. In an hour that comes twice it is the
    first one.
    """
    if found := _RFC_3339.match(line):
        return _exact(found[1].decode())
    found = _TRADITIONAL.match(line)
    if found is None or found[1] not in _MONTHS:
        return None
    day, hour, minute, second = map(int, found.groups()[1:])
    for year in (written_at.year + 1, written_at.year, written_at.year - 1):
        try:
            told = datetime(
                year, _MONTHS.index(found[1]) + 1, day, hour, minute, min(second, 59), tzinfo=zone
            )
        except ValueError:  # 29 February
            continue
        if told <= written_at + timedelta(days=1):
            return told
    return None


def _exact(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _parts(path: Path, stack: ExitStack) -> Iterator[_Part]:
    """The log and its rotated parts, the newest first, each once although it may move meanwhile."""
    seen = set()
    for place in _places(path):
        opened_file = stack.enter_context(place.open("rb"))
        told = os.fstat(opened_file.fileno())
        if not S_ISREG(told.st_mode):
            message = f"{place} is not a file"
            raise LogUnreadable(message)
        if told.st_ino in seen:
            continue
        seen.add(told.st_ino)
        packed = place.suffix == ".gz"
        file = stack.enter_context(gzip.GzipFile(fileobj=opened_file)) if packed else opened_file
        written_at = datetime.fromtimestamp(told.st_mtime, UTC)
        yield _Part(cast("BinaryIO", file), written_at, None if packed else told.st_size)


def _places(path: Path) -> Iterator[Path]:
    """`mail.log`, `mail.log.1`, `mail.log.2.gz` …, then `maillog-20261128` and the like."""
    yield path
    for number in count(1):
        plain = path.with_name(f"{path.name}.{number}")
        found = next(
            (one for one in (plain, plain.with_name(f"{plain.name}.gz")) if one.exists()), None
        )
        if found is None:
            break
        yield found
    dated = (one for one in path.parent.iterdir() if one.name.startswith(path.name))
    yield from sorted(
        (one for one in dated if _DATED.fullmatch(one.name[len(path.name) :])), reverse=True
    )


def _first(part: _Part, zone: tzinfo) -> datetime | None:
    part.file.seek(0)
    for _nth in range(_HEAD_LINES):
        line = part.file.readline(LONGEST_LINE)
        if told := moment(line, zone=zone, written_at=part.written_at):
            return told.replace(fold=1)
    return None


def _zone(part: _Part, zones: Sequence[tzinfo]) -> tzinfo | None:
    """The zone of its times, by its last line: it happened when the file was written."""
    lines = _last_lines(part)
    if not lines:
        return None
    if _RFC_3339.match(lines[-1]):
        return zones[0]
    told = [(one, moment(lines[-1], zone=one, written_at=part.written_at)) for one in zones]
    near = [one for one, at in told if at and abs(at - part.written_at) <= _APART]
    return near[0] if near else None


def _last_lines(part: _Part) -> list[bytes]:
    """The last whole lines; none of a compressed part."""
    if part.size is None:
        return []
    part.file.seek(max(0, part.size - _TAIL))
    return part.file.read(_TAIL).split(b"\n")[:-1]
