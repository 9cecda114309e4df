"""A mail composed from whatever staff may write keeps the rules of accessible mail (E1-E18)."""

import dataclasses
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import html as lxml_html
from lxml.html import HtmlElement

from promo.channels.newsletter_email import Channel, accessibility, preview_html
from promo.channels.newsletter_email.composing import Mail
from promo.channels.newsletter_email.facts import Fact
from promo.channels.newsletter_email.views import Part
from promo.errors import InvalidInput
from promo.mailing import verp
from promo.mailing.codes import codes_of
from promo.mailing.envelope import Reader, Sender, compile_mail
from promo.mailing.headers import DomainName, HeaderText, MailAddress
from promo.mailing.slots import LinkBases, Slot
from promo.rendering import find_template_faults, plain
from promo.values import Block, Draft, InstitutionFacts, ItemFacts, Message, Variant
from tests.channels import samples
from tests.channels.newsletter_email import issues
from tests.validators import vnu_faults

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BASES = LinkBases("https://e.org/u/?a=1&b=", "https://e.org/p/", "https://e.org/v/1")
CODES = codes_of(42, key=b"k")


def read(message: Message) -> HtmlElement:
    return lxml_html.document_fromstring(message.html)


def addresses(document: HtmlElement) -> list[str]:
    return [link.get("href") or "" for link in document.iter("a")]


@SLOW
@given(issues.drafts())
def test_no_mail_shuts_a_reader_out(draft: Draft) -> None:
    message = issues.compose(draft)
    faults = accessibility.find_faults(message.html, language=message.language)
    assert [fault for fault in faults if fault.level == "error"] == []


@SLOW
@given(issues.drafts())
def test_every_mail_keeps_the_rules_of_its_frame(draft: Draft) -> None:
    message = issues.compose(draft)
    document = read(message)
    wrapper = document.body[0]
    for element in (document, wrapper):
        assert (element.get("lang"), element.get("dir")) == (message.language, "ltr")
    assert document.findtext(".//title") == message.subject
    assert "<mj-" not in message.html
    assert not set(re.findall(r"\{[{%]", message.html)) - {"{{"}
    names = {meta.get("name") for meta in document.iter("meta")}
    assert {"viewport", "color-scheme", "supported-color-schemes"} <= names
    assert document.head[0].get("charset") == "utf-8"
    assert "user-scalable" not in message.html
    assert len(message.html[: message.html.index("<body")].encode()) < 16_000


@SLOW
@given(issues.drafts())
def test_every_mail_does_without_what_mail_programs_drop(draft: Draft) -> None:
    document = read(issues.compose(draft))
    dropped = "script form iframe video audio svg link object embed input button"
    assert list(document.iter(*dropped.split())) == []
    styles = " ".join(element.get("style") or "" for element in document.iter())
    for word in ("position:", "display:flex", "display:grid", "background-image", "justify"):
        assert word not in styles


@SLOW
@given(issues.drafts())
def test_pictures_have_their_sizes_and_links_their_lines(draft: Draft) -> None:
    document = read(issues.compose(draft))
    for image in document.iter("img"):
        assert image.get("width", "").isdecimal()
        assert image.get("height", "").isdecimal()
    for link in document.iter("a"):
        assert link.get("target") is None
        style = link.get("style") or ""
        assert "text-decoration:underline" in style or "background" in style or len(link)


@SLOW
@given(issues.drafts())
def test_the_plain_text_is_complete_and_narrow(draft: Draft) -> None:
    message = issues.compose(draft)
    for address in addresses(read(message)):
        assert address.removeprefix("mailto:") in message.text
    for line in message.text.splitlines():
        assert len(line) <= 76 or " " not in line.strip().removeprefix("- ")
    assert "\u00a0" not in message.text
    assert "\n\n\n" not in message.text


@SLOW
@given(issues.drafts())
def test_every_composed_mail_can_be_put_on_the_wire(draft: Draft) -> None:
    message = issues.compose(draft)
    if len(message.subject) > 200:
        return
    sender = Sender(HeaderText("B"), MailAddress("b@e.org"), HeaderText("N"), DomainName("n.e.org"))
    compiled = compile_mail(message, sender=sender, bases=BASES, date=issues.DUE_AT)
    wire = compiled.for_reader(
        Reader(MailAddress("anna@example.org")),
        codes=CODES,
        message_id=verp.message_id(UUID(int=1), UUID(int=2), DomainName("e.org")),
    )
    assert b"\r\n.\r\n" not in wire
    data = b"\r\n".join(line.removeprefix(b".") for line in wire.split(b"\r\n"))
    parsed = message_from_bytes(data, policy=policy.default)
    assert not [part.defects for part in parsed.walk() if part.defects]
    assert ".slot.invalid" not in "".join(part.get_content() for part in parsed.iter_parts())


