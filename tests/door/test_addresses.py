"""Public is what the hand-written lists leave over, not what `ipaddress` says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from promo.door.addresses import is_public, look_up

NOT_PUBLIC = """
    0.0.0.0 0.1.2.3 10.255.255.255 100.64.0.0 100.100.100.200 100.127.255.255 127.0.0.1
    168.63.129.16 169.254.169.254 172.16.0.0 172.31.255.255 192.0.0.1 192.0.2.1 192.31.196.1
    192.52.193.1 192.88.99.1 192.168.0.1 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1
    203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1
    100::1 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808::1
    2620:4f:8000::1 3fff::1 3fff:fff:ffff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1
    fe80::1%lo fec0::1 ff02::1 ff0e::1 2606:4700::1%lo
"""

PUBLIC = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
    169.253.255.255 172.15.255.255 172.32.0.0 192.0.1.1 193.0.0.1 198.17.255.255 198.20.0.0
    223.255.255.255 2001:200::1 2001:4860:4860::8888 2606:4700::1111 2a00:1450::1 3ffe::1
"""


@pytest.mark.parametrize("text", NOT_PUBLIC.split())
def test_special_address_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC.split())
def test_ordinary_address_is_public(text: str) -> None:
    assert is_public(ip_address(text))


def test_name_server_that_never_answers_costs_no_more_than_the_time_given() -> None:
    let_go = threading.Event()

    def silent(host: str, port: int) -> Sequence[str]:
        let_go.wait()
        return ("8.8.8.8",)

    with pytest.raises(TimeoutError):
        look_up("silent.example", 80, resolver=silent, seconds=0.01)
    let_go.set()


def test_name_with_a_label_that_is_too_long_is_an_error_like_any_other() -> None:
    def encode(host: str, port: int) -> Sequence[str]:
        return (host.encode("idna").decode(),)

    with pytest.raises(OSError, match="label"):
        look_up("x" * 64 + ".example", 80, resolver=encode, seconds=5)


def test_unknown_name_says_so() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(socket.gaierror):
        look_up("x.example", 80, resolver=unknown, seconds=5)
