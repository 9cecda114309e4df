"""`fetch` against real servers that behave badly."""

from __future__ import annotations

import gzip
import socket
import zlib
from datetime import timedelta

import pytest

from promo.door import Fetched, Guard, fetch
from promo.errors import FetchRefused
from tests.door.servers import Answer, Line, Request, Server, raw, redirect, reply, serve

MOMENT = timedelta(seconds=0.5)


def guard_for(*servers: Server) -> Guard:
    hosts = {server.host for server in servers} | {"localhost"}
    return Guard(
        allowed_hosts=frozenset(hosts), allowed_ports=frozenset(server.port for server in servers)
    )


def fetch_once(answer: Answer, *, max_bytes: int = 2 * 2**20) -> Fetched:
    with serve({"/": answer}) as server:
        return fetch(server.url(), guard=guard_for(server), max_bytes=max_bytes)


def refusal(answer: Answer, *, deadline: timedelta = timedelta(seconds=20)) -> str:
    """The reason why this answer is refused."""
    with serve({"/": answer}) as server, pytest.raises(FetchRefused) as caught:
        fetch(server.url(), guard=guard_for(server), deadline=deadline)
    return caught.value.detail.split(":")[0]


def test_answer_arrives_whole_with_its_validators() -> None:
    headers = {"ETag": '"a"', "Last-Modified": "Mon, 05 Oct 2026 08:00:00 GMT", "X-Y": "z"}
    fetched = fetch_once(reply("zażółć".encode(), headers=headers))
    assert fetched.status == 200
    assert fetched.body.decode() == "zażółć"
    assert fetched.etag == '"a"'
    assert fetched.last_modified == "Mon, 05 Oct 2026 08:00:00 GMT"
    assert fetched.headers["x-y"] == "z"
    assert not fetched.not_modified


def test_loopback_is_refused_unless_an_operator_vouches_for_it() -> None:
    with serve({"/": reply(b"secret")}) as server:
        with pytest.raises(FetchRefused):
            fetch(server.url(), guard=Guard())
        assert server.connections == 0
        assert fetch(server.url(), guard=guard_for(server)).body == b"secret"


def test_unchanged_feed_is_recognised() -> None:
    with serve({"/": reply(status="304 Not Modified")}) as server:
        fetched = fetch(server.url(), guard=guard_for(server), etag='"a"', last_modified="then")
    assert fetched.not_modified
    assert fetched.body == b""
    assert server.seen[0].headers["if-none-match"] == '"a"'
    assert server.seen[0].headers["if-modified-since"] == "then"


def test_body_of_a_304_is_not_read() -> None:
    body = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nsurprise!"
    with serve({"/": raw(body)}) as server:
        assert fetch(server.url(), guard=guard_for(server), etag='"a"').body == b""


def test_304_that_nobody_asked_for_is_not_taken_for_unchanged() -> None:
    fetched = fetch_once(reply(status="304 Not Modified"))
    assert fetched.status == 304
    assert not fetched.not_modified


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "503 Service Unavailable"])
def test_error_status_is_the_callers_to_judge(status: str) -> None:
    assert fetch_once(reply(b"sorry", status=status)).status == int(status[:3])


def test_three_redirects_are_followed() -> None:
    answers = {
        "/": redirect("/1", status="301 Moved Permanently"),
        "/1": redirect("2#part"),
        "/2": redirect("/za%C5%BC%C3%B3%C5%82%C4%87", status="308 Permanent Redirect"),
        "/za%C5%BC%C3%B3%C5%82%C4%87": reply(b"here"),
    }
    with serve(answers) as server:
        fetched = fetch(server.url(), guard=guard_for(server))
    assert fetched.body == b"here"
    assert fetched.url == server.url("/za%C5%BC%C3%B3%C5%82%C4%87")


def test_redirect_in_bare_utf8_is_understood() -> None:
    answers = {
        "/": raw("HTTP/1.1 302 Found\r\nLocation: /żółw\r\n\r\n".encode()),
        "/%C5%BC%C3%B3%C5%82w": reply(b"here"),
    }
    with serve(answers) as server:
        assert fetch(server.url(), guard=guard_for(server)).body == b"here"


def test_circle_of_redirects_ends_after_the_third() -> None:
    with serve({"/": redirect("/")}) as server:
        with pytest.raises(FetchRefused, match="redirects"):
            fetch(server.url(), guard=guard_for(server))
        assert len(server.seen) == 4


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/", "address"),
        ("http://[::ffff:127.0.0.1]/", "address"),
        ("http://127.1/", "address"),
        ("//10.0.0.1/", "address"),
        ("http://127.0.0.1:22/", "port"),
        ("file:///etc/passwd", "scheme"),
        ("ftp://example.com/", "scheme"),
        ("http://user:pass@example.com/", "credentials"),
        ("http://[::1", "form"),
        ("http://example.com\\@127.0.0.1/", "characters"),
    ],
)
def test_redirect_is_judged_like_the_first_address(location: str, reason: str) -> None:
    assert refusal(redirect(location)) == reason


