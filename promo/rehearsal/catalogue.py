"""Every fault by name, as data: what it does, where it applies and what may be set on its rule.

The letters are those of the Graph check-list in `docs/rehearsal.md`. An `answer` fault decides what
one call is told, so only the first matching rule is used up; a `world` fault changes what is true
while a call is served, so all matching ones apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

MINUTE = 60
DAY = 86_400
CUTS = ("reset", "close", "partial")
STAGES = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "DOT")


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble. `settings` are the rule's own fields with their defaults."""

    about: str
    letter: str = ""
    surface: Literal["graph", "webhook", "smtp"] = "graph"
    role: Literal["answer", "world"] = "answer"
    method: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


ERROR = {"code": 2, "subcode": 0, "status": 0, "message": "", "headers": {}}
AMBIGUOUS = {**ERROR, "status": 500, "apply": True, "late_seconds": 0}

FAULTS: Mapping[str, Fault] = {
    "create_then_500": Fault(
        "does it, then answers HTTP 500 code 2", "a", method="POST", settings=AMBIGUOUS
    ),
    "create_then_cut": Fault(
        "does it, then cuts the socket (how: reset, close or partial)",
        "b",
        method="POST",
        settings={"how": "reset", "apply": True, "late_seconds": 0},
    ),
    "create_then_hang": Fault(
        "does it, then answers only after `seconds`",
        "c",
        method="POST",
        settings={"seconds": 120, "apply": True, "late_seconds": 0},
    ),
    "create_late": Fault(
        "cuts the socket (how) after `seconds`; does it `late_seconds` after the request",
        "c",
        method="POST",
        settings={"late_seconds": 480, "seconds": 0, "how": "close", "apply": True},
    ),
    "refuse": Fault(
        "refuses before anything is done, with any row of the error table",
        "d",
        settings={**ERROR, "code": 100},
    ),
    "create_then_400": Fault(
        "does it, then answers HTTP 400",
        "e",
        method="POST",
        settings={**AMBIGUOUS, "status": 400, "code": -1},
    ),
    "read_lag": Fault(
        "reads show the page as it was `seconds` ago",
        "f",
        role="world",
        method="GET",
        settings={"seconds": 60},
    ),
    "service_unavailable": Fault(
        'HTTP 200 with the text "Service Unavailable"; with apply it was done all the same',
        "g",
        settings={"apply": False, "late_seconds": 0, "status": 200},
    ),
    "bad_gateway": Fault(
        "an HTML page with HTTP 502; with apply it was done all the same",
        "h",
        settings={"apply": False, "late_seconds": 0, "status": 502},
    ),
    "token_dies": Fault(
        "kills the token of the call for good (use `after` to kill it between two calls)",
        "i",
        role="world",
        settings={"subcode": 463},
    ),
    "throttle": Fault(
        "refuses with a throttle code, with usage headers or without",
        "j",
        settings={
            **ERROR,
            "code": 80001,
            "usage_headers": True,
            "percent": 100,
            "regain_minutes": 5,
        },
    ),
    "usage": Fault(
        "adds usage headers of `percent`",
        "j",
        role="world",
        settings={"percent": 97, "regain_minutes": 0},
    ),
    "hidden_duplicate": Fault(
        "does it and answers HTTP 500; says 506 to the same text again",
        "k",
        method="POST",
        settings={"status": 500, "code": 2},
    ),
    "duplicate_refused": Fault(
        "says 506 where the page's newest post has the same text", "k", method="POST"
    ),
    "schedule_window": Fault(
        "another window for scheduled posts (default: the strict one)",
        "l",
        role="world",
        method="POST",
        settings={"min_seconds": 20 * MINUTE, "max_seconds": 29 * DAY},
    ),
    "clock_skew": Fault(
        "the network's clock is `seconds` ahead of ours (negative: behind)",
        "m",
        role="world",
        settings={"seconds": 300},
    ),
    "webhook_duplicate": Fault(
        "sends each event `copies` times",
        "n",
        surface="webhook",
        role="world",
        settings={"copies": 2},
    ),
    "webhook_reorder": Fault(
        "holds an event back for `seconds`, so that later ones overtake it",
        "n",
        surface="webhook",
        role="world",
        settings={"seconds": 30},
    ),
    "webhook_batch": Fault(
        "tells all events of `seconds` in one request",
        "n",
        surface="webhook",
        role="world",
        settings={"seconds": 5},
    ),
    "link_refused": Fault(
        "refuses a post with a link: it cannot be scraped",
        "o",
        method="POST",
        settings={**ERROR, "code": 1609005},
    ),
    "lost_task": Fault(
        "the token's person has lost a task on the page",
        "p",
        role="world",
        settings={"task": "CREATE_CONTENT"},
    ),
    "no_page_token": Fault("pages are listed without their tokens", role="world", method="GET"),
    "development_mode": Fault(
        "the app counts as in Development mode: posts are made, followers see nothing",
        "q",
        role="world",
        method="POST",
    ),
    "error_status": Fault(
        "every error with this `code` gets this HTTP `status`",
        role="world",
        settings={"code": 190, "status": 401},
    ),
    "reads_down": Fault(
        "reads answer HTTP 500 code 2 (or how: reset, close)",
        method="GET",
        settings={**ERROR, "status": 500, "how": ""},
    ),
    "slow": Fault(
        "does nothing for `seconds`, then serves the call", role="world", settings={"seconds": 5}
    ),
    "success_false": Fault(
        'HTTP 200 with {"success": false}',
        method="POST",
        settings={"apply": False, "late_seconds": 0},
    ),
    "empty_page": Fault("a list comes without entries, but with a next address", method="GET"),
    "batch_null": Fault(
        "the first answer of a batch is null: not completed in time", method="POST"
    ),
    "smtp_refuse": Fault(
        "refuses at `stage` with `code`; 421 also closes the connection",
        surface="smtp",
        settings={"stage": "RCPT", "code": 550, "message": ""},
    ),
    "smtp_drop": Fault(
        "closes the connection at `stage`; accepted: stores the mail first (only at DOT)",
        surface="smtp",
        settings={"stage": "DOT", "accepted": True},
    ),
    "smtp_slow": Fault(
        "waits `seconds` before it answers at `stage`; at DOT the mail is already stored",
        surface="smtp",
        role="world",
        settings={"stage": "DOT", "seconds": 5},
    ),
}
