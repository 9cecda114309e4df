"""Every error Promo raises on purpose.

    PromoError
    ├── ConfigurationError           a setting or a destination's secret is missing or wrong
    ├── InvalidInput                 what a person or a file gave cannot be used, and why
    │   └── InvalidRows              an import: one InvalidInput for each bad row
    ├── Unprepared                   a picture could not be stored: no room, or it is damaged
    ├── NotAllowed                   the act is not possible in the present state ("already out")
    ├── FetchRefused                 the guarded HTTP door turned an address or an answer away
    └── PublishError                 a channel could not publish: its name decides what happens next
        ├── Rejected                 refused for good
        ├── Unauthorized             our access is gone
        ├── RateLimited              a definite refusal, nothing was created; `retry_after`, `gap`
        ├── Unreachable              nothing left us
        └── OutcomeUnknown           it may be out

`str(error)` is for the log. `error.text` is for people: plain words, already translated, never with
a token, an id or a trace in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


class PromoError(Exception):
    """The root. `text` is what a person may read."""

    def __init__(self, text: str, *, detail: str = "") -> None:
        super().__init__(f"{text} [{detail}]" if detail else text)
        self.text = text
        self.detail = detail


class ConfigurationError(PromoError):
    """A setting or a secret is missing or wrong; the text names it."""


class InvalidInput(PromoError):
    """What a person or a file gave cannot be used. `field` names the place ("" for the whole)."""

    def __init__(self, text: str, *, field: str = "", row: int | None = None) -> None:
        super().__init__(text)
        self.field = field
        self.row = row


class InvalidRows(InvalidInput):
    """An import was refused as a whole: `errors` holds one `InvalidInput` for each bad place."""

    def __init__(self, text: str, errors: Sequence[InvalidInput]) -> None:
        super().__init__(text)
        self.errors = tuple(errors)


class Unprepared(PromoError):
    """A picture's size could not be made: the disk has no room for it, or its file is damaged."""


class NotAllowed(PromoError):
    """The act is not possible in the present state."""


class FetchRefused(PromoError):
    """The guarded HTTP door turned an address or an answer away."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the other side said, as parsed: for the ledger, never shown raw to staff.

    `code`, `subcode` and `status` are the network's own; `trace` identifies the answer for support.
    """

    code: str = ""
    subcode: str = ""
    status: int | None = None
    trace: str = ""


class PublishError(PromoError):
    """A channel could not publish. The subclass decides; see docs/architecture.md."""

    def __init__(self, text: str, *, detail: str = "", refusal: Refusal | None = None) -> None:
        super().__init__(text, detail=detail)
        self.refusal = refusal or Refusal()


class Rejected(PublishError):
    """Refused for good: the publication fails and the editor hears why."""


class Unauthorized(PublishError):
    """Our access is gone: the publication waits, the destination pauses, an administrator hears."""


class RateLimited(PublishError):
    """A definite refusal, nothing was created. The destination rests for `retry_after`.

    What has waited then goes out `gap` apart.
    """

    def __init__(
        self,
        text: str,
        *,
        retry_after: timedelta,
        gap: timedelta = timedelta(0),
        detail: str = "",
        refusal: Refusal | None = None,
    ) -> None:
        super().__init__(text, detail=detail, refusal=refusal)
        self.retry_after = retry_after
        self.gap = gap


class Unreachable(PublishError):
    """Nothing left us (no address, connection refused, TLS before the request): safe to repeat."""


class OutcomeUnknown(PublishError):
    """It may be out: a time-out or reset after sending, a 5xx. Nobody sends again before looking.

    `witness` is True where the answer itself speaks for the post being out already (Facebook's 506
    "duplicate status message" after a lost answer).
    """

    def __init__(
        self,
        text: str,
        *,
        witness: bool = False,
        detail: str = "",
        refusal: Refusal | None = None,
    ) -> None:
        super().__init__(text, detail=detail, refusal=refusal)
        self.witness = witness
