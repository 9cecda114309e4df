"""Posts and photos. Whether a post is public is never stored: it follows from the clock.

A scheduled post has its instant in `published_at` from the start, and a post that is applied late
has its own in `exists_at`; both come true when the virtual clock gets there, even across a restart.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from promo.rehearsal import ledger
from promo.rehearsal.state import State


@dataclass(frozen=True, slots=True)
class Photo:
    """An uploaded picture. `post_id` names the post made with it, if it was published alone."""

    n: int
    page_id: str
    app_id: str
    caption: str
    alt: str
    mime_type: str
    stamp: float
    post_id: str = ""

    @property
    def id(self) -> str:
        return str(self.n)


@dataclass(frozen=True, slots=True)
class Card:
    """A link's preview, as scraped."""

    link: str
    title: str
    description: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post about to be made. `stamp` is what the API will call its time of creation."""

    page_id: str
    app_id: str
    user_id: str
    message: str
    link: str
    photo_ids: tuple[str, ...]
    kind: str
    stamp: float
    exists_at: float
    published_at: float | None
    scheduled_for: float | None
    development: bool


@dataclass(frozen=True, slots=True)
class Post(NewPost):
    """A post. All instants are seconds of the virtual clock."""

    n: int
    updated_at: float
    deleted_at: float | None
    hidden: bool
    announced: bool

    @property
    def id(self) -> str:
        return f"{self.page_id}_{self.n}"

    def exists(self, at: float) -> bool:
        return self.exists_at <= at and (self.deleted_at is None or self.deleted_at > at)

    def is_published(self, at: float) -> bool:
        return self.published_at is not None and self.published_at <= at

    def is_public(self, at: float) -> bool:
        """Would a follower see it? What an app in Development mode posts is for role users only."""
        return (
            self.exists(at) and self.is_published(at) and not self.development and not self.hidden
        )

    def created_time(self, at: float) -> float:
        """A scheduled post takes the time it was scheduled for when it comes out."""
        if self.scheduled_for is not None and self.is_published(at):
            return self.scheduled_for
        return self.stamp


class Posts:
    """The store. Every create and change leaves a line in the ledger, in the same transaction."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, new: NewPost, *, fault: str = "", alone: Photo | None = None) -> Post:
        """Make the post; `alone` is the photo that was published by itself to make it."""
        with self._state.transaction() as db:
            n = _insert(db, new)
            post_id = f"{new.page_id}_{n}"
            if alone is not None:
                db.execute("UPDATE photos SET post_id = ? WHERE n = ?", (post_id, alone.n))
            ledger.accept(
                db,
                kind="post",
                object_id=post_id,
                text=new.message,
                link=new.link,
                fault=fault,
            )
        made = self.get(post_id)
        assert made is not None  # noqa: S101 - it was committed above
        return made

    def get(self, post_id: str) -> Post | None:
        page_id, _, n = post_id.rpartition("_")
        if not n.isdecimal():
            return None
        row = self._state.row("SELECT * FROM posts WHERE page_id = ? AND n = ?", page_id, int(n))
        return _post(row) if row else None

    def of_page(self, page_id: str) -> list[Post]:
        """Every post the page ever had, newest first."""
        rows = self._state.rows("SELECT * FROM posts WHERE page_id = ? ORDER BY n DESC", page_id)
        return [_post(row) for row in rows]

    def all(self) -> list[Post]:
        return [_post(row) for row in self._state.rows("SELECT * FROM posts ORDER BY n DESC")]

    def public(self, at: float, page_id: str = "") -> list[Post]:
        """What followers see, newest first."""
        posts = self.of_page(page_id) if page_id else self.all()
        seen = [post for post in posts if post.is_public(at)]
        return sorted(seen, key=lambda post: (post.published_at or 0, post.n), reverse=True)

    def change(self, post: Post, *, verb: str, fault: str = "") -> None:
        """Store the changed copy of a post. `verb` is `edited` or `removed`."""
        with self._state.transaction() as db:
            db.execute(
                "UPDATE posts SET message = ?, stamp = ?, updated_at = ?, published_at = ?,"
                " scheduled_for = ?, deleted_at = ?, hidden = ? WHERE n = ?",
                (
                    post.message,
                    post.stamp,
                    post.updated_at,
                    post.published_at,
                    post.scheduled_for,
                    post.deleted_at,
                    post.hidden,
                    post.n,
                ),
            )
            ledger.accept(
                db, kind=verb, object_id=post.id, text=post.message, link=post.link, fault=fault
            )

    def to_announce(self, at: float) -> list[Post]:
        """Posts that came out by now and whose webhook was not queued yet, oldest first."""
        rows = self._state.rows(
            "SELECT * FROM posts WHERE announced = 0 AND published_at <= ? AND exists_at <= ?"
            " ORDER BY published_at, n",
            at,
            at,
        )
        return [_post(row) for row in rows]

    def add_photo(self, photo: Photo, body: bytes, *, fault: str = "") -> Photo:
        """Store the picture with its bytes; the given `n` is ignored and replaced."""
        with self._state.transaction() as db:
            cursor = db.execute(
                "INSERT INTO photos"
                " (page_id, app_id, caption, alt, mime_type, body, stamp, post_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, '')",
                (
                    photo.page_id,
                    photo.app_id,
                    photo.caption,
                    photo.alt,
                    photo.mime_type,
                    body,
                    photo.stamp,
                ),
            )
            n = cursor.lastrowid
            ledger.accept(db, kind="photo", object_id=str(n), text=photo.caption, fault=fault)
        made = self.photo(str(n))
        assert made is not None  # noqa: S101 - it was committed above
        return made

    def photo(self, photo_id: str) -> Photo | None:
        if not photo_id.isdecimal():
            return None
        row = self._state.row(
            "SELECT n, page_id, app_id, caption, alt, mime_type, stamp, post_id FROM photos"
            " WHERE n = ?",
            int(photo_id),
        )
        return Photo(**dict(row)) if row else None

    def photo_body(self, photo: Photo) -> bytes:
        row = self._state.row("SELECT body FROM photos WHERE n = ?", photo.n)
        return bytes(row["body"]) if row else b""

    def photos(self, photo_ids: Sequence[str]) -> list[Photo]:
        return [photo for each in photo_ids if (photo := self.photo(each)) is not None]

    def card(self, link: str) -> Card | None:
        row = self._state.row("SELECT * FROM cards WHERE link = ?", link)
        return Card(**dict(row)) if row else None

    def add_card(self, card: Card) -> None:
        with self._state.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO cards (link, title, description, image)"
                " VALUES (?, ?, ?, ?)",
                (card.link, card.title, card.description, card.image),
            )

    def links_without_card(self) -> list[str]:
        rows = self._state.rows(
            "SELECT DISTINCT link FROM posts WHERE link != '' AND link NOT IN"
            " (SELECT link FROM cards)"
        )
        return [row["link"] for row in rows]

    def clear(self) -> None:
        with self._state.transaction() as db:
            for statement in ("DELETE FROM posts", "DELETE FROM photos", "DELETE FROM cards"):
                db.execute(statement)


def _insert(db: sqlite3.Connection, new: NewPost) -> int:
    cursor = db.execute(
        "INSERT INTO posts (page_id, app_id, user_id, message, link, photo_ids, kind, stamp,"
        " exists_at, updated_at, published_at, scheduled_for, development)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.page_id,
            new.app_id,
            new.user_id,
            new.message,
            new.link,
            json.dumps(new.photo_ids),
            new.kind,
            new.stamp,
            new.exists_at,
            new.stamp,
            new.published_at,
            new.scheduled_for,
            new.development,
        ),
    )
    return int(cursor.lastrowid or 0)


def _post(row: sqlite3.Row) -> Post:
    data: dict[str, Any] = dict(row)
    data["photo_ids"] = tuple(json.loads(data["photo_ids"]))
    for name in ("development", "hidden", "announced"):
        data[name] = bool(data[name])
    return Post(**data)
