"""Items from YAML: a list of mappings, every value as it is written.

Read event by event: nothing is guessed (`17:00` stays text, `no` too), a key given twice is told,
and aliases, with which a small file can say a great deal, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import yaml
from django.utils.translation import gettext as _
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from promo.errors import InvalidInput
from promo.importing.cells import Cell
from promo.importing.inputs import ItemInput
from promo.importing.moments import Calendar
from promo.importing.records import Record, items_of, refused
from promo.importing.texts import decoded

DEEPEST = 5
"""List, item, pictures, picture, value: nothing here is nested deeper."""

_EMPTY = frozenset({"~", "null"})
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml where the wheel carries it


def read_yaml(data: str | bytes, *, zone: ZoneInfo, today: date) -> list[ItemInput]:
    """The items of a YAML file; raises InvalidRows. Rows count the items from 1."""
    try:
        text = decoded(data)
        records = _records(_document(text))
    except InvalidInput as error:
        raise refused([error]) from error
    return items_of(records, calendar=Calendar(zone, today))


def _records(document: Cell) -> list[Record]:
    if not isinstance(document, list):
        raise InvalidInput(_("The file must be a list: every item begins with “- kind: …”."))
    for number, item in enumerate(document, start=1):
        if not isinstance(item, dict):
            message = _("This item is no list of fields such as “title: …”.")
            raise InvalidInput(message, row=number)
    return [Record(number, item) for number, item in enumerate(document, start=1)]


def _document(text: str) -> Cell:
    events = yaml.parse(text, Loader=_Loader)
    try:
        return _Builder(events).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _unreadable(text, mark.line if mark else 0) from error
    except yaml.YAMLError as error:  # a character that YAML forbids: it has no line
        raise InvalidInput(_("The file contains characters that YAML does not allow.")) from error


def _unreadable(text: str, index: int) -> InvalidInput:
    lines = text.splitlines() or [""]
    nearest = min(index, len(lines) - 1)
    message = _(
        "Line {line} cannot be read: “{text}”. Check the indentation; a text with a colon in it "
        "needs quotation marks."
    )
    return InvalidInput(message.format(line=nearest + 1, text=lines[nearest].strip()[:80]))


class _Builder:
    """Builds text, lists and dictionaries from the events of one document."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events

    def document(self) -> Cell:
        """The first document; raises InvalidInput where there is a second one."""
        found: Cell = []
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refusal(event, _("a second document begins here"))
                found = self._node(next(self._events), depth=1)
        return found

    def _node(self, event: Event, *, depth: int) -> Cell:
        if depth > DEEPEST:
            raise self._refusal(event, _("the lists are nested too deeply"))
        match event:
            case ScalarEvent():
                plain = event.implicit[0] and event.value in _EMPTY
                return "" if plain else str(event.value)
            case SequenceStartEvent():
                return list(self._sequence(depth))
            case MappingStartEvent():
                return self._mapping(depth)
            case AliasEvent():
                raise self._refusal(event, _("references (*name) are not understood here"))
        raise self._refusal(event, _("this is not understood here"))

    def _sequence(self, depth: int) -> Iterator[Cell]:
        while not isinstance(event := next(self._events), SequenceEndEvent):
            yield self._node(event, depth=depth + 1)

    def _mapping(self, depth: int) -> dict[str, Cell]:
        found: dict[str, Cell] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            name = self._node(event, depth=depth + 1)
            if not isinstance(name, str):
                raise self._refusal(event, _("a field needs a name of one word"))
            if name in found:
                message = _("the field “{name}” stands here twice").format(name=name[:40])
                raise self._refusal(event, message)
            found[name] = self._node(next(self._events), depth=depth + 1)
        return found

    def _refusal(self, event: Event, reason: str) -> InvalidInput:
        line = event.start_mark.line + 1 if event.start_mark else 1
        return InvalidInput(_("Line {line}: {reason}.").format(line=line, reason=reason))
