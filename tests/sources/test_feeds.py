"""Feeds as libraries and culture houses really publish them."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import pytest

from promo.errors import InvalidInput
from promo.sources.feeds import Feed, Found, read_feed

URL = "https://kultura.example.org/aktualnosci/feed/"
NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:ev="http://purl.org/rss/1.0/modules/event/" '
    'xmlns:xcal="urn:ietf:params:xml:ns:xcal" '
    'xmlns:mec="http://webnus.net/rss/mec/" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)


def rss(*items: str, channel: str = "<language>pl-PL</language>") -> bytes:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {NAMESPACES}><channel>'
        f"<title>Dom Kultury</title><link>https://kultura.example.org/</link>{channel}{inner}"
        f"</channel></rss>"
    ).encode()


def atom(entry: str) -> bytes:
    return (
        f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="pl">'
        f"<title>Dom Kultury</title><entry>{entry}</entry></feed>"
    ).encode()


def read(body: bytes) -> Feed:
    return read_feed(body, url=URL, now=NOW)


def only(*parts: str) -> Found:
    """The one entry of a feed with this item."""
    (found,) = read(rss("".join(parts))).entries
    return found


def codes(feed: Feed) -> list[str]:
    return [problem.code for problem in feed.problems]


ITEM = """
    <title>Wieczór poezji</title>
    <link>https://kultura.example.org/wieczor/</link>
    <guid isPermaLink="false">https://kultura.example.org/?p=17</guid>
    <pubDate>Fri, 16 Oct 2026 08:00:00 +0000</pubDate>
    <description><![CDATA[<p>Zapraszamy w środę 21 października o 17.</p>
      <p>The post <a href="x">Wieczór</a> appeared first on <a href="y">DK</a>.</p>]]></description>
    <content:encoded><![CDATA[<p>Zapraszamy <b>wszystkich</b>.</p>
      <img src="/obraz.jpg" alt="Plakat">]]></content:encoded>
