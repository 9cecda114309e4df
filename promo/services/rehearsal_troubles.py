"""Troubles that a rehearsal can have on demand, each in plain words and as the world's own rules.

`docs/rehearsal.md` lists the rules. None makes anybody wait in real time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from promo.errors import InvalidInput

Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble. `off` means that Promo itself is switched off for a while."""

    label: Promise
    rules: tuple[Rule, ...] = ()
    event: str = ""
    off: bool = False


_CREATE: Rule = {"path": "/feed"}

TROUBLES: Mapping[str, Trouble] = {
    "switched-off": Trouble(
        gettext_lazy(
            "Promo is switched off from half an hour before the first publication until two hours "
            "after it"
        ),
        off=True,
    ),
    "answer-lost": Trouble(
        gettext_lazy("Facebook does what it is asked, but every second answer is lost"),
        ({**_CREATE, "fault": "create_then_cut", "every": 2, "times": 5},),
    ),
    "comes-late": Trouble(
        gettext_lazy("Facebook does not answer, and does it eight minutes later all the same"),
        ({**_CREATE, "fault": "create_late", "times": 2},),
    ),
    "nobody-can-look": Trouble(
        gettext_lazy("The answer is lost, and for a while nobody can look whether it is out"),
        (
            {**_CREATE, "fault": "create_then_500", "times": 2},
            {"fault": "reads_down", "times": 10},
        ),
    ),
    "network-down": Trouble(
        gettext_lazy("Facebook is out of order for a while"),
        ({**_CREATE, "fault": "refuse", "code": 2, "status": 503, "times": 8},),
    ),
    "slow-down": Trouble(
        gettext_lazy("Facebook asks us to slow down"),
        ({**_CREATE, "fault": "throttle", "times": 3},),
    ),
    "access-lost": Trouble(
        gettext_lazy("Somebody changes the Facebook password: our access is gone"),
        ({"fault": "token_dies", "subcode": 460, "after": 3, "times": 1},),
    ),
    "link-refused": Trouble(
        gettext_lazy("Facebook refuses every third post because of its link"),
        ({"fault": "link_refused", "every": 3},),
    ),
    "nobody-sees": Trouble(
        gettext_lazy("The app is in Development mode: posts are made, and no follower sees them"),
        event="development",
    ),
    "mail-put-off": Trouble(
        gettext_lazy("The mail server puts every reader off at first"),
        ({"fault": "smtp_refuse", "stage": "RCPT", "code": 451, "times": 6},),
    ),
    "mail-refused": Trouble(
        gettext_lazy("Every third reader’s address does not exist"),
        ({"fault": "smtp_refuse", "stage": "RCPT", "code": 550, "every": 3},),
    ),
    "mail-answer-lost": Trouble(
        gettext_lazy("The mail server takes a mail, but its answer is lost"),
        ({"fault": "smtp_drop", "stage": "DOT", "times": 1},),
    ),
}
"""By the name that the command takes."""


def named(keys: Iterable[str]) -> list[Trouble]:
    """These troubles. Raises InvalidInput for a name that there is not, with those there are."""
    found = list(keys)
    for key in found:
        if key not in TROUBLES:
            message = _("There is no trouble “{name}”. There are: {names}.")
            raise InvalidInput(
                message.format(name=key, names=", ".join(TROUBLES)), field="troubles"
            )
    return [TROUBLES[key] for key in dict.fromkeys(found)]
