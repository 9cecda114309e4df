"""The listener as it is shipped, a process of its own: what it answered yes to is kept."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

import config.celery  # noqa: F401  (hints go to its broker)
from promo.mailing.codes import codes_of
from promo.models import Delivery, ReturnedMail, Suppression
from promo.services import returns
from tasks import upkeep
from tests import processes
from tests.services import returning
from tests.services.returning import HARD, SOFT, START

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
]


@contextmanager
def listener(**more: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command on a free port; gives the process and the port."""
    with subprocess.Popen(
        [sys.executable, "-m", "promo.cli", "bounces", "--listen", "127.0.0.1:0"],
        cwd=processes.ROOT,
        env={**processes.environment(), "PYTHONUNBUFFERED": "1", **more},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            found = re.search(r"127\.0\.0\.1:(\d+)", line)
            assert found, f"the listener did not start: {line!r}"
            yield process, int(found[1])
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def standing(django_db_setup: None) -> Iterator[int]:
    """The port of one that stands all the while."""
    with listener() as (_process, port):
        yield port


def send(client: smtplib.SMTP, recipients: list[str], raw: bytes) -> None:
    client.sendmail("", recipients, raw)


@pytest.fixture
def delivery() -> Delivery:
    return returning.deliveries(returning.mailing())[0]


def test_returned_mail_is_taken_by_smtp_and_by_lmtp_and_nothing_else_is(
    delivery: Delivery,
) -> None:
    own = returning.address(delivery)
    code = codes_of(delivery.id, key=settings.SECRET_KEY.encode())
    forged = own.replace("-", "-0", 1)
    with listener() as (process, port):
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            client.ehlo("mx.example.net")
            assert int(client.esmtp_features["size"]) > 1_000_000
            client.mail("")
            refused = [
                forged,
                f"b+{code.unsubscribe}@{returning.DOMAIN}",
                "anna@elsewhere.example",
                "newsletter@biblioteka.example.org",
            ]
            assert {client.rcpt(address)[0] for address in refused} == {550}
            client.rset()
            send(client, [own.upper()], returning.report(delivery, SOFT))
            send(client, [f"postmaster@{returning.DOMAIN}"], b"Subject: x\r\n\r\n" + b"y" * 9000)
        with smtplib.LMTP("127.0.0.1", port) as client:
            client.ehlo("mx.example.net")
            client.mail("")
            for address in (own, f"u+{code.unsubscribe}@{returning.DOMAIN}"):
                client.rcpt(address)
            assert client.data(returning.report(delivery, HARD))[0] == 250
            assert client.getreply()[0] == 250, "LMTP answers for each recipient"
        assert ReturnedMail.objects.count() == 4
        process.terminate()
        assert process.wait(timeout=30) == 0, "it ends in order"
    returning.read_all()
    verdicts = set(ReturnedMail.objects.values_list("verdict", "delivery"))
    assert verdicts == {
        ("soft", delivery.id),
        ("unintelligible", None),
        ("hard", delivery.id),
        ("leave", delivery.id),
    }
    assert returns.for_a_person() == 1


def test_a_mail_that_is_too_large_is_refused(standing: int) -> None:
    with smtplib.SMTP("127.0.0.1", standing, timeout=30) as client:
        client.ehlo("mx.example.net")
        code, _text = client.mail("", [f"size={50_000_000}"])
        assert code == 552


def test_killed_between_keeping_and_answering_it_loses_nothing_and_counts_nothing_twice(
    delivery: Delivery, standing: int, tmp_path: Path
) -> None:
    raw = returning.report(delivery, HARD)
    stop = tmp_path / "stopped"
    with listener(PROMO_STOP_AT="after_store", PROMO_STOP_FILE=str(stop)) as (process, port):
        client = smtplib.SMTP("127.0.0.1", port, timeout=30)
        client.ehlo("mx.example.net")
        client.mail("")
        client.rcpt(returning.address(delivery))
        client.putcmd("data")
        assert client.getreply()[0] == 354
        client.send(raw.replace(b"\n", b"\r\n") + b".\r\n")
        processes.until(stop.exists, within=30, what="the mail is kept")
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.getreply()
    assert ReturnedMail.objects.count() == 1
    with smtplib.SMTP("127.0.0.1", standing, timeout=30) as client:
        send(client, [returning.address(delivery)], raw)  # as a mail server does without an answer
    assert ReturnedMail.objects.count() == 1
    returning.read_all(at=START)
    assert delivery.events.count() == 1


def test_a_real_worker_does_what_follows_after_the_next_tick(
    delivery: Delivery, standing: int, tmp_path: Path
) -> None:
    with smtplib.SMTP("127.0.0.1", standing, timeout=30) as client:
        send(client, [returning.address(delivery)], returning.report(delivery, HARD))
    upkeep.hand_out()
    with processes.WorkerProcess(("fetch",), processes.environment(), log=tmp_path / "worker.log"):
        processes.until(Suppression.objects.exists, within=60, what="the address is blocked")
    assert delivery.subscriber is not None
    assert [row.state for row in delivery.subscriber.subscriptions.all()] == ["ended"]


def test_while_the_database_is_away_the_mail_is_asked_to_come_again(delivery: Delivery) -> None:
    gone = "postgresql://nobody@127.0.0.1:1/none"
    with (
        listener(DATABASE_URL=gone) as (_process, port),
        smtplib.SMTP("127.0.0.1", port, timeout=30) as client,
        pytest.raises(smtplib.SMTPDataError) as caught,
    ):
        send(client, [returning.address(delivery)], returning.report(delivery, HARD))
    assert caught.value.smtp_code == 451
    assert ReturnedMail.objects.count() == 0
