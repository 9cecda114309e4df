"""Failures of the wire, with real sockets: what had left us, and what stays secret."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from promo.channels.base import Access, Wires
from promo.channels.facebook_page import Channel
from promo.door import Guard, open_session
from promo.errors import OutcomeUnknown, PublishError, RateLimited, Unreachable
from promo.values import Message, Receipt

LINK = "https://biblioteka.example/w/7fK2q"
MESSAGE = Message(channel="facebook_page", text=f"Więcej informacji: {LINK}", link=LINK)
TOKEN, SECRET = "EAABpage490token", "app190secret"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Serve = Callable[[socket.socket], None]


class Hasty(Channel):
    deadline = timedelta(seconds=1)


def channel(url: str, *, kind: type[Channel] = Channel) -> Channel:
    def enqueue(_access: Access, _message: Message, _key: str) -> Receipt:
        raise NotImplementedError

    port = int(url.rpartition(":")[2].partition("/")[0])
    guard = Guard(allowed_hosts=frozenset({"127.0.0.1"}), allowed_ports=frozenset({port}))
    return kind(
        Access(
            config={"page_id": "200", "app_id": "100"},
            secrets={"page_token": TOKEN, "app_secret": SECRET},
        ),
        Wires(
            http=lambda: open_session(guard=guard),
            now=lambda: datetime(2026, 10, 6, tzinfo=UTC),
            enqueue=enqueue,
            settings={"PROMO_FACEBOOK_GRAPH_URL": url},
        ),
    )


@contextmanager
def server(serve: Serve) -> Iterator[str]:
    """A server that hands each connection to `serve`, until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:  # closed: the test is over
                    return
                with connection:
                    serve(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def request_of(connection: socket.socket) -> bytes:
    """The whole request, so that closing afterwards is a clean end."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            while len(body) < int(value):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(text: str) -> Serve:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(text.encode())

    return serve


def resets(connection: socket.socket) -> None:
    request_of(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def drips(connection: socket.socket) -> None:
    """One more byte of a header whenever the other side would have waited for it."""
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    connection.settimeout(0.05)
    while True:
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            connection.sendall(b"x")
        except OSError:
            return


NEXT = '{"data": [], "paging": {"next": "https://x.example/?after=QVFI"}}'


def one_after_the_other(*answers: str) -> Serve:
    """The n-th connection gets the n-th answer."""
    waiting = iter(answers)

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(next(waiting).encode())

    return serve


def http(body: str, head: str = "200 OK") -> str:
    return f"HTTP/1.1 {head}\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}"


def json_answer(body: str, status: str = "200 OK") -> Serve:
    return answering(http(body, status))


def publishing(url: str, *, kind: type[Channel] = Channel) -> PublishError:
    with pytest.raises(PublishError) as raised:
        channel(url, kind=kind).publish(MESSAGE, key="7fK2q")
    return raised.value


def test_a_refused_connection_means_nothing_left_us() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    assert isinstance(publishing(url), Unreachable)


def test_a_server_without_tls_means_nothing_left_us() -> None:
    with server(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url:
        error = publishing(url.replace("http:", "https:"))
    assert isinstance(error, Unreachable)


def test_an_address_that_the_door_refuses_means_nothing_left_us() -> None:
    assert isinstance(publishing("http://127.0.0.2:80"), Unreachable)


@pytest.mark.parametrize(
    "serve",
    [
        resets,
        request_of,
        answering("garbage\r\n\r\n"),
        answering('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":'),
        answering('HTTP/1.1 200 OK\r\n\r\n{"id": "1_2"'),
        json_answer("Service Unavailable"),
        json_answer('"Service Unavailable"'),
        json_answer("{}"),
        json_answer('{"id": ""}'),
        json_answer('{"id": null}'),
        json_answer('{"success": false}'),
        json_answer("[]"),
        json_answer("", "204 No Content"),
        json_answer('{"id": "1_2"}', "302 Found\r\nLocation: http://127.0.0.1:1/"),
        json_answer("<html>502</html>", "502 Bad Gateway"),
        json_answer("<html>404</html>", "404 Not Found"),
        json_answer('{"error": "broken"}', "400 Bad Request"),
        json_answer('{"error": {"message": "no code"}}', "400 Bad Request"),
    ],
    ids=[
        "reset",
        "closed",
        "no HTTP",
        "cut body",
        "cut JSON",
        "200 unavailable",
        "200 unavailable as JSON",
        "no id",
        "empty id",
        "null id",
        "success false",
        "a list",
        "204",
        "302",
        "HTML 502",
        "HTML 404",
        "error is text",
        "error without code",
    ],
)
def test_after_the_request_was_sent_nobody_knows(serve: Serve) -> None:
    with server(serve) as url:
        error = publishing(url)
    assert isinstance(error, OutcomeUnknown)
    assert not error.witness


def test_a_server_that_drips_is_cut_at_the_deadline() -> None:
    with server(drips) as url:
        assert isinstance(publishing(url, kind=Hasty), OutcomeUnknown)


def test_an_answer_without_a_permalink_still_has_an_address() -> None:
    with server(json_answer('{"id": "200_7"}')) as url:
        receipt = channel(url).publish(MESSAGE, key="7fK2q")
    assert receipt == Receipt("200_7", "https://www.facebook.com/200_7")


def test_no_address_ever_holds_a_token() -> None:
    requests: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        requests.append(request_of(connection))
        body = b'{"data": [], "id": "1_2", "success": true}'
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with server(serve) as url:
        page = channel(url)
        receipt = page.publish(MESSAGE, key="7fK2q")
        page.look_up("7fK2q", MESSAGE)
        page.update(receipt, MESSAGE)
        page.withdraw(receipt)
        page.check()
    assert len(requests) == 5
    for request in requests:
        line, _, rest = request.partition(b"\r\n")
        assert TOKEN.encode() not in line
        assert SECRET.encode() not in line
        assert b"Authorization: Bearer " in rest
        assert b"appsecret_proof=" in request


@pytest.mark.parametrize("serve", [resets, json_answer(f'{{"error": {{"message": "{TOKEN}"}}}}')])
def test_no_error_shows_a_secret(serve: Serve) -> None:
    with server(serve) as url:
        error = publishing(url)
    shown = f"{error} {error!r} {error.text} {error.detail} {error.refusal} {error.__cause__!r}"
    assert TOKEN not in shown
    assert SECRET not in shown


def test_the_next_page_is_asked_of_us_not_of_the_address_named() -> None:
    lines: list[bytes] = []
    pages = iter(
        [
            f'{{"data": [], "paging": {{"next": "https://zla.example/x?access_token={TOKEN}'
            '&after=QVFI&limit=100&__paging_token=7"}}',
            '{"data": []}',
        ]
    )

    def serve(connection: socket.socket) -> None:
        lines.append(request_of(connection).partition(b"\r\n")[0])
        body = next(pages)
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    with server(serve) as url:
        assert channel(url).look_up("7fK2q", MESSAGE) is None
    assert len(lines) == 2
    assert b"after=QVFI" in lines[1]
    assert b"__paging_token=7" in lines[1]
    assert b"fields=id%2Cmessage" in lines[1]
    assert TOKEN.encode() not in lines[1]


@pytest.mark.parametrize(
    "second", [http("<html>", "502 Bad Gateway"), http("{}"), http('{"data": 7}'), "", http("[]")]
)
def test_a_second_page_that_cannot_be_read_is_no_absence(second: str) -> None:
    with server(one_after_the_other(http(NEXT), second)) as url, pytest.raises(Unreachable):
        channel(url).look_up("7fK2q", MESSAGE)


def test_evidence_is_kept_though_the_next_page_cannot_be_read() -> None:
    post = f'{{"id": "200_7", "message": "{MESSAGE.text}", "application": {{"id": "100"}}}}'
    first = http(NEXT.replace("[]", f"[{post}]"))
    with server(one_after_the_other(first, "")) as url:
        found = channel(url).look_up("7fK2q", MESSAGE)
    assert found is not None
    assert found.remote_id == "200_7"


def test_a_nearly_used_budget_ends_the_reading() -> None:
    used = '{"200": [{"call_count": 95, "estimated_time_to_regain_access": 9}]}'
    first = http(NEXT, f"200 OK\r\nX-Business-Use-Case-Usage: {used}")
    with server(one_after_the_other(first)) as url, pytest.raises(RateLimited) as raised:
        channel(url).look_up("7fK2q", MESSAGE)
    assert raised.value.retry_after == timedelta(minutes=9)


def test_a_page_that_never_ends_is_no_absence() -> None:
    with server(json_answer(NEXT)) as url, pytest.raises(Unreachable):
        channel(url).look_up("7fK2q", MESSAGE)


def test_reading_ends_where_posts_are_older_than_any_of_ours() -> None:
    body = (
        '{"data": [{"id": "1_1", "created_time": "2020-05-17T16:24:04+0000"}],'
        ' "paging": {"next": "https://x.example/?after=QVFI"}}'
    )
    with server(json_answer(body)) as url:
        assert channel(url).look_up("7fK2q", MESSAGE) is None
