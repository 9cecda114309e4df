"""The names of months and weekdays as feeds and pages write them, in Polish and English."""

from __future__ import annotations

MONTHS = {
    "styczen stycznia sty january jan": 1,
    "luty lutego lut february feb": 2,
    "marzec marca mar march": 3,
    "kwiecien kwietnia kwi april apr": 4,
    "maj maja may": 5,
    "czerwiec czerwca cze june jun": 6,
    "lipiec lipca lip july jul": 7,
    "sierpien sierpnia sie august aug": 8,
    "wrzesien wrzesnia wrz september sept sep": 9,
    "pazdziernik pazdziernika paz october oct": 10,
    "listopad listopada lis november nov": 11,
    "grudzien grudnia gru december dec": 12,
}
MONTH_BY_NAME = {name: number for names, number in MONTHS.items() for name in names.split()}

ROMAN = {
    name: number
    for number, name in enumerate(
        ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"), start=1
    )
}

_WEEKDAYS = (
    "poniedzialek poniedzialku poniedzialki",
    "wtorek wtorku wtorki",
    "sroda srode srody srodzie",
    "czwartek czwartku czwartki",
    "piatek piatku piatki",
    "sobota sobote soboty sobocie",
    "niedziela niedziele niedzieli",
)
WEEKDAY_BY_NAME = {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}

_FOLDED = str.maketrans(
    "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ\u00a0\u2007\u2009\u202f–—‒‑−", "acelnoszzACELNOSZZ    -----"
)


def fold(text: str) -> str:
    """The text without diacritics, special spaces and dashes; every character keeps its place."""
    return text.translate(_FOLDED)


def month_number(name: str) -> int | None:
    """`Paź.`, `października`, `October`, `X` -> 10."""
    bare = fold(name).rstrip(".")
    return MONTH_BY_NAME.get(bare.lower()) or ROMAN.get(bare)
