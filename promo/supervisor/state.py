"""Who runs this home: a lock only one `promo up` can hold, and what it says about itself."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from promo.embedded import Layout
from promo.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Running:
    """One process under supervision."""

    pid: int | None
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """A running `promo up`."""

    pid: int
    url: str
    local_url: str = ""
    processes: Mapping[str, Running] = field(default_factory=dict)


class Lock:
    """Holds the home for one `promo up`. Entering raises `ConfigurationError` if another has it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        self._layout.make()
        file = _lock_path(self._layout).open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise ConfigurationError(_already(self._layout)) from error
        self._file = file
        _state_path(self._layout).unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _state_path(self._layout).unlink(missing_ok=True)
        if self._file:
            self._file.close()

    def tell(self, state: State) -> None:
        """Replace what others read about us."""
        path = _state_path(self._layout)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(state)), encoding="utf-8")
        fresh.replace(path)


def read_state(layout: Layout) -> State | None:
    """The `promo up` that holds this home now; None where there is none."""
    try:
        with _lock_path(layout).open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _read(layout)
    return None


def _read(layout: Layout) -> State | None:
    try:
        found = json.loads(_state_path(layout).read_text(encoding="utf-8"))
    except FileNotFoundError:  # it is starting or stopping
        return State(pid=0, url="")
    processes = {name: Running(**process) for name, process in found.pop("processes").items()}
    return State(processes=processes, **found)


def _already(layout: Layout) -> str:
    state = _read(layout)
    if state is None or not state.pid:
        return f"Promo is already starting or stopping in {layout.home}. Try again in a moment."
    return f"Promo is already running (process {state.pid}) at {state.url}."


def _lock_path(layout: Layout) -> Path:
    return layout.run / "up.lock"


def _state_path(layout: Layout) -> Path:
    return layout.run / "up.json"
