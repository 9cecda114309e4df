"""Fetching from real mail servers: nothing is deleted that was not kept, nothing waits for ever."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import quote

import pytest

from promo.errors import ConfigurationError, Unauthorized, Unreachable
from promo.mailing import mailboxes
from promo.mailing.received import MOST_BYTES
from tests.mailing.mailservers import PASSWORD, USER, Box, Imap, Pop3, Server, Session, served
from tests.mailing.test_smtp_tls import certificate

MAILS = (
    b"Subject: one\r\n\r\n..a line with dots\r\n",
    b"Subject: two\r\n\r\n" + "zażółć\r\n".encode(),
    b"Subject: three\r\n\r\n" + b"x" * 5000 + b"\r\n",  # poplib itself would give up here
)
KINDS = pytest.mark.parametrize("kind", [Imap, Pop3])


def address(server: Server, scheme: str, *, folder: str = "INBOX") -> mailboxes.Address:
    user, password = quote(USER, safe=""), quote(PASSWORD, safe="")
    return mailboxes.parse(f"{scheme}://{user}:{password}@127.0.0.1:{server.port}/{folder}")


def scheme(kind: type[Session]) -> str:
    return "imap" if kind is Imap else "pop3"


def same(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").rstrip()


@KINDS
def test_every_mail_is_fetched_once_and_deleted_when_asked_for(kind: type[Session]) -> None:
    box = Box.of(*MAILS)
    with served(Server(kind, box)) as server:
        with mailboxes.opened(address(server, scheme(kind)), seconds=30) as mailbox:
            fetched = dict(mailbox.mails(10))
            assert [same(raw) for raw in fetched.values()] == [same(raw) for raw in MAILS]
            mailbox.delete(list(fetched)[1])
        assert list(box.mails.values()) == [MAILS[0], MAILS[2]]
        with mailboxes.opened(address(server, scheme(kind)), seconds=30) as mailbox:
            assert len(list(mailbox.mails(1))) == 1, "not more than it was asked for"


def test_an_imap_server_without_uidplus_deletes_too() -> None:
    box = Box.of(*MAILS)
    with (
        served(Server(Imap, box, uidplus=False)) as server,
        mailboxes.opened(address(server, "imap"), seconds=30) as mailbox,
    ):
        for key, _raw in mailbox.mails(10):
            mailbox.delete(key)
    assert box == Box()


@KINDS
def test_a_connection_that_breaks_deletes_nothing_that_was_not_asked_for(
    kind: type[Session],
) -> None:
    box = Box.of(*MAILS)
    broken = b"EXPUNGE" if kind is Imap else b"QUIT"
    with served(Server(kind, box, breaks_at=broken)) as server:
        where = address(server, scheme(kind))
        with pytest.raises(Unreachable), mailboxes.opened(where, seconds=30) as mailbox:
            mailbox.delete(next(mailbox.mails(10))[0])
        assert len(box.mails) == len(MAILS)
        if kind is Pop3:
            box.marked.clear()  # as the server itself does without a QUIT
        server.breaks_at = b""
        with mailboxes.opened(where, seconds=30) as mailbox:
            assert len(list(mailbox.mails(10))) == (2 if kind is Imap else 3)
    assert len(box.mails) == (2 if kind is Imap else 3), "what was marked before is cleared away"


@KINDS
def test_a_server_that_drips_is_left_after_the_time_for_everything(kind: type[Session]) -> None:
    with served(Server(kind, Box.of(*MAILS), drips=True)) as server:
        where = address(server, scheme(kind))
        with pytest.raises(Unreachable) as caught, mailboxes.opened(where, seconds=0.3):
            pass
    assert "too long" in caught.value.text or "długo" in caught.value.text


@KINDS
def test_a_wrong_password_is_told_and_stands_nowhere(kind: type[Session]) -> None:
    with served(Server(kind, Box(), password="another")) as server:
        where = address(server, scheme(kind))
        with pytest.raises(Unauthorized) as caught, mailboxes.opened(where, seconds=30):
            pass
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(where)


def test_a_folder_that_does_not_exist_is_told() -> None:
    with served(Server(Imap, Box())) as server:
        where = address(server, "imap", folder="Nowhere")
        with pytest.raises(Unreachable), mailboxes.opened(where, seconds=30):
            pass


@KINDS
@pytest.mark.parametrize("how", ["s", "+tls"])
def test_encryption_is_had_and_the_certificate_checked(
    kind: type[Session], how: str, tmp_path: Path
) -> None:
    context, trusted = certificate(tmp_path, address="127.0.0.1")
    name = scheme(kind) + how
    with served(Server(kind, Box.of(*MAILS), tls=context, implicit=how == "s")) as server:
        where = address(server, name)
        trusting = ssl.create_default_context(cafile=str(trusted))
        with mailboxes.opened(where, seconds=30, context=trusting) as mailbox:
            assert len(list(mailbox.mails(10))) == len(MAILS)
        with pytest.raises(Unreachable), mailboxes.opened(where, seconds=30):
            pass


@KINDS
def test_a_huge_mail_is_cut_off(kind: type[Session]) -> None:
    huge = b"Subject: huge\r\n\r\n" + b"x" * 98 + b"\r\n"
    huge += (b"y" * 98 + b"\r\n") * (2 * MOST_BYTES // 100)
    with (
        served(Server(kind, Box.of(huge))) as server,
        mailboxes.opened(address(server, scheme(kind)), seconds=30) as mailbox,
    ):
        ((_key, raw),) = mailbox.mails(10)
    assert len(raw) <= MOST_BYTES
    assert raw.startswith(b"Subject: huge")


@pytest.mark.parametrize(
    "url",
    [
        "", "imaps://host/INBOX", "imaps://user@host", "https://u:p@host", "imaps://u:p@",
        "imaps://u:p@host:port", "imaps://u:se[cret@host",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        mailboxes.parse(url)
    assert "se[cret" not in str(caught.value)
