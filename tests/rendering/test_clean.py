"""Sanitising: safe whatever comes in, bounded before it starts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from promo.errors import InvalidInput
from promo.rendering import clean

BASE = "https://biblioteka.example"


def test_formatting_of_an_editor_is_kept() -> None:
    source = (
        '<h2>Tytuł</h2><p>To jest <strong>ważne</strong> i <em lang="en">nice</em>.</p>'
        "<ul><li>jeden</li></ul><table><tbody><tr>"
        '<th scope="row">a</th><td colspan="2">b</td></tr></tbody></table>'
    )
    assert clean(source) == source


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<style>p{background:url(http://e.org)}</style>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>a</a>",
        "<a href='java\tscript:alert(1)'>a</a>",
        "<a href='data:text/html,x'>a</a>",
        "<iframe src='https://e.org'></iframe>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<form action='https://e.org'><input name=a></form>",
        "<p style='position:fixed' onclick='x()' class=a id=b>",
        "<!--[if mso]><script>alert(1)</script><![endif]-->",
    ],
)
def test_nothing_that_acts_gets_through(hostile: str) -> None:
    safe = clean(f"<p>przed</p>{hostile}<p>po</p>", base_url=BASE)
    assert not re.search(r"(?i)<(script|style|iframe|form|input|svg|math)|on\w+=|javascript:", safe)
    assert "style=" not in safe
    assert "przed" in safe


def test_addresses_become_absolute() -> None:
    safe = clean('<a href="/wydarzenia/1">a</a><a href="//e.org/x">b</a>', base_url=BASE)
    assert safe == f'<a href="{BASE}/wydarzenia/1">a</a><a href="https://e.org/x">b</a>'


def test_relative_addresses_are_dropped_without_a_base() -> None:
    assert clean('<a href="/x">a</a><a href="#top">b</a>') == "<a>a</a><a>b</a>"


def test_an_anchor_of_the_page_is_dropped() -> None:
    assert clean('<a href="#top">a</a>', base_url=BASE) == "<a>a</a>"


def test_only_pictures_of_our_own_hosts_stay() -> None:
    ours = f'<img src="{BASE}/media/a.jpg" alt="a">'
    hostile = [
        '<img src="https://pixel.example/a.gif" alt="b">',
        '<img src="//pixel.example/a.gif">',
        r'<img src="\\pixel.example\a.gif">',
        f'<img src="{BASE}@pixel.example/a.gif">',
    ]
    assert clean('<img src="/media/a.jpg" alt="a">' + "".join(hostile), base_url=BASE) == ours
    other = '<img src="https://media.example/a.jpg" alt="">'
    assert clean(other, base_url=BASE, image_hosts=["media.example"]) == other
    assert clean(other, base_url=BASE) == ""


def test_the_page_keeps_its_only_first_heading() -> None:
    assert clean("<h1>Tytuł</h1>") == "<h2>Tytuł</h2>"


def test_a_no_break_space_is_the_character_itself() -> None:
    assert clean("<p>w&nbsp;sali \u00a0</p>") == "<p>w\u00a0sali \u00a0</p>"


def test_cleaning_twice_changes_nothing_more() -> None:
    once = clean('<p>a &amp; b<br><img src="/a.jpg" alt="a > b"></p>', base_url=BASE)
    assert clean(once, base_url=BASE) == once


def test_more_than_64_kilobytes_are_refused() -> None:
    assert clean("ą" * 32 * 1024)
    with pytest.raises(InvalidInput, match="64 KB"):
        clean("ą" * 32 * 1024 + "a")


@pytest.mark.parametrize(
    "tower",
    [
        "<div>" * 51,
        "<b><p>" * 26,
        "<div/>" * 51,
        "<ul><li>" * 26,
        "<div><table><td></div>" * 20,
        "<!--><div>" * 51 + "-->",
        "<div a='>'>" * 51,
    ],
)
def test_deep_nesting_is_refused(tower: str) -> None:
    with pytest.raises(InvalidInput, match="nested"):
        clean(tower)


@pytest.mark.parametrize(
    "flat",
    [
        "<p>a</p>" * 200,
        "<p>a" * 200,
        "<ul>" + "<li>a" * 200 + "</ul>",
        "<dl>" + "<dt>a<dd>b" * 200 + "</dl>",
        "a<br>" * 200,
        "<img src='/a.jpg'>" * 200,
        "<div>" * 50,
        "1 < 2 " * 200,
    ],
)
def test_long_flat_text_is_not_taken_for_deep(flat: str) -> None:
    clean(flat, base_url=BASE)


PIECES = [
    *"<>/='\"& \n",
    "<script>",
    "</script>",
    "<style>",
    "<p ",
    "<img src=",
    "onerror=alert(1)",
    "href=",
    "javascript:alert(1)",
    "<a ",
    "<svg>",
    "<math>",
    "<!--",
    "-->",
    "<table>",
    "<td>",
    "</p>",
    "<textarea>",
    "&#x3c;",
    "słowo",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_no_mixture_of_pieces_gets_through(source: str) -> None:
    safe = clean(source, base_url=BASE)
    tree = lxml_html.fragment_fromstring(safe, create_parent="div")
    for element in tree.iter():
        assert element.tag not in {"script", "style", "svg", "math", "textarea"}
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert not value.lower().startswith("javascript:")
