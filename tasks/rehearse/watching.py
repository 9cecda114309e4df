"""What followers and readers see, and what the desk noted: kept by the hour, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from promo.services import rehearsal_course
from promo.services.clock import database_now
from promo.services.rehearsal_copy import STAFF_DOMAIN
from promo.services.rehearsal_course import Ending, Note
from tasks.rehearse.world import World


@dataclass
class Watch:
    """Looks at the world, and keeps what is new since the last look."""

    world: World
    zone: ZoneInfo
    since: datetime
    """What came before is not shown."""

    pages: Mapping[str, str]
    """The names of the pages by their ids."""

    hours: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    _mail: int = 0
    _note: int = 0
    _mail_note: int = 0
    _kept: int = 0
    _said: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def look(self) -> bool:
        """Keep all that is new; tells whether there was anything."""
        before = self._kept
        self._look_at_pages()
        self._look_into_mailboxes()
        notes, self._note = rehearsal_course.notes(after=self._note)
        mail_notes, self._mail_note = rehearsal_course.mail_notes(after=self._mail_note)
        for note in (*notes, *mail_notes):
            self._keep_note(note)
        return self._kept > before

    def switched_off(self, at: datetime, until: datetime) -> None:
        """Promo has been away between these two."""
        self._keep(at, "off", until=until.isoformat())

    def texts(self) -> list[str]:
        """What stands on the pages now, each post in one piece."""
        return [f"{post['text']} {post['link']}" for post in self._posts.values()]

    def seen(self, endings: Sequence[Ending]) -> dict[str, Any]:
        """Everything so far, for `Rehearsal.keep`."""
        shown = [entry for entries in self.hours.values() for entry in entries]
        kinds = ("post", "mail", "staff")
        numbers = {f"{kind}s": sum(one["kind"] == kind for one in shown) for kind in kinds}
        return {
            "hours": [{"at": at, "entries": self.hours[at]} for at in sorted(self.hours)],
            "endings": [_plain(asdict(ending)) for ending in endings],
            "counts": rehearsal_course.counts(endings) | numbers,
        }

    def _look_at_pages(self) -> None:
        now = {post["id"]: post for post in self.world.posts()}
        for key, post in reversed(now.items()):
            before = self._posts.get(key)
            if before is None:
                self._keep_post(post)
            elif before["text"] != post["text"]:
                self._keep_post(post, changed=True)
        for key in self._posts.keys() - now.keys():
            post = self._posts[key]
            page = self.pages.get(post["page_id"], "")
            self._keep(database_now(), "gone", page=page, text=post["text"])
        self._posts = now

    def _keep_post(self, post: dict[str, Any], *, changed: bool = False) -> None:
        at = database_now() if changed else datetime.fromisoformat(post["public_at"])
        pictures = [
            {"src": self.world.picture(photo["url"]), "alt": photo["alt"]}
            for photo in post["photos"]
        ]
        self._keep(
            at,
            "changed" if changed else "post",
            page=self.pages.get(post["page_id"], ""),
            text=post["text"],
            link=post["link"],
            pictures=pictures,
        )

    def _look_into_mailboxes(self) -> None:
        for mail in self.world.mails(after=self._mail):
            self._mail = mail["id"]
            address = ", ".join(mail["to"])
            kind = "staff" if address.endswith(f"@{STAFF_DOMAIN}") else "mail"
            sender = {name.lower(): value for name, value in mail["headers"].items()}.get("from")
            self._keep(
                datetime.fromisoformat(mail["received_at"]),
                kind,
                to=address,
                sender=sender or mail["mail_from"],
                subject=mail["subject"],
                html=mail["html"],
                text=mail["text"],
            )

    def _keep_note(self, note: Note) -> None:
        """Not where the same was said of it last: an hourly “still not” is no news."""
        about, said = (note.subject, note.where), (note.word, note.text)
        if self._said.get(about) != said:
            self._said[about] = said
            self._keep(note.at, "note", **_told(note))

    def _keep(self, at: datetime, kind: str, **more: Any) -> None:
        self._kept += 1
        if at < self.since:
            return
        local = at.astimezone(self.zone)
        hour = local.replace(minute=0, second=0, microsecond=0).isoformat()
        self.hours.setdefault(hour, []).append({"kind": kind, "at": local.isoformat(), **more})


def _told(note: Note) -> dict[str, Any]:
    return {name: value for name, value in asdict(note).items() if name != "at"}


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in told.items()
    }
