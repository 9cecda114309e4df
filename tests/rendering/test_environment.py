"""The one environment: what a template may do, and what it is refused."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from markupsafe import Markup

from promo.errors import ConfigurationError
from promo.rendering import make_environment, make_render
from promo.values import Draft, InstitutionFacts, ItemFacts, Variant
from tests.rendering import nb

INSTITUTION = InstitutionFacts(name="Biblioteka", base_url="https://biblioteka.example")
START = datetime(2026, 10, 20, 15, tzinfo=UTC)
ITEM = ItemFacts(
    uuid="1",
    kind="author_meeting",
    kind_label="spotkanie autorskie",
    title="Spotkanie z autorką",
    lead="",
    link="https://biblioteka.example/1",
    starts_at=START,
)
DRAFT = Draft(
    variant=Variant.TODAY,
    due_at=datetime(2026, 10, 20, 7, tzinfo=UTC),
    institution=INSTITUTION,
    marker="m",
    link="https://biblioteka.example/w/m",
    item=ITEM,
)

Say = Callable[..., str]


@pytest.fixture
def say(tmp_path: Path) -> Say:
    """Renders a template's text in a language."""

    def rendered(source: str, *, ending: str = "txt", language: str = "pl", **context: Any) -> str:
        (tmp_path / f"t.{ending}.j2").write_text(source, encoding="utf-8")
        render = make_render(make_environment(tmp_path), language=language)
        given: Mapping[str, Any] = {"institution": INSTITUTION, "start": START, **context}
        return render(f"t.{ending}.j2", given)

    return rendered


@pytest.mark.parametrize("ending", ["html", "xml", "mjml"])
def test_markup_is_escaped(say: Say, ending: str) -> None:
    assert say("{{ a }}", ending=ending, a='<b> & "') == "&lt;b&gt; &amp; &#34;"


def test_plain_text_is_not_escaped(say: Say) -> None:
    assert say("{{ a }}", a="<b> &") == "<b> &"


def test_a_missing_variable_is_an_error(say: Say) -> None:
    with pytest.raises(ConfigurationError, match="missing_one"):
        say("{{ missing_one }}")


def test_a_missing_template_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"no/such\.txt\.j2"):
        make_render(make_environment(), language="pl")("no/such.txt.j2", {})


def test_nothing_is_written_for_none(say: Say) -> None:
    assert say("[{{ a }}]", a=None) == "[]"


def test_private_attributes_are_out_of_reach(say: Say) -> None:
    with pytest.raises(ConfigurationError):
        say("{{ a.__class__.__mro__ }}", a="x")


