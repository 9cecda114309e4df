"""Two hundred invented people who read the newsletter. Their addresses lead nowhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

DOMAIN = "example.org"
NAMELESS_EVERY = 17
"""Not everybody gives a name."""

_WOMEN = """
    Anna Maria Katarzyna Małgorzata Agnieszka Barbara Ewa Krystyna Elżbieta Zofia Łucja Żaneta
    Grażyna Jadwiga Hanna Julia Jagoda Róża Wiesława Danuta Oliwia Lena Bożena
"""
_MEN = """
    Jan Stanisław Andrzej Krzysztof Łukasz Paweł Michał Wojciech Mirosław Józef Grzegorz Tomasz
    Bartłomiej Zdzisław Bronisław Szymon Ignacy Władysław Mikołaj
"""
_SURNAMES = """
    Kowalska Kowalski, Wójcik Wójcik, Śliwińska Śliwiński, Nowak Nowak, Żółkiewska Żółkiewski,
    Dąbrowska Dąbrowski, Pięta Pięta, Łukasik Łukasik, Zielińska Zieliński, Gżegżółka Gżegżółka,
    Ćwiklińska Ćwikliński, Mazur Mazur, Wąsik Wąsik, Jabłońska Jabłoński, Kaźmierczak Kaźmierczak,
    Sęk Sęk, Błaszczyk Błaszczyk, Źródlewska Źródlewski, Górna Górny, Nowak-Świątek Świątek,
    Szczęsna Szczęsny, Król Król, Baranowska Baranowski, Ożóg Ożóg, Brzęczek Brzęczek,
    Maćkowiak Maćkowiak, Grześkowiak Grześkowiak, Krupa Krupa,
    Lis-Różańska Różański, Gołąb Gołąb, Majchrzak Majchrzak
"""
_FIRST_NAMES = (_WOMEN.split(), _MEN.split())
_PAIRS = [tuple(pair.split()) for pair in _SURNAMES.split(",")]
_NEWCOMERS = (
    "Emily Carter",
    "James O’Connor",
    "Priya Raman",
    "Lucas Meyer",
    "Sofia Lindqvist",
    "Daniel Okafor",
    "Grace Whitfield",
    "Noah Bennett",
)
_NO_LETTER = re.compile(r"[^a-z]+")
_UNDECOMPOSED = str.maketrans("łŁ", "lL")


@dataclass(frozen=True, slots=True)
class DemoReader:
    """A reader. `name` may be empty, `language` is "pl" or "en"."""

    name: str
    email: str
    language: str = "pl"


def readers(count: int = 200) -> list[DemoReader]:
    """That many different readers, the same ones every time; the first ones read English."""
    found: dict[str, DemoReader] = {}
    names = _names()
    while len(found) < count:
        number = len(found)
        name, language = next(names)
        local = _local_part(name)
        email = f"{local}@{DOMAIN}"
        if email in found:
            email = f"{local}{number}@{DOMAIN}"
        nameless = number % NAMELESS_EVERY == NAMELESS_EVERY - 1
        found[email] = DemoReader("" if nameless else name, email, language)
    return list(found.values())


def _names() -> Iterator[tuple[str, str]]:
    yield from ((name, "en") for name in _NEWCOMERS)
    number = 0
    while True:
        form = number % 5 // 3  # 0 for a woman, 1 for a man: three of five readers are women
        first = _FIRST_NAMES[form]
        surname = _PAIRS[number * 7 % len(_PAIRS)][form]
        yield f"{first[number * 3 % len(first)]} {surname}", "pl"
        number += 1


def _local_part(name: str) -> str:
    """`Łucja Nowak-Świątek` becomes `lucja.nowak.swiatek`."""
    plain = unicodedata.normalize("NFKD", name.translate(_UNDECOMPOSED).replace("’", ""))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _NO_LETTER.sub(".", letters.lower())