"""


def test_wordpress_entry_is_read_whole() -> None:
    feed = read(rss(ITEM))
    (found,) = feed.entries
    assert feed.title == "Dom Kultury"
    assert feed.problems == ()
    assert found.guid == "https://kultura.example.org/?p=17"
    assert found.url == "https://kultura.example.org/wieczor/"
    assert found.title == "Wieczór poezji"
    assert found.summary_text == "Zapraszamy w środę 21 października o 17."
    assert "<b>wszystkich</b>" in found.body_html
    assert 'src="https://kultura.example.org/obraz.jpg"' in found.body_html
    assert found.published_at == datetime(2026, 10, 16, 8, 0, tzinfo=UTC)
    assert found.starts_at == datetime(2026, 10, 21, 15, 0, tzinfo=UTC)
    assert not found.all_day
    assert found.picture_url == "https://kultura.example.org/obraz.jpg"
    assert found.language == "pl"


def test_atom_entry_is_read_whole() -> None:
    entry = """<id>urn:uuid:1</id><title type="html">Wieczór &amp;amp; noc</title>
        <link rel="alternate" href="/wieczor"/>
        <link rel="enclosure" type="image/png" href="/p.png"/>
        <updated>2026-10-16T10:00:00+02:00</updated><summary>Opis</summary>
        <content type="html">&lt;p&gt;Treść&lt;/p&gt;</content>"""
    (found,) = read(atom(entry)).entries
    assert found.guid == "urn:uuid:1"
    assert found.title == "Wieczór & noc"
    assert found.url == "https://kultura.example.org/wieczor"
    assert found.published_at == datetime(2026, 10, 16, 8, 0, tzinfo=UTC)
    assert found.summary_text == "Opis"
    assert found.body_html == "<p>Treść</p>"
    assert found.picture_url == "https://kultura.example.org/p.png"
    assert found.language == "pl"


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Wieczór &amp;#8211; poezji", "Wieczór – poezji"),
        ("Wieczór &amp;amp;#8211; poezji", "Wieczór – poezji"),
        ("&lt;b&gt;Wieczór&lt;/b&gt; poezji", "Wieczór poezji"),
        ("<![CDATA[<i>Wieczór</i>&nbsp;poezji]]>", "Wieczór poezji"),
        ("Kocham książki &lt;3 i żółwie", "Kocham książki <3 i żółwie"),
        ("  Wieczór\n\n poezji ", "Wieczór poezji"),
        ("Wie\u00adczór\u200b \u202epoezji\u202c", "Wieczór poezji"),
        ("Rodzina 👨\u200d👩\u200d👧 czyta", "Rodzina 👨\u200d👩\u200d👧 czyta"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;x", "alert(1)x"),
    ],
)
def test_title_is_one_line_of_plain_text(raw: str, title: str) -> None:
    assert only(f"<title>{raw}</title><link>/a</link>").title == title


def test_long_title_is_cut_between_words() -> None:
    title = only(f"<title>{'słowo ' * 100}</title>").title
    assert len(title) <= 300
    assert title.endswith("słowo…")


def test_entry_without_title_is_called_by_its_first_words() -> None:
    found = only("<description>Zapraszamy na wieczór poezji.</description><link>/a</link>")
    assert found.title == "Zapraszamy na wieczór poezji."


def test_polish_date_of_publication_is_read() -> None:
    found = only("<title>A</title><pubDate>Pt, 16 paź 2026 10:00:00 +0200</pubDate>")
    assert found.published_at == datetime(2026, 10, 16, 8, 0, tzinfo=UTC)


def test_unreadable_date_is_said_and_costs_nothing_else() -> None:
    feed = read(rss("<title>A</title><pubDate>wczoraj</pubDate>", "<title>B</title>"))
    assert [entry.title for entry in feed.entries] == ["A", "B"]
    assert feed.entries[0].published_at is None
    assert codes(feed) == ["date_unreadable"]


@pytest.mark.parametrize(
    "event",
    [
        "<ev:startdate>2026-10-20T17:00:00+02:00</ev:startdate>"
        "<ev:enddate>2026-10-20T19:00:00+02:00</ev:enddate><ev:location>Filia nr 2</ev:location>",
        "<xcal:dtstart>20261020T170000</xcal:dtstart><xcal:dtend>20261020T190000</xcal:dtend>"
        "<xcal:location>Filia nr 2</xcal:location>",
        "<mec:startDate>2026-10-20</mec:startDate><mec:startHour>5:00 pm</mec:startHour>"
        "<mec:endDate>2026-10-20</mec:endDate><mec:endHour>19:00</mec:endHour>"
        "<mec:location>Filia nr 2</mec:location>",
    ],
)
def test_event_namespaces_are_read(event: str) -> None:
    found = only(f"<title>Spotkanie 5 listopada 2026</title>{event}")
    assert found.starts_at == datetime(2026, 10, 20, 15, 0, tzinfo=UTC)
    assert found.ends_at == datetime(2026, 10, 20, 17, 0, tzinfo=UTC)
    assert found.place == "Filia nr 2"
    assert not found.all_day


def test_event_of_whole_days_lasts_until_the_end_of_the_last() -> None:
    days = "<ev:startdate>2026-10-20</ev:startdate><ev:enddate>2026-10-24</ev:enddate>"
    found = only(f"<title>Wystawa</title>{days}")
    assert found.all_day
    assert found.starts_at == datetime(2026, 10, 19, 22, 0, tzinfo=UTC)
    assert found.ends_at == datetime(2026, 10, 24, 21, 59, tzinfo=UTC)


def test_end_before_the_start_is_dropped() -> None:
    days = "<ev:startdate>2026-10-20</ev:startdate><ev:enddate>2026-10-19</ev:enddate>"
    found = only(f"<title>Wystawa</title>{days}")
    assert found.starts_at is not None
    assert found.ends_at is None


def test_date_in_the_title_wins_over_the_text() -> None:
    found = only(
        "<title>Koncert | 18.11.2026</title>",
        "<description>Zapisy do 5 listopada 2026, godz. 18</description>",
    )
    assert found.starts_at == datetime(2026, 11, 17, 23, 0, tzinfo=UTC)
    assert found.all_day


def test_year_is_filled_in_from_the_day_of_publication() -> None:
    found = only("<title>Koncert 20 października</title><pubDate>2024-10-01</pubDate>")
    assert found.starts_at == datetime(2024, 10, 19, 22, 0, tzinfo=UTC)


def test_year_is_not_guessed_where_nobody_says_what_day_it_is() -> None:
    body = rss("<title>Koncert 20 października</title>")
    assert read_feed(body, url=URL).entries[0].starts_at is None


def test_koha_new_titles_are_read_though_they_have_no_dates() -> None:
    koha = """<title>Lalka /</title><dc:identifier>ISBN:</dc:identifier>
      <link>/cgi-bin/koha/opac-detail.pl?biblionumber=7</link>
      <description><![CDATA[<a href="/x"><img src="https://covers.example.com/7.jpg" alt=""/></a>
        <p>Prus, Bolesław. 2019</p>]]></description>
      <guid>https://kultura.example.org/cgi-bin/koha/opac-detail.pl?biblionumber=7</guid>"""
    found = only(koha)
    assert found.title == "Lalka /"
    assert found.published_at is None
    assert found.url == "https://kultura.example.org/cgi-bin/koha/opac-detail.pl?biblionumber=7"
    assert found.picture_url == "https://covers.example.com/7.jpg"
    assert found.summary_text == "Prus, Bolesław. 2019"
    assert "covers.example.com" not in found.body_html


