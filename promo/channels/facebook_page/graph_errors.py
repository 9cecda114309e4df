"""What Facebook's error objects mean: the table, and the way from an answer to one of the five.

`TABLE` is data, keyed by (code, subcode); None stands for "any". Only parsed fields are looked at,
never the digits of a body: ids and trace ids hold every number. Facebook's own `message` is never
shown, as it may carry tokens and ids. Sources:
https://developers.facebook.com/docs/graph-api/guides/error-handling
and, for "unknown" on codes 1 and 2 (each such answer may hide a published post),
https://github.com/arsduo/koala/issues/699
https://github.com/facebookarchive/php-graph-sdk/issues/1141
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING

from promo.channels.facebook_page import words
from promo.channels.facebook_page.usage import Usage
from promo.errors import (
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Refusal,
    Rejected,
    Unauthorized,
    Unreachable,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Stake(StrEnum):
    """What a lost answer to a call may have left behind.

    CREATES: a public post. HARMLESS: nothing that a repetition would double (a read, the upload of
    an unpublished photo, an update, a deletion).
    """

    CREATES = "creates"
    HARMLESS = "harmless"


class Reaction(StrEnum):
    """What an error object calls for. WITNESS: it speaks for the post being out already."""

    REJECTED = "rejected"
    UNAUTHORIZED = "unauthorized"
    THROTTLED = "throttled"
    UNKNOWN = "unknown"
    WITNESS = "witness"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. The rest counts only for THROTTLED.

    `header_decides`: the wait that the usage headers tell is better than `retry_after`. `gap` is
    how far apart the posts go out that waited meanwhile: all at once would bring the next refusal.
    """

    reaction: Reaction
    text: StrPromise
    retry_after: timedelta = timedelta(0)
    header_decides: bool = False
    gap: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class GraphError:
    """The error object, parsed. Numbers that are missing or no numbers are None."""

    code: int | None = None
    subcode: int | None = None
    type: str = ""
    is_transient: bool = False
    trace: str = ""
    blamed: tuple[str, ...] = ()
    """The request's fields that Facebook blames, from `error_data`."""


MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

REJECTED, UNAUTHORIZED = Reaction.REJECTED, Reaction.UNAUTHORIZED
THROTTLED, UNKNOWN, WITNESS = Reaction.THROTTLED, Reaction.UNKNOWN, Reaction.WITNESS

BUDGET = Row(THROTTLED, words.TOO_MANY_CALLS, HOUR, header_decides=True, gap=MINUTE)
UNEVEN = Row(THROTTLED, words.TOO_MANY_CALLS, 10 * MINUTE, header_decides=True, gap=5 * MINUTE)
"""Not too many calls but too many at once: a shorter rest, then more slowly."""

