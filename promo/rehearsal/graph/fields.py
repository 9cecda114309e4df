"""Field expansion: `id,comments.limit(0).summary(true),attachments{media_type,url}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from promo.rehearsal.graph.errors import GraphError

PART = re.compile(r"\s*(?P<name>\w+)(?P<calls>(?:\.\w+\([^()]*\))*)\s*")
CALL = re.compile(r"\.(\w+)\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Want:
    """One wanted field; `inside` holds the wanted fields of what it gives (none: the default)."""

    name: str
    arguments: Mapping[str, str]
    inside: tuple[Want, ...] = ()


def parse(text: str) -> tuple[Want, ...]:
    """The wanted fields. Raises GraphError 2500 for a syntax error."""
    wants, rest = _list(text)
    if rest:
        raise _syntax(text)
    return wants


def _list(text: str) -> tuple[tuple[Want, ...], str]:
    wants: list[Want] = []
    while True:
        match = PART.match(text)
        if match is None:
            raise _syntax(text)
        text = text[match.end() :]
        inside: tuple[Want, ...] = ()
        if text.startswith("{"):
            inside, text = _list(text[1:])
            if not text.startswith("}"):
                raise _syntax(text)
            text = text[1:].lstrip()
        wants.append(Want(match["name"], dict(CALL.findall(match["calls"])), inside))
        if not text.startswith(","):
            return tuple(wants), text
        text = text[1:]


def _syntax(text: str) -> GraphError:
    return GraphError(2500, f"Syntax error: unexpected token near: {text[:20]!r}")
