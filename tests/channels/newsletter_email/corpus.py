"""Issues as staff write them, good and bad: what is in them, and what the desk says about each.

Composed once for all tests. Nothing here is random: the property tests have `issues.drafts`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from promo.services import composing
from promo.values import (
    Block,
    Draft,
    EventStatus,
    ItemFacts,
    Message,
    Picture,
    PlaceFacts,
    Salutation,
    Variant,
)
from tests.channels import samples
from tests.channels.newsletter_email import issues

NEWSLETTER = "newsletter_email"
GREETING = Block("salutation", salutation=Salutation("Dzień dobry,", "!", "Dzień dobry!"))
GREETING_EN = Block("salutation", salutation=Salutation("Good morning,", "!", "Good morning!"))
GREETING_LONG = Block(
    "salutation",
    salutation=Salutation(
        '...A "dla Ciebie" & <innych>,',
        "– oto wszystko, co przygotowaliśmy w październiku i w listopadzie",
        ".Oto wszystko, co przygotowaliśmy",
    ),
)
HEADING = Block("heading", text="Wydarzenia w październiku")
TEXT = Block(
    "text",
    html="<p>Zapraszamy w&nbsp;piątek na <b>spotkanie</b> i <i>warsztaty</i>.</p>"
    "<ul><li>wstęp wolny</li><li>bez zapisów</li></ul>"
    "<ol><li>najpierw rozmowa</li><li>potem autografy</li></ol>",
)
TEXT_EN = Block("text", html="<p>October at the library: <b>two meetings</b> and a workshop.</p>")
ITEM = Block("item", item=samples.MEETING)
PHOTO = Picture("https://biblioteka.example/media/mapa.png", "Mapa filii biblioteki", 400, 300)
PICTURE = Block("picture", picture=PHOTO, url="https://biblioteka.example/filie/")
BUTTON = Block("button", text="Cały program", url="https://biblioteka.example/program/?a=1&b=2")
DIVIDER = Block("divider")
RTL = Block(
    "text",
    html='<p lang="ar" dir="rtl">مرحبا بكم في المكتبة، المساء الأدبي يوم الجمعة 17:00.</p>'
    '<p lang="he" dir="rtl">ברוכים הבאים לספרייה!</p><p>Zapraszamy też po arabsku.</p>',
)
DATES = Block(
    "text",
    html="<table><caption>Dyżury w listopadzie</caption>"
    '<thead><tr><th scope="col">Dzień</th><th scope="col">Godziny</th></tr></thead><tbody>'
    + "".join(
        f'<tr><th scope="row">{day}.11</th><td>10.00-{12 + day % 6}.00</td></tr>'
        for day in range(2, 28)
    )
    + "</tbody></table>",
)
LONG_WORD = "Konstantynopolitańczykowianeczka" * 5
UMLAUTS = dataclasses.replace(
    samples.MEETING,
    title="Grüße aus Görlitz: Ärger, Öl, Übermut und Straße",
    lead="Führung „durch die Oberlausitz” mit Jürgen Müßiggang.",
    contact="Frau Dr. Jäger, +49 3581 00 00 00",
)
EMOJI = dataclasses.replace(
    samples.MEETING, title="Noc Bibliotek 🌙📚 – 👩‍👩‍👧‍👦 całą rodziną", lead="🎈" * 60
)
QUOTES = dataclasses.replace(
    samples.MEETING,
    title='"Lalka" \'Prusa\' & <b>"Faraon"</b> -- 100% = {{ klasyka }}',
    lead='Czytamy "Lalkę" - rozdział I...\n.\n..kropki na początku',
    price='5 zł (ulgowy: 3 zł) & "gratis" dla <dzieci>',
)
POSTPONED = dataclasses.replace(issues.CANCELLED, status=EventStatus.POSTPONED, title="Wieczorek")
SOLD_OUT = dataclasses.replace(
    samples.MEETING, status=EventStatus.SOLD_OUT, sign_up_url="https://biblioteka.example/z/1"
)
SERIES = dataclasses.replace(
    samples.MEETING, title="Klub seniora", recurrence="FREQ=WEEKLY;INTERVAL=2;COUNT=6"
)
NEW_YEAR = dataclasses.replace(
    issues.EXHIBITION,
    title="Zima na pocztówkach",
    starts_at=datetime(2026, 12, 27, 23, 0, tzinfo=UTC),
    ends_at=datetime(2027, 1, 3, 22, 0, tzinfo=UTC),
)
NIGHT = dataclasses.replace(
    samples.MEETING,
    title="Sylwester w bibliotece",
    starts_at=datetime(2026, 12, 31, 19, 0, tzinfo=UTC),
    ends_at=datetime(2027, 1, 1, 1, 0, tzinfo=UTC),
)
LONG_TITLE = dataclasses.replace(
    samples.MEETING, title="Spotkanie " * 12 + "z autorką", lead="Bardzo długi opis. " * 40
)
FAR = dataclasses.replace(
    samples.MEETING,
    title="Wycieczka do Wrocławia",
    place=PlaceFacts(name="Ossolineum", locality="Wrocław", elsewhere=True),
)


NEXT_MONTH = dataclasses.replace(
    samples.MEETING,
    starts_at=datetime(2026, 11, 3, 15, 0, tzinfo=UTC),
    ends_at=None,
    link="https://biblioteka.example/items/1b/",
)
LONG = dataclasses.replace(samples.MEETING, title=LONG_WORD)


def many(count: int) -> tuple[Block, ...]:
    """So many events on as many days, each of its own name."""
    start = samples.MEETING.starts_at or issues.DUE_AT
    return tuple(
        Block(
            "item",
            item=dataclasses.replace(
                samples.MEETING,
                title=f"Spotkanie nr {number}",
                link=f"https://biblioteka.example/items/{number}/",
                starts_at=start + timedelta(days=number),
                ends_at=None,
            ),
        )
        for number in range(1, count + 1)
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """An issue, or one item's mail. `says`: the codes of what the desk says about it."""

    name: str
    draft: Draft
    says: frozenset[str] = frozenset()
    refused: bool = False

    def __str__(self) -> str:
        return self.name


