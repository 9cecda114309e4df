"""Subscribers as a file: what stands in it, that an import reads it again, and who took it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.utils import translation
from wagtail.models import ModelLogEntry

from promo.desk import downloads
from promo.models import Newsletter, Preferences, ReaderExport, Subscriber, Suppression
from promo.services import forgetting, newsletters, reader_exports, reader_imports, subscribers
from promo.services.criteria import Row
from tests import making
from tests.services.test_reader_imports import Still

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def newsletter(db: None) -> Newsletter:
    return making.newsletter()


@pytest.fixture
def ewa(db: None) -> User:
    return get_user_model().objects.create_user("ewa", first_name="Ewa", last_name="Kot")


def reader(email: str, newsletter: Newsletter | None = None, **values: str) -> Subscriber:
    made = Subscriber.objects.create(email=email, **values)
    at = datetime(2024, 4, 30, 22, 30, tzinfo=UTC)  # the first of May in Warsaw
    Subscriber.objects.filter(pk=made.pk).update(created_at=at)
    if newsletter:
        subscribers.record(
            email=email, name="", newsletter=newsletter, source="", wording="", now=NOW
        )
    return made


def taken(user: User, *rows: Row, ids: list[int] | None = None) -> list[list[str]]:
    export = reader_exports.begin(user=user, about="czyta: wszystko", now=NOW)
    return list(reader_exports.lines(export, rows, ids=ids, now=NOW))


def test_a_line_tells_everything_in_words(newsletter: Newsletter, ewa: User) -> None:
    zofia = reader("zofia@example.org", newsletter, name="Zofia Żółć", language="en")
    chosen = Preferences.objects.create(
        subscriber=zofia, topics=["books", "arts"], audiences=["seniors"], frequency="weekly"
    )
    chosen.branches.add(making.branch())
    reader("nikt@example.org")
    Suppression.objects.create(
        address_hash=Subscriber.objects.get(email="nikt@example.org").address_hash,
        reason="wish",
        at=NOW,
    )
    with translation.override("en"):
        heading, first, second = taken(ewa)
    assert dict(zip(heading, first, strict=True)) == {
        "E-mail": "zofia@example.org",
        "Name": "Zofia Żółć",
        "Language": "English",
        "Newsletters": "Co słychać w bibliotece",
        "State": "subscribed",
        "Sign-up date": "2024-05-01",
        "Topics": "books and authors, exhibitions, concerts and films",
        "Branches": "Biblioteka główna",
        "For whom": "seniors",
        "How often": "once a week at most",
        "Must not be mailed": "no",
        "Agrees to be told apart": "",
    }
    assert second == [
        *(
            "nikt@example.org",
            "",
            "Polish",
            "",
            "",
            "2024-05-01",
            "",
            "",
            "",
            "every issue",
            "yes",
            "",
        )
    ]


def test_a_filter_and_ticked_readers_narrow_it(newsletter: Newsletter, ewa: User) -> None:
    one, two = reader("a@example.org", newsletter), reader("b@example.org")
    assert [line[0] for line in taken(ewa, Row("reads"))[1:]] == ["a@example.org"]
    assert [line[0] for line in taken(ewa, ids=[two.pk])[1:]] == ["b@example.org"]
    assert len(taken(ewa, ids=[one.pk, two.pk])) == 3


def test_who_took_what_is_written_down_before_the_first_row(
    newsletter: Newsletter, ewa: User
) -> None:
    reader("a@example.org")
    export = reader_exports.begin(user=ewa, about="wszyscy", now=NOW)
    lines = reader_exports.lines(export, (), now=NOW)
    next(lines)
    row = ReaderExport.objects.get()
    assert (row.user_name, row.about, row.at, row.rows) == ("Ewa Kot", "wszyscy", NOW, None)
    assert ModelLogEntry.objects.get(action=reader_exports.LOGGED).user == ewa
    list(lines)
    row.refresh_from_db()
    assert row.rows == 1
    ewa.delete()
    row.refresh_from_db()
    assert (row.user, row.user_name) == (None, "Ewa Kot")


@pytest.mark.parametrize("language", ["pl", "en"])
def test_an_export_can_be_imported_again(newsletter: Newsletter, ewa: User, language: str) -> None:
    reader("zofia@example.org", newsletter, name="Zofia", language="en")
    reader("+jan@example.org", newsletter, name="Jan; z „Żyrardowa”")
    with translation.override(language):
        lines = taken(ewa)
    table = downloads.table("a.csv", lines)
    content = b"".join(table.streaming_content)  # type: ignore[arg-type]
    (cell,) = [row[0] for row in _read(content) if "jan@" in row[0]]
    assert cell == "'+jan@example.org"
    with forgetting.permitted():
        Subscriber.objects.all().delete()
    other = newsletters.create(name="Inny", slug="inny", from_name="B", from_email="b@example.org")
    asked = reader_imports.upload(
        newsletter=other, user=ewa, name="a.csv", blocks=[content], source="", wording="", now=NOW
    )
    assert set(asked.columns) == {"email", "name", "language", "consent_on"}
    reader_imports.start(asked=asked)
    reader_imports.read(asked.pk, clock=lambda: NOW, watch=Still)
    asked.refresh_from_db()
    assert (asked.added, asked.refused) == (2, 0)
    found = Subscriber.objects.order_by("-email").values_list("email", "name", "language")
    assert set(found) == {
        ("zofia@example.org", "Zofia", "en"),
        ("+jan@example.org", "Jan; z „Żyrardowa”", "pl"),
    }
    ends = {row.confirmed_at for row in other.subscriptions.all()}
    assert ends == {datetime(2024, 4, 30, 22, tzinfo=UTC)}


def _read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