def test_every_mail_names_its_sender_its_reason_and_the_ways_out() -> None:
    message = issues.compose(issues.issue_draft())
    for said in (message.text, read(message).text_content()):
        joined = " ".join(said.split()).replace("\u00a0", " ")
        assert samples.INSTITUTION.name in joined
        assert samples.INSTITUTION.address in joined
        assert "zapisany na newsletter „Co słychać w bibliotece”" in joined
    for slot in Slot:
        assert addresses(read(message)).count(slot.placeholder) == 1
        assert message.text.count(slot.placeholder) == 1


def test_the_items_are_the_second_level_headings() -> None:
    document = read(issues.compose(issues.issue_draft()))
    titles = [heading.text_content().replace("\u00a0", " ") for heading in document.iter("h2")]
    assert titles == [
        "Wydarzenia",
        "Spotkanie z Łucją Żądło-Ćwięką",
        "Warsztaty „Od słowa do słowa”",
        "Kluczbork na dawnych pocztówkach",
        "Zmiany",
        "Głośne czytanie pod chmurką",
        "Spotkanie DKK",
        "Konkurs na zakładkę do książki",
    ]


def test_parts_in_another_language_say_so() -> None:
    document = read(issues.compose(issues.issue_draft(issues.ISSUE_EN)))
    polish = [element for element in document.iter("div") if element.get("lang") == "pl"]
    assert polish[0].findtext(".//h2") == "Warsztaty „Od słowa do słowa”"
    assert "Saturday, 24 October, 10:00–13:00" in document.text_content()


def test_what_was_written_for_the_newsletter_takes_the_leads_place() -> None:
    item = dataclasses.replace(
        samples.MEETING, channel_texts={"newsletter_email": "Pierwszy akapit.\n\nDrugi  akapit."}
    )
    message = issues.composed(Block("item", item=item))
    assert "Pierwszy akapit.\n\nDrugi akapit." in message.text
    assert item.lead not in message.text


def test_foreign_pictures_and_scripts_do_not_get_into_a_mail() -> None:
    evil = (
        '<p>A<script>x()</script><img src="https://spy.example/1.gif" alt="">'
        '<a href="javascript:x()">Program</a><mj-button href="https://e.org">B</mj-button></p>'
    )
    html = issues.composed(Block("text", html=evil)).html
    for word in ("spy.example", "<script", "javascript:", "mj-button"):
        assert word not in html


def test_markup_in_plain_fields_is_shown_as_it_was_written() -> None:
    nasty = 'A < B & <b>C</b> {{ 7*7 }} <mj-raw> "q"'
    item = dataclasses.replace(samples.MEETING_EN, title=nasty, lead=nasty, contact=nasty)
    message = issues.compose(issues.item_draft(item, Variant.NEWS))
    assert message.subject == nasty
    assert nasty in [heading.text_content() for heading in read(message).iter("h2")]
    assert nasty in message.text


def test_an_item_mail_links_to_its_own_marker() -> None:
    draft = samples.draft(Variant.ANNOUNCE, marker="9xZ")
    message = issues.compose(draft)
    assert message.link == draft.link
    assert draft.link in addresses(read(message))
    assert draft.link in message.text


def test_an_issue_links_to_its_items_pages() -> None:
    found = addresses(read(issues.compose(issues.issue_draft())))
    items = [block.item for block in issues.BLOCKS if block.item]
    assert [item.link for item in items if item.link in found] == [item.link for item in items]


@pytest.mark.parametrize(
    ("variant", "item", "subject"),
    [
        (Variant.ANNOUNCE, issues.WORKSHOP, "Warsztaty „Od słowa do słowa” – 24 października"),
        (Variant.ANNOUNCE, issues.CONTEST, "Konkurs na zakładkę do książki – do 31 października"),
        (Variant.REMINDER, issues.WORKSHOP, "Przypomnienie: Warsztaty „Od słowa do słowa” – 24.10"),
        (
            Variant.CANCELLED,
            issues.CANCELLED,
            "Odwołane: Głośne czytanie pod chmurką – 20 października",
        ),
        (Variant.CHANGED, issues.MOVED, "Nowy termin: Spotkanie DKK – 20 października"),
        (Variant.RESULTS, issues.CONTEST, "Wyniki: Konkurs na zakładkę do książki"),
        (Variant.NEWS, issues.NEWS, "W listopadzie czynne do 19"),
    ],
)
def test_a_subject_says_what_and_when(variant: Variant, item: ItemFacts, subject: str) -> None:
    draft = dataclasses.replace(samples.draft(variant), item=item)
    assert issues.compose(draft).subject == subject