TABLE: Mapping[tuple[int | None, int | None], Row] = MappingProxyType(
    {
        # Nothing is known: not a refusal, whatever the message says.
        (1, None): Row(UNKNOWN, words.OUTCOME_UNKNOWN),
        (2, None): Row(UNKNOWN, words.OUTCOME_UNKNOWN),
        (-1, None): Row(UNKNOWN, words.OUTCOME_UNKNOWN),
        (-2, None): Row(UNKNOWN, words.OUTCOME_UNKNOWN),
        (None, 1363047): Row(UNKNOWN, words.OUTCOME_UNKNOWN),
        (None, 1609010): Row(UNKNOWN, words.OUTCOME_UNKNOWN),
        # It speaks for our own post, if an answer was lost before.
        (506, None): Row(WITNESS, words.DUPLICATE),
        (506, 1455006): Row(WITNESS, words.DUPLICATE),
        (None, 1366051): Row(WITNESS, words.DUPLICATE),
        # Throttles: definite refusals, even with is_transient.
        (4, None): BUDGET,
        (17, None): BUDGET,
        (32, None): BUDGET,
        (341, None): BUDGET,
        (613, None): BUDGET,
        (613, 1996): UNEVEN,
        (80001, None): BUDGET,
        (9, None): Row(THROTTLED, words.DAILY_LIMIT, DAY, gap=10 * MINUTE),
        # The spam brake: hours to a day; a fast repetition makes it worse.
        (368, 1390008): Row(THROTTLED, words.SPAM_BRAKE, 6 * HOUR, gap=30 * MINUTE),
        (368, None): Row(THROTTLED, words.DEEMED_ABUSIVE, DAY, gap=30 * MINUTE),
        # Access.
        (190, None): Row(UNAUTHORIZED, words.SIGNED_OUT),
        (190, 458): Row(UNAUTHORIZED, words.APP_REMOVED),
        (190, 459): Row(UNAUTHORIZED, words.CHECKPOINT),
        (190, 460): Row(UNAUTHORIZED, words.PASSWORD_CHANGED),
        (190, 463): Row(UNAUTHORIZED, words.ACCESS_EXPIRED),
        (190, 464): Row(UNAUTHORIZED, words.ACCOUNT_NOT_CONFIRMED),
        (190, 466): Row(UNAUTHORIZED, words.TERMS_NOT_ACCEPTED),
        (190, 467): Row(UNAUTHORIZED, words.SIGNED_OUT),
        (190, 490): Row(UNAUTHORIZED, words.CHECKPOINT),
        (190, 492): Row(UNAUTHORIZED, words.NO_ROLE_ON_PAGE),
        (190, 2069032): Row(UNAUTHORIZED, words.NOT_A_PAGE_TOKEN),
        (102, None): Row(UNAUTHORIZED, words.SIGNED_OUT),
        (104, None): Row(UNAUTHORIZED, words.BAD_APP),
        (2500, None): Row(UNAUTHORIZED, words.SIGNED_OUT),
        (101, None): Row(UNAUTHORIZED, words.BAD_APP),
        (3, None): Row(UNAUTHORIZED, words.BAD_APP),
        (10, None): Row(UNAUTHORIZED, words.RIGHTS_MISSING),
        (200, None): Row(UNAUTHORIZED, words.RIGHTS_MISSING),
        (100, 33): Row(UNAUTHORIZED, words.PAGE_NOT_FOUND),
        (100, 36007): Row(UNAUTHORIZED, words.SIGN_IN_OVER),
        (100, 36009): Row(UNAUTHORIZED, words.SIGN_IN_OVER),
        (None, 1404078): Row(UNAUTHORIZED, words.CONFIRM_IDENTITY),
        (None, 4854002): Row(UNAUTHORIZED, words.CONFIRM_IDENTITY),
        (None, 1404006): Row(UNAUTHORIZED, words.CHECKPOINT),
        (None, 1404112): Row(UNAUTHORIZED, words.ACCOUNT_LIMITED),
        # Content.
        (100, None): Row(REJECTED, words.BAD_CONTENT),
        (324, None): Row(REJECTED, words.BAD_PICTURE),
        (324, 2069019): Row(REJECTED, words.BAD_PICTURE),
        (None, 1366046): Row(REJECTED, words.BAD_PICTURE),
        (1609005, None): Row(REJECTED, words.LINK_UNREADABLE),
        (None, 1609005): Row(REJECTED, words.LINK_UNREADABLE),
        (None, 1609008): Row(REJECTED, words.LINK_TO_FACEBOOK),
        (None, 2061006): Row(REJECTED, words.BAD_ADDRESS_IN_TEXT),
        (None, 1404102): Row(REJECTED, words.AGAINST_STANDARDS),
        (None, 1346003): Row(REJECTED, words.AGAINST_STANDARDS),
    }
)

BAD_PROOF = Row(UNAUTHORIZED, words.BAD_APP)
"""Code 100 of type GraphMethodException without a subcode: the appsecret_proof is wrong."""

RIGHTS = Row(UNAUTHORIZED, words.RIGHTS_MISSING)
"""All of 200 to 299."""

OTHER_REFUSAL = Row(REJECTED, words.REFUSED)
OTHER_TROUBLE = Row(UNKNOWN, words.OUTCOME_UNKNOWN)


