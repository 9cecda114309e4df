"""Returned mail that a person must read, and the mailbox that it is fetched from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from promo.models import Delivery, ReturnedMail, ReturnMailbox, Subscription, Suppression
from promo.services import fetching, returns
from tests.mailing.mailservers import PASSWORD, USER, Box, Imap, Server, served
from tests.services import returning
from tests.services.returning import HARD, START

pytestmark = pytest.mark.django_db

LIST = "/desk/returned/"
MAILBOX = "/desk/returned/mailbox/"
ACT = "/desk/returned/mailbox/act/"
HOSTILE = b"From: x@y\nSubject: <b>Kto</b>\n\n<script>alert('x')</script> Prosze o pomoc"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ewa"))
    return client


@pytest.fixture
def delivery() -> Delivery:
    return returning.deliveries(returning.mailing())[0]


@pytest.fixture
def mail(delivery: Delivery) -> ReturnedMail:
    """A mail to the bounce address of a reader that says nothing Promo knows."""
    returning.come_back(HOSTILE, recipient=returning.address(delivery))
    return ReturnedMail.objects.get()


def act(desk: Client, mail: ReturnedMail, name: str, **more: str) -> str:
    answer = desk.post(f"{LIST}{mail.pk}/act/", {"act": name, **more}, follow=True)
    return answer.content.decode()


# -- the list


def test_a_mail_is_shown_as_text_with_the_reader_it_is_about(
    desk: Client, mail: ReturnedMail
) -> None:
    page = desk.get(LIST).content.decode()
    assert "&lt;script&gt;alert(" in page
    assert "<script>alert(" not in page
    assert "&lt;b&gt;Kto&lt;/b&gt;" in page
    assert "czytelnik0@example.org" in page
    assert "/desk/returned/" in desk.get("/desk/").content.decode()


def test_an_address_is_blocked_after_a_question_only(desk: Client, mail: ReturnedMail) -> None:
    assert 'name="sure"' in act(desk, mail, "hard")
    assert not Suppression.objects.exists()
    act(desk, mail, "hard", sure="yes")
    assert Suppression.objects.get().reason == Suppression.Reason.BOUNCE
    assert returns.for_a_person() == 0


def test_a_reader_leaves_after_a_question_only(desk: Client, mail: ReturnedMail) -> None:
    assert 'name="sure"' in act(desk, mail, "leave")
    act(desk, mail, "leave", sure="yes")
    assert Subscription.objects.get().state == Subscription.State.ENDED
    assert not Suppression.objects.exists()


def test_what_is_put_aside_changes_nothing(desk: Client, mail: ReturnedMail) -> None:
    act(desk, mail, "aside")
    assert returns.for_a_person() == 0
    assert not Suppression.objects.exists()
    assert Subscription.objects.get().state == Subscription.State.ACTIVE


def test_of_nobodys_mail_nothing_can_follow(desk: Client) -> None:
    returning.come_back(b"From: x@y\nSubject: a failure notice\n\nUndelivered", recipient="b+1@x")
    ReturnedMail.objects.update(verdict=ReturnedMail.Verdict.UNINTELLIGIBLE, delivery=None)
    mail = ReturnedMail.objects.get()
    page = desk.get(LIST).content.decode()
    assert 'value="aside"' in page
    assert 'value="hard"' not in page
    act(desk, mail, "hard", sure="yes")
    assert returns.for_a_person() == 1
    act(desk, mail, "aside")
    assert returns.for_a_person() == 0


def test_returned_mail_is_for_those_who_may_see_readers(client: Client, mail: ReturnedMail) -> None:
    writer = User.objects.create_user("jan")
    writer.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(writer)
    assert client.get(LIST).status_code in {302, 403}
    assert client.post(f"{LIST}{mail.pk}/act/", {"act": "aside"}).status_code in {302, 403}
    assert client.get(MAILBOX).status_code in {302, 403}
    assert returns.for_a_person() == 1


# -- the mailbox


@pytest.fixture
def server(delivery: Delivery) -> Iterator[Server]:
    with served(Server(Imap, Box.of(returning.report(delivery, HARD)))) as running:
        yield running


def written(server: Server, **more: Any) -> dict[str, Any]:
    return {
        "protocol": "imap",
        "security": "none",
        "host": "127.0.0.1",
        "port": server.port,
        "user": USER,
        "password": PASSWORD,
        "folder": "",
        **more,
    }


def test_a_mailbox_is_set_up_tried_and_read(desk: Client, server: Server) -> None:
    said = desk.post(MAILBOX, written(server), follow=True).content.decode()
    assert "odczytywana" in said or "It is read from now on" in said
    assert len(server.box.mails) == 1, "a try reads nothing"
    assert fetching.due(now=START)
    assert fetching.fetch(clock=lambda: START) == 1
    returning.read_all()
    assert ReturnedMail.objects.get().verdict == "hard"


def test_the_command_tries_the_mailbox_and_tells_in_words(
    desk: Client, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("mailbox")
    desk.post(MAILBOX, written(server))
    call_command("mailbox")
    assert len(capsys.readouterr().out.splitlines()) == 2
    server.password = "another"
    with pytest.raises(CommandError, match=r"\w+ \w+"):
        call_command("mailbox")
    assert len(server.box.mails) == 1
    assert fetching.problem()


def test_the_password_is_never_shown_and_kept_as_long_as_the_rest_is_the_same(
    desk: Client, server: Server
) -> None:
    desk.post(MAILBOX, written(server))
    row = ReturnMailbox.objects.get()
    assert PASSWORD not in row.sealed + row.name
    assert PASSWORD not in desk.get(MAILBOX).content.decode()
    desk.post(MAILBOX, written(server, password=""))
    kept = fetching.set_up()
    assert kept is not None
    assert kept.password == PASSWORD
    other = desk.post(MAILBOX, written(server, password="", host="evil.example")).content.decode()
    assert "error-message" in other
    assert fetching.set_up() == kept


def test_a_mailbox_that_does_not_let_us_in_is_told_here_and_on_the_first_screen(
    desk: Client, server: Server
) -> None:
    said = desk.post(MAILBOX, written(server, password="x"), follow=True).content.decode()
    assert "messages" in said
    fetching.fetch(clock=lambda: START)
    assert fetching.problem()
    assert fetching.problem() in desk.get(MAILBOX).content.decode()
    assert MAILBOX in desk.get("/desk/").content.decode()


def test_one_mailbox_takes_the_place_of_another_and_is_given_up_after_a_question(
    desk: Client, server: Server
) -> None:
    desk.post(MAILBOX, written(server))
    desk.post(MAILBOX, written(server, folder="Odbicia"))
    assert ReturnMailbox.objects.get(of_the_desk=True).name.endswith("/Odbicia")
    assert 'name="sure"' in desk.post(ACT, {"act": "remove"}).content.decode()
    assert fetching.is_in_use()
    desk.post(ACT, {"act": "remove", "sure": "yes"})
    assert not fetching.is_in_use()
    assert not fetching.due(now=START)
    assert not ReturnMailbox.objects.exclude(sealed="").exists()


def test_a_mailbox_of_the_environment_cannot_be_changed_here(desk: Client, server: Server) -> None:
    with override_settings(PROMO_BOUNCE_URL=f"imap://a:secret-one@127.0.0.1:{server.port}"):
        page = desk.get(MAILBOX).content.decode()
        assert "PROMO_BOUNCE_URL" in page
        assert "secret-one" not in page
        assert 'name="password"' not in page
        desk.post(MAILBOX, written(server))
    assert not fetching.is_in_use()


@pytest.mark.parametrize("host", ["", "a b", "imap.example.org/INBOX", "user@host", "a\r\nb"])
def test_what_is_no_server_is_refused_at_its_field(host: str, desk: Client, server: Server) -> None:
    assert "error-message" in desk.post(MAILBOX, written(server, host=host)).content.decode()
    assert not fetching.is_in_use()


def test_without_anything_both_screens_say_what_to_do(desk: Client) -> None:
    assert "promo-calm" in desk.get(LIST).content.decode()
    assert "b+" in desk.get(MAILBOX).content.decode()