def test_relative_addresses_follow_xml_base() -> None:
    entry = """<title>A</title><id>1</id><content type="html" xml:base="https://kultura.example.org/x/y/">
        &lt;a href="../z"&gt;dalej&lt;/a&gt;</content>"""
    (found,) = read(atom(entry)).entries
    assert 'href="https://kultura.example.org/x/z"' in found.body_html


def test_body_is_safe() -> None:
    html = (
        '<script>alert(1)</script><p onclick="x()" style="color: red">Tekst</p>'
        '<a href="javascript:alert(1)">a</a><iframe src="//e.com"></iframe>'
        '<img src="https://tracker.example.com/p.gif" width="1" height="1">'
    )
    found = only(f"<title>A</title><content:encoded>{escape(html)}</content:encoded>")
    assert "<p>Tekst</p>" in found.body_html
    for bad in ("script", "onclick", "style", "iframe", "tracker"):
        assert bad not in found.body_html
    assert found.picture_url == ""


def test_text_that_is_too_long_is_left_out_and_its_summary_kept() -> None:
    html = "<p>Zapraszamy.</p>" * 5000
    feed = read(rss(f"<title>A</title><description>{escape(html)}</description>"))
    assert feed.entries[0].body_html == ""
    assert feed.entries[0].summary_text.startswith("Zapraszamy.")
    assert codes(feed) == ["body_left_out"]


def test_description_of_a_picture_is_not_taken_for_the_summary() -> None:
    found = only(
        "<title>A</title><description>Opis wydarzenia</description>",
        '<media:content url="/p.jpg" medium="image"><media:description>Plakat</media:description>',
        "</media:content>",
    )
    assert found.summary_text == "Opis wydarzenia"
    assert found.picture_url == "https://kultura.example.org/p.jpg"