def test_body_of_a_redirect_is_never_read() -> None:
    def endless(line: Line, request: Request) -> None:
        line.send(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nTransfer-Encoding: chunked\r\n\r\n")
        line.drip(b"1\r\nx\r\n")

    with serve({"/": endless, "/there": reply(b"here")}) as server:
        assert fetch(server.url(), guard=guard_for(server)).body == b"here"


def test_credentials_stay_with_their_origin() -> None:
    secret = {"Authorization": "Bearer secret", "X-Api-Key": "secret", "Accept": "text/xml"}
    with serve({"/": reply(b"here")}) as other:
        answers = {"/": redirect("/same"), "/same": redirect(other.url(host="localhost"))}
        with serve(answers) as server:
            fetch(server.url(), guard=guard_for(server, other), headers=secret)
    assert server.seen[1].headers["authorization"] == "Bearer secret"
    assert other.seen[0].headers["accept"] == "text/xml"
    assert "secret" not in str(other.seen[0].headers)


def test_cookies_are_not_kept() -> None:
    with serve({"/": redirect("/2", cookie="a=b; Path=/"), "/2": reply(b"here")}) as server:
        fetch(server.url(), guard=guard_for(server))
    assert "cookie" not in server.seen[1].headers


def drip_headers(line: Line, request: Request) -> None:
    line.send(b"HTTP/1.1 200 OK\r\n")
    line.drip(b"X: y\r\n")


def drip_body_of_unknown_length(line: Line, request: Request) -> None:
    line.send(b"HTTP/1.1 200 OK\r\n\r\n")
    line.drip(b"x")


def drip_chunks(line: Line, request: Request) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    line.drip(b"1\r\nx\r\n")


def drip_announced_body(line: Line, request: Request) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    line.drip(b"x")


def continue_for_ever(line: Line, request: Request) -> None:
    line.drip(b"HTTP/1.1 100 Continue\r\n\r\n")


def say_nothing(line: Line, request: Request) -> None:
    line.closing.wait()


@pytest.mark.parametrize(
    "answer",
    [
        drip_headers,
        drip_body_of_unknown_length,
        drip_chunks,
        drip_announced_body,
        continue_for_ever,
        say_nothing,
    ],
)
def test_server_that_drips_is_cut_at_the_deadline(answer: Answer) -> None:
    assert refusal(answer, deadline=MOMENT) == "deadline"


def test_tls_handshake_that_never_ends_is_cut_at_the_deadline() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    guard = Guard(allowed_hosts=frozenset({"127.0.0.1"}), allowed_ports=frozenset({port}))
    with listener, pytest.raises(FetchRefused, match="deadline"):
        fetch(f"https://127.0.0.1:{port}/", guard=guard, deadline=MOMENT)


def test_redirects_share_one_deadline() -> None:
    def slow(line: Line, request: Request) -> None:
        line.closing.wait(0.3)
        redirect("/")(line, request)

    assert refusal(slow, deadline=MOMENT) == "deadline"


def test_gzip_is_unpacked() -> None:
    packed = gzip.compress(b"feed" * 1000)
    assert fetch_once(reply(packed, headers={"Content-Encoding": "gzip"})).body == b"feed" * 1000


def test_gzip_bomb_stops_at_the_limit() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(256)) + packer.flush()
    assert len(bomb) < 2**20
    assert refusal(reply(bomb, headers={"Content-Encoding": "gzip"})) == "size"


@pytest.mark.parametrize("encoding", ["gzip, gzip, gzip, gzip, gzip", "br", "deflate", "zstd"])
def test_packing_we_did_not_ask_for_is_refused(encoding: str) -> None:
    assert refusal(reply(b"bomb", headers={"Content-Encoding": encoding})) == "encoding"


def test_broken_gzip_is_refused() -> None:
    assert refusal(reply(b"not gzip", headers={"Content-Encoding": "gzip"})) == "connection"


def test_announced_size_over_the_limit_is_refused_unread() -> None:
    def huge(line: Line, request: Request) -> None:
        line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        line.closing.wait()

    assert refusal(huge) == "size"


def test_body_without_end_is_refused_at_the_limit() -> None:
    def endless(line: Line, request: Request) -> None:
        line.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not line.closing.is_set():
            line.send(bytes(2**16))

    assert refusal(endless) == "size"


def test_body_of_exactly_the_limit_passes() -> None:
    assert len(fetch_once(reply(bytes(1000)), max_bytes=1000).body) == 1000


@pytest.mark.parametrize(
    "answer",
    [
        raw(b""),
        raw(b"hello\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"),
    ],
)
def test_broken_answer_is_refused_in_plain_words(answer: Answer) -> None:
    assert refusal(answer) == "connection"


def test_server_that_is_not_there_is_refused_without_its_address_in_the_log() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    guard = Guard(allowed_hosts=frozenset({"127.0.0.1"}), allowed_ports=frozenset({port}))
    with pytest.raises(FetchRefused) as caught:
        fetch(f"http://127.0.0.1:{port}/feed?token=secret", guard=guard)
    assert caught.value.detail.startswith("connection:")
    assert "secret" not in str(caught.value)


def test_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert fetch_once(reply(b"here")).body == b"here"
