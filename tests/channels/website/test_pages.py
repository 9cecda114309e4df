"""The public pages: valid, and saying in words what they show."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from pathlib import Path

import html5lib
import pytest
from lxml import html

from tests import validators
from tests.channels.website import programme, public_pages

PAGES = tuple(public_pages.all_pages())


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return public_pages.all_pages()


@pytest.fixture(scope="module")
def files(pages: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, "utf-8")
    return sorted(folder.iterdir())


def text_of(page: str) -> str:
    return " ".join(html.fromstring(page).text_content().split()).replace("\u00a0", " ")


@pytest.mark.parametrize("name", PAGES)
def test_a_strict_parser_takes_the_page(name: str, pages: dict[str, str]) -> None:
    html5lib.HTMLParser(strict=True).parse(pages[name])


def test_the_nu_checker_has_nothing_to_say(files: list[Path]) -> None:
    assert validators.vnu_faults(files) == ""


def test_html_validate_has_nothing_to_say(files: list[Path]) -> None:
    assert validators.html_validate_faults(files) == ""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_its_language_has_one_h1_and_fetches_nothing_from_elsewhere(
    name: str, pages: dict[str, str]
) -> None:
    page = html.fromstring(pages[name])
    assert page.get("lang") == ("en" if name.endswith("english") else "pl")
    assert len(page.findall(".//h1")) == 1
    fetched = page.xpath("//link[@rel='stylesheet']/@href | //script/@src | //img/@src")
    assert all(url.startswith(("/", programme.INSTITUTION.base_url)) for url in fetched)
    assert page.xpath("//*[@style] | //style | //script[not(@type='application/ld+json')]") == []


@pytest.mark.parametrize("name", PAGES)
def test_headings_leave_no_level_out(name: str, pages: dict[str, str]) -> None:
    main = html.fromstring(pages[name]).xpath("//main")[0]
    levels = [int(heading.tag[1]) for heading in main.xpath(".//h1|.//h2|.//h3|.//h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("name", PAGES)
def test_every_field_has_its_label_and_what_it_refers_to_exists(
    name: str, pages: dict[str, str]
) -> None:
    page = html.fromstring(pages[name])
    identifiers = page.xpath("//@id")
    assert len(set(identifiers)) == len(identifiers)
    for field in page.xpath("//input[not(@type='hidden')]"):
        assert page.xpath("//label[@for=$id]", id=field.get("id"))
    named = " ".join(page.xpath("//@aria-describedby | //@aria-labelledby | //@for")).split()
    targets = [link[1:] for link in page.xpath("//@href[starts-with(., '#')]")]
    assert {*named, *targets} <= set(identifiers)


def test_a_moved_event_says_its_previous_date_in_words_and_struck_through() -> None:
    page = public_pages.item_page(programme.MOVED)
    assert "Poprzedni termin, już nieaktualny: wtorek, 13 października 2026 r." in text_of(page)
    (struck,) = html.fromstring(page).xpath("//del/time/@datetime")
    assert struck == "2026-10-13T17:00:00+02:00"


def test_a_cancelled_event_says_so_in_its_title_and_banner_and_offers_no_calendar() -> None:
    page = public_pages.item_page(programme.CANCELLED)
    assert "<title>ODWOŁANE: Wieczór z poezją – " in page
    assert "To wydarzenie się nie odbędzie." in text_of(page)
    assert "calendar.ics" not in page


def test_the_page_of_an_item_carries_its_structured_data_and_picture() -> None:
    page = public_pages.item_page(programme.MEETING)
    data = json.loads(html.fromstring(page).xpath("string(//script)"))
    assert data["name"] == programme.MEETING.title
    assert 'property="og:image:alt" content="Autorka z książką w dłoni"' in page
    assert 'alt="Autorka z książką w dłoni"' in page


def test_hostile_words_stay_words() -> None:
    nasty = '</script><script>alert("x")</script>'
    item = programme.item(1, title=nasty, lead=nasty, contact=nasty, body_html=f"<p>a</p>{nasty}")
    page = html.fromstring(public_pages.item_page(item))
    assert [script.get("type") for script in page.xpath("//script")] == ["application/ld+json"]
    assert nasty.replace('"', "”") in text_of(html.tostring(page, encoding="unicode")).replace(
        "„", "”"
    )


def test_personal_pages_are_kept_out_of_search_engines_and_tell_nobody_their_address() -> None:
    for page in (public_pages.preferences_page(), public_pages.unsubscribe_page()):
        assert '<meta name="robots" content="noindex, nofollow">' in page
        assert '<meta name="referrer" content="same-origin">' in page
    assert "noindex" not in public_pages.agenda_page()


def test_leaving_takes_a_post_and_not_a_link() -> None:
    page = html.fromstring(public_pages.unsubscribe_page())
    (form,) = page.xpath("//form")
    assert form.get("method") == "post"
    assert len(form.xpath(".//button[@type='submit']")) == 1


def test_one_newsletter_is_not_asked_for() -> None:
    only = public_pages.group("newsletters", "Newslettery", "Co w bibliotece")
    page = html.fromstring(public_pages.signup_page(newsletters=only))
    assert page.xpath("//input[@name='newsletters']/@type") == ["hidden"]


def test_mistakes_are_told_beside_the_field_and_in_a_summary_that_leads_there() -> None:
    page = html.fromstring(public_pages.wrong_signup_page())
    assert page.xpath("//*[@role='alert']//a/@href") == ["#email", "#consent"]
    assert page.xpath("//input[@id='email']/@aria-describedby") == ["email-error"]
    assert page.xpath("//input[@id='consent']/@aria-describedby") == ["consent-error consent-help"]


def test_feeds_are_announced_in_the_head() -> None:
    page = html.fromstring(public_pages.agenda_page())
    found = page.xpath("//link[@rel='alternate']/@type")
    assert found == ["application/rss+xml", "text/calendar"]


def test_the_english_agenda_is_english() -> None:
    text = text_of(public_pages.agenda_page(language="en"))
    assert "What’s on" in text
    assert "October 2026" in text
    assert not re.search(r"październik\b", text)


@pytest.mark.parametrize("tone", ["success", "info", "error"])
def test_an_outcome_has_its_heading_and_the_way_on(tone: str) -> None:
    page = html.fromstring(public_pages.message_page(tone))
    assert page.findtext(".//h1") == "Dziękujemy, zapis potwierdzony"
    assert page.xpath("//main//a/@href") == ["/"]


def test_an_address_is_not_torn_apart(pages: dict[str, str]) -> None:
    page = html.fromstring(pages["item-0"])
    parts = page.xpath("//dd[@class='where']/span[@class='part']")
    assert [part.text for part in parts[-2:]] == ["ul.\u00a0Zamkowa\u00a06,", "46-200 Kluczbork"]
    assert page.xpath("string(//dd[@class='where'])").endswith("6, 46-200 Kluczbork")


def test_a_telephone_number_can_be_called_with_a_tap() -> None:
    item = dataclasses.replace(
        programme.MEETING,
        contact="Justyna Miodek, tel. 77 000 00 11 albo +48 600-700-800",
        sign_up="telefonicznie: 770000012",
        capacity=123456789,
    )
    page = html.fromstring(public_pages.item_page(item))
    links = page.xpath("//section[@class='facts']//a[starts-with(@href, 'tel:')]")
    assert [(link.get("href"), link.text) for link in links] == [
        ("tel:770000012", "770000012"),
        ("tel:770000011", "77 000 00 11"),
        ("tel:+48600700800", "+48 600-700-800"),
    ]
    contact = page.xpath("string(//dd[@class='contact'])")
    assert contact == "Justyna Miodek, tel.\u00a077 000 00 11 albo\u00a0+48 600-700-800"


def test_a_contact_without_a_number_is_plain_text_and_an_address_is_written_to() -> None:
    for contact, link in (("Informacja, parter", None), ("a@example.org", "mailto:a@example.org")):
        item = dataclasses.replace(programme.MEETING, contact=contact)
        page = html.fromstring(public_pages.item_page(item))
        links = page.xpath("//dd[@class='contact']//a/@href")
        assert links == ([link] if link else [])
        assert page.xpath("string(//dd[@class='contact'])") == contact
