"""The subject and the preview text that an issue proposes for itself."""

from __future__ import annotations

import pytest
from django.utils import translation

from promo.planning.filling import Candidate, collect
from promo.planning.proposal import preheader_of, subject_of
from tests.planning.test_filling import DAY, RULE, SEND, item, told


def subject(*items: Candidate, language: str = "pl") -> str:
    with translation.override(language):
        return subject_of(collect(items, rule=RULE, told={}), RULE)


def events(count: int) -> list[Candidate]:
    named = [item(1, title="Spotkanie z Olgą Tokarczuk"), item(2, title="warsztaty")]
    return named + [item(ref, "story_time", title="Inne") for ref in range(3, count + 3)]


@pytest.mark.parametrize(
    ("others", "end"),
    [
        (1, "1 inne wydarzenie"),
        (2, "2 inne wydarzenia"),
        (5, "5 innych wydarzeń"),
        (22, "22 inne wydarzenia"),
    ],
)
def test_the_subject_names_the_strongest_and_counts_the_rest(others: int, end: str) -> None:
    expected = f"Spotkanie z Olgą Tokarczuk, warsztaty i {end}"
    assert subject(*events(others)) == expected


def test_two_are_named_and_one_is_itself() -> None:
    assert subject(*events(0)) == "Spotkanie z Olgą Tokarczuk i warsztaty"
    assert subject(item(1, title="Noc bajek")) == "Noc bajek"


def test_it_speaks_the_newsletters_language() -> None:
    said = subject(*events(6), language="en")
    assert said == "Spotkanie z Olgą Tokarczuk, warsztaty and 6 other events"


def test_news_among_the_rest_is_not_called_an_event() -> None:
    assert subject(*events(1), item(9, "report")).endswith("i 2 inne wiadomości")


def test_a_closure_is_named_first() -> None:
    closed = item(9, "emergency_closure", title="Czytelnia nieczynna")
    assert subject(*events(3), closed).startswith("Czytelnia nieczynna i 5")


def test_what_changed_is_not_named_before_what_is_new() -> None:

    moved = item(1, title="Przeniesione", starts_at=SEND + DAY)
    known = told(item(1))
    chapters = collect([moved, item(2, title="Nowe")], rule=RULE, told=known)
    with translation.override("pl"):
        assert subject_of(chapters, RULE).startswith("Nowe")


@pytest.mark.parametrize("length", [40, 60, 61, 160])
def test_the_subject_is_never_longer_than_mail_programs_show(length: int) -> None:
    long = ("Spotkanie o bardzo długim tytule, którego nikt nie skrócił, " * 3)[:length].strip()
    made = subject(*(item(ref, title=long) for ref in range(1, 6)))
    assert len(made) <= 60
    assert made.endswith(("4 inne wydarzenia", "3 inne wydarzenia"))


def test_the_preview_text_tells_what_the_subject_had_no_room_for() -> None:
    titles = ["Noc bajek", "Turniej gier", "Klub seniora: jak rozpoznać oszustwo", "Koncert kolęd"]
    chapters = collect(
        [
            item(ref, title=title, starts_at=SEND + ref * DAY)
            for ref, title in enumerate(titles, start=1)
        ],
        rule=RULE,
        told={},
    )
    with translation.override("pl"):
        named = subject_of(chapters, RULE)
        told = preheader_of(chapters, RULE, subject=named)
    assert named == "Noc bajek, Turniej gier i 2 inne wydarzenia"
    assert told == "Klub seniora: jak rozpoznać oszustwo, Koncert kolęd"


def test_the_preview_text_has_room_in_a_mailbox() -> None:
    chapters = collect(
        [item(ref, title="Warsztaty dla młodzieży w filii") for ref in range(1, 20)],
        rule=RULE,
        told={},
    )
    assert 40 <= len(preheader_of(chapters, RULE, subject="Temat")) <= 130
    assert preheader_of(chapters[:0], RULE, subject="Temat") == ""
