"""The public pages over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from promo.models import Destination, FormerMarker, Institution, Item, Publication
from promo.protocol import State
from promo.services import destinations, halts
from promo.services.composing import marker_link
from promo.services.facts import absolute, place_facts
from tests import making
from tests.driving import Clock, tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def out() -> Item:
    """An event that is out on the website."""
    making.installation()
    row = making.due_publication(destinations.create(channel="website", name="Strona"))
    tick(Clock(timezone.now()))
    return row.item


def test_the_foot_leads_to_the_declarations_that_the_library_has_given() -> None:
    making.installation()
    row = Institution.load()
    row.accessibility_url = "https://biblioteka.example.org/deklaracja"
    row.save()
    page = Client().get("/?lang=pl").content.decode()
    assert 'href="https://biblioteka.example.org/deklaracja"' in page
    assert "Deklaracja dostępności" in page
    assert "Informacja o ochronie danych" not in page


def test_a_visitor_who_has_chosen_one_thing_is_offered_its_feeds(out: Item) -> None:
    page = Client().get("/?lang=pl&kind=author_meeting").content.decode()
    assert "/feeds/kind/author_meeting/rss.xml" in page
    assert "Co się dzieje – spotkanie autorskie (RSS)" in page
    assert "/?kind=author_meeting&amp;lang=en" in page
    feed = Client().get("/feeds/kind/author_meeting/rss.xml")
    assert "Co się dzieje – spotkanie autorskie" in feed.content.decode()
    two = Client().get("/?lang=pl&kind=author_meeting&audience=adults").content.decode()
    assert "/feeds/rss.xml" in two


def test_an_event_comes_as_a_calendar_file_and_news_without_a_time_has_none(out: Item) -> None:
    assert b"BEGIN:VEVENT" in Client().get(f"/items/{out.uuid}/calendar.ics").content
    Item.objects.filter(pk=out.pk).update(starts_at=None, ends_at=None)
    assert Client().get(f"/items/{out.uuid}/calendar.ics").status_code == 404


def test_a_postponed_event_stays_in_the_calendar(out: Item) -> None:
    was = timezone.now() + timedelta(days=3)
    Item.objects.filter(pk=out.pk).update(
        starts_at=None, ends_at=None, status="postponed", previous_starts_at=was
    )
    assert str(out.uuid) in Client().get("/calendar.ics").content.decode()


VENUE = "Dom Kultury „Pod Lipami”, ul. Lipowa 3, Kluczbork"


def told(row: Item) -> list[str]:
    """Where a visitor, a feed reader, a calendar and a search engine are told it takes place."""
    addresses = (row.path, "/feeds/rss.xml", "/feeds/feed.json", "/calendar.ics")
    return [Client().get(path).content.decode() for path in addresses]


def partners_event() -> Item:
    """An event on the website whose place is free text."""
    making.installation()
    institution = Institution.load()
    institution.street, institution.locality = "ul. Czytelnicza 1", "Kluczbork"
    institution.save()
    website = destinations.create(channel="website", name="Strona")
    row = making.due_publication(website, branch=None, venue=VENUE)
    tick(Clock(timezone.now()))
    return row.item


def test_an_event_at_a_partners_is_not_told_to_be_at_the_library() -> None:
    row = partners_event()
    page, rss, json_feed, calendar = told(row)
    main = page.partition("<footer")[0]
    for text in (main, rss, json_feed, calendar.replace("\r\n ", "")):
        assert "Lipowa" in text
        assert "Czytelnicza" not in text


def test_a_place_is_elsewhere_only_where_there_are_branches_to_choose_from() -> None:
    assert not place_facts(None, "Czytelnia").elsewhere
    branch = making.branch()
    assert place_facts(None, VENUE).elsewhere
    assert not place_facts(None, " ").elsewhere
    assert not place_facts(branch, "Czytelnia").elsewhere


def test_the_other_language_of_an_item_is_what_is_on_and_not_the_same_text(out: Item) -> None:
    page = Client().get(out.path).content.decode()
    assert '<li><a href="/?lang=en" hreflang="en" lang="en">English</a></li>' in page
    assert f"{out.path}?lang=en" not in page


def test_the_foot_calls_the_privacy_notice_what_the_settings_call_it() -> None:
    making.installation()
    row = Institution.load()
    row.privacy_url = "https://biblioteka.example.org/rodo"
    row.save()
    assert "Informacja o ochronie danych" in Client().get("/?lang=pl").content.decode()
    with override("pl"):
        name = str(Institution._meta.get_field("privacy_url").verbose_name)  # noqa: SLF001
    assert name == "adres informacji o ochronie danych"


PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_the_short_link_of_a_publication_leads_to_its_item_and_counts_people_alone(
    out: Item,
) -> None:
    row = Publication.objects.get(item=out)
    FormerMarker.objects.create(publication=row, marker="dawny")
    for marker in (row.marker, "dawny"):
        answer = Client().get(f"/w/{marker}", headers={"user-agent": PERSON})
        assert answer.status_code == 302
        assert answer["Location"].endswith(out.path)
    for machine in ("facebookexternalhit/1.1", "curl/8.5", ""):
        Client().get(f"/w/{row.marker}", headers={"user-agent": machine})
    Client().get(f"/w/{row.marker}", headers={"user-agent": PERSON, "sec-purpose": "prefetch"})
    Client().head(f"/w/{row.marker}", headers={"user-agent": PERSON})
    row.refresh_from_db()
    assert row.clicks == 2
    assert Client().get("/w/nikogo").status_code == 404


@pytest.fixture
def held() -> Publication:
    """A post that Facebook holds; the website will tell of the item only later."""
    making.installation()
    page, site = (Destination.objects.get(channel=key) for key in ("facebook_page", "website"))
    row = making.due_publication(page, title="Wieczór poezji")
    later = timezone.now() + timedelta(days=9)
    common = {"item": row.item, "variant": "announce", "planned_at": later, "due_at": later}
    Publication.objects.create(destination=site, slot="website", **common)
    Publication.objects.filter(pk=row.pk).update(state=State.ARMED)
    row.refresh_from_db()
    return row


def test_a_network_that_holds_a_post_finds_a_page_behind_its_link_before_the_website_has_it(
    held: Publication,
) -> None:
    answer = Client().get(f"/w/{held.marker}", headers={"user-agent": "facebookexternalhit/1.1"})
    assert answer.status_code == 200
    assert answer["X-Robots-Tag"] == "noindex"
    page = answer.content.decode()
    assert '<meta property="og:title" content="Wieczór poezji">' in page
    assert f'<meta property="og:url" content="{marker_link(held.marker)}">' in page
    assert held.item.path not in page  # nobody is there yet
    assert Client().get(held.item.path).status_code == 404
    assert "Wieczór poezji" not in Client().get("/").content.decode()


@pytest.mark.parametrize(
    ("post", "website"),
    [
        (State.PLANNED, State.PLANNED),
        (State.WITHDRAWN, State.PLANNED),
        (State.PUBLISHED, State.PUBLISHED),
        (State.PUBLISHED, State.WITHDRAWN),
    ],
)
def test_the_link_leads_to_the_item_where_nothing_may_be_shown_before_the_website_does(
    held: Publication, post: State, website: State
) -> None:
    now = timezone.now()
    site = held.item.publications.filter(destination__channel="website")
    site.update(state=website, published_at=now)
    Publication.objects.filter(pk=held.pk).update(state=post, published_at=now)
    answer = Client().get(f"/w/{held.marker}")
    assert (answer.status_code, answer["Location"]) == (302, absolute(held.item.path))


def test_nothing_is_shown_ahead_of_the_website_while_everything_is_stopped(
    held: Publication,
) -> None:
    user = User.objects.create_superuser("ewa")
    halts.begin(because="Alarm", user=user, now=timezone.now())
    assert Client().get(f"/w/{held.marker}").status_code == 302
