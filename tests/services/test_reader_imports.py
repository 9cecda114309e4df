"""Imports of readers: who comes in, who must not, and that it is all of the file or nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, connections
from openpyxl import Workbook
from pytest_django.fixtures import Settings

from config.celery import app
from promo import stops
from promo.errors import InvalidInput, NotAllowed
from promo.models import (
    Consent,
    Newsletter,
    ReaderImport,
    RefusedRow,
    Subscriber,
    Subscription,
    Suppression,
)
from promo.services import (
    reader_files,
    reader_imports,
    reader_lease,
    reader_merge,
    subscribers,
)
from promo.services.clock import database_now
from promo.vault import address_hash, address_hasher
from tasks import readers
from tests import making
from tests.processes import Hatchery, environment, until

State = ReaderImport.State
Reason = RefusedRow.Reason
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SOON = 60.0


class Still:
    """A watch that sees nothing: one connection is enough."""

    lost = False
    rows = 0
    merged = 0

    def __init__(self, asked: ReaderImport, interrupt: Callable[[], None]) -> None:
        pass

    def __enter__(self) -> Still:
        return self

    def __exit__(self, *_error: object) -> None:
        pass


class Gone(Still):
    """A watch that finds the import cancelled as soon as somebody asks it."""

    lost = True


class Following(Still):
    """A watch that keeps all that it is told of the second stage."""

    def __init__(self) -> None:
        self.told: list[int] = []

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "merged":
            self.told.append(value)


@pytest.fixture
def newsletter(db: None) -> Newsletter:
    return making.newsletter()


def uploaded(newsletter: Newsletter, *lines: str, heading: str = "E-mail;Imię") -> ReaderImport:
    content = "\n".join([heading, *lines]).encode()
    return reader_imports.upload(
        newsletter=newsletter,
        user=None,
        name="czytelnicy.csv",
        blocks=[content],
        source="lista z kiermaszu",
        wording="Zgadzam się na newsletter.",
        now=NOW,
    )


def read(asked: ReaderImport, watch: type[Still] = Still) -> ReaderImport:
    reader_imports.start(asked=asked)
    reader_imports.read(asked.pk, clock=lambda: NOW, watch=watch)
    asked.refresh_from_db()
    return asked


def imported(newsletter: Newsletter, *lines: str, heading: str = "E-mail;Imię") -> ReaderImport:
    return read(uploaded(newsletter, *lines, heading=heading))


def refused(asked: ReaderImport) -> list[tuple[int, str]]:
    return list(asked.refused_rows.values_list("row", "reason"))


def orphans() -> int:
    """Rows whose key leads nowhere: the merge writes its keys unchecked."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM promo_subscription t WHERE NOT EXISTS
                       (SELECT FROM promo_subscriber s WHERE s.id = t.subscriber_id))
                 + (SELECT count(*) FROM promo_subscription t WHERE NOT EXISTS
                       (SELECT FROM promo_newsletter n WHERE n.id = t.newsletter_id))
                 + (SELECT count(*) FROM promo_consent c WHERE NOT EXISTS
                       (SELECT FROM promo_subscription t WHERE t.id = c.subscription_id))
            """
        )
        count: int = cursor.fetchone()[0]
        return count


def test_new_readers_are_subscribed_with_the_proof_of_their_consent(newsletter: Newsletter) -> None:
    done = imported(
        newsletter,
        "Zofia@Example.org;Zofia;2024-05-01;kiermasz;en",
        "jan@example.org;Jan;;;",
        heading="E-mail;Imię;Data zgody;Źródło;Język",
    )
    assert (done.state, done.rows, done.added) == (State.DONE, 2, 2)
    zofia, jan = Subscriber.objects.get(name="Zofia"), Subscriber.objects.get(name="Jan")
    assert (zofia.email, zofia.language) == ("Zofia@Example.org", "en")
    assert zofia.address_hash == address_hash("zofia@example.org")
    assert jan.language == newsletter.language
    tie = zofia.subscriptions.get()
    assert tie.state == Subscription.State.ACTIVE
    consent = tie.consents.get()
    on = datetime(2024, 4, 30, 22, tzinfo=UTC)
    assert (consent.act, consent.at, tie.confirmed_at) == (Consent.Act.RECORDED, on, on)
    assert (consent.source, consent.wording) == ("kiermasz", "Zgadzam się na newsletter.")
    other = jan.subscriptions.get().consents.get()
    assert (other.at, other.source) == (NOW, "lista z kiermaszu")
    assert orphans() == 0


def test_every_row_is_accounted_for(newsletter: Newsletter) -> None:
    """One of each kind in one file."""
    other = making.newsletter(1)
    active = Subscriber.objects.get()
    left = subscribers.record(
        email="odeszla@example.org", name="", newsletter=other, source="", wording="", now=NOW
    )
    subscribers.leave(subscriber=left.subscriber, newsletter=newsletter, source="", now=NOW)
    for number, why in enumerate(Suppression.Reason):
        Suppression.objects.create(
            address_hash=address_hash(f"nie{number}@example.org"), reason=why, at=NOW
        )
    done = imported(
        newsletter,
        "nowa@example.org;Nowa",
        active.email.upper(),
        "odeszla@example.org",
        "nie0@example.org",
        "NIE1@example.org",
        "nie2@example.org",
        "brak",
        "",
        "NOWA@example.org;Druga",
        ";bez adresu",
    )
    assert (done.rows, done.added, done.changed, done.already) == (9, 1, 0, 1)
    assert (done.left, done.suppressed, done.refused, done.duplicates) == (1, 3, 2, 1)
    assert refused(done) == [
        (4, Reason.LEFT),
        (5, Reason.SUPPRESSED),
        (6, Reason.SUPPRESSED),
        (7, Reason.SUPPRESSED),
        (8, Reason.ADDRESS),
        (10, Reason.DUPLICATE),
        (11, Reason.NO_ADDRESS),
    ]
    assert Subscriber.objects.get(email="nowa@example.org").name == "Nowa"
    left.refresh_from_db()
    assert left.state == Subscription.State.ENDED
    assert not left.consents.filter(act=Consent.Act.RECORDED, at__gt=NOW).exists()


def test_adding_the_readers_tells_each_of_its_steps(newsletter: Newsletter) -> None:
    asked = uploaded(newsletter, "a@example.org;Ada")
    reader_imports.start(asked=asked)
    watch = Following()
    reader_imports.read(asked.pk, clock=lambda: NOW, watch=lambda _asked, _interrupt: watch)
    assert watch.told == list(range(1, reader_merge.STEPS + 1))


def test_a_spreadsheet_says_how_many_rows_it_has(newsletter: Newsletter, tmp_path: Path) -> None:
    book = Workbook()
    for row in (("E-mail",), ("a@example.org",), ("b@example.org",)):
        book.worksheets[0].append(row)
    book.save(tmp_path / "book.xlsx")
    asked = reader_imports.upload(
        newsletter=newsletter,
        user=None,
        name="book.xlsx",
        blocks=[(tmp_path / "book.xlsx").read_bytes()],
        source="",
        wording="",
        now=NOW,
    )
    assert (asked.format, asked.expected_rows) == (ReaderImport.Format.XLSX, 3)


def test_known_people_are_tied_and_keep_their_own_choices(newsletter: Newsletter) -> None:
    waiting = subscribers.sign_up(
        email="czeka@example.org", name="Własne imię", newsletter=newsletter, language="en",
        wording="w", source="s", ip=None, now=NOW,
    )[0]  # fmt: skip
    elsewhere = Subscriber.objects.create(email="zna@example.org", name="Znana")
    done = imported(newsletter, "Czeka@example.org;Inne imię", "zna@example.org;Inna")
    assert (done.added, done.changed) == (0, 2)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.confirm_at) == (Subscription.State.ACTIVE, None)
    assert [row.act for row in waiting.consents.all()] == ["asked", "recorded"]
    waiting.subscriber.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (waiting.subscriber.name, waiting.subscriber.language) == ("Własne imię", "en")
    assert elsewhere.name == "Znana"
    assert elsewhere.subscriptions.get().consents.get().act == Consent.Act.RECORDED
    assert orphans() == 0


def test_the_same_file_again_changes_nothing(newsletter: Newsletter) -> None:
    lines = [f"czytelnik{number}@example.org;Jan" for number in range(20)]
    imported(newsletter, *lines)
    before = Subscriber.objects.count(), Consent.objects.count()
    again = imported(newsletter, *lines)
    assert (again.added, again.already) == (0, 20)
    assert (Subscriber.objects.count(), Consent.objects.count()) == before


def test_an_erased_reader_does_not_come_back_and_stands_in_no_report(
    newsletter: Newsletter,
) -> None:
    first = imported(newsletter, "zofia@example.org", "zofia@example.org")
    assert refused(first) == [(3, Reason.DUPLICATE)]
    subscribers.erase(subscriber=Subscriber.objects.get(), now=NOW)
    assert not RefusedRow.objects.exists()
    again = imported(newsletter, "Zofia@example.org")
    assert (again.added, again.suppressed) == (0, 1)


def test_backslashes_and_quotes_of_a_name_arrive_as_they_were(newsletter: Newsletter) -> None:
    imported(newsletter, r'a@example.org;"Jan \N ""Kowal"" \ "', r"\N;x")
    assert Subscriber.objects.get().name == 'Jan \\N "Kowal" \\'
    assert RefusedRow.objects.get().line == r"\N; x"


def test_a_file_of_nothing_but_headings_brings_nobody(newsletter: Newsletter) -> None:
    done = imported(newsletter, heading="e-mail")
    assert (done.state, done.rows) == (State.DONE, 0)


def test_a_file_without_a_column_of_addresses_is_not_started(newsletter: Newsletter) -> None:
    asked = uploaded(newsletter, "Jan;Nowak", heading="Imię;Nazwisko")
    with pytest.raises(InvalidInput):
        reader_imports.start(asked=asked)


def test_staff_correct_what_was_guessed(newsletter: Newsletter) -> None:
    asked = uploaded(newsletter, "prywatny@example.org,a@example.org", heading="e-mail,praca")
    assert asked.columns == {"email": 0}
    reader_imports.describe(
        asked=asked, encoding="cp1250", delimiter=",", has_heading=True, columns={"email": 1}
    )
    (row,) = reader_imports.sample(asked=asked, now=NOW)
    assert (row.row, row.address, row.reason) == (2, "a@example.org", "")
    read(asked)
    assert Subscriber.objects.get().email == "a@example.org"
    with pytest.raises(NotAllowed):
        reader_imports.describe(
            asked=asked, encoding="utf-8", delimiter=";", has_heading=False, columns={}
        )


def test_a_file_in_another_encoding_loses_only_the_rows_it_spoils(newsletter: Newsletter) -> None:
    asked = uploaded(newsletter)
    reader_files.store(
        asked, ["e-mail;imię\na@example.org;Łucja\nb@example.org;Jan".encode("cp1250")]
    )
    asked.columns = {"email": 0, "name": 1}
    asked.save()
    read(asked)
    assert refused(asked) == [(2, Reason.ENCODING)]
    assert Subscriber.objects.get().email == "b@example.org"


def test_an_empty_file_is_refused_at_once(newsletter: Newsletter) -> None:
    with pytest.raises(InvalidInput):
        reader_imports.upload(
            newsletter=newsletter, user=None, name="x", blocks=[], source="", wording="", now=NOW
        )
    assert not ReaderImport.objects.exists()


def test_a_file_that_is_gone_fails_in_words_and_leaves_nobody_behind(
    newsletter: Newsletter,
) -> None:
    asked = uploaded(newsletter, "a@example.org")
    reader_files.remove(asked)
    read(asked)
    assert (asked.state, bool(asked.problem)) == (State.FAILED, True)
    assert not Subscriber.objects.exists()


def test_the_file_lies_beside_the_public_ones_and_goes_when_it_is_read(
    newsletter: Newsletter, settings: Settings
) -> None:
    asked = uploaded(newsletter, "a@example.org")
    path = reader_files.place(asked)
    assert path.exists()
    assert path.stat().st_mode & 0o077 == 0
    assert not path.is_relative_to(Path(settings.MEDIA_ROOT))
    read(asked)
    assert not path.exists()


def test_a_cancelled_import_is_not_read(newsletter: Newsletter) -> None:
    asked = uploaded(newsletter, "a@example.org")
    reader_imports.start(asked=asked)
    reader_imports.cancel(asked=asked, now=NOW)
    reader_imports.read(asked.pk, watch=Still)
    assert not Subscriber.objects.exists()
    assert not reader_files.place(asked).exists()
    with pytest.raises(NotAllowed):
        reader_imports.cancel(asked=asked, now=NOW)


def test_reading_stops_in_the_middle_of_the_file(newsletter: Newsletter) -> None:
    lines = [f"czytelnik{number}@example.org" for number in range(reader_imports.LOOK_EVERY + 5)]
    asked = read(uploaded(newsletter, *lines), watch=Gone)
    assert asked.state == State.READING  # what its real watch would have seen: cancelled
    assert not Subscriber.objects.exists()


def test_a_cancellation_in_the_last_moment_takes_back_everything(newsletter: Newsletter) -> None:
    asked = uploaded(newsletter, "a@example.org", "brak")
    reader_imports.start(asked=asked)
    moments = iter(
        [lambda: None, lambda: None, lambda: reader_imports.cancel(asked=asked, now=NOW)]
    )

    def clock() -> datetime:
        next(moments)()
        return NOW

    reader_imports.read(asked.pk, clock=clock, watch=Still)
    asked.refresh_from_db()
    assert asked.state == State.CANCELLED
    assert not Subscriber.objects.exists()
    assert not RefusedRow.objects.exists()


def test_an_import_is_hinted_at_once_in_a_while_until_somebody_has_it(
    newsletter: Newsletter,
) -> None:
    asked = uploaded(newsletter, "a@example.org")
    assert reader_imports.hand_out(now=NOW) == []
    reader_imports.start(asked=asked)
    assert reader_imports.hand_out(now=NOW) == [asked.pk]
    assert reader_imports.hand_out(now=NOW) == []
    later = NOW + timedelta(seconds=61)
    assert reader_imports.hand_out(now=later) == [asked.pk]
    assert reader_lease.claim(asked.pk, now=later)
    assert reader_lease.claim(asked.pk, now=later) is None


def test_a_file_that_stops_every_worker_is_given_up(newsletter: Newsletter) -> None:
    asked = uploaded(newsletter, "a@example.org")
    ReaderImport.objects.update(token=reader_lease.MOST_CLAIMS)
    read(asked)
    assert (asked.state, bool(asked.problem)) == (State.FAILED, True)
    assert not Subscriber.objects.exists()


def test_old_reports_and_forgotten_files_are_taken_away(newsletter: Newsletter) -> None:
    done = imported(newsletter, "brak")
    waiting = uploaded(newsletter, "a@example.org")
    reader_imports.forget_old(now=NOW + timedelta(hours=1))
    assert done.refused_rows.count() == 1
    reader_imports.forget_old(now=NOW + reader_imports.KEPT)
    assert done.refused_rows.count() == 0
    assert not reader_files.place(waiting).exists()


def other_session() -> psycopg.Connection[tuple[object, ...]]:
    """Somebody else at the same database."""
    database = connection.settings_dict
    return psycopg.connect(
        host=str(database["HOST"]), user=str(database["USER"]), dbname=str(database["NAME"])
    )


def signs_up(session: psycopg.Connection[tuple[object, ...]], email: str) -> None:
    """A sign-up that has not been committed yet."""
    session.execute(
        """
        INSERT INTO promo_subscriber (uuid, email, name, language, created_at, address_hash)
        VALUES (gen_random_uuid(), %s, '', 'pl', now(), %s)
        """,
        [email, address_hash(email)],
    )


def waits_for_somebody() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND datname = current_database()
            """
        )
        return bool(cursor.fetchone()[0])


