"""Arming ahead, walked exhaustively: nobody ever sees two copies, and nothing gets lost.

The model of `test_protocol`, with a network that holds a post until its time and then shows it by
itself. Beside two workers, crashes, lost answers, late application and stale reads it has an edit
and a recall at any moment. An edit takes the held post back, as the worst case of a change: to
amend it makes no copy. That no deletion is applied when the post is out is what
`armed.LAST_MOMENT` and the quiet period are for.
"""

from collections import deque
from dataclasses import dataclass, replace

import pytest

from promo.protocol import DUE, Event, State, after, sources


@dataclass(frozen=True)
class World:
    """One publication: the row, the workers, and what the network holds and shows."""

    state: State = State.PLANNED
    token: int = 0
    workers: tuple[tuple[str, int], ...] = (("idle", 0), ("idle", 0))
    held: int = 0
    public: int = 0
    flights: tuple[str, ...] = ()
    """Requests that left a worker and are neither applied nor lost, in order: arm, post, delete."""
    due: bool = False
    maybe_held: bool = False  # an arming was marked and nothing has settled it
    recalled: bool = False
    edited: bool = False  # what is held is not what is wanted
    edits: int = 1
    recalls: int = 1
    quiet: bool = False
    absences: int = 0
    crashes: int = 1


CLAIMS = 3


def moves(world: World) -> list[World]:
    return [
        *_network(world),
        *_time(world),
        *_people(world),
        *(step for nth in (0, 1) for step in _worker(world, nth)),
        *_looks(world),
    ]


def _phase(world: World, nth: int, phase: str, token: int = 0) -> World:
    workers = list(world.workers)
    workers[nth] = (phase, token)
    return replace(world, workers=tuple(workers))


def _on(world: World, event: Event, **changes: object) -> World:
    return replace(world, state=after(world.state, event), **changes)  # type: ignore[arg-type]


def _network(world: World) -> list[World]:
    """Each request in flight is applied once, or never."""
    steps = []
    for request in set(world.flights):
        rest = list(world.flights)
        rest.remove(request)
        lost = replace(world, flights=tuple(rest))
        if request == "arm" and not world.due:
            applied = replace(lost, held=world.held + 1)
        elif request == "delete":
            applied = replace(lost, held=max(world.held - 1, 0))
        else:
            applied = replace(lost, public=world.public + 1)
        steps += [lost, applied]
    return steps


def _time(world: World) -> list[World]:
    steps = []
    if world.state in sources(Event.LEASE_OVER):
        steps.append(_on(world, Event.LEASE_OVER))
    deleting = any(phase.startswith("delete") for phase, _token in world.workers)
    if not world.due and "delete" not in world.flights and not deleting:
        steps.append(
            replace(world, due=True, held=0, public=world.public + world.held, quiet=False)
        )
    # A2: no request is applied after the quiet period. A1: nobody sends that long after the mark.
    if world.state in {State.UNKNOWN, State.ARMED} and not world.flights:
        awake = tuple(
            ("idle", 0) if phase.endswith("marked") else (phase, token)
            for phase, token in world.workers
        )
        steps.append(replace(world, quiet=True, workers=awake))
    return steps


def _people(world: World) -> list[World]:
    """An edit or a recall; what only waits here is dropped at once."""
    steps = []
    if world.state is State.ARMED and world.edits and not world.due:
        steps.append(replace(world, edited=True, edits=world.edits - 1))
    if not world.recalls:
        return steps
    if world.maybe_held and world.state not in {State.PUBLISHED, State.SENDING}:
        steps.append(replace(world, recalled=True, recalls=0))
    elif world.state in {State.PLANNED, State.WAITING, State.CLAIMED}:
        steps.append(_on(world, Event.CANCEL, recalls=0))
    return steps


def _worker(world: World, nth: int) -> list[World]:
    phase, token = world.workers[nth]
    kind, _, done = phase.partition(" ")
    steps: list[World] = []
    if phase == "idle" and world.state in DUE and world.token < CLAIMS:
        claimed = _on(world, Event.CLAIM, token=world.token + 1)
        steps.append(_phase(claimed, nth, "post" if world.due else "arm", world.token + 1))
    if phase == "idle" and _wants_back(world) and world.token <= CLAIMS:
        marked = _on(world, Event.CHANGE, token=world.token + 1, quiet=False, absences=0)
        steps.append(_phase(marked, nth, "delete marked", world.token + 1))
    if not done and phase != "idle":
        steps.append(_mark(world, nth, kind, token))
    if done == "marked":
        sent = replace(world, flights=tuple(sorted((*world.flights, kind))))
        steps.append(_phase(sent, nth, f"{kind} called", token))
    if done == "called":
        steps += _answers(world, nth, kind, token)
    if phase != "idle" and world.crashes:
        steps.append(_phase(replace(world, crashes=world.crashes - 1), nth, "idle"))
    return steps


