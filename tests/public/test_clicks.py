"""The short addresses as the web answers them."""

from __future__ import annotations

import struct

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from promo.models import TrackedLink, Tracking
from promo.services import tokens
from tests.services.test_tracking import code, link, picture, started, told

pytestmark = pytest.mark.django_db

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def reader() -> Client:
    return Client(headers={"user-agent": BROWSER})


def test_a_short_address_leads_to_the_page_and_tells_it_nothing(reader: Client) -> None:
    mailing = started(Tracking.COUNTS)
    answer = reader.get(f"/c/{link(1).key}")
    assert (answer.status_code, answer["Location"]) == (302, "https://a.example/1")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies
    assert told(mailing) == [("1", 1, None)]


def test_a_readers_address_leads_there_too_whatever_its_code_is(reader: Client) -> None:
    mailing = started(Tracking.READERS)
    for given in (code(), "1-00000000000000000000", "x"):
        assert reader.get(f"/c/{given}/{link(1).key}")["Location"] == "https://a.example/1"
    assert told(mailing) == [("1", 1, 1)]


@pytest.mark.parametrize(
    "path",
    ["/c/0000000000000000", "/c/x/0000000000000000", "/c/https://evil.example/", "/c/x?to=//e.e"],
)
def test_no_address_leads_anywhere_but_to_a_stored_one(path: str, reader: Client) -> None:
    started(Tracking.COUNTS)
    assert reader.get(path).status_code == 404


def test_the_opening_is_a_transparent_picture_of_one_pixel(reader: Client) -> None:
    mailing = started(Tracking.READERS)
    answer = reader.get(f"/c/{code()}/{picture().key}")
    assert answer["Content-Type"] == "image/gif"
    assert answer.content[:6] == b"GIF89a"
    assert struct.unpack("<HH", answer.content[6:10]) == (1, 1)
    assert answer["Cache-Control"] == "no-store"
    assert told(mailing) == [("", 1, 1)]


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "BarracudaCentral/1.0",
        "Mozilla/5.0 Proofpoint URL Defense",
        "Mimecast URL Protect",
        "Microsoft-SafeLinks/1.0",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "python-requests/2.32",
        "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/130.0",
    ],
)
def test_machines_are_sent_on_and_not_counted(agent: str) -> None:
    mailing = started(Tracking.COUNTS)
    answer = Client(headers={"user-agent": agent}).get(f"/c/{link(1).key}")
    assert answer.status_code == 302
    assert told(mailing) == []


def test_gmails_proxy_fetches_the_picture_for_a_person() -> None:
    mailing = started(Tracking.COUNTS)
    agent = (
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    )
    Client(headers={"user-agent": agent}).get(f"/c/{picture().key}")
    assert told(mailing) == [("", 1, None)]


def test_a_look_without_reading_is_not_counted(reader: Client) -> None:
    mailing = started(Tracking.COUNTS)
    assert reader.head(f"/c/{link(1).key}").status_code == 302
    reader.get(f"/c/{link(1).key}", headers={"sec-purpose": "prefetch;prerender"})
    assert reader.post(f"/c/{link(1).key}").status_code == 405
    assert told(mailing) == []


def test_where_to_go_is_one_read(reader: Client) -> None:
    started(Tracking.COUNTS)
    key = link(1).key
    with CaptureQueriesContext(connection) as asked:
        reader.head(f"/c/{key}")
    assert len(asked) == 1


def test_the_mail_in_the_browser_counts_nothing(reader: Client) -> None:
    mailing = started(Tracking.READERS)
    shown = reader.get(f"/view/{tokens.code(tokens.DELIVERY, mailing.publication.uuid)}/")
    assert "https://a.example/1" in shown.content.decode()
    assert not any(row.key in shown.content.decode() for row in TrackedLink.objects.all())