def in_the_background(import_id: int, pool: ThreadPoolExecutor) -> Future[None]:
    def work() -> None:
        try:
            reader_imports.read(import_id)
        finally:
            connections.close_all()

    return pool.submit(work)


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_who_signs_up_meanwhile_is_found_and_tied(self) -> None:
        asked = uploaded(making.newsletter(), "zofia@example.org;Zofia", "jan@example.org;Jan")
        reader_imports.start(asked=asked)
        with other_session() as session, ThreadPoolExecutor() as pool:
            signs_up(session, "Zofia@example.org")
            reading = in_the_background(asked.pk, pool)
            until(waits_for_somebody, within=SOON, what="the merge waits for the sign-up")
            session.commit()
            reading.result(timeout=SOON)
        asked.refresh_from_db()
        assert (asked.state, asked.added, asked.changed) == (State.DONE, 1, 1)
        assert Subscriber.objects.count() == 2
        assert orphans() == 0

    def test_a_cancellation_interrupts_the_merge(self) -> None:
        asked = uploaded(making.newsletter(), "zofia@example.org;Zofia", "jan@example.org;Jan")
        reader_imports.start(asked=asked)
        with other_session() as session, ThreadPoolExecutor() as pool:
            signs_up(session, "Zofia@example.org")
            reading = in_the_background(asked.pk, pool)
            until(waits_for_somebody, within=SOON, what="the merge waits for the sign-up")
            reader_imports.cancel(asked=asked, now=database_now())
            reading.result(timeout=SOON)  # the other session has not let go
            session.rollback()
        asked.refresh_from_db()
        assert asked.state == State.CANCELLED
        assert not Subscriber.objects.exists()