def _issue(
    name: str, *blocks: Block, says: str = "", refused: bool = False, **changes: str
) -> Sample:
    base = issues.ISSUE_EN if changes.get("language") == "en" else issues.ISSUE
    draft = issues.issue_draft(dataclasses.replace(base, blocks=blocks, **changes))
    return Sample(name, draft, frozenset(says.split()), refused)


def _item(name: str, item: ItemFacts, variant: Variant, *, says: str = "") -> Sample:
    return Sample(name, issues.item_draft(item, variant), frozenset(says.split()))


def _items(*items: ItemFacts) -> tuple[Block, ...]:
    return tuple(Block("item", item=item) for item in items)


SAMPLES = (
    _issue("every block", GREETING, *issues.BLOCKS),
    _issue("every block in English", GREETING_EN, *issues.BLOCKS_EN, language="en"),
    _issue("a heading alone", HEADING),
    _issue("a text alone", TEXT),
    _issue("a greeting and a text", GREETING, TEXT),
    _issue("a greeting in the middle", TEXT, GREETING, ITEM),
    _issue("a greeting at the end", TEXT, GREETING_LONG),
    _issue("a greeting alone", GREETING, says="issue_empty", refused=True),
    _issue("an item alone", ITEM),
    _issue("a picture alone", PICTURE, says="only_pictures"),
    _issue("a button alone", BUTTON),
    _issue("a divider alone", DIVIDER, says="issue_empty", refused=True),
    _issue("nothing at all", says="issue_empty", refused=True),
    _issue("no picture", GREETING, HEADING, TEXT, *_items(issues.EXHIBITION), BUTTON),
    _issue(
        "a picture without a description",
        Block("picture", picture=Picture("https://e.org/a.jpg", alt="", width=10, height=10)),
        TEXT,
        says="alt_missing",
        refused=True,
    ),
    _issue("a picture of unknown size", Block("picture", picture=samples.picture()), TEXT),
    _issue(
        "links that say nothing",
        Block("text", html='<p>Program jest <a href="https://e.org/">tutaj</a>.</p>'),
        says="link_text_banned",
        refused=True,
    ),
    _issue("forty items", GREETING, *many(40)),
    _issue("a hundred items", GREETING, *many(100), says="mail_heavy"),
    _issue("eight items", GREETING, *many(8)),
    _issue("one name on several days", *_items(samples.MEETING, NEXT_MONTH)),
    _issue("a table of dates", GREETING, DATES),
    _issue(
        "a table without headers",
        Block("text", html="<table><tr><td>2.11</td><td>10.00</td></tr></table>"),
        says="table_without_headers",
        refused=True,
    ),
    _issue(
        "long words", GREETING, Block("text", html=f"<p>{LONG_WORD} {LONG_WORD}</p>"), *_items(LONG)
    ),
    _issue("long titles", GREETING, *_items(LONG_TITLE)),
    _issue("emoji", GREETING, *_items(EMOJI), subject="Noc Bibliotek już w sobotę 🌙"),
    _issue(
        "emoji in front",
        GREETING,
        TEXT,
        subject="🌙 Noc Bibliotek już w sobotę",
        says="subject_emoji",
    ),
    _issue(
        "emoji everywhere", GREETING, TEXT, subject="🌙 Noc 📚 Bibliotek 🌙", says="subject_emoji"
    ),
    _issue("text from right to left", GREETING, RTL),
    _issue("German umlauts", GREETING, *_items(UMLAUTS), subject="Grüße: Führung durch Görlitz"),
    _issue(
        "quotes and markup",
        GREETING_LONG,
        *_items(QUOTES),
        subject='Czytamy "Lalkę" & <b>Prusa</b>',
    ),
    _issue(
        "cancelled, postponed and moved",
        GREETING,
        *_items(issues.CANCELLED, POSTPONED, issues.MOVED, SOLD_OUT),
    ),
    _issue("a series and somewhere else", GREETING, *_items(SERIES, FAR)),
    _issue("over New Year", GREETING, *_items(NEW_YEAR, NIGHT)),
    _issue(
        "a very long subject",
        GREETING,
        TEXT,
        subject="Październik w bibliotece " * 6,
        says="subject_long",
    ),
    _issue(
        "a subject in capitals",
        TEXT,
        subject="NARODOWE CZYTANIE W PARKU",
        says="subject_caps",
        refused=True,
    ),
    _issue(
        "a subject like an encoded word", TEXT, subject="=?utf-8?q?=0D=0ABcc=3A_x?= w bibliotece"
    ),
    _issue(
        "a preview text that repeats the subject",
        TEXT,
        preheader=issues.ISSUE.subject,
        says="preheader_repeats",
    ),
    _issue("a short preview text", TEXT, preheader="Krótko", says="preheader_length"),
    _issue(
        "lines that begin with a dot",
        Block("text", html="<p>.</p><p>..<br>.<br>...</p><pre>.\n..\n.</pre>"),
    ),
    _issue(
        "English with Polish items",
        GREETING_EN,
        TEXT_EN,
        *_items(issues.WORKSHOP, NEW_YEAR),
        language="en",
    ),
    _issue("Polish with English items", GREETING, TEXT, *_items(samples.MEETING_EN), PICTURE),
    _item("an item announced", issues.WORKSHOP, Variant.ANNOUNCE),
    _item("an item in English", samples.MEETING_EN, Variant.REMINDER),
    _item("an item cancelled", issues.CANCELLED, Variant.CANCELLED),
    _item("an item moved", issues.MOVED, Variant.CHANGED),
    _item("an item over New Year", NEW_YEAR, Variant.LAST_DAYS),
    _item("news", issues.NEWS, Variant.NEWS),
    _item(
        "a report",
        dataclasses.replace(samples.MEETING, pictures=(samples.picture(),)),
        Variant.REPORT,
    ),
)
SENT = tuple(sample for sample in SAMPLES if not sample.refused)


@cache
def _composed(name: str) -> Message:
    draft = next(sample.draft for sample in SAMPLES if sample.name == name)
    return composing.compose(draft, channel=NEWSLETTER)


def message_of(sample: Sample) -> Message:
    """The message with its variants, by the call that makes what goes out; made once."""
    return _composed(sample.name)