@pytest.mark.parametrize(
    ("attached", "picture"),
    [
        ('<enclosure url="/p.jpg" type="image/jpeg" length="abc"/>', "/p.jpg"),
        ('<enclosure url="/p.mp3" type="audio/mpeg" length="1"/>', ""),
        ('<media:content url="/p.webp?x=1"/>', "/p.webp?x=1"),
        ('<media:thumbnail url="/t.jpg"/>', "/t.jpg"),
        ('<enclosure url="javascript:alert(1)" type="image/png"/>', ""),
        ('<enclosure url="data:image/png;base64,AAAA" type="image/png"/>', ""),
    ],
)
def test_picture_comes_from_what_is_attached(attached: str, picture: str) -> None:
    expected = f"https://kultura.example.org{picture}" if picture else ""
    assert only(f"<title>A</title>{attached}").picture_url == expected


def test_entry_without_guid_is_known_by_its_address() -> None:
    assert only("<title>A</title><link>/a</link>").guid == "https://kultura.example.org/a"


def test_permanent_link_is_the_address_where_no_other_is_given() -> None:
    assert only("<title>A</title><guid>https://e.example/a</guid>").url == "https://e.example/a"


def test_different_things_under_one_guid_are_told_apart() -> None:
    items = [f"<title>{n}</title><link>/{n}</link><guid>0</guid>" for n in ("a", "b", "b")]
    feed = read(rss(*items))
    assert [entry.title for entry in feed.entries] == ["a", "b"]
    assert len({entry.guid for entry in feed.entries}) == 2


def test_dates_of_one_series_are_told_apart() -> None:
    items = [
        f"<title>Klub</title><link>/klub</link><guid>7</guid><ev:startdate>{day}</ev:startdate>"
        for day in ("2026-10-20", "2026-10-27")
    ]
    feed = read(rss(*items))
    assert len({entry.guid for entry in feed.entries}) == 2


def test_digest_changes_with_what_a_reader_sees_and_only_then() -> None:
    before = only(ITEM)
    assert only(ITEM).digest == before.digest
    assert only(ITEM.replace("o 17", "o 18")).digest != before.digest
    assert only(ITEM.replace("wszystkich", "dzieci")).digest != before.digest
    assert only(ITEM.replace("/obraz.jpg", "/obraz.jpg?v=2")).digest == before.digest


def test_broken_xml_is_no_reason_to_reject() -> None:
    feed = read(b"\n\n" + rss(ITEM, ITEM.replace("?p=17", "?p=18"))[:-60])
    assert feed.entries[0].title == "Wieczór poezji"
    assert codes(feed) == ["malformed"]


def test_blank_lines_and_warnings_before_the_declaration_do_not_matter() -> None:
    feed = read(b"\r\n\r\n<br />\n<b>Warning</b>: x in <b>y.php</b>\n" + rss(ITEM))
    assert feed.entries[0].title == "Wieczór poezji"
    assert feed.problems == ()


def test_control_characters_do_not_matter() -> None:
    feed = read(rss(ITEM.replace("Wieczór", "Wie\x00cz\x0bór\x1f")))
    assert feed.entries[0].title == "Wieczór poezji"
    assert feed.problems == ()


def test_wrong_charset_is_read_and_said() -> None:
    feed = read(rss(ITEM).decode().encode("cp1250"))
    assert feed.entries[0].title == "Wieczór poezji"
    assert codes(feed) == ["encoding"]


def test_content_type_html_does_not_matter() -> None:
    feed = read_feed(rss(ITEM), url=URL, content_type="text/html; charset=iso-8859-1")
    assert feed.entries[0].title == "Wieczór poezji"
    assert feed.problems == ()


def test_empty_entries_are_left_out_and_counted() -> None:
    feed = read(rss(ITEM, "<link>/a</link>", "<pubDate>x</pubDate>"))
    assert len(feed.entries) == 1
    assert codes(feed) == ["entry_empty"]
    assert "2 entries" in feed.problems[0].text


def test_feed_without_entries_is_a_feed() -> None:
    assert read(rss()).entries == ()


def test_web_page_is_called_a_web_page() -> None:
    page = b"<!DOCTYPE html><html><head><title>DK</title></head><body><p>Witamy</body></html>"
    with pytest.raises(InvalidInput, match="web page"):
        read(page)
