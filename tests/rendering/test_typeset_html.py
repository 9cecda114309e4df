"""Typesetting the text of HTML and nothing else."""

import pytest

from promo.rendering import typeset_html
from promo.rendering.tokens import tokens
from tests.rendering import nb


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>w sali</p>", "<p>w~sali</p>"),
        ("<p>w\n  sali</p>\n<p>o nas</p>", "<p>w~sali</p>\n<p>o~nas</p>"),
        ("<p>w <b>sali</b> i <b>z</b> nami</p>", "<p>w~<b>sali</b> i~<b>z</b>~nami</p>"),
        ('<p>"<em>Lalka</em>" - to</p>', "<p>„<em>Lalka</em>”~– to</p>"),
        ('<p>"<em>Sługa musi.</em>"</p>', "<p>„<em>Sługa musi</em>”.</p>"),
        ("<p>jeden w<br>sali</p>", "<p>jeden w<br>sali</p>"),
        ('<p>"jeden<br>dwa"</p>', "<p>„jeden<br>dwa”</p>"),
        ("<p>&quot;a&quot; &amp; b...</p>", "<p>„a” &amp; b…</p>"),
        ("<p>w&nbsp;sali i&#160;obok</p>", "<p>w~sali i~obok</p>"),
        ("<p>3 < 5 i 6</p>", "<p>3 &lt; 5 i~6</p>"),
        (
            '<a href="https://e.org/a - b" title=\'a "b"\'>w sali</a>',
            '<a href="https://e.org/a - b" title=\'a "b"\'>w~sali</a>',
        ),
        ("<li>20-24 maja</li><li>5 zł</li>", "<li>20–24~maja</li><li>5~zł</li>"),
    ],
)
def test_the_text_of_html_is_set(source: str, expected: str) -> None:
    assert typeset_html(source) == nb(expected)


@pytest.mark.parametrize(
    "source",
    [
        '<pre>w sali\n  "a" ...</pre>',
        "<code>a - b ...</code>",
        "<script>if (a < b) { i = 'x...' }</script>",
        "<style>a > b { margin: 1px - 2px }</style>",
        "<!-- w sali - ... -->",
        "<!--[if mso]><p>w sali</p><![endif]-->",
        "<!doctype html>",
        "<p title='w sali'></p>\n  <p></p>",
        "<title>w sali</title>",
    ],
)
def test_what_is_not_prose_stays(source: str) -> None:
    assert typeset_html(source) == source


def test_code_in_a_sentence_stays_and_is_bound_to_it() -> None:
    assert typeset_html("<p>w <code>a - i b</code> tak</p>") == nb(
        "<p>w~<code>a - i b</code> tak</p>"
    )


def test_another_language_comes_back_as_it_is() -> None:
    assert typeset_html('<p>a "b" - c</p>', language="en") == '<p>a "b" - c</p>'


@pytest.mark.parametrize(
    "source",
    [
        "<p>a</p>",
        "<p a='>'>x",
        "<p a=it's>x</p>",
        "< p>1 < 2</ >",
        "<b",
        "<!-- never closed",
        "<script>a</b></script>",
        "<textarea><p>",
        "<!-->a",
        "<?xml version='1.0'?><a/>",
        "</",
        "",
    ],
)
def test_tokens_joined_are_the_source(source: str) -> None:
    assert "".join(token.raw for token in tokens(source)) == source
