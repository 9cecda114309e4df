"""A mail for readers of another language: our words in theirs, what staff wrote as it is."""

import dataclasses
import json

import pytest
from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from promo.channels.newsletter_email import Channel
from promo.mailing.salutation import PLACEHOLDER
from promo.rendering import plain
from promo.services import composing
from promo.values import Block, Draft, ItemFacts, Message, Picture, Salutation, Variant
from tests.channels import samples
from tests.channels.newsletter_email import corpus, issues
from tests.channels.newsletter_email.accessible_mail import spoken_language

GREETED = dataclasses.replace(issues.ISSUE, blocks=(corpus.GREETING, *issues.BLOCKS))


def composed(draft: Draft) -> Message:
    return composing.compose(draft, channel="newsletter_email")


def in_english(*items: ItemFacts) -> HtmlElement:
    """An issue in Polish about these items, as its readers of English get it."""
    blocks = tuple(Block("item", item=item) for item in items)
    issue = dataclasses.replace(issues.ISSUE, blocks=blocks)
    return lxml_html.document_fromstring(composed(issues.issue_draft(issue)).variants["en"].html)


def said_in(document: HtmlElement, words: str) -> str | None:
    """The language in which a screen reader says these words."""
    [element] = [
        element
        for element in document.body.iter(etree.Element)
        if plain("".join(element.itertext())).strip() == words
        and not any(plain(child.text_content()).strip() == words for child in element)
    ]
    return spoken_language(element)


def test_there_is_one_variant_for_each_other_language() -> None:
    assert set(composed(issues.issue_draft()).variants) == {"en"}
    assert set(composed(issues.issue_draft(issues.ISSUE_EN)).variants) == {"pl"}


def test_a_reader_of_no_known_language_gets_the_contents_own() -> None:
    message = composed(issues.issue_draft())
    assert message.for_readers("de") is message
    assert message.for_readers("pl") is message
    assert message.for_readers("en") is message.variants["en"]


def test_what_staff_wrote_is_the_same_in_every_variant() -> None:
    message = composed(issues.issue_draft(GREETED))
    english = message.variants["en"]
    for name in ("subject", "preheader", "language", "pictures", "salutation", "link"):
        assert getattr(english, name) == getattr(message, name)
    for words in ("trzy spotkania", "Cały program października", "Sto widoków miasta"):
        assert words in message.text
        assert words in english.text


def test_our_words_are_in_the_readers_language() -> None:
    english = plain(composed(issues.issue_draft(GREETED)).variants["en"].text)
    for words in (
        "Unsubscribe:",
        "Change what you receive:",
        "Open in the browser:",
        "This e-mail came to you because",
        "When: Tuesday, 20 October, 17:00–18:30",
        "For whom: adults",
        "Cancelled. This event will not take place.",
        "See the details: Głośne czytanie pod chmurką",
    ):
        assert words in " ".join(english.split())
    assert "Kiedy" not in english
    assert "godz." not in english


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("Unsubscribe", "en"),
        ("Open in the browser", "en"),
        ("Meeting with an author", "en"),
        ("Admission:", "en"),
        ("20 zł", "pl"),
        ("Warsztaty „Od słowa do słowa”", "pl"),
        ("przez formularz albo telefonicznie", "pl"),
        (issues.ISSUE.subject, "pl"),
    ],
)
def test_every_part_says_its_language(words: str, language: str) -> None:
    item = issues.WORKSHOP
    other = dataclasses.replace(samples.MEETING, is_free=False)
    document = in_english(item, other)
    title = words == "Warsztaty „Od słowa do słowa”"
    if title:  # it stands in the heading and in two links
        links = [link for link in document.iter("span") if link.text == words]
        assert [spoken_language(link) for link in links] == [language, language]
        return
    assert said_in(document, words) == language


def test_an_item_that_is_in_the_readers_language_is_not_marked_as_foreign_inside() -> None:
    document = in_english(samples.MEETING_EN)
    assert said_in(document, "Meet Łucja Żądło-Ćwięka") == "en"
    [link] = [a for a in document.iter("a") if "See the details" in a.text_content()]
    assert (spoken_language(link), len(link)) == ("en", 0)


