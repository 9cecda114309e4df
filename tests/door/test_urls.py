"""Every address of the corpus gets its verdict, before anything is sent."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from promo.door import Guard, fetch
from promo.door.addresses import system_resolver
from promo.door.guard import check_url, checked_addresses
from promo.errors import FetchRefused

CORPUS = Path(__file__).parents[1] / "corpus" / "urls.txt"

PUBLIC = "93.184.215.14"
NAMES = {
    "example.com": [PUBLIC],
    "example.com.": [PUBLIC],
    "xn--w-uga1v8h.example": [PUBLIC],
    "localtest.example": ["127.0.0.1"],
    "one-of-two.example": [PUBLIC, "10.0.0.7"],
    "only-private-v6.example": ["fd12::1"],
    "metadata.alias.example": ["169.254.169.254"],
    "xn--localhst-7r8c.example": ["127.0.0.1"],
}


def resolver(host: str, port: int) -> Sequence[str]:
    """The table for names, the operating system for everything that is a number in disguise."""
    if host in NAMES:
        return NAMES[host]
    if any(letter in host for letter in "ghijklmnopqrstuvwyz"):
        raise socket.gaierror(f"not in the table: {host}")
    return system_resolver(host, port)


GUARD = Guard(resolver=resolver)


def rows() -> Iterator[tuple[str, str]]:
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            verdict, url = line[:12].strip(), line[13:]
            yield verdict, json.loads(f'"{url}"').replace("{long}", "x" * 4096)


REFUSED = [row for row in rows() if row[0] != "passes"]
PASSING = [url for verdict, url in rows() if verdict == "passes"]


@pytest.mark.parametrize(("verdict", "url"), REFUSED)
def test_hostile_address_is_refused_for_its_reason(verdict: str, url: str) -> None:
    with pytest.raises(FetchRefused) as caught:
        fetch(url, guard=GUARD)
    assert caught.value.detail.split(":")[0] == verdict


@pytest.mark.parametrize("url", PASSING)
def test_honest_address_passes(url: str) -> None:
    target = check_url(url, guard=GUARD)
    addresses = checked_addresses(target.host, target.port, guard=GUARD, seconds=5)
    assert addresses


def test_corpus_holds_sixty_hostile_addresses() -> None:
    assert len(REFUSED) >= 60


def test_refusal_never_shows_the_address_to_people() -> None:
    for _verdict, url in REFUSED:
        with pytest.raises(FetchRefused) as caught:
            fetch(url, guard=GUARD)
        assert caught.value.detail not in caught.value.text
        assert "127.0.0.1" not in caught.value.text


def test_vouched_host_may_use_its_ports_and_others_may_not() -> None:
    guard = Guard(allowed_hosts=frozenset({"127.0.0.1"}), allowed_ports=frozenset({8025}))
    assert check_url("http://127.0.0.1:8025/", guard=guard).port == 8025
    with pytest.raises(FetchRefused):
        check_url("http://example.com:8025/", guard=guard)
    with pytest.raises(FetchRefused):
        check_url("http://127.0.0.1:8026/", guard=guard)


def test_name_that_does_not_exist_is_refused_in_plain_words() -> None:
    with pytest.raises(FetchRefused) as caught:
        fetch("http://no-such-name.example/", guard=GUARD)
    assert caught.value.detail.startswith("connection:")
