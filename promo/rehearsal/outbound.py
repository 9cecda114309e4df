"""The few calls the rehearsal world makes itself: pictures, callbacks, link previews."""

from __future__ import annotations

import requests


def session() -> requests.Session:
    """A session without the environment's proxies: what we call is mostly this machine."""
    opened = requests.Session()
    opened.trust_env = False
    return opened
