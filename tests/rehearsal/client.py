"""Starts a rehearsal world as a process of its own and speaks to it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from promo.rehearsal import seed

READY = re.compile(r"http://127\.0\.0\.1:(\d+)/ \(mail: 127\.0\.0\.1:(\d+)\)")
FEED = f"/graph/v25.0/{seed.PAGE_ID}/feed"
PHOTOS = f"/graph/v25.0/{seed.PAGE_ID}/photos"
# The smallest PNG: one transparent pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6300"
    "0100000500010d0a2db40000000049454e44ae426082"
)


def spawn(
    home: Path, *, port: int = 0, smtp_port: int = 0, desk_url: str = ""
) -> subprocess.Popen[str]:
    """The process, started but perhaps not yet ready."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "promo.rehearsal", "--home", str(home)),
            *("--port", str(port), "--smtp-port", str(smtp_port), "--desk-url", desk_url),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass
class Rehearsal:
    """A running rehearsal world. Leaving it stops the process."""

    home: Path
    process: subprocess.Popen[str]
    port: int
    smtp_port: int

    @classmethod
    def start(cls, home: Path, *, desk_url: str = "") -> Self:
        process = spawn(home, desk_url=desk_url)
        assert process.stdout is not None
        ready = READY.search(process.stdout.readline())
        assert ready, process.communicate()
        return cls(home, process, int(ready[1]), int(ready[2]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGTERM)

    def end(self, number: signal.Signals) -> int:
        """Send the signal; the exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, /, **params: Any) -> requests.Response:
        return requests.get(self.base + path, params=params, timeout=20)

    def post(self, path: str, /, **data: Any) -> requests.Response:
        return requests.post(self.base + path, json=data, timeout=20)

    def delete(self, path: str, /, **params: Any) -> requests.Response:
        return requests.delete(self.base + path, params=params, timeout=20)

    def graph(self, path: str, /, *, token: str = seed.PAGE_TOKEN, **params: Any) -> Any:
        """A Graph read, as JSON."""
        return self.get(f"/graph/v25.0/{path}", access_token=token, **params).json()

    def publish(
        self, message: str = "Dzień dobry", *, token: str = seed.PAGE_TOKEN, **fields: Any
    ) -> requests.Response:
        """A form POST to the page's feed."""
        data = {"message": message, "access_token": token, **fields}
        return requests.post(self.base + FEED, data=data, timeout=20)

    def upload(self, **fields: Any) -> requests.Response:
        """A multipart POST of one picture."""
        data = {"access_token": seed.PAGE_TOKEN, **fields}
        return requests.post(
            self.base + PHOTOS, data=data, files={"source": ("a.png", PNG)}, timeout=20
        )

    def fault(self, name: str, /, **fields: Any) -> dict[str, Any]:
        """Set a rule."""
        answer = self.post("/api/faults", fault=name, **fields)
        assert answer.status_code == 201, answer.text
        rule: dict[str, Any] = answer.json()
        return rule

    def clock(self, seconds: float) -> None:
        self.post("/api/clock", offset_seconds=seconds).raise_for_status()

    def posts(self) -> list[dict[str, Any]]:
        """What followers see."""
        found: list[dict[str, Any]] = self.get("/api/posts").json()
        return found

    def texts(self) -> list[str]:
        return [post["text"] for post in self.posts()]

    def mails(self, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/mails", **params).json()
        return found

    def log(self, kind: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/log", kind=kind).json()
        return found


def error(answer: requests.Response) -> dict[str, Any]:
    """The error object of an answer."""
    found: dict[str, Any] = answer.json()["error"]
    return found
