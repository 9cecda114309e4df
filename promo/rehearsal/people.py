"""Who exists: apps, users, pages with their roles, consents, businesses, tokens and codes.

Few and small, so each is one JSON document; frozen here, changed with `dataclasses.replace`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from promo.rehearsal.state import State

LONG_LIVED = 5_183_944.0  # some 60 days, as the real answer says it
CODE_LIFE = 600.0
TASKS = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MANAGE", "MESSAGING", "MODERATE")


@dataclass(frozen=True, slots=True)
class App:
    """An app. In `development` mode only people with a role on it see what it posts.

    Only `role_ids` may sign in, where any are named.
    """

    kind_name: ClassVar[str] = "app"
    id: str
    name: str
    secret: str
    development: bool = False
    require_proof: bool = False
    default_version: str = "v25.0"
    callback_url: str = ""
    role_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """A person. `about` says in a word what they are good for in a rehearsal."""

    kind_name: ClassVar[str] = "user"
    id: str
    name: str
    about: str = "manager"


@dataclass(frozen=True, slots=True)
class Business:
    kind_name: ClassVar[str] = "business"
    id: str
    name: str
    owner_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A page. `roles` holds each person's tasks, `subscribed` the apps that hear its webhooks."""

    kind_name: ClassVar[str] = "page"
    id: str
    name: str
    category: str = "Biblioteka"
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    likes: int = 1240
    business_id: str = ""
    subscribed: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grant:
    """What one person lets one app do (`granted`, `declined`, `expired`), and the ticked pages."""

    kind_name: ClassVar[str] = "grant"
    app_id: str
    user_id: str
    permissions: dict[str, str] = field(default_factory=dict)
    page_ids: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.app_id}:{self.user_id}"


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. `expires_at` 0 means never; `dead_subcode` says why it died (0: alive)."""

    kind_name: ClassVar[str] = "token"
    id: str
    kind: str
    app_id: str
    user_id: str = ""
    page_id: str = ""
    issued_at: float = 0.0
    expires_at: float = 0.0
    long_lived: bool = False
    dead_subcode: int = 0

    def expired(self, now: float) -> bool:
        return bool(self.expires_at) and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code, good once and for ten minutes."""

    kind_name: ClassVar[str] = "code"
    id: str
    app_id: str
    user_id: str
    redirect_uri: str
    expires_at: float
    used: bool = False


Thing = App | User | Business | Page | Grant | Token | Code
T = TypeVar("T", App, User, Business, Page, Grant, Token, Code)


class Documents:
    """The store of everybody. `get` gives None for an unknown id."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get(self, kind: type[T], thing_id: str) -> T | None:
        row = self._state.row(
            "SELECT body FROM documents WHERE kind = ? AND id = ?", kind.kind_name, thing_id
        )
        return _load(kind, row["body"]) if row else None

    def all(self, kind: type[T]) -> list[T]:
        rows = self._state.rows(
            "SELECT body FROM documents WHERE kind = ? ORDER BY id", kind.kind_name
        )
        return [_load(kind, row["body"]) for row in rows]

    def put(self, thing: Thing) -> None:
        with self._state.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO documents (kind, id, body) VALUES (?, ?, ?)",
                (thing.kind_name, thing.id, _dump(thing)),
            )

    def replace_all(self, things: Iterable[Thing]) -> None:
        """Forget everybody and put these in, at once: a crash leaves the old ones or the new."""
        with self._state.transaction() as db:
            db.execute("DELETE FROM documents")
            db.executemany(
                "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)",
                [(thing.kind_name, thing.id, _dump(thing)) for thing in things],
            )


def _dump(thing: Thing) -> str:
    return json.dumps(dataclasses.asdict(thing))


def _load(kind: type[T], body: str) -> T:
    data: dict[str, Any] = json.loads(body)
    return kind(**{name: _frozen(value) for name, value in data.items()})


def _frozen(value: Any) -> Any:
    """JSON knows no tuples: make lists into tuples again, one level deep in dicts too."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    return value
