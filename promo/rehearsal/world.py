"""Everything the rehearsal world is made of, put together once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from promo.rehearsal import seed
from promo.rehearsal.clock import Clock
from promo.rehearsal.faults import Faults
from promo.rehearsal.ledger import Ledger
from promo.rehearsal.mails import Mails
from promo.rehearsal.people import Documents
from promo.rehearsal.posts import Posts
from promo.rehearsal.state import State


@dataclass(frozen=True, slots=True)
class World:
    """The parts. `stopping` ends every wait, `nudge` wakes the rounds that send webhooks.

    `desk_url` leads back to whoever rehearses; "" if nobody told.
    """

    state: State
    clock: Clock
    people: Documents
    posts: Posts
    mails: Mails
    faults: Faults
    ledger: Ledger
    desk_url: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)
    nudge: threading.Event = field(default_factory=threading.Event)

    def clear(self) -> None:
        """Back to the first day. Only the ledger stays, with a line that says so."""
        self.posts.clear()
        self.mails.clear()
        self.faults.clear()
        with self.state.transaction() as db:
            db.execute("DELETE FROM events")
        self.clock.move(0)
        seed.plant(self.people, now=self.clock.now())
        self.ledger.mark_cleared()


def open_world(home: Path, *, desk_url: str = "") -> World:
    """The world kept in `home`, seeded if it is new. Raises OSError or sqlite3.Error."""
    home.mkdir(parents=True, exist_ok=True)
    state = State(home / "rehearsal.sqlite3")
    clock = Clock(state)
    people = Documents(state)
    if state.row("SELECT 1 FROM documents LIMIT 1") is None:
        seed.plant(people, now=clock.now())
    return World(
        state=state,
        clock=clock,
        people=people,
        posts=Posts(state),
        mails=Mails(state),
        faults=Faults(state),
        ledger=Ledger(state),
        desk_url=desk_url,
    )