def test_a_pictures_description_is_in_its_items_language() -> None:
    message = composed(issues.issue_draft(issues.ISSUE_EN))
    [image] = lxml_html.document_fromstring(message.html).iter("img")
    assert (image.get("alt"), image.get("lang")) == ("Notes i pióro", "pl")


def test_a_mail_about_an_item_is_announced_in_the_readers_language() -> None:
    english = composed(issues.item_draft(issues.WORKSHOP, Variant.REMINDER)).variants["en"]
    assert english.subject == "Reminder: Warsztaty „Od słowa do słowa” – 24 October"
    document = lxml_html.document_fromstring(english.html)
    assert said_in(document, "Reminder") == "en"
    assert document.get("lang") == "pl"


def test_a_message_survives_its_storage_and_its_approval_covers_every_variant() -> None:
    message = composed(issues.issue_draft(GREETED))
    stored = Message.from_json(json.loads(json.dumps(message.to_json())))
    assert stored == message
    assert stored.digest == message.digest
    changed = dataclasses.replace(message.variants["en"], text="Something else")
    assert dataclasses.replace(message, variants={"en": changed}).digest != message.digest


def test_a_message_without_variants_keeps_the_digest_it_was_approved_with() -> None:
    assert Message(channel="website", text="a").digest == (
        "b5a61ac4a3ad5ee00fc190906af61b83a4a4badf526b8cc2cb3926a13e21516a"
    )


def test_a_mail_with_one_subject_keeps_the_digest_it_was_approved_with() -> None:
    english = Message(
        channel="newsletter_email", text="Hello", subject="Grudzień", html="<p>Hello</p>"
    )
    message = Message(
        channel="newsletter_email",
        text="Dzień dobry",
        subject="Grudzień w bibliotece",
        html="<p>Dzień dobry</p>",
        preheader="Spotkania",
        link="https://a.example/w/1",
        salutation=Salutation("Dzień dobry, ", "!", "Dzień dobry!"),
        pictures=(Picture(url="https://a.example/p.jpg", alt="Czytelnia"),),
        variants={"en": english},
    )
    assert message.digest == "db917eb30518fee505b9cd1a38caeeab6a6724cce50b6918d155449477d8ded2"
    assert dataclasses.replace(message, subject_b="Co w grudniu?").digest != message.digest


def test_a_second_subject_stands_in_every_language_and_goes_out_alone() -> None:
    message = composed(
        issues.issue_draft(dataclasses.replace(issues.ISSUE, subject_b='Co "robić" w październiku'))
    )
    stored = Message.from_json(json.loads(json.dumps(message.to_json())))
    assert stored == message
    for one in (stored, *stored.variants.values()):
        assert one.subject_b == "Co „robić” w październiku"
    for which, subject in (("a", message.subject), ("b", message.subject_b)):
        chosen = stored.under(which)
        told = {(one.subject, one.subject_b) for one in (chosen, *chosen.variants.values())}
        assert told == {(subject, "")}


def test_what_is_wrong_with_a_variant_alone_is_said_too() -> None:
    message = composed(issues.issue_draft())
    broken = dataclasses.replace(message.variants["en"], text="")
    problems = Channel.problems(dataclasses.replace(message, variants={"en": broken}))
    assert {problem.code for problem in problems} == {"text_missing", "unsubscribe_missing"}


def test_other_channels_have_one_message_for_all() -> None:
    assert composing.compose(samples.draft(), channel="website").variants == {}


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (("Dzień dobry,", "!", "x"), ("Dzień dobry, ", "!", "x")),
        ((" Dla ", "– z biblioteki", " x "), ("Dla ", " – z\u00a0biblioteki", "x")),
        (("Witaj", "w piątek", "x"), ("Witaj ", " w\u00a0piątek", "x")),
        (("", ", oto nowości", "x"), ("", ", oto nowości", "x")),
    ],
)
def test_the_words_around_a_name_bring_the_spaces_they_need(
    given: tuple[str, str, str], line: tuple[str, str, str]
) -> None:
    message = issues.composed(Block("salutation", salutation=Salutation(*given)), corpus.TEXT)
    assert message.salutation == Salutation(*line)
    assert message.html.count(PLACEHOLDER) == message.text.count(PLACEHOLDER) == 1
