"""Faults by rule: which rules are set, and which of them fire for one call.

A rule fires for calls that match all it names (`path`, `method`, `match_text`, `match_to`), leaving
out the first `after` of them, then each `every`-th, at most `times` times, with `probability`.
Chance is drawn from `seed` and a counter, so a run can be repeated exactly.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from promo.rehearsal.catalogue import FAULTS, STAGES
from promo.rehearsal.state import State


class BadRule(Exception):
    """A rule that cannot be set; the text says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it stands. `settings` are the fault's own, defaults filled in."""

    id: int
    fault: str
    path: str = ""
    method: str = ""
    match_text: str = ""
    match_to: str = ""
    times: int | None = None
    after: int = 0
    every: int = 1
    probability: float = 1.0
    seed: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def seconds(self, name: str) -> float:
        return float(self.settings.get(name) or 0)

    def number(self, name: str) -> int:
        return int(self.settings.get(name) or 0)

    def text(self, name: str) -> str:
        return str(self.settings.get(name) or "")

    def flag(self, name: str) -> bool:
        return bool(self.settings.get(name))


@dataclass(frozen=True, slots=True)
class Asked:
    """What rules are matched against. For SMTP `path` is the stage."""

    surface: Literal["graph", "webhook", "smtp"]
    path: str
    method: str = ""
    text: str = ""
    to: str = ""


MATCHERS: Mapping[str, type | tuple[type, ...]] = {
    "path": str,
    "method": str,
    "match_text": str,
    "match_to": str,
    "times": (int, type(None)),
    "after": int,
    "every": int,
    "probability": (int, float),
    "seed": (str, int),
}


class Faults:
    """The rules in force. They and their counters outlive a restart."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._rules = [
            _load(row["id"], row) for row in state.rows("SELECT * FROM rules ORDER BY id")
        ]

    def add(self, wanted: Mapping[str, Any]) -> Rule:
        """Set a rule from its JSON. Raises BadRule for an unknown name or field."""
        fields = _checked(wanted)
        with self._lock:
            with self._state.transaction() as db:
                cursor = db.execute("INSERT INTO rules (body) VALUES (?)", (json.dumps(fields),))
            rule = Rule(id=int(cursor.lastrowid or 0), **fields)
            self._rules.append(rule)
        return rule

    def rules(self) -> list[dict[str, Any]]:
        with self._lock:
            return [as_json(rule) for rule in self._rules]

    def clear(self) -> None:
        with self._lock:
            with self._state.transaction() as db:
                db.execute("DELETE FROM rules")
            self._rules.clear()

    def drop(self, rule_id: int) -> None:
        with self._lock:
            with self._state.transaction() as db:
                db.execute("DELETE FROM rules WHERE id = ?", (rule_id,))
            self._rules = [rule for rule in self._rules if rule.id != rule_id]

    def world(self, asked: Asked) -> list[Rule]:
        """Every `world` rule that fires now; each is counted."""
        with self._lock:
            return [
                fired
                for place, rule in enumerate(self._rules)
                if _matches(rule, asked, "world") and (fired := self._fire(place)) is not None
            ]

    def answer(self, asked: Asked) -> Rule | None:
        """The first `answer` rule that fires now; only it is counted as hit."""
        with self._lock:
            for place, rule in enumerate(self._rules):
                if _matches(rule, asked, "answer"):
                    fired = self._fire(place)
                    if fired is not None:
                        return fired
        return None

    def _fire(self, place: int) -> Rule | None:
        """Count a match; the rule if it is its turn, else None."""
        rule = self._rules[place]
        if rule.times is not None and rule.hits >= rule.times:
            return None
        hit = _is_its_turn(rule)
        counted = dataclasses.replace(rule, seen=rule.seen + 1, hits=rule.hits + int(hit))
        with self._state.transaction() as db:
            db.execute(
                "UPDATE rules SET seen = ?, hits = ? WHERE id = ?",
                (counted.seen, counted.hits, counted.id),
            )
        self._rules[place] = counted
        return counted if hit else None


def as_json(rule: Rule) -> dict[str, Any]:
    """The rule as the API shows it: its settings beside its matchers."""
    facts = dataclasses.asdict(rule)
    return {**facts, **facts.pop("settings")}


def _matches(rule: Rule, asked: Asked, role: str) -> bool:
    fault = FAULTS[rule.fault]
    return (
        fault.surface == asked.surface
        and fault.role == role
        and rule.path in asked.path
        and rule.method in ("", asked.method)
        and rule.match_text in asked.text
        and rule.match_to in asked.to
    )


def _is_its_turn(rule: Rule) -> bool:
    if rule.seen < rule.after or (rule.seen - rule.after + 1) % rule.every:
        return False
    digest = hashlib.sha256(f"{rule.seed}:{rule.id}:{rule.seen}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48 < rule.probability


def _checked(wanted: Mapping[str, Any]) -> dict[str, Any]:
    name = wanted.get("fault")
    fault = FAULTS.get(str(name))
    if fault is None:
        raise BadRule(f"unknown fault {name!r}; known: {', '.join(sorted(FAULTS))}")
    fields: dict[str, Any] = {"fault": name, "method": fault.method}
    settings = dict(fault.settings)
    for key, value in wanted.items():
        if key in MATCHERS:
            fields[key] = _typed(key, value, MATCHERS[key])
        elif key in settings:
            settings[key] = _alike(key, value, settings[key])
        elif key != "fault":
            raise BadRule(f"{name} has no field {key!r}; it has {', '.join(sorted(settings))}")
    if fault.surface == "smtp":
        fields["path"] = _stage(settings.pop("stage"))
    fields["method"] = str(fields["method"]).upper()
    return {**fields, "settings": settings}


def _typed(key: str, value: Any, kinds: type | tuple[type, ...]) -> Any:
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise BadRule(f"{key} cannot be {value!r}")
    if key == "every" and value < 1:
        raise BadRule("every must be 1 or more")
    return str(value) if key == "seed" else value


def _alike(key: str, value: Any, default: Any) -> Any:
    kinds: tuple[type, ...] = (type(default),)
    if isinstance(default, int) and not isinstance(default, bool):
        kinds = (int, float)
    if not isinstance(value, kinds) or isinstance(value, bool) != isinstance(default, bool):
        raise BadRule(f"{key} cannot be {value!r}")
    return value


def _stage(value: Any) -> str:
    stage = str(value).upper()
    if stage not in STAGES:
        raise BadRule(f"stage must be one of {', '.join(STAGES)}")
    return stage


def _load(rule_id: int, row: Any) -> Rule:
    return Rule(id=rule_id, seen=row["seen"], hits=row["hits"], **json.loads(row["body"]))
