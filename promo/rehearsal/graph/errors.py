"""The error object and the table of errors, as data.

Texts and HTTP statuses follow Meta's documentation and bodies seen in production; where sources
disagree the status can be switched by an `error_status` rule or on the rule that raises it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promo.rehearsal.wire import Reply, json_reply

OAUTH = "OAuthException"
METHOD = "GraphMethodException"


class GraphError(Exception):
    """A call that ends in an error object. Subcode 0 and status 0 mean: as the table has it."""

    def __init__(
        self,
        code: int,
        message: str = "",
        *,
        subcode: int = 0,
        status: int = 0,
        kind: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.subcode = subcode
        self.status = status
        self.kind = kind
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the error table."""

    code: int
    message: str
    subcode: int = 0
    status: int = 400
    kind: str = OAUTH
    transient: bool | None = None
    user_title: str = ""
    user_message: str = ""
    challenge: str = ""


UNAVAILABLE = "An unexpected error has occurred. Please retry your request later."
DEAD_TOKEN = "invalid_token"  # noqa: S105 - the word of the WWW-Authenticate header
RIGHTS = (
    "(#200) If posting to a group, requires app being installed in the group, and either "
    "publish_to_groups permission with user token, or both pages_read_engagement and "
    "pages_manage_posts permission with page token; If posting to a page, requires both "
    "pages_read_engagement and pages_manage_posts as an admin with sufficient administrative "
    "permission"
)
TOKEN = "Error validating access token: "  # noqa: S105 - the start of a message

