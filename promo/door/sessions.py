"""Sessions of `requests` that go through the guarded door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from promo.door.guard import Guard, check_url
from promo.door.lines import Lines, Pools

TIMEOUT = (5.0, 60.0)
"""Seconds for connecting and for each single read."""

CUT = "the total deadline has passed"

LONGEST_CALL = 16_384
"""Characters of an address that a client of a configured API may ask for (cursors, field lists)."""


class GuardedAdapter(HTTPAdapter):
    """Sends over guarded connections only; nothing is repeated and no proxy is used."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        self.poolmanager = Pools(self.lines, *args, **settings)

    def send(
        self, request: requests.PreparedRequest, *args: Any, **settings: Any
    ) -> requests.Response:
        """Send; raises `FetchRefused` before anything leaves, else what `requests` raises."""
        check_url(request.url or "", guard=self.lines.guard, longest=LONGEST_CALL)
        # A proxy would look the name up itself, behind the guard's back.
        return super().send(request, *args, **(settings | {"proxies": None}))

    def close(self) -> None:
        super().close()
        self.lines.close()


class GuardedSession(requests.Session):
    """An ordinary session that trusts no environment, keeps no cookies and follows no redirect.

    A redirect is an answer like any other: where it leads is the caller's to judge.
    """

    def __init__(self, *, guard: Guard, timeout: tuple[float, float] = TIMEOUT) -> None:
        super().__init__()
        self.trust_env = False
        self.timeout = timeout
        self.lines = Lines(guard)
        self.verify = guard.ca_file or True
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = GuardedAdapter(self.lines)
        self.adapters.clear()
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:
        if settings.get("timeout") is None:
            settings["timeout"] = self.timeout
        try:
            response = super().send(request, **settings)
        except requests.ConnectTimeout:
            raise
        except requests.RequestException as error:
            if self.lines.is_cut:
                raise requests.ReadTimeout(CUT, request=request) from error
            raise
        if (
            self.lines.is_cut
        ):  # http.client takes the end of a cut connection for the end of headers
            response.close()
            raise requests.ReadTimeout(CUT, request=request)
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - theirs
        """None: nothing is followed, and the body of a redirect is not read in search of more."""
        return None


def open_session(*, guard: Guard, timeout: tuple[float, float] = TIMEOUT) -> GuardedSession:
    """A session for a channel's client or for `fetch`: the ordinary API of `requests`, guarded.

    `timeout` (seconds to connect, seconds for one read) applies wherever a call names none. An
    address that is turned away raises `FetchRefused` with nothing sent; all other errors are those
    of `requests`.
    """
    return GuardedSession(guard=guard, timeout=timeout)


@contextmanager
def total_deadline(session: requests.Session, limit: timedelta) -> Iterator[Lines]:
    """Cut every connection of the session when `limit` has passed.

    A call under way then raises `requests.ReadTimeout` (it may have arrived), connecting afterwards
    `requests.ConnectTimeout` (nothing left us). Who reads a body with `stream=True` asks `.is_cut`
    of the value given afterwards: a body of unannounced length merely ends. Not to be nested.
    """
    if not isinstance(session, GuardedSession):
        raise TypeError("a total deadline needs a session made by open_session()")
    timer = session.lines.arm(limit)
    try:
        yield session.lines
    finally:
        session.lines.disarm(timer)
