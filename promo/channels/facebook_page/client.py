"""The Graph API of one page: the only module here that talks to the network.

The token travels in the `Authorization` header or in a form, never in an address. Each call carries
`appsecret_proof`. Nothing is retried and no redirect is followed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import cast
from urllib.parse import quote, urlencode

import requests
import urllib3

from promo.channels.base import NO_BUDGET, CallBudget
from promo.channels.facebook_page import graph_errors, wire_errors, words
from promo.channels.facebook_page.calls import (
    Answer,
    Bearer,
    Call,
    Credentials,
    Purpose,
    Upload,
    batched,
    next_page,
    read_answer,
)
from promo.channels.facebook_page.deadline import Deadline
from promo.channels.facebook_page.graph_errors import Stake
from promo.channels.facebook_page.usage import Usage
from promo.door import total_deadline
from promo.errors import FetchRefused, PublishError, RateLimited, Unreachable

TIMEOUT = (5.0, 60.0)
"""Seconds for connecting and for one read: to publish may take long, to connect may not."""

PAGE_SIZE = 100  # above it the edge answers with an error


class GraphClient:
    """Calls about one page. Every method raises one of the five `PublishError`s."""

    def __init__(
        self,
        *,
        http: Callable[[], requests.Session],
        base_url: str,
        version: str,
        credentials: Credentials,
        budget: CallBudget = NO_BUDGET,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._root = f"{base_url.rstrip('/')}/{version}"
        self._credentials = credentials
        self._clock = clock
        self._budget = budget
        self.usage = Usage(budget.percent, budget.regain)

    def deadline(self, length: timedelta) -> Deadline:
        return Deadline.after(length, self._clock)

    def create_post(self, form: Mapping[str, str], deadline: Deadline) -> Mapping[str, object]:
        """The new post's `id`, `permalink_url` and `created_time`. The one call that publishes."""
        path = f"{self._credentials.page_id}/feed"
        query = {"fields": "id,permalink_url,created_time"}
        call = Call(
            "POST", path, query=query, form=form, stake=Stake.CREATES, purpose=Purpose.PUBLISH
        )
        return self._with_id(call, deadline)

    def upload_photo(
        self, form: Mapping[str, str], upload: Upload | None, deadline: Deadline
    ) -> str:
        """The id of a photo that nobody sees yet; a repetition leaves an invisible orphan."""
        path = f"{self._credentials.page_id}/photos"
        form = {**form, "published": "false"}
        call = Call("POST", path, form=form, upload=upload, purpose=Purpose.PUBLISH)
        return str(self._with_id(call, deadline)["id"])

    def change_post(self, post_id: str, form: Mapping[str, str], deadline: Deadline) -> None:
        path = quote(post_id, safe="")
        self._confirmed(Call("POST", path, form=form, purpose=Purpose.CHANGE), deadline)

    def delete_post(self, post_id: str, deadline: Deadline) -> None:
        path = quote(post_id, safe="")
        self._confirmed(Call("DELETE", path, purpose=Purpose.CHANGE), deadline)

    def read(
        self, node: str, query: Mapping[str, str], deadline: Deadline, *, as_app: bool = False
    ) -> Mapping[str, object]:
        """The JSON object of a node or an edge."""
        call = Call("GET", quote(node, safe="/"), query=query, as_app=as_app)
        answer = self._answer(call, deadline)
        if answer.status != requests.codes.ok or not isinstance(answer.body, dict):
            raise _useless(call, answer)
        return answer.body

    def pages_of(
        self, edge: str, query: Mapping[str, str], deadline: Deadline
    ) -> Iterator[list[Mapping[str, object]]]:
        """The edge's pages, one list of objects after the other, until none follows.

        A page may be empty and still have a next one.
        """
        query = {**query, "limit": str(PAGE_SIZE)}
        following: Mapping[str, str] | None = query
        while following is not None:
            body = self.read(edge, following, deadline)
            rows = body.get("data")
            if not isinstance(rows, list):
                raise Unreachable(str(words.UNREACHABLE), detail="a page without a data list")
            yield [row for row in rows if isinstance(row, dict)]
            following = next_page(body, query)

    def token_for(self, form: Mapping[str, str], deadline: Deadline) -> str:
        """A person's token, for a code or for a token of theirs; the form proves who asks."""
        call = Call("POST", "oauth/access_token", form=form, keyless=True)
        answer = self._answer(call, deadline)
        token = answer.body.get("access_token") if isinstance(answer.body, dict) else None
        if not isinstance(token, str) or not token:
            raise _useless(call, answer)
        return token

    def inspect_token(self, deadline: Deadline) -> Mapping[str, object]:
        """What Facebook knows about our page token.

        A plain GET would put the token into the address, and addresses stand in logs; so the read
        is sent as a batch of one, inside a form.
        """
        inspect = f"debug_token?{urlencode({'input_token': self._credentials.page_token})}"
        batch = json.dumps([{"method": "GET", "relative_url": inspect}])
        form = {"access_token": self._credentials.app_token, "batch": batch}
        call = Call("POST", "", form={**form, "include_headers": "false"}, as_app=True)
        answer = self._answer(call, deadline)
        body = batched(answer)
        if body is None:
            raise _useless(call, answer)
        _raise_error_object(call, Answer(answer.status, body, answer.usage))
        if not isinstance(body.get("data"), dict):
            raise _useless(call, answer)
        return cast("Mapping[str, object]", body["data"])

    def _with_id(self, call: Call, deadline: Deadline) -> Mapping[str, object]:
        answer = self._answer(call, deadline)
        if answer.status != requests.codes.ok or not isinstance(answer.body, dict):
            raise _useless(call, answer)
        if not isinstance(answer.body.get("id"), str) or not answer.body["id"]:
            raise _useless(call, answer)
        return answer.body

    def _confirmed(self, call: Call, deadline: Deadline) -> None:
        answer = self._answer(call, deadline)
        if not isinstance(answer.body, dict) or answer.body.get("success") is not True:
            raise _useless(call, answer)

    def _answer(self, call: Call, deadline: Deadline) -> Answer:
        """The answer, if it is no error object; that and a failure of the wire raise."""
        self._insist_it_is_affordable(call)
        answer = self._sent(call, deadline)
        if answer.usage.is_high or self.usage.is_high:
            self._budget.note(answer.usage.percent, answer.usage.regain)
        self.usage = answer.usage
        _raise_error_object(call, answer)
        return answer

    def _insist_it_is_affordable(self, call: Call) -> None:
        """Return if the budget allows such a call; what is left of it belongs to publishing."""
        too_much = {
            Purpose.READ: self.usage.is_high,
            Purpose.CHANGE: self.usage.is_nearly_full,
            Purpose.PUBLISH: False,
        }
        if too_much[call.purpose]:
            wait = self.usage.regain or graph_errors.HOUR
            raise RateLimited(str(words.BUDGET_LOW), retry_after=wait, detail="not asked")

    def _sent(self, call: Call, deadline: Deadline) -> Answer:
        left = deadline.left
        if not left:
            raise Unreachable(str(words.OUT_OF_TIME), detail="no time left before the call")
        try:
            return self._exchange(call, left)
        except FetchRefused as refused:
            raise Unreachable(refused.text, detail=refused.detail) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # "from None": their messages hold the address with its parameters.
            raise wire_errors.of(error, call.stake) from None

    def _exchange(self, call: Call, left: timedelta) -> Answer:
        """One request on a connection of its own.

        A kept connection may be closed by the other side just as we write; nobody could tell then
        whether the request arrived.
        """
        token = self._credentials.app_token if call.as_app else self._credentials.page_token
        proof = {} if call.keyless else {"appsecret_proof": self._credentials.proof(token)}
        by_form = call.method == "POST"
        with (
            self._http() as session,
            total_deadline(session, left),
            session.request(
                call.method,
                f"{self._root}/{call.path}",
                params=call.query if by_form else {**call.query, **proof},
                data={**call.form, **proof} if by_form else None,
                files=call.upload.parts if call.upload else None,
                auth=None if call.keyless else Bearer(token),
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            return read_answer(response)


def _raise_error_object(call: Call, answer: Answer) -> None:
    error = graph_errors.parse(answer.body)
    if error is not None:
        raise graph_errors.refusal(
            error, status=answer.status, stake=call.stake, usage=answer.usage
        )


def _useless(call: Call, answer: Answer) -> PublishError:
    return graph_errors.no_answer(status=answer.status, stake=call.stake, usage=answer.usage)