@pytest.mark.processes
@pytest.mark.xdist_group("processes")
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_nobody_behind_and_the_next_one_brings_all(
    tmp_path: Path,
) -> None:
    lines = [f"czytelnik{number}@example.org;Jan" for number in range(500)]
    asked = uploaded(making.newsletter(), *lines, "brak")
    reader_imports.start(asked=asked)
    queue, stopped = f"doomed-{uuid4()}", tmp_path / "stopped"
    stop = {"PROMO_STOP_AT": stops.MERGING, "PROMO_STOP_FILE": str(stopped)}
    with Hatchery(environment(), log=tmp_path / "doomed.log") as hatchery:
        doomed = hatchery.hatch((queue,), stop)
        app.send_task(readers.read.name, (asked.pk,), queue=queue)
        until(stopped.exists, within=SOON, what="a worker stopped in the middle of the merge")
        doomed.kill9()
    assert not Subscriber.objects.exists()
    assert not RefusedRow.objects.exists()
    now = database_now()
    reader_imports.read(asked.pk, clock=lambda: now)  # its lease has not ended yet
    assert not Subscriber.objects.exists()
    later = now + reader_lease.LEASE
    assert reader_imports.hand_out(now=later) == [asked.pk]
    reader_imports.read(asked.pk, clock=lambda: later)
    asked.refresh_from_db()
    assert (asked.state, asked.rows, asked.added) == (State.DONE, 501, 500)
    assert Consent.objects.count() == 500
    assert orphans() == 0


@pytest.mark.parametrize("key", ["short", "k" * 64, "k" * 65, "ż" * 200])
def test_addresses_are_hashed_alike_one_by_one_and_in_numbers(key: str, settings: Settings) -> None:
    settings.PROMO_ADDRESS_KEY = key
    hashed = address_hasher()
    for email in ("zofia@example.org", " Zofia@Example.ORG ", "ż@żółw.pl", ""):
        assert hashed(email) == address_hash(email)
