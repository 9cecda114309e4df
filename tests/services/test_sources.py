"""Sources: a feed on a real server, read into the inbox and made into items."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from promo.door import Guard
from promo.errors import NotAllowed
from promo.models import Entry, Item, Partner, Source
from promo.services import sources
from tests.door.servers import Line, Request, Server, raw, reply, serve
from tests.driving import Clock

pytestmark = pytest.mark.django_db

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Muzeum</title><link>https://muzeum.example.org/</link>
<description>Wydarzenia</description>
<item><guid isPermaLink="false">1</guid><title>{title}</title>
<link>https://muzeum.example.org/1</link><description>Wystawa zdjęć z lat 50.</description>
<pubDate>Mon, 16 Nov 2026 10:00:00 +0100</pubDate></item>
<item><guid isPermaLink="false">2</guid><title>Noc w muzeum</title>
<link>https://muzeum.example.org/2</link><description>Zwiedzanie z latarką.</description>
<pubDate>Tue, 17 Nov 2026 10:00:00 +0100</pubDate></item>
</channel></rss>"""
RSS = {"Content-Type": "application/rss+xml; charset=utf-8"}


def feed(title: str = "Kluczbork na fotografii", *, etag: str = '"1"') -> bytes:
    return FEED.format(title=title).encode()


def polite(line: Line, request: Request) -> None:
    """Answers 304 to who has it already."""
    if request.headers.get("if-none-match") == '"1"':
        reply(status="304 Not Modified")(line, request)
    else:
        reply(feed(), headers={**RSS, "ETag": '"1"'})(line, request)


@pytest.fixture
def server() -> Iterator[Server]:
    with serve({"/feed": polite}) as started:
        yield started


@pytest.fixture
def guard(server: Server) -> Guard:
    hosts, ports = frozenset({server.host}), frozenset({server.port})
    return Guard(allowed_hosts=hosts, allowed_ports=ports)


@pytest.fixture
def source(server: Server) -> Source:
    partner = Partner.objects.create(name="Muzeum Regionalne")
    return Source.objects.create(name="Muzeum", url=server.url("/feed"), partner=partner)


def read(source: Source, guard: Guard, clock: Clock) -> int:
    new = sources.read(source_id=source.pk, guard=guard, now=clock())
    source.refresh_from_db()
    return new


def test_what_is_found_waits_in_the_inbox(source: Source, guard: Guard, clock: Clock) -> None:
    assert read(source, guard, clock) == 2
    titles = {entry.title for entry in Entry.objects.filter(state=Entry.State.NEW)}
    assert titles == {"Kluczbork na fotografii", "Noc w muzeum"}
    assert source.read_at == clock()
    assert source.problem == ""


def test_what_has_not_changed_is_not_read_again(
    source: Source, guard: Guard, clock: Clock, server: Server
) -> None:
    read(source, guard, clock)
    assert read(source, guard, clock) == 0
    assert [request.headers.get("if-none-match") for request in server.seen] == [None, '"1"']
    assert Entry.objects.count() == 2
    assert source.etag == '"1"'


def test_a_feed_that_knows_no_etag_brings_nothing_twice(
    source: Source, guard: Guard, clock: Clock, server: Server
) -> None:
    server.answers["/feed"] = reply(feed(), headers=RSS)
    assert read(source, guard, clock) == 2
    assert read(source, guard, clock) == 0
    assert Entry.objects.count() == 2


def test_a_changed_entry_is_brought_up_to_date_until_it_is_used(
    source: Source, guard: Guard, clock: Clock, server: Server
) -> None:
    server.answers["/feed"] = reply(feed(), headers=RSS)
    read(source, guard, clock)
    server.answers["/feed"] = reply(feed("Zmieniony tytuł"), headers=RSS)
    assert read(source, guard, clock) == 0
    entry = Entry.objects.get(title="Zmieniony tytuł")
    sources.make_item(entry=entry)
    server.answers["/feed"] = reply(feed("Jeszcze inny"), headers=RSS)
    read(source, guard, clock)
    entry.refresh_from_db()
    assert entry.title == "Zmieniony tytuł"


