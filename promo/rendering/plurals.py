"""Numbers and the word that goes with them (polish-text P1–P3, CLDR plural rules through Babel)."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from babel import Locale
from babel.numbers import format_decimal

Category = Literal["one", "few", "many", "other"]
Number = int | float | Decimal

_UNSPACED_BELOW = 10_000
_CATEGORIES: dict[str, Category] = {"one": "one", "few": "few", "many": "many"}


def babel_locale(language: str) -> str:
    """The locale of a language of ours: British English for English."""
    return "en_GB" if language.startswith("en") else "pl"


def category(n: Number, *, language: str = "pl") -> Category:
    """The CLDR plural category: 1 one, 2–4 few, 5–21 many, fractions other (in Polish)."""
    whole = int(n)
    exact = whole if whole == n else Decimal(str(n))
    found = Locale.parse(babel_locale(language)).plural_form(exact)
    return _CATEGORIES.get(found, "other")


def choose(
    n: Number, one: str, few: str, many: str = "", other: str = "", *, language: str = "pl"
) -> str:
    """The form that agrees with `n`. In English `few` is the plural.

    `other` is for fractions (1,5 roku); without it they take `few`, which is right for most nouns.
    """
    forms = {"one": one, "few": few, "many": many or few, "other": other or few}
    return forms[category(n, language=language)]


def count(
    n: Number, one: str, few: str, many: str = "", other: str = "", *, language: str = "pl"
) -> str:
    """`5~osób`: the number, a no-break space and the form that agrees with it.

    A form with `{n}` in it is the whole phrase: "Zostały jeszcze {n} miejsca".
    """
    form = choose(n, one, few, many, other, language=language)
    number = format_number(n, language=language)
    if "{n}" in form:
        return form.replace("{n}", number)
    return f"{number}\u00a0{form}"


def format_number(n: Number, *, language: str = "pl") -> str:
    """`12~500`, four digits unspaced (`1500`), decimal comma; in English `12,500` and a point."""
    grouped = (
        not babel_locale(language).startswith("pl") or not -_UNSPACED_BELOW < n < _UNSPACED_BELOW
    )
    return format_decimal(n, locale=babel_locale(language), group_separator=grouped)
