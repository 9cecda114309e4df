"""Named stop points, driven by the environment, for fault tests and drills.

`PROMO_STOP_AT=after_mark` makes the process wait at that point until it is killed, or somebody
empties the file that `PROMO_STOP_FILE` names: there it has written its process id. Unset, which is
the rule, a point does nothing.
"""

import os
import threading
from pathlib import Path

AFTER_CLAIM = "after_claim"
AFTER_MARK = "after_mark"
AFTER_ACCEPT = "after_accept"
AFTER_SETTLE = "after_settle"
AFTER_ARM_MARK = "after_arm_mark"
AFTER_ARM_ACCEPT = "after_arm_accept"
AFTER_ARM_SETTLE = "after_arm_settle"
AFTER_CHANGE_MARK = "after_change_mark"
AFTER_CHANGE_ACCEPT = "after_change_accept"
AFTER_CHANGE_SETTLE = "after_change_settle"
AFTER_EDIT_MARK = "after_edit_mark"
AFTER_EDIT_ACCEPT = "after_edit_accept"
AFTER_EDIT_SETTLE = "after_edit_settle"
AFTER_STORE = "after_store"
MERGING = "merging"

LOOK_EVERY = 0.1
"""Seconds between two looks whether the stop is over."""


def reached(point: str) -> None:
    """Stop here, if the environment asks for it."""
    if os.environ.get("PROMO_STOP_AT") != point:
        return
    file = Path(os.environ["PROMO_STOP_FILE"])
    if file.exists():  # one stop a file: the worker that takes over goes on
        return
    file.write_text(str(os.getpid()), encoding="ascii")
    never = threading.Event()
    while file.stat().st_size:
        never.wait(LOOK_EVERY)
