"""Text in two languages: our words in the reader's, what staff wrote in its own (WCAG 3.1.2)."""

from __future__ import annotations

import re
from typing import NamedTuple

from promo.rendering import typeset

_PLACE = re.compile(r"\{(\w+)\}")


class Said(NamedTuple):
    """Some text and its language. As an argument: as written; in a `Phrase`: typeset."""

    text: str
    language: str


class Phrase(tuple["Said", ...]):
    """A line in pieces. `language` of a piece is set where it is not that of what surrounds it."""

    __slots__ = ()

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self)


NOTHING = Phrase()


def phrase(template: str, *, language: str, **given: Said) -> Phrase:
    """The template of ours, its places in braces filled, for a surrounding in `language`.

    Pieces of one language are typeset as one text, so that typography sees across their borders.
    """
    pieces: list[Said] = []
    for position, part in enumerate(_PLACE.split(template)):
        said = given[part] if position % 2 else Said(part, language)
        if pieces and pieces[-1].language == said.language:
            pieces[-1] = Said(pieces[-1].text + said.text, said.language)
        elif said.text:
            pieces.append(said)
    return Phrase(
        Said(typeset(one.text, language=one.language), marked(one.language, within=language))
        for one in pieces
    )


def marked(language: str, *, within: str) -> str:
    """The `lang` that text in `language` needs inside of text in `within`; "" where none."""
    return language if language != within else ""
