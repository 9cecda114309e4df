"""Changes to a post that is out, walked exhaustively: what is done last is what is wanted.

The model has two workers, crashes at every point, lost answers, a network that applies a timed-out
request late (but within the quiet period), reads that lag, and a person who wants something else in
the meantime: another text, the old one back, or the post gone. Its moves are those of
`promo.protocol.CHANGES`; what a worker may do beside them is written here.
"""

from collections import deque
from dataclasses import dataclass, replace

import pytest

from promo.protocol import CHANGES, OPEN, Change, Step

GONE = "gone"
MARKS = 4


@dataclass(frozen=True)
class World:
    """One post and the change that is open for it."""

    state: Change = Change.WAITING
    wanted: str = "new"
    asked: str = ""
    token: int = 0
    workers: tuple[tuple[str, int, str], ...] = (("idle", 0, ""), ("idle", 0, ""))
    post: str = "old"
    flights: tuple[str, ...] = ()
    """Requests that left a worker and are neither applied nor lost."""
    quiet: bool = True
    crashes: int = 1
    wishes: int = 2


def moves(world: World) -> list[World]:
    return [
        *_network(world),
        *_time(world),
        *_people(world),
        *(step for nth in (0, 1) for step in _worker(world, nth)),
        *_looks(world),
    ]


def _phase(world: World, nth: int, phase: str, token: int = 0, asked: str = "") -> World:
    workers = list(world.workers)
    workers[nth] = (phase, token, asked)
    return replace(world, workers=tuple(workers))


def _on(world: World, step: Step, **changed: object) -> World:
    return replace(world, state=CHANGES[world.state, step], **changed)  # type: ignore[arg-type]


def _network(world: World) -> list[World]:
    """Each request in flight is applied once, or never. What is gone stays gone."""
    steps = []
    for request in set(world.flights):
        rest = list(world.flights)
        rest.remove(request)
        lost = replace(world, flights=tuple(rest))
        steps += [lost, replace(lost, post=GONE if world.post == GONE else request)]
    return steps


def _time(world: World) -> list[World]:
    steps = []
    if world.state is Change.SENDING:
        steps.append(_on(world, Step.LEASE_OVER))
    # Nothing is applied after the quiet period, and nobody sends that long after the mark.
    if world.state is Change.LOST and not world.flights:
        awake = tuple(
            ("idle", 0, "") if phase == "marked" else (phase, token, asked)
            for phase, token, asked in world.workers
        )
        steps.append(replace(world, quiet=True, workers=awake))
    return steps


def _people(world: World) -> list[World]:
    if not world.wishes or world.state not in OPEN:
        return []
    fewer = replace(world, wishes=world.wishes - 1)
    others = {"newer", "old", GONE} - {world.wanted}
    return [replace(fewer, wanted=one) for one in others] if world.wanted != GONE else []


def _worker(world: World, nth: int) -> list[World]:
    phase, token, asked = world.workers[nth]
    steps: list[World] = []
    if phase == "idle" and world.state is Change.WAITING and world.token < MARKS:
        marked = _on(world, Step.MARK, token=world.token + 1, asked=world.wanted, quiet=False)
        steps.append(_phase(marked, nth, "marked", world.token + 1, world.wanted))
    if phase == "marked":
        sent = replace(world, flights=tuple(sorted((*world.flights, asked))))
        steps.append(_phase(sent, nth, "called", token, asked))
    if phase == "called":
        steps += _answers(world, nth, token, asked)
    if phase != "idle" and world.crashes:
        steps.append(_phase(replace(world, crashes=world.crashes - 1), nth, "idle"))
    return steps


def _answers(world: World, nth: int, token: int, asked: str) -> list[World]:
    idle = _phase(world, nth, "idle")
    if world.token != token or world.state is not Change.SENDING:
        return [idle]
    steps = [_on(idle, Step.ANSWER_LOST)]
    if asked not in world.flights:
        refused = _on(idle, Step.REFUSED if world.wanted == world.asked else Step.OVERTAKEN)
        steps += [refused, _on(idle, Step.PUT_OFF)]
        if world.post == asked:
            done = world.wanted == world.asked
            steps.append(_on(idle, Step.TAKEN if done else Step.OVERTAKEN))
    return steps


def _looks(world: World) -> list[World]:
    if world.state is not Change.LOST:
        return []
    stale = [] if world.quiet else [world]
    if world.post == GONE:
        return [_on(world, Step.SEEN if world.wanted == GONE else Step.NEEDLESS), *stale]
    if world.wanted == GONE:
        return [_on(world, Step.ASK_AGAIN)]
    if world.post == world.wanted and (world.quiet or world.wanted == world.asked):
        return [_on(world, Step.SEEN), *stale]
    return [_on(world, Step.ASK_AGAIN)] if world.quiet else stale


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


def test_what_is_done_stays_as_it_was_wanted_whatever_is_applied_late(
    reachable: dict[World, list[World]],
) -> None:
    done = [world for world in reachable if world.state is Change.DONE]
    assert done
    for world in done:
        assert world.post in {world.wanted, GONE}
        assert world.post == GONE or set(world.flights) <= {world.wanted}


def test_a_post_is_gone_only_where_somebody_wanted_that(
    reachable: dict[World, list[World]],
) -> None:
    assert any(world.post == GONE for world in reachable)
    assert all(world.wanted == GONE for world in reachable if world.post == GONE)


def test_every_change_has_a_way_on_or_is_over_or_waits_for_a_person(
    reachable: dict[World, list[World]],
) -> None:
    stuck = [world for world, steps in reachable.items() if not steps]
    assert {world.state for world in stuck} <= {Change.DONE, Change.REFUSED, Change.WAITING}
    assert all(world.token >= MARKS for world in stuck if world.state is Change.WAITING)


def test_the_model_walks_every_step_that_no_person_takes(
    reachable: dict[World, list[World]],
) -> None:
    seen = {world.state for world in reachable}
    assert {Change.SENDING, Change.LOST, Change.DONE, Change.REFUSED} <= seen


def test_only_a_change_that_is_over_may_be_called_off_or_one_that_waits() -> None:
    may = {state for state, step in CHANGES if step is Step.DROP}
    assert may == {Change.WAITING, Change.REFUSED}
