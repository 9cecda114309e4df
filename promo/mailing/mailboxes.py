"""Mailboxes that returned mail is fetched from: IMAP and POP3, with TLS and one total deadline.

A mail is deleted only when it is asked for, one by one, after it has been kept elsewhere. What was
fetched and not deleted comes again the next time.
"""

from __future__ import annotations

import imaplib
import poplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

from django.utils.translation import gettext as _

from promo.errors import ConfigurationError, Unauthorized, Unreachable
from promo.mailing.received import MOST_BYTES

STEP = 20.0
"""Seconds one answer may take."""

# The usual port of each way in.
PORTS = {
    "imaps": 993, "imap+tls": 143, "imap": 143, "pop3s": 995, "pop3+tls": 110, "pop3": 110,
}  # fmt: skip
_LONGEST_LINE = 1_000_000
_TOP_LINES = 5000


@dataclass(frozen=True, slots=True)
class Address:
    """Where a mailbox is, and who reads it."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str

    @property
    def name(self) -> str:
        """For people and logs: without the password."""
        return f"{self.scheme}://{self.user}@{self.host}:{self.port}/{self.folder}"

    @property
    def url(self) -> str:
        """What `parse` makes this address of: with the password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        user, password, folder = (
            quote(part, safe="") for part in (self.user, self.password, self.folder)
        )
        return f"{self.scheme}://{user}:{password}@{host}:{self.port}/{folder}"


def parse(url: str) -> Address:
    """`imaps://user:password@host/INBOX`; also `imap+tls`, `imap`, `pop3s`, `pop3+tls`, `pop3`.

    Raises ConfigurationError for anything else, without repeating the password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise ConfigurationError(_wrong_address()) from error
    if not parts.hostname or not parts.username or parts.password is None:
        raise ConfigurationError(_wrong_address())
    return Address(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port,
        user=unquote(parts.username),
        password=unquote(parts.password),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


def _wrong_address() -> str:
    return _(
        "PROMO_BOUNCE_URL must look like imaps://user:password@host/INBOX or "
        "pop3s://user:password@host."
    )


class Mailbox(Protocol):
    """An open mailbox."""

    def mails(self, most: int) -> Iterator[tuple[str, bytes]]:
        """Up to so many mails, as (key, octets); very large ones cut off."""

    def delete(self, key: str) -> None:
        """This one need not come again."""

    def close(self) -> None:
        """Make the deletions hold, and leave."""


@contextmanager
def opened(
    address: Address, *, seconds: float, context: ssl.SSLContext | None = None
) -> Iterator[Mailbox]:
    """The mailbox, for at most so many seconds in all. `context` says which certificates count.

    Raises Unauthorized where the password is refused, and Unreachable for everything else, also
    from within the block.
    """
    tls = context or ssl.create_default_context()
    watch = Watch(seconds)
    try:
        with watch:
            mailbox: Mailbox = (
                _Imap(address, watch, tls)
                if address.scheme.startswith("imap")
                else _Pop3(address, watch, tls)
            )
            yield mailbox
            mailbox.close()
    except (OSError, EOFError, imaplib.IMAP4.error, poplib.error_proto) as error:
        late = _("The mailbox took too long.")
        text = late if watch.is_over else _("The mailbox of returned mail could not be read.")
        raise Unreachable(text, detail=f"{address.name}: {error!r}"[:300]) from error


class Watch:
    """Ends a connection after so many seconds, whatever it is doing: slow drops count too."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._socket: Callable[[], socket.socket] | None = None
        self._done: list[Callable[[], object]] = []

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_how: object) -> None:
        self._timer.cancel()
        for shut in self._done:
            with suppress(OSError):
                shut()

    def over(self, current: Callable[[], socket.socket], shut: Callable[[], object]) -> None:
        """Watch this connection; `current` gives its socket (TLS takes the place of the first)."""
        self._socket = current
        self._done.append(shut)
        if self.is_over:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        if self._socket is not None:
            with suppress(OSError):
                # The plain socket's: the other thread is within the TLS of this one.
                socket.socket.shutdown(self._socket(), socket.SHUT_RDWR)