BROKEN = {
    "a web page": reply(b"<!doctype html><html><body>Witamy</body></html>"),
    "an empty answer": reply(b""),
    "an error": reply(b"nie ma", status="404 Not Found"),
    "half an answer": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n<rss"),
    "a redirect inwards": raw(
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/\r\nContent-Length: 0\r\n\r\n"
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_failure_is_told_on_the_row_and_asked_about_less_often(
    source: Source, guard: Guard, clock: Clock, server: Server, broken: str
) -> None:
    read(source, guard, clock)
    server.answers["/feed"] = BROKEN[broken]
    Source.objects.update(etag="", every_minutes=10)
    assert read(source, guard, clock) == 0
    assert source.problem
    assert source.problem.isprintable()
    assert source.next_read_at == clock() + timedelta(minutes=60)
    assert Entry.objects.count() == 2

    server.answers["/feed"] = polite
    read(source, guard, clock)
    assert source.problem == ""


def test_nobody_vouches_for_our_own_network(source: Source, clock: Clock, server: Server) -> None:
    assert read(source, Guard(), clock) == 0
    assert source.problem
    assert server.connections == 0


def test_a_source_is_handed_out_once_in_its_time(source: Source, clock: Clock) -> None:
    Source.objects.update(every_minutes=30)
    assert sources.due(now=clock()) == [source.pk]
    assert sources.due(now=clock.forward(minutes=29)) == []
    assert sources.due(now=clock.forward(minutes=1)) == [source.pk]
    Source.objects.update(active=False)
    assert sources.due(now=clock.forward(hours=9)) == []


def test_an_entry_becomes_one_draft_of_its_source(
    source: Source, guard: Guard, clock: Clock
) -> None:
    read(source, guard, clock)
    entry = Entry.objects.get(title="Noc w muzeum")
    item = sources.make_item(entry=entry)
    assert not item.live
    assert item.kind == source.kind
    assert item.more_url == "https://muzeum.example.org/2"
    assert [partner.name for partner in item.partners.all()] == ["Muzeum Regionalne"]
    revision = item.get_latest_revision_as_object()
    assert [partner.name for partner in revision.partners.all()] == ["Muzeum Regionalne"]
    with pytest.raises(NotAllowed):
        sources.make_item(entry=entry)
    assert Item.objects.count() == 1


def test_what_was_set_aside_makes_no_item_and_comes_back_with_no_reading(
    source: Source, guard: Guard, clock: Clock, server: Server
) -> None:
    server.answers["/feed"] = reply(feed(), headers=RSS)
    read(source, guard, clock)
    entry = Entry.objects.get(title="Noc w muzeum")
    sources.set_aside(entry=entry)
    read(source, guard, clock)
    entry.refresh_from_db()
    assert entry.state == Entry.State.IGNORED
    with pytest.raises(NotAllowed):
        sources.make_item(entry=entry)


@pytest.mark.parametrize(
    "odd",
    [
        {"url": "https://muzeum.example.org/" + "a" * 400},
        {"url": "gopher://muzeum.example.org/1"},
        {"title": "Bardzo długi tytuł " * 12},
        {"title": "!!!"},
        {"ends": "-1"},
        {"summary": ""},
    ],
    ids=lambda odd: next(iter(odd)),
)
def test_an_odd_entry_becomes_a_draft_all_the_same(
    source: Source, clock: Clock, odd: dict[str, str]
) -> None:
    """People mend a draft; an error in the inbox they could not."""
    starts_at = clock() + timedelta(days=9)
    entry = Entry.objects.create(
        source=source,
        guid="1",
        url=odd.get("url", ""),
        title=odd.get("title", "Noc w muzeum"),
        summary=odd.get("summary", "Zwiedzanie"),
        digest="1",
        found_at=clock(),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=int(odd.get("ends", "1"))),
    )
    item = sources.make_item(entry=entry)
    assert item.title
    assert len(item.more_url) <= 200
    assert item.more_url in {"", entry.url}
    item.refresh_from_db()
