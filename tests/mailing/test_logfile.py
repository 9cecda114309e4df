"""A log on disk: its parts, its times, and what must not be overlooked."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from promo.mailing import logfile
from promo.mailing.logfile import LogUnreadable

WARSAW = ZoneInfo("Europe/Warsaw")
ZONES = (WARSAW, UTC)
NOW = datetime(2026, 11, 28, 21, 0, tzinfo=UTC)


def write(path: Path, *lines: str, at: datetime = NOW) -> None:
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    os.utime(path, (at.timestamp(), at.timestamp()))


def read(
    path: Path, since: datetime = NOW - timedelta(days=90)
) -> tuple[list[str], datetime, datetime]:
    with logfile.opened(path, since=since, zones=ZONES) as log:
        lines = [line.decode().rstrip() for line in log.lines()]
        return lines, log.begins_at, log.ends_at


@pytest.mark.parametrize(
    ("old", "older"),
    [
        ("mail.log.1", "mail.log.2.gz"),
        ("mail.log-20261127", "mail.log-20261120.gz"),
        ("mail.log.20261127-061500", "mail.log.20261120-061500.gz"),
    ],
)
def test_rotated_parts_are_read_the_oldest_first_and_only_as_far_back_as_needed(
    tmp_path: Path, old: str, older: str
) -> None:
    path = tmp_path / "mail.log"
    write(path, "Nov 28 22:00:00 h three", at=NOW)
    write(tmp_path / old, "Nov 27 06:00:00 h two", at=NOW - timedelta(days=1))
    write(tmp_path / older, "Nov 20 06:00:00 h one", at=NOW - timedelta(days=8))
    write(tmp_path / "mail.log.save", "Nov  1 06:00:00 h not a part")
    everything, begins_at, ends_at = read(path)
    assert [line[-3:].strip() for line in everything] == ["one", "two", "ree"]
    assert begins_at == datetime(2026, 11, 20, 6, tzinfo=WARSAW)
    assert ends_at == NOW
    few, begins_at, _ends_at = read(path, since=NOW - timedelta(days=1))
    assert len(few) == 2
    assert begins_at == datetime(2026, 11, 27, 6, tzinfo=WARSAW)
    assert logfile.reach(path, zones=ZONES) == (datetime(2026, 11, 20, 6, tzinfo=WARSAW), NOW)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Nov 28 21:58:00", "Nov 28 22:00:00"),
        ("Nov 28 20:58:00", "Nov 28 21:00:00"),
        ("2026-11-28T21:58:00.5+01:00", "2026-11-28T22:00:00+01:00"),
        ("2026-11-28T20:58:00Z", "2026-11-28T21:00:00.000001Z"),
    ],
    ids=["Warsaw", "UTC", "RFC 3339", "RFC 3339 in UTC"],
)
def test_the_zone_of_a_time_without_one_is_told_by_the_file(
    tmp_path: Path, first: str, last: str
) -> None:
    path = tmp_path / "mail.log"
    write(path, "a line of no time", f"{first} h one", f"{last} h two")
    _lines, begins_at, ends_at = read(path)
    assert abs(begins_at - (NOW - timedelta(minutes=2))) < timedelta(seconds=1)
    assert abs(ends_at - NOW) < timedelta(seconds=1)


@pytest.mark.parametrize("at", ["Nov 28 12:00:00 h one", "no time at all", ""])
def test_a_log_whose_times_fit_nothing_is_not_believed(tmp_path: Path, at: str) -> None:
    write(tmp_path / "mail.log", at)
    with pytest.raises(LogUnreadable):
        read(tmp_path / "mail.log")


def test_the_year_is_the_one_that_has_been(tmp_path: Path) -> None:
    new_year = datetime(2029, 1, 1, 0, 1, tzinfo=UTC)
    told = logfile.moment(b"Dec 31 23:59:59 h", zone=UTC, written_at=new_year)
    assert told == datetime(2028, 12, 31, 23, 59, 59, tzinfo=UTC)
    told = logfile.moment(b"Feb 29 10:00:00 h", zone=UTC, written_at=new_year)
    assert told == datetime(2028, 2, 29, 10, tzinfo=UTC)


def test_what_is_no_file_or_not_there_or_no_gzip_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.log"):
        with pytest.raises(LogUnreadable):
            read(path)
    path = tmp_path / "mail.log"
    write(path, "Nov 28 22:00:00 h one")
    (tmp_path / "mail.log.1.gz").write_bytes(b"not packed at all")
    with pytest.raises(LogUnreadable):
        read(path)


def test_a_rotation_while_it_is_read_hides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    write(path, "Nov 28 22:00:00 h one")
    with logfile.opened(path, since=NOW - timedelta(days=9), zones=ZONES) as log:
        path.rename(tmp_path / "mail.log.1")
        write(path, "Nov 28 22:00:01 h two")
        assert [line[-4:] for line in log.lines()] == [b"one\n"]
        assert log.ends_at == NOW


def test_a_log_that_is_cut_off_while_it_is_read_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    write(path, *["Nov 28 22:00:00 h one"] * 20_000)
    with logfile.opened(path, since=NOW, zones=ZONES) as log:
        os.truncate(path, 30)
        with pytest.raises(LogUnreadable, match="cut off"):
            list(log.lines())


def test_a_line_that_is_still_being_written_is_left(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    write(path, "Nov 28 21:59:59 h one")
    with path.open("a") as file:
        file.write("Nov 28 22:00:00 h tw")
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    lines, _begins_at, ends_at = read(path)
    assert lines == ["Nov 28 21:59:59 h one"]
    assert ends_at == NOW - timedelta(seconds=1)
