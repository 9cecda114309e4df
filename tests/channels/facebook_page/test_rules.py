"""What staff are told before a post is approved."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from promo.channels.facebook_page import emoji
from promo.channels.facebook_page.rules import problems
from promo.values import Message
from tests.channels import samples

LINK = "https://biblioteka.example/w/7fK2q"
TEXT = f"Spotkanie autorskie we wtorek o 17.00 w czytelni. Więcej informacji: {LINK}\n\n#Kluczbork"
GOOD = Message(channel="facebook_page", text=TEXT, subject="Spotkanie autorskie", link=LINK)


def codes(message: Message) -> dict[str, str]:
    return {problem.code: problem.level for problem in problems(message)}


def with_text(text: str) -> Message:
    return dataclasses.replace(GOOD, text=f"{text}\n\nWięcej informacji na stronie: {LINK}")


def with_alt(alt: str) -> Message:
    return dataclasses.replace(GOOD, pictures=(samples.picture(alt=alt),))


def test_a_decent_post_has_no_problems() -> None:
    assert codes(with_alt("Autorka z książką w dłoni")) == {}


@pytest.mark.parametrize(
    "text", ["", LINK, f"Więcej: {LINK}", f"{LINK}\n\n#Kluczbork #Noc #Sowa #Las"]
)
def test_a_post_that_is_only_a_picture_and_a_link_is_refused(text: str) -> None:
    message = dataclasses.replace(with_alt("Plakat spotkania, treść w opisie"), text=text)
    assert codes(message)["facts_missing"] == "error"


def test_a_text_over_the_limit_is_refused() -> None:
    assert codes(with_text("słowo " * 10_534 + "no"))["text_too_long"] == "error"
    assert "text_too_long" not in codes(with_text("słowo " * 10_500))


@pytest.mark.parametrize(
    "text", ["Spotkanie autorskie we wtorek o 17.00", f"To jest cały tekst {LINK}a"]
)
def test_a_post_without_its_own_link_is_refused(text: str) -> None:
    assert codes(dataclasses.replace(GOOD, text=text))["link_missing"] == "error"


@pytest.mark.parametrize(
    "text",
    ["𝗡𝗼𝗰 bibliotek", "Ⓝⓞⓒ bibliotek", "Ｎｏｃ bibliotek", "Zapraszamy na spotkanie Ƚukasza"],
)
def test_decorative_letters_are_refused(text: str) -> None:
    assert codes(with_text(text))["letters_styled"] == "error"


@pytest.mark.parametrize(
    "text", ["Zażółć gęślą jaźń, łąka i Łódź", "Dvořák, Nabokov, Göteborg, Ærø, Жук"]
)
def test_real_letters_of_any_language_are_fine(text: str) -> None:
    assert "letters_styled" not in codes(with_text(text))


@pytest.mark.parametrize(
    ("text", "shouts"),
    [
        ("NOC BIBLIOTEK W KLUCZBORKU już jutro", True),
        ("ZAPRASZAMY NA SPOTKANIE AUTORSKIE", True),
        ("Noc z PTK, DKK i MBP w bibliotece", False),
        ("DKK MBP PTK razem w czytelni", False),
        ("PIERWSZY WIERSZ\nDRUGI WIERSZ\nzwykły wiersz", False),
    ],
)
def test_more_than_three_words_in_capitals_are_told(text: str, *, shouts: bool) -> None:
    assert ("capitals" in codes(with_text(text))) is shouts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zapraszamy wszystkich chętnych 📚", set()),
        ("Zapraszamy wszystkich 📚🎈🎉 dziś", set()),
        ("Zapraszamy 📚🎈🎉🎂 dziś", {"emoji_too_many"}),
        ("📚 Zapraszamy wszystkich chętnych", {"emoji_at_line_start"}),
        ("Zapraszamy wszystkich:\n  ✅ wstęp wolny", {"emoji_at_line_start"}),
        ("Zapraszamy 📚 wszystkich 📚", {"emoji_repeated"}),
        ("✔️ jeden\n✔️ dwa\n✔️ trzy\n✔️ cztery",
         {"emoji_at_line_start", "emoji_repeated", "emoji_too_many"}),
    ],
)  # fmt: skip
def test_emoji_are_few_and_never_bullets(text: str, expected: set[str]) -> None:
    assert {code for code in codes(with_text(text)) if code.startswith("emoji")} == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("👩🏽‍🏫", 1),
        ("🇵🇱", 1),
        ("1️⃣", 1),
        ("❤️‍🔥", 1),
        ("👨‍👩‍👧‍👦", 1),
        ("☀", 1),
        ("→ © 5 % §", 0),
        ("Łódź – „cytat”…", 0),
    ],
)
def test_an_emoji_of_several_signs_counts_once(text: str, count: int) -> None:
    assert len(emoji.found(text)) == count


@pytest.mark.parametrize(
    ("hashtags", "expected"),
    [
        ("#NarodoweCzytanie #Kluczbork", set()),
        ("#Jeden #Dwa #Trzy #Cztery #Pięć #Sześć", {"hashtags_too_many"}),
        ("#narodoweczytaniewkluczborku", {"hashtag_run_together"}),
        ("#biblioteka", set()),
    ],
)
def test_hashtags_are_few_and_can_be_read_out(hashtags: str, expected: set[str]) -> None:
    text = f"Spotkanie autorskie we wtorek o 17.00. Więcej informacji: {LINK}\n\n{hashtags}"
    assert set(codes(dataclasses.replace(GOOD, text=text))) == expected


def test_hashtags_belong_at_the_end() -> None:
    assert codes(with_text("Zapraszamy na #NarodoweCzytanie do czytelni")) == {
        "hashtags_not_at_end": "warning"
    }


@pytest.mark.parametrize(
    ("alt", "code", "level"),
    [
        ("", "alt_missing", "error"),
        ("  ", "alt_missing", "error"),
        ("IMG_20261020_170000.jpg", "alt_file_name", "error"),
        ("DSC0042", "alt_file_name", "error"),
        ("plakat-final2.PNG", "alt_file_name", "error"),
        ("Plakat", "alt_kind_alone", "error"),
        ("zdjęcie.", "alt_kind_alone", "error"),
        ("ż" * 251, "alt_too_long", "error"),
        ("Sowa", "alt_too_short", "warning"),
        ("Spotkanie autorskie", "alt_is_title", "warning"),
    ],
)
def test_each_picture_needs_a_useful_alternative(alt: str, code: str, level: str) -> None:
    assert codes(with_alt(alt)) == {code: level}


def test_eleven_pictures_are_refused() -> None:
    message = dataclasses.replace(GOOD, pictures=(samples.picture(),) * 11)
    assert codes(message) == {"images_too_many": "error"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"size": 5 * 2**20}, "picture_too_large"),
        ({"mime_type": "image/svg+xml"}, "picture_format"),
    ],
)
def test_a_picture_that_facebook_would_refuse_is_told_before(
    changes: dict[str, Any], code: str
) -> None:
    picture = dataclasses.replace(samples.picture(), **changes)
    assert codes(dataclasses.replace(GOOD, pictures=(picture,))) == {code: "error"}


def test_the_problem_names_the_picture_it_is_about() -> None:
    pictures = (samples.picture(), samples.picture(alt=""))
    (problem,) = problems(dataclasses.replace(GOOD, pictures=pictures))
    assert "2" in problem.text
    assert problem.field == "photos"
