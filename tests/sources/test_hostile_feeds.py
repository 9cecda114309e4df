"""Feeds that mean harm, or were made by programs that might as well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promo.errors import InvalidInput
from promo.sources.confined import Limits
from promo.sources.feeds import Feed, read_feed
from tests.door.servers import Server, reply, serve
from tests.sources.hostile import BYTES, TEXTS, Verdict

URL = "https://e.example/feed"
NOW = datetime(2026, 10, 1, tzinfo=UTC)
LITTLE_TIME = Limits(cpu_seconds=1)
SECRET = "do-not-tell-9f3b"
DANGEROUS = re.compile(
    r"<script|<iframe|<style|<form|<svg|\son\w+\s*=|javascript:|data:|tracker|evil", re.IGNORECASE
)


@dataclass
class Traps:
    """What a feed must not reach."""

    server: Server
    file: Path

    def set_in(self, text: str) -> bytes:
        text = text.replace("{canary}", self.server.url("/canary"))
        return text.replace("{secret}", str(self.file)).encode()


@pytest.fixture
def traps(tmp_path: Path) -> Iterator[Traps]:
    file = tmp_path / "secret.env"
    file.write_text(SECRET)
    with serve({"/canary": reply(f"<rss><channel><title>{SECRET}".encode())}) as server:
        yield Traps(server, file)


def judge(body: bytes, verdict: Verdict) -> Feed | None:
    if verdict is None:
        with pytest.raises(InvalidInput) as caught:
            read_feed(body, url=URL, now=NOW, limits=LITTLE_TIME)
        assert caught.value.text
        return None
    feed = read_feed(body, url=URL, now=NOW)
    assert len(feed.entries) == verdict
    assert_usable(feed)
    return feed


def assert_usable(feed: Feed) -> None:
    assert len({entry.guid for entry in feed.entries}) == len(feed.entries)
    for entry in feed.entries:
        assert 0 < len(entry.title) <= 300
        assert "\n" not in entry.title
        assert len(entry.guid) <= 1000
        assert len(entry.summary_text) <= 4000
        for address in (entry.url, entry.picture_url):
            assert address == "" or re.match(r"https?://\S{1,1000}$", address)
        for instant in (entry.published_at, entry.starts_at, entry.ends_at):
            assert instant is None or 1969 <= instant.year <= 2101
        assert not DANGEROUS.search(entry.body_html)


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_gets_its_verdict(name: str, traps: Traps) -> None:
    text, verdict = TEXTS[name]
    feed = judge(traps.set_in(text), verdict)
    assert SECRET not in repr(feed)
    assert traps.server.connections == 0


@pytest.mark.parametrize("name", BYTES)
def test_hostile_bytes_get_their_verdict(name: str) -> None:
    judge(*BYTES[name])


def test_corpus_holds_eighty_feeds() -> None:
    assert len(TEXTS) + len(BYTES) >= 80


def test_child_does_not_know_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    assert judge(*BYTES["utf-16"])


def test_child_that_asks_for_too_much_memory_ends_alone() -> None:
    with pytest.raises(InvalidInput, match="too complicated"):
        read_feed(BYTES["utf-16"][0], url=URL, limits=Limits(memory=24 * 2**20))
