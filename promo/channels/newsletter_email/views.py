"""What the mail's templates show: an item or an issue, turned into typeset parts in order."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _

from promo.channels.newsletter_email import subjects
from promo.channels.newsletter_email.facts import (
    Fact,
    at_next_date,
    facts,
    in_readers_words,
    is_off,
    notice,
)
from promo.channels.newsletter_email.phrases import NOTHING, Phrase, Said, marked, phrase
from promo.errors import InvalidInput
from promo.mailing import salutation
from promo.rendering import (
    clean,
    format_date,
    to_text,
    typeset,
    typeset_html,
    year_is_needed,
)
from promo.values import Block, Draft, ItemFacts, Picture, Salutation, Variant

KEY = "newsletter_email"
_PARAGRAPH = re.compile(r"\n\s*\n")
_ALONE = re.compile(r"[\w(„«–—]")  # no mark that leans on the name before it


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the mail. `kind` is a block's kind; only the fields of that kind are set.

    `language` is what staff wrote it in and `ours` what we say about it, each where it is not the
    mail's own. `html` is safe, `text` plain.
    """

    kind: str
    text: str = ""
    html: str = ""
    url: str = ""
    picture: Picture | None = None
    language: str = ""
    ours: str = ""
    label: Phrase = NOTHING
    notice: str = ""
    facts: tuple[Fact, ...] = ()
    paragraphs: tuple[str, ...] = ()
    note: str = ""
    link_text: Phrase = NOTHING

    @property
    def plain(self) -> str:
        """The formatted text as plain text."""
        return to_text(self.html)


def parts_of(blocks: tuple[Block, ...], draft: Draft, *, language: str) -> tuple[Part, ...]:
    """The blocks of an issue as parts, for readers of `language`.

    Raises InvalidInput for a kind that no mail can show.
    """
    items = [block.item for block in blocks if block.kind == "item" and block.item is not None]
    twice = {title for title, times in Counter(item.title for item in items).items() if times > 1}
    parts = (_part(block, draft, language, twice) for block in blocks)
    return tuple(part for part in parts if part is not None)


def item_part(item: ItemFacts, draft: Draft, *, language: str, link: str, full: bool) -> Part:
    """The part about one item; `full` is for a mail about this item alone."""
    own = item.language
    written = item.channel_texts.get(KEY, "").strip() or item.lead
    item = in_readers_words(item, language=language)
    label = subjects.capitalised(item.kind_label)
    told = full and subjects.headline(item, draft.variant) == label
    return Part(
        kind="item",
        text=typeset(item.title, language=own),
        html=_safe(item.body_html, draft, own) if full and not is_off(item) else "",
        url=link,
        picture=item.pictures[0] if item.pictures else None,
        language=marked(own, within=draft.language),
        ours=marked(language, within=draft.language),
        label=NOTHING if told else phrase("{label}", language=own, label=Said(label, language)),
        notice=notice(item),
        facts=facts(item, draft, language=language, full=full),
        paragraphs=tuple(
            typeset(" ".join(paragraph.split()), language=own)
            for paragraph in _PARAGRAPH.split(written)
            if paragraph.strip()
        ),
        note=typeset(item.funding_note, language=own),
        link_text=phrase(_link_text(draft.variant), language=language, title=Said(item.title, own)),
    )


def salutation_of(blocks: tuple[Block, ...], *, language: str) -> Salutation | None:
    """The words around the name, typeset and spaced; None for an issue that greets nobody."""
    given = next((block.salutation for block in blocks if block.salutation), None)
    if given is None:
        return None
    before, after = (
        typeset(words.strip(), language=language) for words in (given.before, given.after)
    )
    return Salutation(
        before=f"{before} " if before else "",
        after=f" {after}" if _ALONE.match(after) else after,
        without=typeset(given.without.strip(), language=language),
    )


def _part(block: Block, draft: Draft, language: str, twice: set[str]) -> Part | None:
    """One block; None where there is nothing to show (a chosen item was deleted)."""
    match block.kind:
        case "item":
            return _block_item(block.item, draft, language, twice) if block.item else None
        case "heading":
            return Part("heading", text=typeset(block.text.strip(), language=draft.language))
        case "text":
            return Part("text", html=_safe(block.html, draft, draft.language))
        case "picture":
            return Part("picture", picture=block.picture, url=block.url) if block.picture else None
        case "button":
            text = typeset(block.text.strip(), language=draft.language)
            return Part("button", text=text, url=block.url) if block.url else None
        case "divider" | "salutation":
            return Part(block.kind, text=salutation.PLACEHOLDER if block.salutation else "")
    raise InvalidInput(
        _("A newsletter cannot show a block of the kind “{kind}”.").format(kind=block.kind),
        field="blocks",
    )


def _block_item(item: ItemFacts, draft: Draft, language: str, twice: set[str]) -> Part:
    item = at_next_date(item, draft)
    part = item_part(item, draft, language=language, link=item.link, full=False)
    if item.title in twice and item.starts_at is not None:
        # Two links of the same words must not lead to two places (WCAG 2.4.4, 2.4.9).
        day = item.starts_at.astimezone(draft.institution.tz).date()
        year = year_is_needed(day, draft.due_on)
        named = phrase(
            _link_text(draft.variant) + ", {day}",
            language=language,
            title=Said(item.title, item.language),
            day=Said(format_date(day, language=language, year=year), language),
        )
        return dataclasses.replace(part, link_text=named)
    return part


def _link_text(variant: Variant) -> str:
    match variant:
        case Variant.REPORT:
            return _("Read the report: {title}")
        case Variant.RESULTS:
            return _("See the results: {title}")
        case Variant.NEWS:
            return _("Read more: {title}")
        case _:
            return _("See the details: {title}")


def _safe(html: str, draft: Draft, language: str) -> str:
    base = draft.institution.base_url
    return typeset_html(clean(html, base_url=base), language=language)
