"""The life of a publication, as data.

`TRANSITIONS` is the whole of it: the services' guards and the exhaustive model test are made from
this one table. Two rules stand above it: a write is fenced by the token got at the claim, and
evidence that a post is out may always be written. `unknown` is a state, not an error: only evidence
or a person ends it.

What is done to a post that is out has a life of its own, in `CHANGES`: the publication stays
`published` until there is proof that it is gone. To ask for the same change twice harms nobody, but
an older one that is applied late must not undo a newer one.
"""

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    PLANNED = "planned"
    CLAIMED = "claimed"
    SENDING = "sending"
    PUBLISHED = "published"
    WAITING = "waiting"
    FAILED = "failed"
    UNKNOWN = "unknown"
    MISSED = "missed"
    CANCELLED = "cancelled"
    ARMING = "arming"
    ARMED = "armed"
    CHANGING = "changing"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What can happen to a publication."""

    CLAIM = "claim"
    LEASE_OVER = "lease_over"
    MARK = "mark"
    RECEIPT = "receipt"
    REFUSED = "refused"
    POSTPONED = "postponed"
    OUTCOME_LOST = "outcome_lost"
    FOUND = "found"
    ABSENT = "absent"
    TOO_LATE = "too_late"
    CANCEL = "cancel"
    PLAN = "plan"
    RETRY = "retry"
    TAKEN_DOWN = "taken_down"
    ARM = "arm"
    HELD = "held"
    CHANGE = "change"
    CHANGE_REFUSED = "change_refused"
    GONE = "gone"
    REPOST = "repost"
    PUT_BACK = "put_back"


DUE = frozenset({State.PLANNED, State.WAITING})
"""States from which the tick hands a publication out."""

UNSENT = frozenset({State.PLANNED, State.WAITING, State.CLAIMED})
"""Nothing has left us: it may still be moved, changed or cancelled."""

OUT = frozenset({State.PUBLISHED})

AHEAD = frozenset({State.ARMING, State.ARMED, State.CHANGING})
"""The network holds it, or is being asked to: nobody sees it yet, and it comes out by itself."""

MOVABLE = DUE | {State.ARMED}
"""A person may give it another time; what a network holds is told."""

NEEDS_A_HAND = frozenset({State.FAILED, State.UNKNOWN, State.MISSED})

TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.PLANNED, Event.CLAIM): State.CLAIMED,
    (State.WAITING, Event.CLAIM): State.CLAIMED,
    (State.CLAIMED, Event.LEASE_OVER): State.PLANNED,
    (State.CLAIMED, Event.MARK): State.SENDING,
    (State.CLAIMED, Event.POSTPONED): State.WAITING,
    (State.CLAIMED, Event.REFUSED): State.FAILED,
    (State.SENDING, Event.LEASE_OVER): State.UNKNOWN,
    (State.SENDING, Event.RECEIPT): State.PUBLISHED,
    (State.SENDING, Event.REFUSED): State.FAILED,
    (State.SENDING, Event.POSTPONED): State.WAITING,
    (State.SENDING, Event.OUTCOME_LOST): State.UNKNOWN,
    # A backup was put in place: what is due now may have gone out after it was made.
    **{(state, Event.PUT_BACK): State.UNKNOWN for state in UNSENT},
    (State.UNKNOWN, Event.FOUND): State.PUBLISHED,
    (State.UNKNOWN, Event.ABSENT): State.WAITING,
    (State.UNKNOWN, Event.CANCEL): State.CANCELLED,
    (State.PLANNED, Event.TOO_LATE): State.MISSED,
    (State.WAITING, Event.TOO_LATE): State.MISSED,
    (State.CLAIMED, Event.TOO_LATE): State.MISSED,
    (State.UNKNOWN, Event.TOO_LATE): State.MISSED,
    (State.PLANNED, Event.CANCEL): State.CANCELLED,
    (State.WAITING, Event.CANCEL): State.CANCELLED,
    (State.CLAIMED, Event.CANCEL): State.CANCELLED,
    (State.FAILED, Event.CANCEL): State.CANCELLED,
    (State.MISSED, Event.CANCEL): State.CANCELLED,
    (State.PLANNED, Event.PLAN): State.PLANNED,
    (State.WAITING, Event.PLAN): State.PLANNED,
    (State.CANCELLED, Event.PLAN): State.PLANNED,
    (State.MISSED, Event.PLAN): State.PLANNED,
    (State.FAILED, Event.RETRY): State.WAITING,
    (State.MISSED, Event.RETRY): State.WAITING,
    (State.UNKNOWN, Event.RETRY): State.WAITING,
    (State.PUBLISHED, Event.TAKEN_DOWN): State.WITHDRAWN,
    # Posted anew under another marker, once there is proof that the old post is gone.
    (State.WITHDRAWN, Event.REPOST): State.WAITING,
    # Our own ground alone: an entry comes back with the next approval.
    (State.WITHDRAWN, Event.PLAN): State.PLANNED,
    # Armed ahead: ARM and CHANGE are marks before the wire, HELD says that the network holds it,
    # GONE that it does so no more. What is lost on either way is looked for in both of its lists.
    (State.CLAIMED, Event.ARM): State.ARMING,
    (State.ARMING, Event.POSTPONED): State.PLANNED,
    (State.ARMING, Event.OUTCOME_LOST): State.UNKNOWN,
    (State.ARMING, Event.LEASE_OVER): State.UNKNOWN,
    (State.ARMED, Event.CHANGE): State.CHANGING,
    (State.ARMED, Event.OUTCOME_LOST): State.UNKNOWN,
    (State.CHANGING, Event.CHANGE_REFUSED): State.ARMED,
    (State.CHANGING, Event.GONE): State.PLANNED,
    (State.CHANGING, Event.OUTCOME_LOST): State.UNKNOWN,
    (State.CHANGING, Event.LEASE_OVER): State.UNKNOWN,
    # Evidence, from whomever: a late receipt of an arming shows what must be recalled.
    **{
        (state, Event.HELD): State.ARMED
        for state in (
            State.ARMING,
            State.ARMED,
            State.CHANGING,
            State.UNKNOWN,
            State.PLANNED,
            State.WAITING,
            State.CLAIMED,
            State.MISSED,
            State.CANCELLED,
            State.FAILED,
        )
    },
    # Evidence may always be written: a receipt or a find from a worker whose lease is long over.
    **{
        (state, event): State.PUBLISHED
        for state in (
            State.UNKNOWN,
            State.WAITING,
            State.PLANNED,
            State.CLAIMED,
            State.MISSED,
            State.ARMING,
            State.ARMED,
            State.CHANGING,
        )
        for event in (Event.RECEIPT, Event.FOUND)
    },
    (State.SENDING, Event.FOUND): State.PUBLISHED,
    (State.CANCELLED, Event.RECEIPT): State.PUBLISHED,
    (State.CANCELLED, Event.FOUND): State.PUBLISHED,
    (State.FAILED, Event.FOUND): State.PUBLISHED,
    (State.FAILED, Event.RECEIPT): State.PUBLISHED,
}


class Change(StrEnum):
    """The states of a change to what is out."""

    WAITING = "waiting"
    SENDING = "sending"
    LOST = "lost"
    DONE = "done"
    REFUSED = "refused"
    DROPPED = "dropped"


class Step(StrEnum):
    """What can happen to a change. `SEEN` is evidence: it stands there as it is wanted."""

    MARK = "mark"
    TAKEN = "taken"
    OVERTAKEN = "overtaken"
    PUT_OFF = "put_off"
    REFUSED = "refused"
    ANSWER_LOST = "answer_lost"
    LEASE_OVER = "lease_over"
    SEEN = "seen"
    ASK_AGAIN = "ask_again"
    NEEDLESS = "needless"
    DROP = "drop"


OPEN = frozenset({Change.WAITING, Change.SENDING, Change.LOST})
"""A worker has something to do; a publication has one such change at most."""

CHANGES: dict[tuple[Change, Step], Change] = {
    (Change.WAITING, Step.MARK): Change.SENDING,
    (Change.WAITING, Step.NEEDLESS): Change.DONE,
    (Change.WAITING, Step.REFUSED): Change.REFUSED,
    (Change.WAITING, Step.DROP): Change.DROPPED,
    (Change.SENDING, Step.TAKEN): Change.DONE,
    # Something else was wanted meanwhile. What was answered has been applied: go on at once.
    (Change.SENDING, Step.OVERTAKEN): Change.WAITING,
    (Change.SENDING, Step.PUT_OFF): Change.WAITING,
    (Change.SENDING, Step.REFUSED): Change.REFUSED,
    (Change.SENDING, Step.ANSWER_LOST): Change.LOST,
    (Change.SENDING, Step.LEASE_OVER): Change.LOST,
    (Change.LOST, Step.SEEN): Change.DONE,
    (Change.LOST, Step.ASK_AGAIN): Change.WAITING,
    (Change.LOST, Step.NEEDLESS): Change.DONE,
    (Change.REFUSED, Step.ASK_AGAIN): Change.WAITING,
    (Change.REFUSED, Step.DROP): Change.DROPPED,
}


def sources(event: Event) -> frozenset[State]:
    """The states in which `event` may happen."""
    return frozenset(state for state, happened in TRANSITIONS if happened is event)


def after(state: State, event: Event) -> State:
    """The state that `event` leads to; raises KeyError where it cannot happen."""
    return TRANSITIONS[state, event]


def targets(event: Event, states: Iterable[State]) -> frozenset[State]:
    """The states that `event` leads to from any of `states`."""
    return frozenset(TRANSITIONS[state, event] for state in states)