class _Imap:
    def __init__(self, address: Address, watch: Watch, tls: ssl.SSLContext) -> None:
        self._box = _imap(address, watch, tls)
        if address.scheme == "imap+tls":
            self._box.starttls(tls)
        try:
            self._log_in(address)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise _refused(address, error) from error
        self._expect(self._box.select(_quoted(address.folder)))
        self._has_uidplus = b"UIDPLUS" in self._expect(self._box.capability())[0].upper().split()
        self._deleted: list[str] = []

    def _log_in(self, address: Address) -> None:
        if address.user.isascii() and address.password.isascii():
            self._box.login(address.user, address.password)
        else:  # LOGIN has no charset; PLAIN is UTF-8 (RFC 4616)
            plain = f"\0{address.user}\0{address.password}".encode()
            self._box.authenticate("PLAIN", lambda _challenge: plain)

    def mails(self, most: int) -> Iterator[tuple[str, bytes]]:
        # Marked by a reading that did not come to its end.
        self._deleted = self._search("DELETED")
        for key in self._search("UNDELETED")[:most]:
            got = self._expect(self._box.uid("FETCH", key, f"(BODY.PEEK[]<0.{MOST_BYTES}>)"))
            literal = next((one[1] for one in got if isinstance(one, tuple)), None)
            if literal is not None:  # None: somebody else has deleted it meanwhile
                yield key, literal

    def _search(self, what: str) -> list[str]:
        found = self._expect(self._box.uid("SEARCH", what))
        return [uid.decode("ascii") for uid in (found[0] or b"").split()] if found else []

    def delete(self, key: str) -> None:
        self._expect(self._box.uid("STORE", key, "+FLAGS.SILENT", r"(\Deleted)"))
        self._deleted.append(key)

    def close(self) -> None:
        if self._deleted and self._has_uidplus:
            self._expect(self._box.uid("EXPUNGE", ",".join(self._deleted)))
        elif self._deleted:
            self._expect(self._box.expunge())
        self._box.logout()

    def _expect(self, answer: tuple[str, list[Any]]) -> list[Any]:
        status, data = answer
        if status != "OK":
            raise imaplib.IMAP4.error(str(data)[:200])
        return data


def _quoted(folder: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 is left to whoever sets the address."""
    return '"' + folder.replace("\\", r"\\").replace('"', r"\"") + '"'


def _refused(address: Address, error: Exception) -> Unauthorized:
    return Unauthorized(
        _("The mailbox of returned mail does not accept our user name and password."),
        detail=f"{address.name}: {error}"[:300],
    )


class _WatchedImap(imaplib.IMAP4):
    def __init__(self, watch: Watch, host: str, port: int, **more: Any) -> None:
        self._watch = watch
        super().__init__(host, port, timeout=STEP, **more)

    def open(self, *args: Any, **more: Any) -> None:
        super().open(*args, **more)
        self._watch.over(self.socket, self.shutdown)


class _WatchedImapTls(_WatchedImap, imaplib.IMAP4_SSL):
    pass


def _imap(address: Address, watch: Watch, tls: ssl.SSLContext) -> imaplib.IMAP4:
    if address.scheme == "imaps":
        return _WatchedImapTls(watch, address.host, address.port, ssl_context=tls)
    return _WatchedImap(watch, address.host, address.port)


class _WatchedPop3(poplib.POP3):
    def __init__(self, watch: Watch, host: str, port: int, **more: Any) -> None:
        self._watch = watch
        super().__init__(host, port, timeout=STEP, **more)

    def _create_socket(self, timeout: float) -> socket.socket:
        made: socket.socket = super()._create_socket(timeout)  # type: ignore[misc]  # not in typeshed
        self._watch.over(lambda: getattr(self, "sock", made), self.close)
        return made

    def _getline(self) -> tuple[bytes, int]:
        """As poplib's own, which ends at a line of 2048 octets: mails have longer ones."""
        line = self.file.readline(_LONGEST_LINE + 1)
        if not line or len(line) > _LONGEST_LINE:
            raise poplib.error_proto("-ERR EOF" if not line else "line too long")
        return line.rstrip(b"\r\n"), len(line)


class _WatchedPop3Tls(_WatchedPop3, poplib.POP3_SSL):
    pass


class _Pop3:
    def __init__(self, address: Address, watch: Watch, tls: ssl.SSLContext) -> None:
        self._box = (
            _WatchedPop3Tls(watch, address.host, address.port, context=tls)
            if address.scheme == "pop3s"
            else _WatchedPop3(watch, address.host, address.port)
        )
        self._box.encoding = "UTF-8"
        if address.scheme == "pop3+tls":
            self._box.stls(tls)
        try:
            self._box.user(address.user)
            self._box.pass_(address.password)
        except poplib.error_proto as error:
            raise _refused(address, error) from error

    def mails(self, most: int) -> Iterator[tuple[str, bytes]]:
        _answer, listing, _octets = self._box.list()
        for line in listing[:most]:
            number, size = (int(word) for word in line.split()[:2])
            got = (
                self._box.retr(number) if size <= MOST_BYTES else self._box.top(number, _TOP_LINES)
            )
            yield str(number), b"\n".join(got[1])

    def delete(self, key: str) -> None:
        self._box.dele(int(key))

    def close(self) -> None:
        """POP3 deletes at QUIT, not before (RFC 1939, 6)."""
        self._box.quit()