def test_an_own_template_comes_before_the_projects(tmp_path: Path) -> None:
    for name, text in (("first", "own"), ("second", "other")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.txt.j2").write_text(text)
    environment = make_environment(tmp_path / "first", tmp_path / "second")
    assert make_render(environment, language="pl")("t.txt.j2", {}) == "own"


def test_words_are_translated_into_the_language_of_the_rendering(say: Say) -> None:
    source = '{{ _("January") }}, {{ ngettext("%(num)d year", "%(num)d years", n) }}'
    assert say(source, n=3) == "styczeń, 3 lata"
    assert say(source, n=3, language="en") == "January, 3 years"


def test_a_context_of_a_translation_is_heard(say: Say) -> None:
    assert say('{{ pgettext("alt. month", "January") }}') == "stycznia"


def test_values_in_translations_are_escaped(say: Say) -> None:
    said = say("{% trans who=who %}Hello {{ who }}{% endtrans %}", ending="html", who="<b>")
    assert said == "Hello &lt;b&gt;"


def test_the_language_is_put_back(say: Say) -> None:
    with translation.override("en"):
        say("{{ a }}", a="")
        with pytest.raises(ConfigurationError):
            say("{{ missing_one }}")
        assert translation.get_language() == "en"


@pytest.mark.parametrize(
    ("source", "polish", "english"),
    [
        ("{{ start|date }}", "20~października 2026~r.", "20 October 2026"),
        (
            "{{ start|date('full', year=false) }}",
            "wtorek, 20~października",
            "Tuesday, 20 October",
        ),
        ("{{ start|date_range(end) }}", "20–24~października 2026~r.", "20–24 October 2026"),
        ("{{ start|time }}", "17.00", "17:00"),
        ("{{ start|time('at') }}", "o~godz.~17.00", "at 17:00"),
        ("{{ start|time('bare', clock='colon') }}", "17:00", "17:00"),
        ("{{ start|weekday('accusative') }}", "we~wtorek", "on Tuesday"),
        (
            "{{ start|when }}",
            "wtorek, 20~października 2026~r., godz.~17.00",
            "Tuesday, 20 October 2026, 17:00",
        ),
        (
            "{{ start|when(none, true) }}",
            "wtorek, 20~października 2026~r.",
            "Tuesday, 20 October 2026",
        ),
        ("{{ 5|count('osoba', 'osoby', 'osób') }}", "5~osób", "5~osoby"),
        ("{{ 'w sali - \"x\"'|typeset }}", "w~sali~– „x”", 'w sali - "x"'),
        ("{{ '<b>w sali</b>'|typeset_html }}", "<b>w~sali</b>", "<b>w sali</b>"),
    ],
)
def test_filters_speak_the_language(say: Say, source: str, polish: str, english: str) -> None:
    end = date(2026, 10, 24)
    assert say(source, end=end) == nb(polish)
    assert say(source, end=end, language="en") == nb(english)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ 'w~sali'|replace('~', '\u00a0')|plain }}", "w sali"),
        ("{{ '<p onclick=x>a</p>'|clean }}", "<p>a</p>"),
        ("{{ '<a href=\"/x\">a</a>'|clean }}", '<a href="https://biblioteka.example/x">a</a>'),
        ("{{ '<p>a</p><p>b</p>'|to_text }}", "a\n\nb"),
        ("{{ 'jeden dwa'|wrap(5) }}", "jeden\ndwa"),
        ("{{ 'noc bibliotek'|hashtag }}", "#NocBibliotek"),
        ("{{ '/w/1'|absolute }}", "https://biblioteka.example/w/1"),
        ("{{ 'jeden dwa'|shorten(7) }}", "jeden…"),
        ("{{ start|rfc822 }}", "Tue, 20 Oct 2026 17:00:00 +0200"),
        ("{{ start|rfc3339 }}", "2026-10-20T17:00:00+02:00"),
        ("{{ 'a\x01b'|xml_safe }}", "ab"),
    ],
)
def test_filters_do_what_they_say(say: Say, source: str, expected: str) -> None:
    assert say(source) == expected


def test_sanitised_html_is_not_escaped_again(say: Say) -> None:
    assert say("{{ a|clean|typeset }}", ending="html", a="<p>w sali</p>") == nb("<p>w~sali</p>")
    assert say("{{ a|typeset }}", ending="html", a="w <b>") == nb("w~&lt;b&gt;")
    assert say("{{ a|plain|xml_safe }}", ending="html", a=Markup("<b>")) == "<b>"


def test_the_zone_and_the_day_come_from_the_draft(say: Say) -> None:
    source = "{{ draft.item.starts_at|when(relative=true) }}"
    assert say(source, institution=None, draft=DRAFT) == nb("dziś o~17.00")


def test_a_date_without_an_institution_says_what_is_wrong(say: Say) -> None:
    with pytest.raises(ConfigurationError, match="institution"):
        say("{{ start|date }}", institution=None)


def test_a_macro_imported_with_context_knows_the_institution(say: Say, tmp_path: Path) -> None:
    (tmp_path / "m.txt.j2").write_text("{% macro day(at) %}{{ at|date }}{% endmacro %}")
    said = say("{% from 'm.txt.j2' import day with context %}{{ day(start) }}")
    assert said == nb("20~października 2026~r.")
