"""What became of a change: taken, refused, put off, lost – and what a look at the post tells."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from promo.errors import (
    NotAllowed,
    PublishError,
    RateLimited,
    Rejected,
    Unauthorized,
)
from promo.models import Attempt, FormerMarker, PostChange, Publication
from promo.models.publications import TRIES, new_marker
from promo.protocol import CHANGES, Change, Event, State, Step, after
from promo.services import accesses, armed, changes, composing, ledger
from promo.services.changes import Kind

MOST = 12
"""After so many tries a person decides."""

BACKOFF = tuple(timedelta(seconds=s) for s in (15, 60, 300, 900, 1800))


@dataclass(frozen=True, slots=True)
class Marked:
    """A change whose mark is committed: the call may be made, for this token alone."""

    change_id: int
    token: int
    kind: Kind
    text: str
    publication: Publication
    at: datetime


def locked(change_id: int, *states: Change) -> tuple[PostChange, Publication] | None:
    """Both rows, the publication first as everybody locks it first; None in another state."""
    found = PostChange.objects.filter(id=change_id).values_list("publication_id", flat=True).first()
    if found is None:
        return None
    row = (
        Publication.objects.select_for_update(of=("self",))
        .select_related("item", "issue", "campaign", "destination")
        .get(id=found)
    )
    change = PostChange.objects.select_for_update().filter(id=change_id, state__in=states).first()
    return (change, row) if change is not None else None


def settle(change_id: int, *, token: int, asked: tuple[Kind, str], now: datetime) -> None:
    """The network has done what it was asked for."""
    with transaction.atomic():
        found = locked(change_id, Change.SENDING)
        if found is None or found[0].token != token:
            return
        change, row = found
        kind, text = asked
        _note_done(row, kind, text, change=change, now=now)
        same = changes.wish_of(change) == change.asked
        # A post that is gone needs neither another text nor a second deletion.
        gone = kind is not Kind.TEXT and (change.kind == Kind.TAKE_DOWN or same)
        if same or gone:
            close(change, Step.TAKEN, now=now)
            return
        change.state = CHANGES[Change(change.state), Step.OVERTAKEN]
        change.due_at, change.hinted_at = now, None
        change.save()


def _note_done(
    row: Publication, kind: Kind, text: str, *, change: PostChange, now: datetime
) -> None:
    """Write down on the publication what has become of its post."""
    if row.state != State.PUBLISHED:
        return
    if kind is Kind.TEXT:
        changes.note_text(row, text)
        row.problem = ""
        row.save(update_fields=["message_json", "digest", "problem"])
        ledger.write(row, Attempt.Event.AMENDED, at=now, user=change.user, detail=row.remote_id)
        return
    row.state = after(State(row.state), Event.TAKEN_DOWN)
    row.problem = ""
    row.save(update_fields=["state", "problem"])
    said = change.take_down.because if change.take_down else ""
    ledger.write(
        row, Attempt.Event.WITHDRAWN, at=now, user=change.user, text=said, detail=row.remote_id
    )
    if change.kind == Kind.REPOST:
        _post_anew(row, now=now)


def _post_anew(row: Publication, *, now: datetime) -> None:
    """It is gone for sure: it goes out again as if it never had, under a marker of its own.

    The old marker would let a read that lags find the old post, and adopt it.
    """
    FormerMarker.objects.create(publication=row, marker=row.marker)
    row.state = after(State(row.state), Event.REPOST)
    row.marker = new_marker()
    row.due_at, row.hinted_at, row.arm_at = now, None, None
    row.claims = row.attempts
    row.budget = row.attempts + TRIES
    row.published_at = None
    row.reposted = True
    row.held = armed.is_paused(row)
    armed.forget(row)
    composing.recompose(row, now=now)
    row.save()


def settle_error(marked: Marked, error: PublishError | NotAllowed, *, now: datetime) -> None:
    """Put the change where the error's name says.

    A change makes no second copy, so channels say `Unreachable` also where an answer was lost.
    """
    row = marked.publication
    with transaction.atomic():
        found = locked(marked.change_id, Change.SENDING)
        if found is None or found[0].token != marked.token:
            return
        change, row = found
        detail = getattr(error, "detail", "") or str(getattr(error, "refusal", ""))
        overtaken = changes.wish_of(change) != change.asked
        match error:
            case Rejected() | NotAllowed() if overtaken:
                _put_back(change, row, until=now, text=error.text, now=now)
            case Rejected() | NotAllowed():
                refuse(change, row, text=error.text, detail=detail, now=now)
            case Unauthorized():
                change.attempts -= 1
                _put_back(change, row, until=now + BACKOFF[-1], text=error.text, now=now)
            case RateLimited():  # it waits as long as it is asked to, however often
                change.attempts -= 1
                _put_back(change, row, until=now + error.retry_after, text=error.text, now=now)
            case _:
                lose(change, row, Step.ANSWER_LOST, text=error.text, detail=detail, now=now)
    if isinstance(error, Unauthorized):
        accesses.lose(destination=row.destination, because=error.text, used_at=marked.at, now=now)


def lose(
    change: PostChange, row: Publication, step: Step, *, text: str, detail: str, now: datetime
) -> None:
    change.state = CHANGES[Change(change.state), step]
    change.problem, change.hinted_at = text[:500], None
    change.due_at = _next_look(change, now=now)
    change.save()
    ledger.write(row, Attempt.Event.LOST, at=now, text=text, detail=detail)


def _next_look(change: PostChange, *, now: datetime) -> datetime:
    """Soon after the mark, ever slower, and once the quiet period is over."""
    marked_at = change.marked_at or now
    quiet: timedelta = settings.PROMO_QUIET_PERIOD
    moments = sorted(marked_at + wait for wait in (*settings.PROMO_LOOKS, quiet))
    return next((at for at in moments if at > now), now + quiet / 3)


def judge(change: PostChange, shown: str | None, *, began_at: datetime, now: datetime) -> None:
    """`shown` is what the post says there, None where it exists no more."""
    with transaction.atomic():
        found = locked(change.id, Change.LOST)
        if found is None or found[0].token != change.token:
            return
        fresh, row = found
        quiet = is_quiet(fresh, began_at)
        # What has just been made may not be readable yet: that it is absent proves nothing then.
        readable = began_at >= (row.published_at or now) + settings.PROMO_QUIET_PERIOD
        same = changes.wish_of(fresh) == fresh.asked
        if shown is None and readable:
            gone_as_wanted = fresh.kind != Kind.TEXT
            kind = Kind(fresh.kind) if gone_as_wanted else Kind.TAKE_DOWN
            _note_done(row, kind, "", change=fresh, now=now)
            close(fresh, Step.SEEN if gone_as_wanted else Step.NEEDLESS, now=now)
            return
        # A text that happens to be wanted back proves nothing while another may still be applied.
        says_it = shown is not None and shown.split() == fresh.text.split()
        if fresh.kind == Kind.TEXT and says_it and (same or quiet):
            _note_done(row, Kind.TEXT, fresh.text, change=fresh, now=now)
            close(fresh, Step.SEEN, now=now)
            return
        # To delete again harms nobody, nor does it when an old text is applied to what is gone.
        if fresh.kind != Kind.TEXT or quiet:
            ask_again(fresh, now=now)
        else:
            fresh.due_at, fresh.hinted_at = _next_look(fresh, now=now), None
            fresh.save(update_fields=["due_at", "hinted_at"])
        ledger.write(row, Attempt.Event.LOOKED, at=now, text=_("It is not changed there yet."))


def is_quiet(change: PostChange, began_at: datetime) -> bool:
    quiet: timedelta = settings.PROMO_QUIET_PERIOD
    return change.marked_at is None or began_at >= change.marked_at + quiet


def ask_again(change: PostChange, *, now: datetime) -> None:
    """Within the budget of tries; each comes later than the one before."""
    change.state = CHANGES[Change(change.state), Step.ASK_AGAIN]
    wait = timedelta(0) if change.attempts < 2 else BACKOFF[min(change.attempts, len(BACKOFF)) - 1]  # noqa: PLR2004  (the first repetition comes at once)
    change.due_at, change.hinted_at = now + wait, None
    change.save()


def look_again(change: PostChange, *, text: str, now: datetime) -> None:
    same = PostChange.objects.filter(id=change.id, state=Change.LOST, token=change.token)
    same.update(due_at=_next_look(change, now=now), hinted_at=None, problem=text[:500])


def _put_back(
    change: PostChange, row: Publication, *, until: datetime, text: str, now: datetime
) -> None:
    change.state = CHANGES[Change(change.state), Step.PUT_OFF]
    change.due_at, change.hinted_at, change.problem = until, None, text[:500]
    change.save()
    ledger.write(row, Attempt.Event.POSTPONED, at=now, text=text)


def put_off(change: PostChange, *, until: datetime, text: str) -> None:
    """It waits on, and says why."""
    same = PostChange.objects.filter(id=change.id, state=change.state, token=change.token)
    same.update(due_at=until, hinted_at=None, problem=text[:500])


def refuse(change: PostChange, row: Publication, *, text: str, detail: str, now: datetime) -> None:
    change.problem = text[:500]
    close(change, Step.REFUSED, now=now)
    ledger.write(row, Attempt.Event.REFUSED, at=now, text=text, detail=detail)


def close(change: PostChange, step: Step, *, now: datetime) -> None:
    change.state = CHANGES[Change(change.state), step]
    change.settled_at, change.hinted_at = now, None
    if step is not Step.REFUSED:
        change.problem = ""
    change.save()