@pytest.mark.parametrize("variant", [v for v in Variant if v is not Variant.ISSUE])
def test_no_subject_says_today_or_tomorrow(variant: Variant) -> None:
    for hour in (0, 23):
        due_at = samples.MEETING.starts_at.replace(hour=hour)  # type: ignore[union-attr]
        draft = dataclasses.replace(samples.draft(variant), due_at=due_at)
        assert not re.search(r"dziś|dzisiaj|jutro", issues.compose(draft).subject, re.IGNORECASE)


def test_a_cancelled_event_invites_nobody() -> None:
    message = issues.compose(issues.item_draft(issues.CANCELLED, Variant.CANCELLED))
    assert message.preheader.startswith("Odwołane. To wydarzenie się nie odbędzie.")
    assert "kupić książkę" not in message.text
    assert "Wstęp" not in message.text


def test_a_missing_preview_text_is_made_of_the_titles() -> None:
    message = issues.composed(*issues.BLOCKS, preheader="")
    assert message.preheader.startswith("Spotkanie z Łucją Żądło-Ćwięką, Warsztaty")
    assert len(message.preheader) <= 130


def test_a_draft_about_nothing_is_refused() -> None:
    draft = dataclasses.replace(samples.draft(), item=None)
    with pytest.raises(InvalidInput):
        Channel.compose(draft, lambda _template, _context: "")


def test_an_unknown_block_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        issues.composed(Block("carousel"))
    assert refused.value.field == "blocks"


@pytest.mark.parametrize(
    "bad", ["<mjml><mj-body>", "<mjml><mj-body><mj-foo>a</mj-foo></mj-body></mjml>"]
)
def test_a_template_that_mjml_cannot_read_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInput):
        Channel.compose(samples.draft(), lambda _template, _context: bad)


def test_a_reader_sees_the_same_mail_in_the_browser() -> None:
    html = preview_html(issues.compose(issues.issue_draft()), BASES.values(CODES))
    assert ".slot.invalid" not in html
    assert f'href="https://e.org/u/?a=1&amp;b={CODES.unsubscribe}/"' in html


def test_the_templates_use_only_what_they_are_given() -> None:
    names = [name for name in issues.ENVIRONMENT.list_templates() if _is_ours(name)]
    assert len(names) == 4
    shapes = {"mail": Mail, "institution": InstitutionFacts, "part": Part, "fact": Fact}
    faults = find_template_faults(
        issues.ENVIRONMENT, names, context_names={"mail", "institution"}, shapes=shapes
    )
    assert faults == []


def test_the_html_is_valid() -> None:
    golden = Path(__file__).with_name("golden")
    said = vnu_faults([golden / f"{name}.html" for name in ("issue-pl", "announce", "news")])
    # Outlook's own styles and namespaces are meant.
    errors = [line for line in said.splitlines() if " error: " in line]
    assert [line for line in errors if not re.search(r"mso-|xmlns:[vo]", line)] == []


def _is_ours(name: str) -> bool:
    return bool(re.match(r"newsletter_email/(issue|_parts)\.", name))


def test_a_series_tells_its_next_date_not_one_that_is_over() -> None:
    series = dataclasses.replace(
        samples.MEETING,
        starts_at=datetime(2026, 9, 15, 15, 0, tzinfo=UTC),
        ends_at=datetime(2026, 9, 15, 16, 0, tzinfo=UTC),
        recurrence="FREQ=WEEKLY;INTERVAL=2;COUNT=6",
    )
    text = plain(issues.composed(Block("item", item=series)).text)
    assert "wtorek, 13 października, godz. 17.00–18.00" in text
    assert "września" not in text
    alone = issues.compose(issues.item_draft(series, Variant.ANNOUNCE))
    assert alone.subject.endswith("– 13 października")


def test_a_series_whose_dates_are_over_keeps_its_first() -> None:
    series = dataclasses.replace(
        samples.MEETING,
        starts_at=datetime(2026, 9, 15, 15, 0, tzinfo=UTC),
        ends_at=None,
        recurrence="FREQ=WEEKLY;COUNT=2",
    )
    assert "15 września" in plain(issues.composed(Block("item", item=series)).text)


def test_whole_days_over_new_year_have_both_years_in_text_and_subject() -> None:
    days = dataclasses.replace(
        issues.EXHIBITION,
        title="Zima",
        starts_at=datetime(2026, 12, 27, 23, 0, tzinfo=UTC),
        ends_at=datetime(2027, 1, 3, 22, 0, tzinfo=UTC),
    )
    message = issues.compose(issues.item_draft(days, Variant.ANNOUNCE))
    assert message.subject == "Zima – 28 grudnia 2026 r. – 3 stycznia 2027 r."
    assert "28 grudnia 2026 r. – 3 stycznia 2027 r." in plain(message.text)
    long = dataclasses.replace(days, title="Zimowe czytanie przy piecu")
    shorter = issues.compose(issues.item_draft(long, Variant.ANNOUNCE))
    assert shorter.subject == "Zimowe czytanie przy piecu – 28.12.2026–3.01.2027"
