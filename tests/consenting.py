"""A person in the sign-in dialog of the rehearsal world, without a browser."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

import requests

TIMEOUT = 30


def asked_in(address: str) -> dict[str, str]:
    """What the dialog's address asks for."""
    return {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}


def consent(
    address: str,
    *,
    pages: Iterable[str],
    declined: Iterable[str] = (),
    user: str = "",
    decision: str = "continue",
) -> str:
    """Log in and tick these pages and all permissions but `declined`; where we are sent back to."""
    asked = asked_in(address)
    scopes = [scope for scope in asked["scope"].split(",") if scope not in declined]
    ticked = {f"page.{page}": "on" for page in pages} | {f"scope.{scope}": "on" for scope in scopes}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            address.partition("?")[0],
            data={**asked, **ticked, "user": user, "decision": decision},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def sent_back(address: str) -> dict[str, str]:
    """The query with which the network sends the person back."""
    return asked_in(address)
