"""The rules of accessible mail, each as a check of a mail as it arrives.

| rule | what it asks for | checked by |
|---|---|---|
| E1 | language and direction on the document and its first wrapper | `e1_language` |
| E1, WCAG 3.1.2 | our own words in the reader's language say so | `e1_parts` |
| E2 | the title is the subject | `e2_title` |
| E3 | charset, a viewport that may be zoomed | `e3_head` |
| E4 | layout tables are presentation, real ones have headers and a caption | `e4_tables` |
| E5 | one h1, no level skipped; an h2 for each item: `test_composing.py` | `e5_headings` |
| E6, E7 | real lists, paragraphs | `e6_lists_and_paragraphs` |
| E8 | pictures: description, sizes, https; never pictures alone | `e8_pictures`, `only_pictures` |
| E9 | links: named, told apart, underlined, no new window | `e9_links`, `link_text_banned` |
| E10 | 14 px at least, 1.5 lines, left, 600 px; 44 px: `test_browser.py` | `e10_text` |
| E11 | dark mode is spoken for; contrast by axe: `test_browser.py` | `e11_dark` |
| E12 | nothing moves, nothing is said in a title alone | `e12_still` |
| E13 | nothing that mail programs drop, CSS and mail not too heavy | `e13_diet`, `mail_heavy` |
| E14 | a hidden preview text of 40 to 130 characters | `e14_preheader`, `preheader_length` |
| E15 | address, reason and the ways out in both parts | `e15_footer` |
| E16 | plain text first, whole, in order, narrow | `e16_plain_text` |
| E17 | headers of a well-behaved list | `e17_headers`; POST: `test_corpus.py` |
| E18 | subject: no capitals, one emoji at its end, 60 characters | the desk: `subject_*` |

A name like `mail_heavy` is a `Problem` that staff see before approval; where the desk has said it,
the mail may break the rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from typing import Any

from lxml import html as lxml_html
from lxml.html import HtmlElement

from promo.channels.newsletter_email import accessibility
from promo.values import Message
from tests.channels import samples

DROPPED = "script form iframe video audio svg link object embed input button marquee blink"
WAY_OUT = {"pl": "Zrezygnuj z subskrypcji", "en": "Unsubscribe"}
PREFERENCES = {"pl": "Zmień ustawienia newslettera", "en": "Change what you receive"}
BROWSER = {"pl": "Otwórz w przeglądarce", "en": "Open in the browser"}
REASON = {"pl": "Ta wiadomość trafiła do Ciebie", "en": "This e-mail came to you"}
NARROW = 76


@dataclass(frozen=True)
class Arrived:
    """A mail in a reader's mailbox: as parsed, the message it was made of, the reader's language.

    `told`: the codes of what the desk had said about it.
    """

    mail: EmailMessage
    message: Message
    readers: str
    told: frozenset[str] = frozenset()

    @cached_property
    def html(self) -> str:
        return self._body("html")

    @cached_property
    def text(self) -> str:
        return self._body("plain")

    @cached_property
    def document(self) -> HtmlElement:
        return lxml_html.document_fromstring(self.html)

    def _body(self, kind: str) -> str:
        part = self.mail.get_body((kind,))
        assert part is not None
        content: str = part.get_content()
        return content.replace("\r\n", "\n")


Rule = Callable[[Arrived], Iterator[object]]


def faults(arrived: Arrived) -> list[str]:
    """Every rule that the mail breaks, with what breaks it."""
    return [f"{rule.__name__}: {fault}" for rule in RULES for fault in rule(arrived) if fault]


def e1_language(it: Arrived) -> Iterator[object]:
    for element in (it.document, it.document.body[0]):
        said = (element.get("lang"), element.get("dir"))
        yield said != (it.message.language, "ltr") and said


def e1_parts(it: Arrived) -> Iterator[object]:
    links = {_said(link): link for link in it.document.iter("a")}
    for words in (WAY_OUT, PREFERENCES, BROWSER):
        link = links.get(words[it.readers])
        yield link is None and f"no link {words[it.readers]}"
        yield link is not None and spoken_language(link) != it.readers and _said(link)
    for label in it.document.iterfind(".//li/strong"):
        yield spoken_language(label) != it.readers and _said(label)
    for element in it.document.iterfind(".//*[@lang]"):
        outer = element.getparent()
        if outer is not None and element.tag not in {"body", "img"} and _within_rich(element):
            yield element.get("lang") not in {"pl", "en"} and element.get("lang")


def e2_title(it: Arrived) -> Iterator[object]:
    title = it.document.findtext(".//title") or ""
    yield " ".join(title.split()) != " ".join(it.message.subject.split()) and title


def e3_head(it: Arrived) -> Iterator[object]:
    metas = {meta.get("name"): meta.get("content") or "" for meta in it.document.iter("meta")}
    yield it.document.head[0].get("charset") != "utf-8" and "charset"
    yield "viewport" not in metas and "no viewport"
    yield "user-scalable" in metas.get("viewport", "") and "no zoom"
    yield "maximum-scale" in metas.get("viewport", "") and "no zoom"


def e4_tables(it: Arrived) -> Iterator[object]:
    for table in it.document.iter("table"):
        if table.get("role") == "presentation":
            borders = [table.get(name) for name in ("border", "cellpadding", "cellspacing")]
            yield set(borders) != {"0"} and borders
        else:
            yield table.find(".//th") is None and "a table without headers"
            yield any(not th.get("scope") for th in table.iter("th")) and "th without scope"
            yield table.find("caption") is None and "no caption"


def e5_headings(it: Arrived) -> Iterator[object]:
    for fault in accessibility.find_faults(it.html, language=it.message.language):
        yield fault.code in {"h1_not_one", "heading_skipped", "heading_empty"} and fault.code


def e6_lists_and_paragraphs(it: Arrived) -> Iterator[object]:
    for entry in it.document.iter("li"):
        yield entry.getparent().tag not in {"ul", "ol"} and "li outside of a list"
    for paragraph in it.document.iter("p"):
        yield bool(re.match(r"[-•*] ", paragraph.text or "")) and paragraph.text
    yield bool(re.search(r"<br\s*/?>\s*<br", it.html)) and "empty lines instead of paragraphs"


def e8_pictures(it: Arrived) -> Iterator[object]:
    for image in it.document.iter("img"):
        yield image.get("alt") is None and "no alt"
        yield not image.get("src", "").startswith("https://") and image.get("src")
        sizes = (image.get("width", ""), image.get("height", ""))
        yield not all(size.isdecimal() for size in sizes) and sizes
    words = [
        word
        for part in it.document.xpath("//td[contains(concat(' ', @class, ' '), ' block ')]")
        for word in part.text_content().split()
    ]
    yield not words and "only_pictures" not in it.told and "pictures alone"


def e9_links(it: Arrived) -> Iterator[object]:
    for fault in accessibility.find_faults(it.html, language=it.message.language):
        yield fault.code.startswith("link_") and fault.text
    for link in it.document.iter("a"):
        yield link.get("target") and "a new window"
        style = link.get("style") or ""
        shown = "underline" in style or "background" in style or link.find("img") is not None
        yield not shown and f"not underlined: {_said(link)}"


def e10_text(it: Arrived) -> Iterator[object]:
    for fault in accessibility.find_faults(it.html, language=it.message.language):
        yield fault.code == "text_small" and fault.text
    for element in it.document.iterfind(".//*[@style]"):
        style = element.get("style") or ""
        yield "justify" in style and style
        width = re.search(r"(?:^|;)\s*max-width:(\d+)px", style)
        yield width is not None and int(width[1]) > 640 and style
        line = re.search(r"line-height:([\d.]+)(?=;|$)", style)
        small = element.tag in {"p", "div", "li", "td"}
        loose = line is None or float(line[1]) >= 1.5 or float(line[1]) == 0
        yield (
            small
            and _said(element)
            and not loose
            and element.find(".//h1") is None
            and (
                "class" not in element.attrib and "button" not in style and _button(element) is None
            )
            and style
        )


def e11_dark(it: Arrived) -> Iterator[object]:
    metas = {meta.get("name"): meta.get("content") for meta in it.document.iter("meta")}
    for name in ("color-scheme", "supported-color-schemes"):
        yield metas.get(name) != "light dark" and name
    yield "prefers-color-scheme: dark" not in it.html and "no dark mode"


def e12_still(it: Arrived) -> Iterator[object]:
    styles = " ".join(element.get("style") or "" for element in it.document.iter())
    yield "animation" in styles + _style_sheet(it) and "animation"
    for element in it.document.iterfind(".//*[@title]"):
        yield element.tag != "abbr" and element.get("title")


def e13_diet(it: Arrived) -> Iterator[object]:
    yield from (element.tag for element in it.document.iter(*DROPPED.split()))
    styles = " ".join(element.get("style") or "" for element in it.document.iter())
    for word in ("position:", "display:flex", "display:grid", "background-image", "url("):
        yield word in styles and word
    yield len(_style_sheet(it).encode()) > 16_000 and "CSS over 16 kB"
    yield "@font-face" in it.html and "a web font"
    yield any(".svg" in (image.get("src") or "") for image in it.document.iter("img")) and "SVG"
    heavy = len(it.html.encode()) >= 102_000
    yield heavy and "mail_heavy" not in it.told and "over 102 kB"


def e14_preheader(it: Arrived) -> Iterator[object]:
    hidden = it.document.body.xpath(".//div[contains(@style, 'display:none')]")
    yield [_said(div) for div in hidden][:1] != [it.message.preheader] and "not hidden first"
    short = len(it.message.preheader) not in range(40, 131)
    yield short and "preheader_length" not in it.told and it.message.preheader
    repeats = it.message.preheader.casefold() == it.message.subject.casefold()
    yield repeats and "preheader_repeats" not in it.told and "repeats the subject"


def e15_footer(it: Arrived) -> Iterator[object]:
    for part in (_plain(it.document.text_content()), _plain(it.text)):
        for said in (
            samples.INSTITUTION.name,
            samples.INSTITUTION.address,
            REASON[it.readers],
            WAY_OUT[it.readers],
            PREFERENCES[it.readers],
            BROWSER[it.readers],
        ):
            yield said not in part and said


def e16_plain_text(it: Arrived) -> Iterator[object]:
    parts = [part.get_content_type() for part in it.mail.iter_parts()]
    yield parts != ["text/plain", "text/html"] and parts
    for part in it.mail.iter_parts():
        assert isinstance(part, EmailMessage)
        yield part.get_content_charset() != "utf-8" and "not UTF-8"
        yield part["Content-Transfer-Encoding"] != "quoted-printable" and "not quoted-printable"
    for line in it.text.splitlines():
        wide = len(line) > NARROW and " " in line.strip().removeprefix("- ")
        yield wide and line
    joined = _plain(it.text)
    for link in it.document.iter("a"):
        address = (link.get("href") or "").removeprefix("mailto:")
        yield address not in it.text and address
    at = 0
    for heading in it.document.iter("h1", "h2"):
        found = joined.find(_plain(heading.text_content()), at)
        yield found < 0 and f"not in the text, or not in order: {_said(heading)}"
        at = max(at, found)


def e17_headers(it: Arrived) -> Iterator[object]:
    mail = it.mail
    once = "From To Subject Date Message-ID List-Id List-Unsubscribe List-Unsubscribe-Post"
    for name in (*once.split(), "Precedence", "MIME-Version", "Content-Language"):
        yield len(mail.get_all(name, [])) != 1 and name
    yield not re.fullmatch(r"<https://\S+>(, <mailto:\S+>)?", mail["List-Unsubscribe"]) and "link"
    yield mail["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click" and "not by one click"
    yield len(mail["Subject"]) > 60 and "subject_long" not in it.told and mail["Subject"]


RULES: tuple[Rule, ...] = (
    e1_language, e1_parts, e2_title, e3_head, e4_tables, e5_headings, e6_lists_and_paragraphs,
    e8_pictures, e9_links, e10_text, e11_dark, e12_still, e13_diet, e14_preheader, e15_footer,
    e16_plain_text, e17_headers,
)  # fmt: skip


def _said(element: HtmlElement) -> str:
    return _plain(element.text_content())


def _plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def spoken_language(element: HtmlElement) -> str | None:
    """The language that a screen reader speaks the element in."""
    for outer in (element, *element.iterancestors()):
        if outer.get("lang"):
            language: str = outer.get("lang") or ""
            return language
    return None


def _within_rich(element: HtmlElement) -> bool:
    """Is it ours? What staff wrote may be in any language."""
    return all("rich" not in outer.get("class", "").split() for outer in element.iterancestors())


def _button(element: HtmlElement) -> Any:
    return next((o for o in element.iterancestors() if "button" in o.get("class", "")), None)


def _style_sheet(it: Arrived) -> str:
    return " ".join(style.text_content() for style in it.document.iter("style"))
