"""The feeds over HTTP."""

import pytest
from django.test import Client

from promo.models import Institution
from tests import making

pytestmark = pytest.mark.django_db

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
OWN_TYPES = {"rss.xml": "application/rss+xml", "atom.xml": "application/atom+xml"}


@pytest.mark.parametrize("language", ["pl", "en"])
def test_a_feed_tells_its_language_to_the_browser(language: str) -> None:
    making.installation()
    row = Institution.load()
    row.language = language
    row.save()
    answer = Client().get("/feeds/rss.xml", HTTP_ACCEPT_LANGUAGE="de")
    assert answer["Content-Language"] == language
    again = Client().get("/feeds/rss.xml", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("file", OWN_TYPES)
@pytest.mark.parametrize(
    ("accept", "as_page"),
    [
        (CHROMIUM, True),
        ("*/*", False),
        ("application/xml, text/xml", False),
        ("application/rss+xml, application/atom+xml, text/html;q=0.5, */*;q=0.1", False),
        ("text/html;q=0, */*", False),
    ],
)
def test_a_browser_is_given_xml_and_a_feed_reader_the_feeds_own_type(
    file: str, accept: str, *, as_page: bool
) -> None:
    making.installation()
    answer = Client().get(f"/feeds/{file}", HTTP_ACCEPT=accept)
    kind = "application/xml" if as_page else OWN_TYPES[file]
    assert answer["Content-Type"] == f"{kind}; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert {"Accept", "Accept-Encoding"} <= set(answer["Vary"].split(", "))


def test_who_does_not_say_what_it_takes_is_given_the_feeds_own_type() -> None:
    making.installation()
    assert Client().get("/feeds/rss.xml")["Content-Type"] == "application/rss+xml; charset=utf-8"


@pytest.mark.parametrize("file", ["feed.json", "calendar.ics"])
def test_what_a_browser_cannot_show_keeps_its_type(file: str) -> None:
    making.installation()
    path = f"/feeds/{file}"
    here, there = (Client().get(path, HTTP_ACCEPT=accept) for accept in (CHROMIUM, "*/*"))
    assert here["Content-Type"] == there["Content-Type"]


def test_each_type_has_its_own_tag_and_is_not_sent_twice() -> None:
    making.installation()
    page = Client().get("/feeds/rss.xml", HTTP_ACCEPT=CHROMIUM)
    feed = Client().get("/feeds/rss.xml", HTTP_ACCEPT="*/*")
    assert page.content == feed.content
    assert page["ETag"] != feed["ETag"]
    for accept, tag, status in (
        (CHROMIUM, page["ETag"], 304),
        ("*/*", feed["ETag"], 304),
        (CHROMIUM, feed["ETag"], 200),
    ):
        again = Client().get("/feeds/rss.xml", HTTP_ACCEPT=accept, HTTP_IF_NONE_MATCH=tag)
        assert again.status_code == status
        assert {"Accept", "Accept-Encoding"} <= set(again["Vary"].split(", "))
        if status == 304:
            assert again["ETag"] == tag
            assert "Content-Type" not in again  # it would overwrite what a cache has kept
