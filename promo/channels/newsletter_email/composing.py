"""From a draft to the stored message: subject, preheader, HTML by way of MJML, plain text. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from django.utils import translation
from django.utils.translation import gettext as _
from mjml import mjml2html

from promo.channels.base import Render
from promo.channels.newsletter_email import subjects
from promo.channels.newsletter_email.facts import (
    AFTERWARDS,
    at_next_date,
    in_readers_words,
    notice,
    when,
)
from promo.channels.newsletter_email.finishing import finish
from promo.channels.newsletter_email.phrases import Phrase, Said, marked, phrase
from promo.channels.newsletter_email.subjects import one_line
from promo.channels.newsletter_email.views import KEY, Part, item_part, parts_of, salutation_of
from promo.errors import InvalidInput
from promo.mailing.slots import Slot
from promo.rendering import shorten, typeset, wrap_text
from promo.values import Draft, IssueFacts, ItemFacts, Message

MAX_PREHEADER = 130
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Mail:
    """Everything the two templates show, apart from the institution. All text is typeset.

    `language` is the content's, `ours` that of the frame around it, where it is another.
    """

    language: str
    ours: str
    subject: str
    preheader: Phrase
    newsletter: str
    headline: Phrase
    reason: Phrase
    parts: tuple[Part, ...]
    unsubscribe: str = Slot.UNSUBSCRIBE.placeholder
    preferences: str = Slot.PREFERENCES.placeholder
    browser: str = Slot.BROWSER.placeholder


def compose(draft: Draft, render: Render) -> Message:
    """The mail for this draft. Raises InvalidInput for a draft or a text no mail can be made of."""
    with translation.override(draft.readers or draft.language):
        mail = _mail(draft)
    blocks = draft.issue.blocks if draft.issue else ()
    text, html = _parts(mail, draft, render)
    message = Message(
        channel=KEY,
        subject=mail.subject,
        preheader=mail.preheader.text,
        text=text,
        html=html,
        link=draft.link,
        language=mail.language,
        pictures=tuple(part.picture for part in mail.parts if part.picture),
        salutation=salutation_of(blocks, language=mail.language),
    )
    if draft.issue is None or not draft.issue.subject_b.strip():
        return message
    second = _under(mail, draft.issue.subject_b)
    text, html = _parts(second, draft, render)
    return replace(message, subject_b=second.subject, text_b=text, html_b=html)


def _parts(mail: Mail, draft: Draft, render: Render) -> tuple[str, str]:
    """The plain text and the HTML."""
    context = {"mail": mail, "institution": draft.institution}
    text = _text(render(f"{KEY}/issue.txt.j2", context))
    return text, finish(_html(render(f"{KEY}/issue.mjml.j2", context)), mail.parts)


def _under(mail: Mail, subject: str) -> Mail:
    """The same mail under another subject, which is its title and its heading too."""
    subject = one_line(subject, language=mail.language)
    return replace(mail, subject=subject, headline=_headline(subject, mail.language))


def _headline(subject: str, language: str) -> Phrase:
    return phrase("{subject}", language=language, subject=Said(subject, language))


def _mail(draft: Draft) -> Mail:
    if draft.issue is not None:
        return _issue_mail(draft.issue, draft)
    if draft.item is not None:
        return _item_mail(at_next_date(draft.item, draft), draft)
    raise InvalidInput(_("A newsletter needs an issue or an item."))


def _issue_mail(issue: IssueFacts, draft: Draft) -> Mail:
    language, readers = issue.language, draft.readers or issue.language
    subject = one_line(issue.subject, language=language)
    reason = _("This e-mail came to you because your address is signed up for “{newsletter}”.")
    preheader = one_line(issue.preheader, language=language) or _titles(issue)
    return Mail(
        language=language,
        ours=marked(readers, within=language),
        subject=subject,
        preheader=Phrase([Said(preheader, "")]),
        newsletter=typeset(issue.newsletter, language=language),
        headline=_headline(subject, language),
        reason=phrase(reason, language=readers, newsletter=Said(issue.newsletter, language)),
        parts=parts_of(issue.blocks, draft, language=readers),
    )


def _item_mail(written: ItemFacts, draft: Draft) -> Mail:
    language, readers = written.language, draft.readers or written.language
    item = in_readers_words(written, language=readers)
    headline = subjects.headline(item, draft.variant)
    reason = _("This e-mail came to you because your address is signed up for our newsletter.")
    return Mail(
        language=language,
        ours=marked(readers, within=language),
        subject=subjects.subject(item, draft, language=readers),
        preheader=_item_preheader(item, draft, readers),
        newsletter="",
        headline=phrase("{headline}", language=language, headline=Said(headline, readers)),
        reason=phrase(reason, language=readers),
        parts=(item_part(written, draft, language=readers, link=draft.link, full=True),),
    )


def _titles(issue: IssueFacts) -> str:
    """What is in the issue, where nobody wrote a preview text."""
    titles = ", ".join(block.item.title for block in issue.blocks if block.item)
    return shorten(one_line(titles, language=issue.language), MAX_PREHEADER)


def _item_preheader(item: ItemFacts, draft: Draft, readers: str) -> Phrase:
    """What the subject has no room for: what changed or when it is, and what it is."""
    ours = "" if draft.variant in AFTERWARDS else notice(item) or _when(item, draft, readers)
    ours = one_line(ours, language=readers)
    theirs = one_line(item.lead, language=item.language)
    shown = shorten(" ".join(part for part in (ours, theirs) if part), MAX_PREHEADER)
    pieces = (
        Said(shown[: len(ours)], marked(readers, within=item.language)),
        Said(shown[len(ours) :], ""),
    )
    return Phrase(piece for piece in pieces if piece.text)


def _when(item: ItemFacts, draft: Draft, readers: str) -> str:
    words = subjects.capitalised(when(item, draft, language=readers))
    return f"{words}." if words else ""


def _html(mjml: str) -> str:
    try:
        html: str = mjml2html(mjml, disable_comments=True, fonts={})
    except ValueError as error:
        raise InvalidInput(
            _("The mail cannot be laid out: its formatting is faulty. Paste it as plain text.")
        ) from error
    if "<mj-" in html:  # unknown tags pass silently into the output
        raise InvalidInput(_("The mail's template has a part that MJML does not know."))
    return html


def _text(rendered: str) -> str:
    return wrap_text(_EMPTY_LINES.sub("\n\n", rendered).strip()) + "\n"
