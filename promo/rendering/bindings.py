"""No-break spaces: which words of a line belong together (polish-text T1, T2, T4).

These rules only turn a space into a no-break space, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promo.rendering.edits import Edit, Rule, replacing

_START = r"(?<![^\s(\[{„”«\"'’–—])"
_CAPITAL = "[A-ZĄĆĘŁŃÓŚŹŻ]"
_MONTHS = (
    "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października"
    "|listopada|grudnia"
)
# The sheet's list, and those that stand before a name or a number in a library's texts.
_BEFORE_ANYTHING = (
    r"godz\.|ul\.|al\.|pl\.|os\.|tel\.|św\.|im\.|prof\.|pt\.|tzw\.|ok\.|m\.in\.|np\.|tj\.|tzn\.|ks\."
    r"|inż\.|red\.|tłum\.|reż\.|il\.|wyd\.|art\.|ust\.|poz\.|zob\.|por\.|dr|mgr|nr|§"
)
_BEFORE_NUMBER = r"s\.|str\.|t\.|z\.|cz\.|rozdz\.|m\.|lok\.|p\.|r\.|wew\.|pok\.|sala|filia"
_UNITS = (
    r"zł|gr|osób|osoby|osoba|lata|lat|min|godz|km|cm|mm|m|h|kg|proc|tys|mln|mld|dni|miejsca|miejsc"
    r"|miejsce|egz|pkt|°C|PLN|EUR|€"
)
_GROUPS = re.compile(r"(?<![\d.,])(?<!\d[ \u00a0-])\d{1,3}(?:[ \u00a0]\d{3})+(?![ \u00a0]?\d)")

_NUMBER_OF_A_HOUSE = re.compile(r"(?<=[^\W\d]) (?=\d+[^\W\d]?(?:/\d+[^\W\d]?)?(?:,|$))")

_bind = "\u00a0"


def bind_address(line: str) -> str:
    """`ul. Zamkowa~1, 46-200 Kluczbork`: not for prose, where a number may begin what follows.

    The town stays apart: bound to it, a postal code would be torn at its hyphen.
    """
    return _NUMBER_OF_A_HOUSE.sub(_bind, line)


def _thousands(text: str) -> Iterator[Edit]:
    for match in _GROUPS.finditer(text):
        for at in range(match.start(), match.end()):
            if text[at] == " ":
                yield Edit(at, at + 1, _bind)


RULES: tuple[Rule, ...] = (
    replacing(rf"{_START}[aiouwz](?P<at> )(?=\S)", _bind, flags=re.IGNORECASE),
    replacing(rf"(?<!\w)\d{{1,2}}(?P<at> )(?=(?:{_MONTHS})\b)", _bind),
    replacing(r"(?<!\w)\d{4}(?P<at> )(?=r\.|roku\b)", _bind),
    replacing(r"(?<!\w)(?:[IVX]+|\d{1,2})(?P<at> )(?=w\.|wieku\b)", _bind),
    replacing(rf"{_START}(?:{_BEFORE_ANYTHING})(?P<at> )(?=[\w„«\"(#+])", _bind, flags=re.I),
    replacing(rf"{_START}(?:{_BEFORE_NUMBER})(?P<at> )(?=\d)", _bind, flags=re.IGNORECASE),
    replacing(
        rf"{_START}(?:{_CAPITAL}|Ch|Cz|Dz|Rz|Sz|St)\.(?P<at> )(?={_CAPITAL})",
        _bind,
    ),
    replacing(rf"\d(?P<at> )(?=(?:{_UNITS})(?!\w)|%)", _bind),
    replacing(rf"(?<!\w){_CAPITAL}[^\W\d_]+(?P<at> )(?=[IVX]{{1,6}}(?![\w-]))", _bind),
    _thousands,
    replacing(r"(?<=\S)(?P<at> )(?=–[ \n])", _bind),
)
