"""What holds for any text."""

from hypothesis import given
from hypothesis import strategies as st

from promo.rendering import bind, plain, typeset, typeset_html

URLS = [
    "https://e.org/a-1-2",
    "http://biblioteka.pl/10.00-12.00?q=a,bcd&x=50%25",
    "www.e.org/w/1-2...3",
    "a-1.2-3@biblioteka.pl",
]
PIECES = [
    *"\"“”„«»'’,.;:!?()-–—…% \u00a0\n",
    *"aiouwzAWbÓł0159V",
    "...",
    ",,",
    "''",
    " - ",
    "słowo",
    "musi.",
    "20",
    "10.00",
    "500",
    "października",
    "r.",
    "godz.",
    "m.in.",
    "zł",
    "J.",
    "Jan",
    "III",
    "tel.",
    "978-83-240-1234-5",
    "#Tag",
    *URLS,
]
prose = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
any_text = prose | st.text(max_size=60)
TAGS = ["<b>", "</b>", "<p>", "</p>", "<br>", "<code>", "</code>", "<a href='x - y \"z\"'>", "</a>"]
markup = st.lists(st.sampled_from([*PIECES, *TAGS, "&nbsp;", "&amp;", "<", "<!-- - -->"])).map(
    "".join
)


@given(any_text)
def test_typesetting_is_idempotent(text: str) -> None:
    once = typeset(text)
    assert typeset(once) == once


@given(any_text)
def test_binding_turned_back_is_the_input(text: str) -> None:
    without = plain(text)
    assert plain(bind(without)) == without
    assert len(bind(text)) == len(text)


@given(st.sampled_from(URLS), prose, prose)
def test_addresses_are_never_touched(url: str, before: str, after: str) -> None:
    assert url in typeset(f"{before} {url} {after}")


@given(any_text)
def test_no_word_is_lost(text: str) -> None:
    letters = [character for character in text if character.isalnum()]
    assert [character for character in typeset(text) if character.isalnum()] == letters


@given(prose)
def test_line_breaks_are_kept(text: str) -> None:
    assert typeset(text).count("\n") == text.count("\n")


@given(markup)
def test_typesetting_html_is_idempotent(source: str) -> None:
    once = typeset_html(source)
    assert typeset_html(once) == once


@given(markup)
def test_tags_are_never_touched(source: str) -> None:
    done = typeset_html(source)
    for tag in TAGS:
        assert done.count(tag) == source.count(tag)
