"""Outside judges of what we write: libraries of Debian and npm that may be missing on a machine.

A missing judge skips its test, unless PROMO_REQUIRE_VALIDATORS=1 is set: then it fails. Packages of
npm are looked for in NODE_MODULES, else in node_modules/ beside pyproject.toml:

    npm install --no-save jsonfeed-schema html-validate vnu-jar
"""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[1]


def missing(what: str) -> NoReturn:
    """Skip the test, or fail it where every judge is required."""
    if os.environ.get("PROMO_REQUIRE_VALIDATORS") == "1":
        pytest.fail(f"{what} is required here, but missing")
    pytest.skip(f"{what} is not installed")


def node_file(path: str) -> Path:
    """A file of a node package."""
    folder = Path(os.environ.get("NODE_MODULES") or ROOT / "node_modules")
    found = folder / path
    if not found.is_file():
        missing(f"npm {path.partition('/')[0]}")
    return found


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        missing(name)
    return found


def json_feed_schema() -> Mapping[str, Any]:
    schema: Mapping[str, Any] = json.loads(
        node_file("jsonfeed-schema/schema-v1.1.json").read_text("utf-8")
    )
    return schema


def libical_faults(calendar: bytes) -> list[str]:
    """What libical finds against RFC 5545 and RFC 5546; empty means nothing."""
    ical = _libical()
    root = ical.icalparser_parse_string(calendar)
    if not root:
        return ["libical cannot parse it"]
    try:
        allowed = ical.icalrestriction_check(root)
        count = ical.icalcomponent_count_errors(root)
        text = ctypes.string_at(ical.icalcomponent_as_ical_string(root)).decode()
    finally:
        ical.icalcomponent_free(root)
    unfolded = text.replace("\r\n ", "")
    faults = [line for line in unfolded.splitlines() if line.startswith("X-LIC-ERROR")]
    return faults or (["a restriction is violated"] if not allowed or count else [])


def _libical() -> ctypes.CDLL:
    name = ctypes.util.find_library("ical")
    if name is None:
        missing("Debian's libical3")
    ical = ctypes.CDLL(name)
    for function in ("icalparser_parse_string", "icalcomponent_as_ical_string"):
        getattr(ical, function).restype = ctypes.c_void_p  # an int would cut the pointer
    ical.icalparser_parse_string.argtypes = [ctypes.c_char_p]
    for function in (
        "icalrestriction_check",
        "icalcomponent_count_errors",
        "icalcomponent_as_ical_string",
        "icalcomponent_free",
    ):
        getattr(ical, function).argtypes = [ctypes.c_void_p]
    return ical


def html_validate_faults(pages: Sequence[Path]) -> str:
    """What html-validate says against the pages (its accessibility and document rules)."""
    script = node_file("html-validate/bin/html-validate.mjs")
    # Subresource integrity is for what comes from elsewhere; our style sheet is our own.
    rules = ["--preset", "a11y,document", "--rule", "require-sri:off"]
    return _said([program("node"), str(script), *rules, *map(str, pages)])


def vnu_faults(pages: Sequence[Path]) -> str:
    """What the Nu checker says against the pages, warnings included."""
    jar = node_file("vnu-jar/build/dist/vnu.jar")
    java = program("java")
    return _said([java, "-jar", str(jar), "--format", "gnu", "--stdout", *map(str, pages)])


def _said(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return "" if done.returncode == 0 and not done.stdout.strip() else done.stdout + done.stderr
