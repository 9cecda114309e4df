"""The publication's protocol, walked exhaustively: nothing is out twice, nothing gets lost.

The model has two workers, crashes at every point, a lost answer, a network that applies a timed-out
request late (but within the quiet period), and reads that lag. Its moves are those of
`promo.protocol.TRANSITIONS`; what a worker may do beside them is written here.
"""

from collections import deque
from dataclasses import dataclass, replace

import pytest

from promo.protocol import DUE, TRANSITIONS, UNSENT, Event, State, after, sources


@dataclass(frozen=True)
class World:
    """One publication: the row, the workers, and what the network holds."""

    state: State = State.PLANNED
    token: int = 0
    workers: tuple[tuple[str, int], ...] = (("idle", 0), ("idle", 0))
    copies: int = 0
    in_flight: int = 0  # requests that left a worker and are neither applied nor lost
    quiet: bool = False  # the quiet period since the last mark is over
    absences: int = 0
    crashes: int = 0


CRASHES = 2
CLAIMS = 4


def moves(world: World) -> list[World]:
    return [
        *_network(world),
        *_time(world),
        *(step for nth in (0, 1) for step in _worker(world, nth)),
        *_looks(world),
    ]


def _set(world: World, nth: int, phase: str, token: int) -> World:
    workers = list(world.workers)
    workers[nth] = (phase, token)
    return replace(world, workers=tuple(workers))


def _worker(world: World, nth: int) -> list[World]:
    phase, token = world.workers[nth]
    steps: list[World] = []
    if phase == "idle" and world.state in DUE and world.token < CLAIMS:
        claimed = replace(world, state=after(world.state, Event.CLAIM), token=world.token + 1)
        steps.append(_set(claimed, nth, "claimed", world.token + 1))
    if phase == "claimed":
        fenced = world.token == token and world.state in sources(Event.MARK)
        if fenced:
            marked = replace(
                world,
                state=after(world.state, Event.MARK),
                quiet=False,
                absences=0,
            )
            steps.append(_set(marked, nth, "marked", token))
        else:
            steps.append(_set(world, nth, "idle", 0))
    if phase == "marked":
        sent = replace(world, in_flight=world.in_flight + 1)
        steps.append(_set(sent, nth, "called", token))
    if phase == "called" and world.copies and world.state in sources(Event.RECEIPT):
        settled = replace(world, state=after(world.state, Event.RECEIPT))
        steps.append(_set(settled, nth, "idle", 0))
    if phase == "called" and world.token == token and world.state in sources(Event.OUTCOME_LOST):
        lost = replace(world, state=after(world.state, Event.OUTCOME_LOST))
        steps.append(_set(lost, nth, "idle", 0))
    if phase != "idle" and world.crashes < CRASHES:
        steps.append(_set(replace(world, crashes=world.crashes + 1), nth, "idle", 0))
    return steps


def _network(world: World) -> list[World]:
    """A request in flight is applied once, or never."""
    if not world.in_flight:
        return []
    rest = replace(world, in_flight=world.in_flight - 1)
    return [replace(rest, copies=world.copies + 1), rest]


def _time(world: World) -> list[World]:
    steps = []
    if world.state in sources(Event.LEASE_OVER):
        steps.append(replace(world, state=after(world.state, Event.LEASE_OVER)))
    # A2: no request is applied after the quiet period. A1: nobody sends that long after the mark.
    if world.state is State.UNKNOWN and not world.in_flight:
        awake = tuple(
            ("idle", 0) if phase == "marked" else (phase, token) for phase, token in world.workers
        )
        steps.append(replace(world, quiet=True, workers=awake))
    return steps


def _looks(world: World) -> list[World]:
    if world.state is not State.UNKNOWN:
        return []
    if world.copies:  # A3: a read after the quiet period is fresh; before it, it may lag
        found = replace(world, state=after(world.state, Event.FOUND))
        return [found] if world.quiet else [found, world]
    if not world.quiet:
        return []
    seen = replace(world, absences=world.absences + 1)
    if seen.absences < 2:
        return [seen]
    return [replace(seen, state=after(world.state, Event.ABSENT))]


def explore() -> dict[World, list[World]]:
    start = World()
    found: dict[World, list[World]] = {}
    waiting = deque([start])
    while waiting:
        world = waiting.popleft()
        if world in found:
            continue
        found[world] = [step for step in moves(world) if step != world]
        waiting.extend(found[world])
    return found


@pytest.fixture(scope="module")
def reachable() -> dict[World, list[World]]:
    return explore()


def test_no_way_through_the_protocol_makes_two_copies(
    reachable: dict[World, list[World]],
) -> None:
    assert max(world.copies for world in reachable) == 1


def test_published_is_only_said_of_what_is_out(reachable: dict[World, list[World]]) -> None:
    assert all(world.copies == 1 for world in reachable if world.state is State.PUBLISHED)


def test_every_state_has_a_way_out_or_is_final_or_waits_for_a_person(
    reachable: dict[World, list[World]],
) -> None:
    stuck = {world.state for world, steps in reachable.items() if not steps}
    assert stuck <= {State.PUBLISHED, *DUE}
    spent = [world for world, steps in reachable.items() if not steps and world.state in DUE]
    assert all(world.token == CLAIMS for world in spent)


def test_the_model_reaches_every_state_that_a_machine_alone_can_reach(
    reachable: dict[World, list[World]],
) -> None:
    seen = {world.state for world in reachable}
    assert {State.CLAIMED, State.SENDING, State.UNKNOWN, State.WAITING, State.PUBLISHED} <= seen


def test_unknown_is_left_only_by_evidence_or_by_a_person() -> None:
    ways = {event for state, event in TRANSITIONS if state is State.UNKNOWN}
    evidence = {Event.FOUND, Event.RECEIPT, Event.HELD, Event.ABSENT, Event.TOO_LATE}
    person = {Event.CANCEL, Event.RETRY}
    assert ways <= evidence | person
    assert Event.LEASE_OVER not in ways


def test_evidence_may_be_written_whatever_was_decided_before() -> None:
    assert sources(Event.FOUND) | {State.PUBLISHED, State.WITHDRAWN} == set(State)


def test_what_has_not_left_us_can_be_cancelled() -> None:
    assert sources(Event.CANCEL) >= UNSENT