def parse(body: object) -> GraphError | None:
    """The error object in a parsed JSON body; None where there is none."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    return GraphError(
        code=_number(error.get("code")),
        # debug_token names it without the prefix.
        subcode=_number(error.get("error_subcode", error.get("subcode"))),
        type=str(error.get("type") or ""),
        is_transient=error.get("is_transient") is True,
        trace=str(error.get("fbtrace_id") or ""),
        blamed=_blamed(error.get("error_data")),
    )


def row_for(error: GraphError, *, status: int) -> Row:
    """The table's line for this error. The more exact key wins; `is_transient` beats a refusal."""
    row = _listed(error) or _unlisted(error, status=status)
    if error.is_transient and row.reaction in {Reaction.REJECTED, Reaction.UNAUTHORIZED}:
        return OTHER_TROUBLE
    return row


def refusal(error: GraphError, *, status: int, stake: Stake, usage: Usage) -> PublishError:
    """The error to raise for an error object."""
    row = row_for(error, status=status)
    told = Refusal(_shown(error.code), _shown(error.subcode), status, error.trace)
    if row.reaction is Reaction.THROTTLED:
        wait = (row.header_decides and usage.regain) or row.retry_after
        text, detail = str(row.text), _detail(error)
        return RateLimited(text, retry_after=wait, gap=row.gap, detail=detail, refusal=told)
    if row.reaction in {Reaction.UNKNOWN, Reaction.WITNESS}:
        witness = row.reaction is Reaction.WITNESS
        return lost(stake, witness=witness, detail=_detail(error), refusal=told)
    kind = Rejected if row.reaction is Reaction.REJECTED else Unauthorized
    return kind(str(row.text), detail=_detail(error), refusal=told)


def no_answer(*, status: int, stake: Stake, usage: Usage) -> PublishError:
    """The error to raise for an answer without an error object that is no success either.

    An HTML page, a body that is not JSON, `{"success": false}`, `{}` where an id belongs: all of
    them may come after the post was made. Only 429, the throttle of a proxy, is a refusal.
    """
    told = Refusal(status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = usage.regain or HOUR
        text = str(words.TOO_MANY_CALLS)
        return RateLimited(text, retry_after=wait, gap=BUDGET.gap, refusal=told)
    return lost(stake, detail=f"HTTP {status} without a usable answer", refusal=told)


def lost(
    stake: Stake, *, witness: bool = False, detail: str = "", refusal: Refusal | None = None
) -> PublishError:
    """The error to raise where nobody knows what happened: only a create makes that dangerous."""
    if stake is Stake.HARMLESS:
        return Unreachable(str(words.UNREACHABLE), detail=detail, refusal=refusal)
    text = str(words.DUPLICATE if witness else words.OUTCOME_UNKNOWN)
    return OutcomeUnknown(text, witness=witness, detail=detail, refusal=refusal)


def _listed(error: GraphError) -> Row | None:
    keys = ((error.code, error.subcode), (None, error.subcode), (error.code, None))
    if _is_bad_proof(error):
        return BAD_PROOF
    return next((TABLE[key] for key in keys if key in TABLE), None)


def _is_bad_proof(error: GraphError) -> bool:
    return (error.code, error.subcode, error.type) == (100, None, "GraphMethodException")


def _unlisted(error: GraphError, *, status: int) -> Row:
    if error.code is not None and 200 <= error.code <= 299:  # noqa: PLR2004  (the range is the rule)
        return RIGHTS
    if error.code is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return OTHER_TROUBLE
    return OTHER_REFUSAL


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _blamed(data: object) -> tuple[str, ...]:
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return ()
    specs = data.get("blame_field_specs") if isinstance(data, dict) else None
    if not isinstance(specs, list):
        return ()
    return tuple(str(name) for spec in specs if isinstance(spec, list) for name in spec)


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)


def _detail(error: GraphError) -> str:
    blamed = f", blames {'/'.join(error.blamed)}" if error.blamed else ""
    return f"code {error.code}, subcode {error.subcode}, trace {error.trace or '?'}{blamed}"
