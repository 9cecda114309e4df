"""Is our access to the page still good? What Facebook says of the token, and one read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from promo.channels.facebook_page import words
from promo.channels.facebook_page.calls import Credentials
from promo.channels.facebook_page.client import GraphClient
from promo.channels.facebook_page.deadline import Deadline
from promo.channels.facebook_page.graph_errors import parse, row_for
from promo.errors import PublishError, RateLimited, Unreachable
from promo.values import Problem

NEEDED_SCOPES = ("pages_manage_posts", "pages_read_engagement")
WARN_BEFORE_END = timedelta(days=10)


def not_set_up(fields: Sequence[str]) -> Problem:
    text = str(words.NOT_SET_UP).format(fields=", ".join(fields))
    return Problem(code="not_set_up", text=text)


def problems(
    client: GraphClient, credentials: Credentials, deadline: Deadline, *, now: datetime
) -> list[Problem]:
    """What is wrong with our access; an empty list means all is well.

    A network that does not answer is a warning: it says nothing about our access.
    """
    try:
        token = client.inspect_token(deadline)
        found = list(_with_token(token, credentials, now=now))
        is_well = not any(problem.level == "error" for problem in found)
        if is_well and not client.usage.is_high:
            client.read(credentials.page_id, {"fields": "id,name"}, deadline)
    except (Unreachable, RateLimited) as error:
        return [Problem(code="not_checked", text=error.text, level="warning")]
    except PublishError as error:
        return [Problem(code="no_access", text=error.text)]
    return [*found, *_with_budget(client)]


def _with_token(
    token: Mapping[str, object], credentials: Credentials, *, now: datetime
) -> Iterator[Problem]:
    if token.get("is_valid") is not True:
        error = parse(token)
        text = row_for(error, status=400).text if error else words.SIGNED_OUT
        yield Problem(code="token_invalid", text=str(text))
        return
    if str(token.get("app_id")) != credentials.app_id:
        yield Problem(code="token_of_other_app", text=str(words.TOKEN_OF_OTHER_APP))
    if token.get("type") != "PAGE":
        yield Problem(code="token_not_of_page", text=str(words.NOT_A_PAGE_TOKEN))
    elif str(token.get("profile_id", credentials.page_id)) != credentials.page_id:
        yield Problem(code="token_of_other_page", text=str(words.TOKEN_OF_OTHER_PAGE))
    yield from _with_scopes(token)
    yield from _with_end(token, now=now)


def _with_scopes(token: Mapping[str, object]) -> Iterator[Problem]:
    scopes = token.get("scopes")
    given = {str(scope) for scope in scopes} if isinstance(scopes, list) else set()
    for scope in NEEDED_SCOPES:
        if scope not in given:
            text = _("Promo lacks the permission “%(scope)s”. Connect the page again and tick it.")
            yield Problem(code="scope_missing", text=text % {"scope": scope})


def _with_end(token: Mapping[str, object], *, now: datetime) -> Iterator[Problem]:
    ends = {
        "access_ends": _(
            "Our access to the Facebook page ends on %(date)s. Connect the page again before."
        ),
        "data_access_ends": _(
            "The consent with which the page was connected ends on %(date)s. Connect the page "
            "again before, so that nothing stops."
        ),
    }
    instants = (token.get("expires_at"), token.get("data_access_expires_at"))
    for (code, text), instant in zip(ends.items(), instants, strict=True):
        # 0 means never: so it is with page tokens got through a long-lived user token.
        if not isinstance(instant, int) or instant <= 0:
            continue
        ends_at = datetime.fromtimestamp(instant, UTC)
        if ends_at - now <= WARN_BEFORE_END:
            day = date_format(timezone.localtime(ends_at), "DATE_FORMAT")
            yield Problem(code, text % {"date": day}, level="warning", ends_at=ends_at)


def _with_budget(client: GraphClient) -> Iterator[Problem]:
    if client.usage.is_high:
        yield Problem(code="budget_low", text=str(words.BUDGET_LOW), level="warning")
