"""The mailbox of returned mail: kept here before it is deleted there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.test import override_settings

from promo.models import ReturnedMail, ReturnMailbox
from promo.services import fetching
from tests.mailing.mailservers import PASSWORD, USER, Box, Imap, Server, served
from tests.services import returning
from tests.services.returning import HARD, START

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[Server]:
    """A mailbox that Promo is set up to read, with one report in it."""
    delivery = returning.deliveries(returning.mailing())[0]
    with served(Server(Imap, Box.of(returning.report(delivery, HARD)))) as running:
        credentials = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
        url = f"imap://{credentials}@127.0.0.1:{running.port}"
        with override_settings(PROMO_BOUNCE_URL=url):
            yield running


def test_what_is_in_the_mailbox_is_kept_and_then_read(server: Server) -> None:
    assert fetching.due(now=START)
    assert fetching.fetch(clock=lambda: START) == 1
    assert server.box == Box()
    returning.read_all()
    assert ReturnedMail.objects.get().verdict == "hard"


def test_a_mail_that_cannot_be_kept_stays_in_the_mailbox(server: Server) -> None:
    with transaction.atomic():
        connection.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            fetching.fetch(clock=lambda: START)
    assert len(server.box.mails) == 1
    assert not server.box.marked


def test_the_mailbox_is_read_in_turns_by_one_at_a_time(server: Server) -> None:
    assert fetching.due(now=START)
    assert not fetching.due(now=START)
    assert fetching.due(now=START + timedelta(minutes=2))
    assert PASSWORD not in ReturnMailbox.objects.get().name


def test_a_mailbox_that_cannot_be_read_is_told_and_asked_less_often(server: Server) -> None:
    server.password = "another"
    assert fetching.fetch(clock=lambda: START) == 0
    assert fetching.problem()
    assert not fetching.due(now=START + timedelta(minutes=9))
    assert fetching.due(now=START + timedelta(minutes=10))
    server.password = PASSWORD
    fetching.fetch(clock=lambda: START)
    assert fetching.problem() == ""


def test_without_an_address_nothing_is_fetched() -> None:
    with override_settings(PROMO_BOUNCE_URL=""):
        assert not fetching.due(now=START)
        assert fetching.problem() == ""


def test_an_address_that_is_none_is_told() -> None:
    with override_settings(PROMO_BOUNCE_URL="imaps://host"):
        assert fetching.due(now=START)
        assert fetching.fetch(clock=lambda: START) == 0
        assert "PROMO_BOUNCE_URL" in fetching.problem()