def _wants_back(world: World) -> bool:
    return world.state is State.ARMED and not world.due and (world.recalled or world.edited)


def _mark(world: World, nth: int, kind: str, token: int) -> World:
    event = Event.ARM if kind == "arm" else Event.MARK
    fenced = world.token == token and world.state in sources(event)
    if not fenced:
        return _phase(world, nth, "idle")
    if kind == "arm" and world.due:  # no time left: it is put back
        return _phase(_on(world, Event.LEASE_OVER), nth, "idle")
    marked = _on(world, event, quiet=False, absences=0, maybe_held=kind == "arm")
    return _phase(marked, nth, f"{kind} marked", token)


def _answers(world: World, nth: int, kind: str, token: int) -> list[World]:
    idle = _phase(world, nth, "idle")
    ours = world.token == token
    steps = []
    if kind == "post" and world.public and world.state in sources(Event.RECEIPT):
        steps.append(_on(idle, Event.RECEIPT))
    if kind == "arm" and world.held and world.state in sources(Event.HELD):
        cancelled = world.state is State.CANCELLED
        steps.append(_on(idle, Event.HELD, maybe_held=True, recalled=world.recalled or cancelled))
    if kind == "delete" and ours and world.state is State.CHANGING:
        if not world.held and "delete" not in world.flights:
            steps.append(_gone(_on(idle, Event.GONE)))
        steps.append(_on(idle, Event.CHANGE_REFUSED))
    if ours and world.state in sources(Event.OUTCOME_LOST):
        steps.append(_on(idle, Event.OUTCOME_LOST))
    return steps or [idle]


def _gone(planned: World) -> World:
    """Nothing is held: planned anew, or cancelled if nobody wants it any more."""
    fresh = replace(planned, maybe_held=False, edited=False, recalled=False)
    return _on(fresh, Event.CANCEL) if planned.recalled else fresh


def _looks(world: World) -> list[World]:
    if world.state is State.ARMED:
        return _verifies(world)
    return _looks_for(world) if world.state is State.UNKNOWN else []


def _verifies(world: World) -> list[World]:
    if world.due and world.public:
        return [_on(world, Event.FOUND, held=0)]
    if world.held > 1:
        return [replace(world, held=1)]
    lost = world.quiet and not world.held and not world.public
    return [_on(world, Event.OUTCOME_LOST, absences=0)] if lost else []


def _looks_for(world: World) -> list[World]:
    stale = [] if world.quiet else [world]
    if world.public:  # A3: a read after the quiet period is fresh; before it, it may lag
        return [_on(world, Event.FOUND, held=0), *stale]
    if world.held:
        return [_on(world, Event.HELD, held=1, edited=True, maybe_held=True), *stale]
    if not world.quiet:
        return []
    seen = replace(world, absences=world.absences + 1)
    if seen.absences < 2:
        return [seen]
    again = _on(seen, Event.ABSENT)
    if world.maybe_held and (world.recalled or not world.due):
        return [_gone(_on(again, Event.PLAN))]
    return [replace(again, maybe_held=False)]


@pytest.fixture(scope="module")
def reachable() -> dict[World, list[World]]:
    found: dict[World, list[World]] = {}
    waiting = deque([World()])
    while waiting:
        world = waiting.popleft()
        if world in found:
            continue
        found[world] = [step for step in moves(world) if step != world]
        waiting.extend(found[world])
    return found


def test_nobody_ever_sees_two_copies(reachable: dict[World, list[World]]) -> None:
    assert max(world.public for world in reachable) == 1


def test_published_is_only_said_of_what_is_out(reachable: dict[World, list[World]]) -> None:
    assert all(world.public == 1 for world in reachable if world.state is State.PUBLISHED)


def test_what_is_cancelled_is_held_nowhere_once_all_is_quiet(
    reachable: dict[World, list[World]],
) -> None:
    cancelled = [world for world in reachable if world.state is State.CANCELLED]
    assert cancelled
    at_rest = [world for world in cancelled if not reachable[world]]
    assert at_rest
    assert all(not world.held and not world.public for world in at_rest)


def test_every_state_has_a_way_out_or_is_final(reachable: dict[World, list[World]]) -> None:
    stuck = [world for world, steps in reachable.items() if not steps]
    assert {world.state for world in stuck} <= {State.PUBLISHED, State.CANCELLED, *DUE}
    assert all(world.token >= CLAIMS for world in stuck if world.state in DUE)


def test_the_model_reaches_every_state_of_arming(reachable: dict[World, list[World]]) -> None:
    seen = {world.state for world in reachable}
    assert {State.ARMING, State.ARMED, State.CHANGING, State.UNKNOWN, State.PUBLISHED} <= seen
