"""Issues to compose: one with every kind of block, and as many as hypothesis likes."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from promo.channels.newsletter_email import Channel
from promo.rendering import make_environment, make_render
from promo.values import (
    Block,
    Draft,
    EventStatus,
    IssueFacts,
    ItemFacts,
    Message,
    Picture,
    PlaceFacts,
    Variant,
)
from tests.channels import samples

ENVIRONMENT = make_environment()
DUE_AT = datetime(2026, 10, 6, 15, 0, tzinfo=UTC)

WORKSHOP = ItemFacts(
    uuid="5f0b5f0a-0000-4000-8000-000000000002",
    kind="workshop",
    kind_label="warsztaty",
    title='Warsztaty "Od słowa do słowa"',
    lead="Trzy godziny z tekstem - dla osób, które chcą zacząć pisać.",
    link="https://biblioteka.example/items/2/",
    starts_at=datetime(2026, 10, 24, 8, 0, tzinfo=UTC),
    ends_at=datetime(2026, 10, 24, 11, 0, tzinfo=UTC),
    place=PlaceFacts(
        name="Sala 3", branch="Filia nr 2", street="ul. Ogrodowa 1", locality="Bogacica"
    ),
    audiences=("młodzież", "dorośli"),
    price="20 zł",
    is_free=False,
    sign_up="przez formularz albo telefonicznie",
    sign_up_url="https://biblioteka.example/zapisy/2/?z=newsletter&od=6",
    sign_up_until_at=datetime(2026, 10, 21, 21, 59, tzinfo=UTC),
    funding_note="Dofinansowano ze środków Ministra Kultury i Dziedzictwa Narodowego.",
    pictures=(
        Picture("https://biblioteka.example/media/warsztaty.jpg", "Notes i pióro", 1200, 800),
    ),
)
EXHIBITION = ItemFacts(
    uuid="5f0b5f0a-0000-4000-8000-000000000003",
    kind="exhibition",
    kind_label="wystawa",
    title="Kluczbork na dawnych pocztówkach",
    lead="Sto widoków miasta z lat 1900-1945.",
    link="https://biblioteka.example/items/3/",
    starts_at=datetime(2026, 10, 9, 22, 0, tzinfo=UTC),
    ends_at=datetime(2026, 10, 30, 22, 0, tzinfo=UTC),
    all_day=True,
    place=samples.PLACE,
)
CONTEST = ItemFacts(
    uuid="5f0b5f0a-0000-4000-8000-000000000004",
    kind="contest",
    kind_label="konkurs",
    title="Konkurs na zakładkę do książki",
    lead="Narysuj zakładkę i wygraj bon do księgarni.",
    link="https://biblioteka.example/items/4/",
    deadline_at=datetime(2026, 10, 31, 22, 59, tzinfo=UTC),
    audiences=("dzieci (7–10 lat)",),
)
CANCELLED = dataclasses.replace(
    samples.MEETING,
    title="Głośne czytanie pod chmurką",
    status=EventStatus.CANCELLED,
    link="https://biblioteka.example/items/5/",
)
MOVED = dataclasses.replace(
    samples.MEETING,
    title="Spotkanie DKK",
    status=EventStatus.RESCHEDULED,
    previous_starts_at=datetime(2026, 10, 13, 15, 0, tzinfo=UTC),
    link="https://biblioteka.example/items/6/",
)
NEWS = ItemFacts(
    uuid="5f0b5f0a-0000-4000-8000-000000000007",
    kind="announcement",
    kind_label="komunikat",
    title="W listopadzie czynne do 19",
    lead="Od 2 listopada w dni robocze biblioteka jest otwarta do godz. 19.00.",
    link="https://biblioteka.example/items/7/",
    body_html=(
        "<h2>Nowe godziny</h2><p>Poniedziałek - piątek: 9.00-19.00<br>sobota: 9.00-14.00</p>"
        "<h4>Filie</h4><ul><li>Filia nr 1 <b>bez zmian</b></li>"
        '<li><a href="https://biblioteka.example/filie/">Godziny filii &amp; punktów</a></li></ul>'
    ),
)
BLOCKS = (
    Block("text", html="<p>Październik w bibliotece to <b>trzy spotkania</b> i jedna wystawa.</p>"),
    Block("heading", text="Wydarzenia"),
    Block("item", item=samples.MEETING),
    Block("item", item=dataclasses.replace(WORKSHOP)),
    Block("item", item=EXHIBITION),
    Block("divider"),
    Block("heading", text="Zmiany"),
    Block("item", item=CANCELLED),
    Block("item", item=MOVED),
    Block("item", item=CONTEST),
    Block(
        "picture",
        picture=Picture(
            "https://biblioteka.example/media/mapa.png", "Mapa filii biblioteki", 400, 300
        ),
        url="https://biblioteka.example/filie/",
    ),
    Block(
        "text", html="<h2>O nas</h2><p>Zapraszamy też w <em>soboty</em>.</p><ol><li>raz</li></ol>"
    ),
    Block("button", text="Cały program października", url="https://biblioteka.example/program/"),
)
BLOCKS_EN = (
    Block("text", html="<p>October at the library: <b>two meetings</b>.</p>"),
    Block("heading", text="Events"),
    Block("item", item=samples.MEETING_EN),
    Block("item", item=WORKSHOP),
    Block("divider"),
    Block("button", text="The whole programme", url="https://biblioteka.example/en/programme/"),
)
ISSUE = IssueFacts(
    uuid="5f0b5f0a-0000-4000-8000-000000000010",
    newsletter="Co słychać w bibliotece",
    subject="Październik w bibliotece: spotkania, warsztaty i wystawa",
    preheader="Spotkanie z Łucją Żądło-Ćwięką, warsztaty pisania i wystawa dawnych pocztówek.",
    blocks=BLOCKS,
)
ISSUE_EN = dataclasses.replace(
    ISSUE,
    newsletter="What is on",
    subject="October at the library: meetings and a workshop",
    preheader="Meet Łucja Żądło-Ćwięka, learn to write, and see our old postcards of the town.",
    blocks=BLOCKS_EN,
    language="en",
)


def issue_draft(issue: IssueFacts = ISSUE) -> Draft:
    institution = dataclasses.replace(samples.INSTITUTION, language=issue.language)
    return Draft(
        Variant.ISSUE,
        DUE_AT,
        institution,
        marker="i1",
        link="https://biblioteka.example/w/i1",
        issue=issue,
    )


def item_draft(item: ItemFacts, variant: Variant) -> Draft:
    return dataclasses.replace(samples.draft(variant), item=item)


def compose(draft: Draft) -> Message:
    about = draft.issue or draft.item
    assert about is not None
    return Channel.compose(draft, make_render(ENVIRONMENT, language=about.language))


def composed(*blocks: Block, **changes: str) -> Message:
    return compose(issue_draft(dataclasses.replace(ISSUE, blocks=blocks, **changes)))


_WORDS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Co", "Cn"]), min_size=1, max_size=60
).filter(lambda text: any(character.isalnum() for character in text))
_HTML = st.lists(
    st.sampled_from(
        [
            "<p>Zapraszamy w piątek.</p>",
            "<ul><li>raz</li><li>dwa</li></ul>",
            "<h2>Nagłówek</h2><p>a<br>b</p>",
            "<h4>Głęboki</h4>",
            "<p><b>&lt;mj-text&gt; &amp; {{ x }}</b></p>",
            '<p><a href="https://example.org/?a=1&amp;b=2">Strona o książkach</a></p>',
        ]
    ),
    max_size=4,
).map("".join)


@st.composite
def items(draw: st.DrawFn) -> ItemFacts:
    start = draw(st.none() | st.integers(0, 400).map(lambda days: DUE_AT + timedelta(days=days)))
    return ItemFacts(
        uuid="5f0b5f0a-0000-4000-8000-000000000099",
        kind="author_meeting",
        kind_label=draw(st.sampled_from(["", "spotkanie autorskie", "meeting"])),
        title=draw(_WORDS),
        lead=draw(_WORDS | st.just("")),
        link=f"https://biblioteka.example/items/{draw(st.integers(1, 10**6))}/",
        language=draw(st.sampled_from(["pl", "en"])),
        body_html=draw(_HTML),
        starts_at=start,
        ends_at=start + timedelta(hours=draw(st.integers(0, 60))) if start else None,
        all_day=draw(st.booleans()),
        deadline_at=draw(st.none() | st.just(DUE_AT + timedelta(days=9))),
        status=draw(st.sampled_from(EventStatus)),
        audiences=tuple(draw(st.lists(_WORDS, max_size=2))),
        price=draw(_WORDS | st.just("")),
        sign_up=draw(_WORDS | st.just("")),
        partners=tuple(draw(st.lists(_WORDS, max_size=2))),
        pictures=draw(st.sampled_from([(), (samples.picture(),)])),
        channel_texts=draw(
            st.sampled_from([{}, {"newsletter_email": "Raz.\n\nDwa < trzy & „cztery”"}])
        ),
    )


def blocks() -> st.SearchStrategy[Block]:
    return st.one_of(
        items().map(lambda item: Block("item", item=item)),
        _WORDS.map(lambda text: Block("heading", text=text)),
        _HTML.map(lambda html: Block("text", html=html)),
        st.just(Block("picture", picture=samples.picture())),
        _WORDS.map(lambda text: Block("button", text=f"{text} 1", url="https://example.org/b")),
        st.just(Block("divider")),
    )


def drafts() -> st.SearchStrategy[Draft]:
    issues = st.builds(
        IssueFacts,
        uuid=st.just(ISSUE.uuid),
        newsletter=_WORDS,
        subject=_WORDS,
        preheader=_WORDS | st.just(""),
        blocks=st.lists(blocks(), max_size=6).map(tuple),
        language=st.sampled_from(["pl", "en"]),
    )
    variants = st.sampled_from([variant for variant in Variant if variant is not Variant.ISSUE])
    return st.one_of(issues.map(issue_draft), st.builds(item_draft, items(), variants))
