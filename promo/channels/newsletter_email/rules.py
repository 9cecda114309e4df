"""What is wrong with a mail, shown before it is approved."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _
from lxml import html as lxml_html
from lxml.html import HtmlElement

from promo.channels.newsletter_email import accessibility
from promo.channels.newsletter_email.subjects import MAX_VISIBLE
from promo.errors import InvalidInput
from promo.mailing.headers import HeaderText
from promo.mailing.slots import Slot
from promo.values import Message, Problem

BLOCK = "block"
"""The class of every part of a mail that says something."""

_SHORTEST_SHOUT = 10
_PREHEADER = range(40, 131)
_EMOJI = frozenset({"So", "Sk"})


def problems(message: Message) -> list[Problem]:
    """Everything a person should know; an error keeps the mail from being approved.

    Of a variant only what the message itself has not: a person is told once.
    """
    found = _problems(message)
    for variant in message.variants.values():
        known = {problem.code for problem in found}
        found += [problem for problem in _problems(variant) if problem.code not in known]
    return found


def _problems(message: Message) -> list[Problem]:
    return [
        *_subject_problems(message.subject),
        *_second_subject_problems(message),
        *_preheader_problems(message),
        *_content_problems(message),
        *_picture_problems(message),
        *accessibility.find_faults(message.html, language=message.language),
    ]


def _subject_problems(subject: str) -> Iterator[Problem]:
    if not subject.strip():
        yield Problem("subject_missing", _("The mail has no subject."), field="subject")
        return
    try:
        HeaderText(subject)
    except InvalidInput as error:
        yield Problem("subject_unusable", error.text, field="subject")
    if len(subject) > MAX_VISIBLE:
        yield Problem(
            "subject_long",
            _("The subject has {length} characters; most mail programs show {limit}.").format(
                length=len(subject), limit=MAX_VISIBLE
            ),
            level="warning",
            field="subject",
        )
    if _shouts(subject):
        yield Problem(
            "subject_caps",
            _("The subject is all in capitals: hard to read, and spam filters dislike it."),
            field="subject",
        )
    emoji = [character for character in subject if unicodedata.category(character) in _EMOJI]
    if len(emoji) > 1:
        yield Problem(
            "subject_emoji",
            _("The subject has more than one emoji; screen readers read out each of them."),
            level="warning",
            field="subject",
        )
    elif emoji and any(map(str.isalnum, subject[subject.index(emoji[0]) :])):
        yield Problem(
            "subject_emoji",
            _("An emoji in the subject stands best at its end: what it is about comes first."),
            level="warning",
            field="subject",
        )


def _second_subject_problems(message: Message) -> Iterator[Problem]:
    if not message.subject_b:
        return
    if message.subject_b.casefold() == message.subject.casefold():
        same = _("Both subjects are the same: there is nothing to compare.")
        yield Problem("subjects_same", same, field="subject_b")
    for problem in _subject_problems(message.subject_b):
        told = _("{problem} (second subject)").format(problem=problem.text)
        yield replace(problem, code=f"second_{problem.code}", text=told, field="subject_b")


def _shouts(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return len(letters) >= _SHORTEST_SHOUT and not any(letter.islower() for letter in letters)


def _preheader_problems(message: Message) -> Iterator[Problem]:
    preheader = message.preheader
    if preheader.strip().casefold() == message.subject.strip().casefold() != "":
        yield Problem(
            "preheader_repeats",
            _("The preview text repeats the subject: use it to say something more."),
            level="warning",
            field="preheader",
        )
    if len(preheader.strip()) not in _PREHEADER:
        yield Problem(
            "preheader_length",
            _("The preview text should have {low} to {high} characters; it has {length}.").format(
                low=_PREHEADER.start, high=_PREHEADER.stop - 1, length=len(preheader.strip())
            ),
            level="warning",
            field="preheader",
        )


def _content_problems(message: Message) -> Iterator[Problem]:
    if not message.text.strip():
        yield Problem("text_missing", _("The mail has no plain-text part."))
    if not message.html.strip():
        return
    document = lxml_html.document_fromstring(message.html)
    if not _has_block(document):
        yield Problem(
            "issue_empty", _("The issue is empty: add at least one item."), field="blocks"
        )
    elif not _has_text(document):
        yield Problem(
            "only_pictures",
            _("Everything is in pictures: many readers do not see them. Write it as text too."),
            level="warning",
            field="blocks",
        )
    way_out = Slot.UNSUBSCRIBE.placeholder
    if way_out not in message.html or way_out not in message.text:
        yield Problem("unsubscribe_missing", _("The mail has no link with which to unsubscribe."))


def _has_block(document: HtmlElement) -> bool:
    return any(BLOCK in element.get("class", "").split() for element in document.iter("td"))


def _has_text(document: HtmlElement) -> bool:
    """Does any part say something in words of its own?"""
    parts = (e for e in document.iter("td") if BLOCK in e.get("class", "").split())
    return any(part.text_content().strip() for part in parts)


def _picture_problems(message: Message) -> Iterator[Problem]:
    if any(not picture.alt.strip() for picture in message.pictures):
        yield accessibility.alt_missing()
