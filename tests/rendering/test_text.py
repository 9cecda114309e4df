"""Plain text: from HTML, wrapped, shortened, checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promo.errors import InvalidInput
from promo.rendering import hashtag, one_line, shorten, strip_control, to_text, wrap_text
from tests.rendering import nb


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h2>Tytuł</h2><p>Jeden\n dwa</p><p>Trzy</p>", "Tytuł\n\nJeden dwa\n\nTrzy"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<p>Przed:</p><ul><li>a</li><li>b</li></ul><p>Po</p>", "Przed:\n\n- a\n- b\n\nPo"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\n\n  b"),
        ('<p><a href="https://e.org/x">program</a></p>', "program: https://e.org/x"),
        ('<p><a href="https://e.org/">e.org</a></p>', "https://e.org/"),
        ('<p><a href="https://e.org"><img alt="x"></a></p>', "https://e.org"),
        ('<p><a href="mailto:a@b.pl">a@b.pl</a></p>', "a@b.pl"),
        ('<p><a href="mailto:a@b.pl">napisz</a></p>', "napisz: a@b.pl"),
        ('<p><a href="#top">w górę</a></p>', "w górę"),
        (
            "<table><tr><th>Dzień</th><td>wtorek</td></tr><tr><td>a<td>b</table>",
            "Dzień | wtorek\na | b",
        ),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>a</p><script>x()</script><style>p{}</style>", "a"),
        ("<p>w&nbsp;sali &amp; 3 &lt; 5</p>", "w\u00a0sali & 3 < 5"),
        ("zwykły tekst", "zwykły tekst"),
        ("", ""),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert to_text(html) == text


def test_words_that_belong_together_stay_on_one_line() -> None:
    wrapped = wrap_text(nb("Zapraszamy na spotkanie w~piątek o~godz.~17.00"), 30)
    assert wrapped == "Zapraszamy na spotkanie\nw piątek o godz. 17.00"


def test_entries_of_a_list_hang_under_their_text() -> None:
    assert (
        wrap_text("- jeden dwa trzy\n1. jeden dwa", 11) == "- jeden dwa\n  trzy\n1. jeden\n   dwa"
    )


def test_an_address_is_never_cut() -> None:
    address = "https://biblioteka.example/" + "a-" * 40
    assert address in wrap_text(f"Zobacz: {address} teraz").split("\n")


def test_empty_lines_are_kept() -> None:
    assert wrap_text("a\n\nb\n") == "a\n\nb\n"


@given(st.text(alphabet="ab ąę\u00a0-.\n", max_size=300), st.integers(10, 80))
def test_no_line_is_longer_unless_it_is_one_word(text: str, width: int) -> None:
    words = {word.replace("\u00a0", " ") for word in text.replace("\n", " ").split(" ")}
    for line in wrap_text(text, width).split("\n"):
        assert len(line) <= width or line.lstrip(" -") in {word.lstrip(" -") for word in words}
    assert "\u00a0" not in wrap_text(text, width)


@given(st.text(alphabet="ab ąę\u00a0-.\n", max_size=300))
def test_wrapping_loses_no_word(text: str) -> None:
    assert wrap_text(text).split() == text.replace("\u00a0", " ").split()


@pytest.mark.parametrize(
    "text", ["a\nb", "a\rb", "a\x0bb", "a\x00", "a\u2028b", "a\x85b", "a\u202eb", "a\ud800"]
)
def test_a_line_with_control_characters_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        one_line(text)


def test_one_line_is_stripped_and_bounded() -> None:
    assert one_line("  Spotkanie 👩‍💻 ") == "Spotkanie 👩‍💻"
    assert one_line("a" * 200)
    with pytest.raises(InvalidInput):
        one_line("a" * 201)
    with pytest.raises(InvalidInput):
        one_line("abc", max_length=2)


def test_characters_that_xml_forbids_are_dropped() -> None:
    assert strip_control("a\x00\x0b\x1f\ufffe\ud800\x85b\t\n\rć") == "ab\t\n\rć"


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (50, "Zapraszamy na spotkanie w~bibliotece"),
        (36, "Zapraszamy na spotkanie w~bibliotece"),
        (35, "Zapraszamy na spotkanie…"),
        (24, "Zapraszamy na spotkanie…"),
        (23, "Zapraszamy na…"),
        (5, "Zapr…"),
        (1, "…"),
    ],
)
def test_text_is_shortened_between_words(length: int, expected: str) -> None:
    shortened = shorten(nb("Zapraszamy na spotkanie w~bibliotece"), length)
    assert shortened == nb(expected)


@given(st.text(max_size=80), st.integers(1, 80))
def test_shortened_text_is_never_longer(text: str, length: int) -> None:
    assert len(shorten(text, length)) <= length


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("narodowe czytanie", "#NarodoweCzytanie"),
        ("Noc Bibliotek 2026", "#NocBibliotek2026"),
        ("żółw i ślimak", "#ŻółwIŚlimak"),
        ("#NarodoweCzytanie", "#NarodoweCzytanie"),
        ("cała-polska, czyta!", "#CałaPolskaCzyta"),
        ("DKK", "#DKK"),
        ("2026", ""),
        ("", ""),
    ],
)
def test_hashtags_are_camel_case(text: str, expected: str) -> None:
    assert hashtag(text) == expected
