"""Another process that starts an engine and then waits: something to kill."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_SCRIPT = """
import sys
from pathlib import Path
from promo import embedded
from promo.errors import ConfigurationError

engine = getattr(embedded, sys.argv[1])(embedded.Layout(Path(sys.argv[2])))
try:
    engine.start()
except ConfigurationError as error:
    sys.exit(error.text)
print(engine.pid, flush=True)
sys.stdin.read()
engine.stop()
"""


class Starter:
    """Runs the engine `kind` of `home` until it is let go or killed."""

    def __init__(self, kind: str, home: Path, *, prefix: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", _SCRIPT, kind, str(home)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        said = self.process.stdout.readline()
        assert said, "the engine did not start"
        self.engine_pid = int(said)

    def let_go(self) -> int:
        """Have it stop the engine and end; its exit code."""
        self.process.communicate("")
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()