TABLE: tuple[Row, ...] = (
    Row(1, "An unknown error occurred", 99, 500),
    Row(1, "An unknown error occurred", 0, 500),
    Row(2, UNAVAILABLE, 0, 500, transient=True),
    Row(-1, "An unknown error occurred", 0, 400),
    Row(-2, "Timeout while downloading media", 0, 400),
    Row(3, "(#3) Application does not have the capability to make this API call."),
    Row(4, "(#4) Application request limit reached", 0, 403, transient=True),
    Row(17, "(#17) User request limit reached", transient=True),
    Row(32, "(#32) Page request limit reached", transient=True),
    Row(613, "(#613) Calls to this api have exceeded the rate limit."),
    Row(613, "(#613) Calls to this api have exceeded the rate limit.", 1996),
    Row(
        80001,
        "There have been too many calls to this Page account. Wait a bit and try again.",
        transient=True,
    ),
    Row(341, "(#341) Feed action request limit reached"),
    Row(9, "(#9) Application request limit reached for today"),
    Row(10, "(#10) This action requires a permission that was not granted or was removed", 0, 403),
    Row(100, "(#100) Invalid parameter"),
    Row(
        100,
        "Unsupported post request. Object with ID 'X' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation",
        33,
        kind=METHOD,
    ),
    Row(101, "Error validating application. Invalid application ID."),
    Row(102, "Session key invalid or no longer valid"),
    Row(104, "An access token is required to request this resource."),
    Row(190, "Invalid OAuth access token - Cannot parse access token", challenge=DEAD_TOKEN),
    Row(
        190,
        TOKEN + "The user has not authorized application 100000000000001.",
        458,
        challenge=DEAD_TOKEN,
    ),
    Row(
        190,
        TOKEN + "You cannot access the app till you log in to www.facebook.com and follow the "
        "instructions given.",
        459,
        challenge=DEAD_TOKEN,
    ),
    Row(
        190,
        TOKEN + "The session has been invalidated because the user changed their password or "
        "Facebook has changed the session for security reasons.",
        460,
        challenge=DEAD_TOKEN,
    ),
    Row(
        190,
        TOKEN + "Session has expired on Friday, 26-Jun-26 15:48:19 PDT. The current time is "
        "Saturday, 27-Jun-26 02:10:44 PDT.",
        463,
        challenge=DEAD_TOKEN,
    ),
    Row(
        190,
        TOKEN + "Sessions for the user are not allowed because the user is not a confirmed user.",
        464,
        challenge=DEAD_TOKEN,
    ),
    Row(190, TOKEN + "The user must accept the new terms.", 466, challenge=DEAD_TOKEN),
    Row(
        190,
        TOKEN + "The session is invalid because the user logged out.",
        467,
        challenge=DEAD_TOKEN,
    ),
    Row(190, TOKEN + "The user is enrolled in a blocking checkpoint.", 490, challenge=DEAD_TOKEN),
    Row(190, "Invalid session", 492, challenge=DEAD_TOKEN),
    Row(190, "A Page access token is required for this call.", 2069032, challenge=DEAD_TOKEN),
    Row(200, RIGHTS, 0, 403),
    Row(210, "(#210) User not visible", 0, 403),
    Row(240, "(#240) Desktop applications cannot call this function for other users", 0, 403),
    Row(283, "(#283) Requires extended permission", 0, 403),
    Row(324, "(#324) Missing or invalid image file", 2069019),
    Row(
        368,
        "(#368) We limit how often you can post",
        1390008,
        user_title="You Can't Post Right Now",
        user_message="We limit how often you can post, comment or do other things in a given "
        "amount of time in order to help protect the community from spam. You can try again later.",
        transient=False,
    ),
    Row(368, "(#368) The action attempted has been deemed abusive or is otherwise disallowed"),
    Row(
        506,
        "(#506) Duplicate status message",
        1455006,
        user_title="Duplicate Status Update",
        user_message="This status update is identical to the last one you posted. Try posting "
        "something different, or delete your previous update.",
        transient=False,
    ),
    Row(100, "(#100) These photos were already posted.", 1366051),
    Row(
        1609005,
        "(#1609005) There was a problem scraping the link. Check the URL and try again.",
        user_title="Error Posting Link",
        user_message="The URL you posted could not be scraped. Check it and try again.",
    ),
    Row(100, "(#100) Links to facebook.com cannot be posted.", 1609008),
    Row(100, "(#100) The text holds an invalid URL.", 2061006),
    Row(200, "(#200) This Page needs publishing authorization.", 1404078, 403),
    Row(200, "(#200) Confirm your identity before you can publish as this Page.", 4854002, 403),
    Row(368, "(#368) This goes against the Community Standards", 1404102),
    Row(368, "(#368) This content was reported as abusive", 1346003),
    Row(368, "(#368) Your account needs a security check", 1404006),
    Row(368, "(#368) Your account is limited", 1404112),
    Row(2, "Service temporarily unavailable", 1363047, 503, transient=True),
    Row(2, "Service temporarily unavailable", 1609010, 503, transient=True),
    Row(324, "(#324) The photo cannot be read or is too large", 1366046),
    Row(2500, "An active access token must be used to query information about the current user."),
    Row(
        3001,
        "(#3001) No metric was specified to be fetched. Please specify one or more metrics.",
        1504028,
    ),
    Row(
        100,
        "This authorization code has been used.",
        36009,
        challenge="invalid_code",
    ),
    Row(100, "This authorization code has expired.", 36007, challenge="invalid_code"),
)


def row_of(code: int, subcode: int = 0) -> Row:
    """The table's line for the pair; failing that the code's first line, or a bare one."""
    same_code = [row for row in TABLE if row.code == code]
    exact = [row for row in same_code if row.subcode == subcode]
    return (exact or same_code or [Row(code, f"(#{code}) Error")])[0]


def error_reply(error: GraphError, statuses: Mapping[int, int]) -> Reply:
    """The error object as an answer; `statuses` switches the HTTP status of a code."""
    row = row_of(error.code, error.subcode)
    message = error.message or row.message
    body: dict[str, Any] = {
        "message": message,
        "type": error.kind or row.kind,
        "code": error.code,
        "fbtrace_id": "A" + secrets.token_urlsafe(16),
    }
    if error.subcode or row.subcode:
        body["error_subcode"] = error.subcode or row.subcode
    if row.transient is not None:
        body["is_transient"] = row.transient
    if row.user_title:
        body |= {"error_user_title": row.user_title, "error_user_msg": row.user_message}
    headers = dict(error.headers)
    if row.challenge:
        headers["WWW-Authenticate"] = f'OAuth "Facebook Platform" "{row.challenge}" "{message}"'
    status = error.status or statuses.get(error.code) or row.status
    return json_reply({"error": body}, status=status, headers=headers)
