"""Guarded sessions: where they connect, what they keep, when they end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from promo.door import Guard, fetch, open_session, total_deadline
from promo.errors import FetchRefused
from tests.door.conftest import NAME, Certificate
from tests.door.servers import Answer, Line, Request, Server, redirect, reply, serve


def guard_for(server: Server, *, host: str = "127.0.0.1", ca_file: str = "") -> Guard:
    return Guard(
        allowed_hosts=frozenset({host}),
        allowed_ports=frozenset({server.port}),
        ca_file=ca_file,
        resolver=lambda _name, _port: ("127.0.0.1",),
    )


def test_name_stays_in_the_host_header() -> None:
    with serve({"/": reply(b"here")}) as server:
        url = server.url(host=NAME)
        with open_session(guard=guard_for(server, host=NAME)) as session:
            assert session.get(url).text == "here"
    assert server.seen[0].headers["host"] == f"{NAME}:{server.port}"


def test_name_stays_in_the_certificate_check(certificate: Certificate) -> None:
    with serve({"/": reply(b"here")}, tls=certificate.context()) as server:
        guard = guard_for(server, host=NAME, ca_file=certificate.ca_file)
        assert fetch(server.url(host=NAME), guard=guard).body == b"here"
    assert certificate.names[-1] == NAME


def test_certificate_for_another_name_is_refused(certificate: Certificate) -> None:
    with serve({"/": reply(b"here")}, tls=certificate.context()) as server:
        guard = guard_for(server, host="other.example", ca_file=certificate.ca_file)
        with pytest.raises(FetchRefused, match="SSLError"):
            fetch(server.url(host="other.example"), guard=guard)
    assert not server.seen


def test_certificate_of_an_unknown_authority_is_refused(certificate: Certificate) -> None:
    with (
        serve({"/": reply(b"here")}, tls=certificate.context()) as server,
        pytest.raises(FetchRefused, match="SSLError"),
    ):
        fetch(server.url(host=NAME), guard=guard_for(server, host=NAME))


def test_protected_connection_never_leads_to_an_unprotected_one(certificate: Certificate) -> None:
    answers = {"/": redirect("http://example.com/")}
    with serve(answers, tls=certificate.context()) as server:
        guard = guard_for(server, host=NAME, ca_file=certificate.ca_file)
        with pytest.raises(FetchRefused, match="downgrade"):
            fetch(server.url(host=NAME), guard=guard)


def test_one_bad_address_condemns_the_name() -> None:
    guard = Guard(resolver=lambda _name, _port: ("93.184.215.14", "2606:4700::1", "127.0.0.1"))
    with open_session(guard=guard) as session, pytest.raises(FetchRefused, match="address"):
        session.get("http://two-faced.example/")


def test_one_look_up_decides_for_each_connection() -> None:
    asked: list[str] = []

    def once(name: str, port: int) -> Sequence[str]:
        asked.append(name)
        return ("127.0.0.1",)

    with serve({"/": reply(b"here")}) as server:
        hosts, ports = frozenset({NAME}), frozenset({server.port})
        guard = Guard(allowed_hosts=hosts, allowed_ports=ports, resolver=once)
        with open_session(guard=guard) as session:
            session.get(server.url(host=NAME))
            session.get(server.url(host=NAME))
    assert asked == [NAME]
    assert server.connections == 1


def test_connection_that_arrives_elsewhere_is_refused() -> None:
    """Linux connects 0.0.0.0 to loopback: the peer is not the address that was looked at."""
    with serve({"/": reply(b"here")}) as server:
        guard = Guard(
            allowed_hosts=frozenset({NAME}),
            allowed_ports=frozenset({server.port}),
            resolver=lambda _name, _port: ("0.0.0.0",),
        )
        with open_session(guard=guard) as session, pytest.raises(FetchRefused, match="peer"):
            session.get(server.url(host=NAME))
    assert not server.seen


def test_next_address_is_tried_where_the_first_does_not_answer() -> None:
    with serve({"/": reply(b"here")}) as server:
        guard = Guard(
            allowed_hosts=frozenset({NAME}),
            allowed_ports=frozenset({server.port}),
            resolver=lambda _name, _port: ("127.0.0.9", "127.0.0.1"),
        )
        with open_session(guard=guard) as session:
            assert session.get(server.url(host=NAME)).text == "here"


def test_redirect_is_an_answer_like_any_other() -> None:
    answers = {"/": redirect("http://169.254.169.254/")}
    with serve(answers) as server, open_session(guard=guard_for(server)) as session:
        answer = session.post(server.url(), data={"a": "b"})
    assert answer.status_code == 302
    assert answer.history == []


def test_explicit_proxy_is_not_used() -> None:
    with serve({"/": reply(b"here")}) as server, open_session(guard=guard_for(server)) as session:
        answer = session.get(server.url(), proxies={"http": "http://127.0.0.1:9"})
        assert answer.text == "here"


def test_other_schemes_have_no_door() -> None:
    with open_session(guard=Guard()) as session, pytest.raises(requests.exceptions.InvalidSchema):
        session.get("file:///etc/passwd")


def say_nothing(line: Line, request: Request) -> None:
    line.closing.wait()


def drip_headers(line: Line, request: Request) -> None:
    line.send(b"HTTP/1.1 200 OK\r\n")
    line.drip(b"X: y\r\n")


def test_time_out_applies_where_a_call_names_none() -> None:
    with (
        serve({"/": say_nothing}) as server,
        open_session(guard=guard_for(server), timeout=(5, 0.1)) as session,
        pytest.raises(requests.ReadTimeout),
    ):
        session.get(server.url())


def test_total_deadline_cuts_a_dripping_answer() -> None:
    with (
        serve({"/": drip_headers}) as server,
        open_session(guard=guard_for(server)) as session,
        total_deadline(session, timedelta(seconds=0.3)) as lines,
    ):
        with pytest.raises(requests.Timeout):
            session.get(server.url())
        assert lines.is_cut
        with pytest.raises(requests.ConnectTimeout):
            session.get(server.url())
    assert server.connections <= 1


def close_and_drip(line: Line, request: Request) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 99\r\n\r\n")
    line.drip(b"x")


def drip_without_length(line: Line, request: Request) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    line.drip(b"x")


@pytest.mark.parametrize("answer", [close_and_drip, drip_without_length])
def test_total_deadline_cuts_a_body_on_a_closing_connection(answer: Answer) -> None:
    with (
        serve({"/": answer}) as server,
        open_session(guard=guard_for(server)) as session,
        total_deadline(session, timedelta(seconds=0.3)),
        pytest.raises(requests.Timeout),
    ):
        session.get(server.url())


def test_session_works_again_after_its_deadline() -> None:
    answers = {"/": drip_headers, "/ok": reply(b"here")}
    with serve(answers) as server, open_session(guard=guard_for(server)) as session:
        with total_deadline(session, timedelta(seconds=0.1)), pytest.raises(requests.Timeout):
            session.get(server.url())
        with total_deadline(session, timedelta(seconds=20)):
            assert session.get(server.url("/ok")).text == "here"
        assert session.get(server.url("/ok")).text == "here"


def test_deadline_for_a_session_that_cannot_be_cut_is_a_mistake() -> None:
    deadline = total_deadline(requests.Session(), timedelta(seconds=1))
    with pytest.raises(TypeError), deadline:
        pass


FILES = Path("/proc/self/fd")


def open_sockets() -> int:
    links = [str(file.readlink()) for file in FILES.iterdir() if file.is_symlink()]
    return sum(link.startswith("socket:") for link in links)


@pytest.mark.skipif(not FILES.is_dir(), reason="counts what Linux shows")
@pytest.mark.parametrize("connection", ["close", "keep-alive"])
def test_no_socket_is_left_behind(connection: str) -> None:
    before = open_sockets()
    answers = {"/": reply(b"here", headers={"Connection": connection})}
    with serve(answers) as server, open_session(guard=guard_for(server)) as session:
        kept = [session.get(server.url()) for _ in range(10)]
        session.close()
    assert all(answer.text == "here" for answer in kept)
    assert open_sockets() == before
