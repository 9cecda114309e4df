"""What a post must keep to: Facebook's limits, and the rules of posts that everybody can read.

The rules A2 to A7 follow what institutions for accessible communication ask of social posts: facts
as text, a useful alternative for each picture, few emoji, real letters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from promo.channels.facebook_page import emoji, marks, pictures
from promo.values import Message, Problem

MAX_TEXT = 63_206
"""Characters. The number every tool uses; Facebook's own documentation names none."""

MAX_IMAGES = 10
MAX_EMOJI = 3
MAX_HASHTAGS = 5
MOST_CAPITALS = 3
FEWEST_WORDS = 4
"""Fewer words than this, link and hashtags aside, carry no facts."""

LONG_HASHTAG = 15
"""From this length on a hashtag in small letters is taken for several words run together."""

_HASHTAG = re.compile(r"(?<!\w)#\w+")
_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"[^\W\d_]+")

# Mathematical letters, letters in circles and squares, full-width ones, and what stands in for ł.
_STYLED = re.compile(
    "[\U0001d400-\U0001d7ff\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169"
    "\U0001f170-\U0001f189\uff21-\uff3a\uff41-\uff5a\u019a\u023d\u026b\u0140\u0335-\u0338]"
)


def problems(message: Message) -> list[Problem]:
    """Everything that is wrong with the message; an `error` stands in the way of approval."""
    return [
        *_with_text(message),
        *_with_letters(message.text),
        *_with_emoji(message.text),
        *_with_hashtags(message.text),
        *_with_pictures(message),
    ]


def _with_text(message: Message) -> Iterator[Problem]:
    words = _WORD.findall(_bare(message.text))
    if len(words) < FEWEST_WORDS:
        text = _(
            "The post says nothing in words. Title, date, place and entry must stand in the text."
        )
        yield Problem("facts_missing", text, field="facebook_text")
    if len(message.text) > MAX_TEXT:
        text = _("The post is too long for Facebook: %(count)d characters of at most %(limit)d.")
        counts = {"count": len(message.text), "limit": MAX_TEXT}
        yield Problem("text_too_long", text % counts, field="facebook_text")
    if not marks.has_link(message.text, message.link):
        text = _("The post lacks its own link, by which Promo would find it again.")
        yield Problem("link_missing", text)


def _with_letters(text: str) -> Iterator[Problem]:
    if _STYLED.search(text):
        told = _(
            "The text uses decorative signs instead of letters. Screen readers cannot read them: "
            "write with ordinary letters."
        )
        yield Problem("letters_styled", told, field="facebook_text")
    if any(_longest_shout(line) > MOST_CAPITALS for line in _bare(text).splitlines()):
        told = _(
            "Several words in a row are written in capitals. Write them normally: capitals are "
            "hard to read, and screen readers may spell them out."
        )
        yield Problem("capitals", told, level="warning", field="facebook_text")


def _longest_shout(line: str) -> int:
    """The longest run of words in capitals."""
    longest = run = 0
    for word in _WORD.findall(line):
        run = run + 1 if word.isupper() else 0
        longest = max(longest, run)
    return longest


def _with_emoji(text: str) -> Iterator[Problem]:
    found = emoji.found(text)
    if len(found) > MAX_EMOJI:
        told = ngettext(
            "There is %(count)d emoji in the post; use at most %(limit)d.",
            "There are %(count)d emoji in the post; use at most %(limit)d.",
            len(found),
        )
        counts = {"count": len(found), "limit": MAX_EMOJI}
        yield Problem("emoji_too_many", told % counts, level="warning", field="facebook_text")
    if any(emoji.begins(line) for line in text.splitlines()):
        told = _("A line begins with an emoji. Put it at the end: it is read out before the words.")
        yield Problem("emoji_at_line_start", told, level="warning", field="facebook_text")
    if any(count > 1 for count in Counter(found).values()):
        told = _("The same emoji is used more than once. Screen readers read out each of them.")
        yield Problem("emoji_repeated", told, level="warning", field="facebook_text")


def _with_hashtags(text: str) -> Iterator[Problem]:
    hashtags = _HASHTAG.findall(text)
    if len(hashtags) > MAX_HASHTAGS:
        told = ngettext(
            "There is %(count)d hashtag; use at most %(limit)d.",
            "There are %(count)d hashtags; use at most %(limit)d.",
            len(hashtags),
        )
        counts = {"count": len(hashtags), "limit": MAX_HASHTAGS}
        yield Problem("hashtags_too_many", told % counts, level="warning", field="hashtags")
    if _HASHTAG.search(re.sub(r"(\s*#\w+)+\s*$", "", text)):
        told = _("Hashtags belong at the end of the post, not between its words.")
        yield Problem("hashtags_not_at_end", told, level="warning", field="facebook_text")
    for hashtag in hashtags:
        if len(hashtag) > LONG_HASHTAG and hashtag[1:] in {
            hashtag[1:].lower(),
            hashtag[1:].upper(),
        }:
            told = _(
                "Begin every word of “%(hashtag)s” with a capital, so that it can be read out."
            )
            yield Problem(
                "hashtag_run_together",
                told % {"hashtag": hashtag},
                level="warning",
                field="hashtags",
            )


def _with_pictures(message: Message) -> Iterator[Problem]:
    if len(message.pictures) > MAX_IMAGES:
        told = _("There are %(count)d pictures; Facebook takes at most %(limit)d in one post.")
        counts = {"count": len(message.pictures), "limit": MAX_IMAGES}
        yield Problem("images_too_many", told % counts, field="photos")
    for number, picture in enumerate(message.pictures, start=1):
        yield from pictures.problems(picture, number=number, title=message.subject)


def _bare(text: str) -> str:
    """The text without addresses and hashtags."""
    return _HASHTAG.sub(" ", _ADDRESS.sub(" ", text))
